//! Endpoints that are not KMS, or mean ill: refused or reported with a cause, in bounded memory, and nothing is lost.

mod without_end;

use std::fs;

use crate::support::tls_server::{Authority, Does, Shows};
use crate::support::{self, Bench, EmbeddedKms, Run};

struct Scene {
    bench: Bench,
    server: EmbeddedKms,
}

impl Scene {
    /// An embedded KMS that behaves so at the first request for an operation.
    fn new(fault: &str) -> Self {
        let bench = Bench::new();
        let server = bench.serve_with(&format!("--no-quotas --fault {fault}"));
        Scene { bench, server }
    }

    fn line(&self) -> String {
        let url = self.server.url();
        format!(
            "provision --endpoint-url {url} --region us-east-1 --wrapping-key-spec RSA_2048 --alias alias/a --generate --keep key --quiet"
        )
    }

    fn provision(&self) -> Run {
        self.bench.kms_byok_with_credentials(&self.line())
    }

    /// The run fails with this cause after its key was made, names the key, and the same command completes it: with one key.
    #[track_caller]
    fn fails_and_is_completed(&self, cause: &str) -> String {
        let failed = self.provision();
        assert_eq!(failed.code, Some(3), "{}", failed.stderr);
        // What KMS did not get has been put aside by then.
        let said: Vec<&str> = failed.stderr.lines().filter(|line| !line.starts_with("warning: the unused ")).collect();
        assert!(said.join("\n").starts_with(cause.trim_end()), "{}", failed.stderr);
        let exists = failed.stderr.lines().find_map(|line| line.strip_prefix("exists: key ")).unwrap();
        let arn = exists.split(',').next().unwrap();
        assert!(failed.stderr.contains(&format!("--adopt {arn}")), "{}", failed.stderr);
        let again = self.bench.kms_byok_with_credentials(&format!("{} --output json", self.line())).json();
        assert_eq!((again["key_arn"].as_str(), again["proof"]["outcome"].as_str()), (Some(arn), Some("proven")));
        assert_eq!(self.bench.read("key").len(), 32);
        failed.stderr
    }
}

#[test]
fn a_wrapping_key_that_kms_does_not_make_is_refused_before_anything_is_wrapped() {
    for (fault, cause) in [
        ("wrong-key-size", "error: the wrapping public key has 1024 bits, but KMS makes only 2048, 3072 and 4096\n"),
        ("non-rsa-key", "error: the wrapping public key is not an RSA key\n"),
        ("set=PublicKey=AAAA", "error: the wrapping public key is not a DER SubjectPublicKeyInfo (RFC 5280 §4.1)\n"),
        ("set=ImportToken=", "error: the reply to GetParametersForImport has no ImportToken, which KMS always sends\n"),
    ] {
        let scene = Scene::new(&format!("GetParametersForImport:1:{fault}"));
        scene.fails_and_is_completed(cause);
        // What was wrapped would have been generated, and kept, first.
        assert!(!scene.bench.names().iter().any(|name| name.contains("superseded")), "{:?}", scene.bench.names());
    }
}

/// What is wrapped with the exponent 1 is the key in the clear.
#[test]
fn a_wrapping_key_with_another_exponent_is_refused_by_every_verb_that_reads_one() {
    use base64::Engine as _;
    let honest = openssl::rsa::Rsa::generate(2048).unwrap();
    let one = openssl::bn::BigNum::from_u32(1).unwrap();
    let key = openssl::rsa::Rsa::from_public_components(honest.n().to_owned().unwrap(), one).unwrap();
    let der = key.public_key_to_der().unwrap();
    let forged = base64::prelude::BASE64_STANDARD.encode(&der);
    let cause = "error: the wrapping public key has the public exponent 1, but KMS uses only 65537\n";
    let scene = Scene::new(&format!("GetParametersForImport:1:set=PublicKey={forged}"));
    scene.fails_and_is_completed(cause);

    let scene = Scene::new(&format!("GetParametersForImport:1:set=PublicKey={forged}"));
    let at = format!("--endpoint-url {} --region us-east-1 --quiet", scene.server.url());
    scene.bench.kms_byok_with_credentials(&format!("create-key --alias alias/a {at}")).succeeds();
    let get = format!("get-parameters --key-id alias/a --wrapping-key-spec RSA_2048 --dir D {at}");
    let refused = scene.bench.kms_byok_with_credentials(&get);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.starts_with(cause), "{}", refused.stderr);
    assert!(!scene.bench.exists("D"));

    // A set that was changed on the way, with its checksums made to fit.
    scene.bench.kms_byok_with_credentials(&get).succeeds();
    scene.bench.kms_byok("generate --out material").succeeds();
    scene.bench.kms_byok("wrap --dir D --material material").succeeds();
    let parameters = String::from_utf8(scene.bench.read("D/parameters.json")).unwrap();
    let was: serde_json::Value = serde_json::from_str(&parameters).unwrap();
    let sha256 = hex::encode(openssl::sha::sha256(&der));
    let changed = parameters.replace(was["public_key_sha256"].as_str().unwrap(), &sha256);
    scene.bench.write("D/parameters.json", changed);
    scene.bench.write("D/PublicKey.bin", &der);
    for line in ["wrap --dir D --material material --force --quiet".to_owned(), format!("import --dir D {at}")] {
        let refused = scene.bench.kms_byok_with_credentials(&line);
        assert_eq!(refused.code, Some(1), "{line}");
        let said = refused.stderr.lines().find(|line| !line.starts_with("warning: ")).unwrap();
        assert_eq!(format!("{said}\n"), cause, "{line}");
    }
}

/// Of the right size and form, but nobody has the private key: only KMS can find out, and does.
#[test]
fn a_damaged_wrapping_key_ends_in_a_refusal_with_its_diagnosis() {
    let scene = Scene::new("GetParametersForImport:1:damaged-key");
    let cause = "error: KMS cannot unwrap the key material for key `arn:aws:kms:us-east-1:000000000000:key/";
    let said = scene.fails_and_is_completed(cause);
    assert!(said.contains("because: InvalidCiphertextException\n"), "{said}");
    assert!(said.contains("not known (endpoint): why KMS could not unwrap"), "{said}");
    // The copy of what KMS did not get is out of the way, and still there.
    let aside = scene.bench.names().into_iter().find(|name| name.starts_with("key.superseded-")).unwrap();
    assert_eq!(scene.bench.read(&aside).len(), 32);
}

#[test]
fn an_import_that_is_answered_with_nothing_is_not_taken_for_done() {
    let scene = Scene::new("ImportKeyMaterial:1:empty-object");
    let failed = scene.provision();
    assert!(failed.stderr.contains("unknown: whether ImportKeyMaterial took effect; its reply was not seen\n"));
    // It did, as the next run sees: nothing is generated again, and the copy is the key.
    let again = scene.bench.kms_byok_with_credentials(&format!("{} --output json", scene.line())).json();
    assert_eq!((&again["changed"], &again["generated"]), (&false.into(), &false.into()));
    let verify = format!(
        "verify --endpoint-url {} --region us-east-1 --key-id alias/a --material key --output json",
        scene.server.url()
    );
    assert_eq!(scene.bench.kms_byok_with_credentials(&verify).json()["proof"]["outcome"], "proven");
}

#[test]
fn nobody_is_followed_to_another_host() {
    for operation in ["GetParametersForImport", "ImportKeyMaterial"] {
        for elsewhere in ["http://127.0.0.1:1/", "https://kms.example.org/"] {
            let scene = Scene::new(&format!("{operation}:1:redirect={elsewhere}"));
            scene.fails_and_is_completed(&format!(
                "error: what answers {operation} at `{}` is not KMS\nbecause: HTTP 307, a redirect to {elsewhere}\n",
                scene.server.url()
            ));
        }
    }
}

#[test]
fn an_https_endpoint_that_leads_to_plain_http_is_not_followed() {
    let bench = Bench::new();
    let authority = Authority::new();
    bench.write("ca.pem", authority.pem());
    let server = authority.serve(Shows::Localhost, Does::Redirect);
    let url = format!("https://localhost:{}", server.port());
    for line in
        ["status --key-id alias/a", "provision --alias alias/a --generate --discard", "create-key --alias alias/a"]
    {
        let words = format!("{line} --endpoint-url {url} --region us-east-1");
        let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
        command.env("AWS_CA_BUNDLE", bench.path("ca.pem"));
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        support::run(&mut command, b"").refuses(
            1,
            &format!(
                "endpoint: {url}\n\
                 error: what answers DescribeKey at `{url}` is not KMS\n\
                 because: HTTP 307, a redirect to http://127.0.0.1:1/\n\
                 hint: check the endpoint URL, and for a proxy between here and KMS\n"
            ),
        );
    }
}

/// 64 MiB are sent in each reply.
#[test]
fn huge_replies_take_no_more_memory_than_small_ones() {
    for operation in ["DescribeKey", "CreateKey", "GetParametersForImport", "ImportKeyMaterial", "Encrypt"] {
        let scene = Scene::new(&format!("{operation}:1+:huge"));
        let words = format!("{} --output json", scene.line().replace(" --quiet", ""));
        let run = scene.bench.watched(&words, b"");
        run.wait_for_answer();
        let kilobytes = most_memory(run.pid());
        let streams = run.end();
        let said = String::from_utf8_lossy(&streams.stderr);
        // The key of a CreateKey whose reply is useless is found by its tag.
        let told = match operation {
            "CreateKey" => "the reply to CreateKey is lost, and the key may exist: looking for it by its tag\n",
            _ => "sends more than 1048576 bytes, but no reply of KMS is that long\n",
        };
        assert!(said.contains(told), "{operation}: {said}");
        println!("{operation}: {kilobytes} kB at most");
        assert!(kilobytes < 48 * 1024, "{operation}: {kilobytes} kB");
    }
}

/// Descriptions and aliases are written by whoever may: they come to the terminal as text.
#[test]
fn what_others_wrote_cannot_move_the_cursor_or_add_a_line() {
    let scene = Scene::new("Sign:1:500");
    let at = format!("--endpoint-url {} --region us-east-1", scene.server.url());
    let mut create: Vec<&str> = at.split(' ').collect();
    create.extend(["create-key", "--alias", "alias/a", "--quiet", "--description", "a\u{1b}[2Jb\nspec  RSA_4096"]);
    let mut create = scene.bench.command(&create);
    support::run(create.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test"), b"").succeeds();
    let status = scene.bench.kms_byok_with_credentials(&format!("status --key-id alias/a {at}"));
    let shown = &status.succeeds().stdout;
    assert!(shown.contains("a\u{fffd}[2Jb\u{fffd}spec  RSA_4096\n"), "{shown}");
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert_eq!(shown.lines().filter(|line| line.starts_with("spec")).count(), 1, "{shown}");
}

/// The peak of resident memory so far, in kB.
fn most_memory(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    most.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}
