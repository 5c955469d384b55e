//! Endpoints that stand in for KMS and are not it, as LocalStack: what they get right works, and what they get wrong or do not have is
//! named as theirs. The embedded KMS with faults plays them.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use kms_byok::Silent;
use kms_byok::kms::{Connection, Kms};
use openssl::nid::Nid;
use serde_json::{Value, json};

use crate::support::importing::base64;
use crate::support::keys::{ec, pkcs8, rsa};
use crate::support::scene::Scene;
use crate::support::{Run, forwarding, run};

/// Its tokens are valid for 100 days, and calls about rotations are not there.
fn localstack(more: &str) -> Scene {
    let ends = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 100 * 24 * 60 * 60;
    let scene = Scene::new(&format!(
        "--fault GetParametersForImport:always:set=ParametersValidTo={ends} --fault ListKeyRotations:always:501 \
         --fault GetKeyRotationStatus:always:501 --fault DeriveSharedSecret:always:501 {more}"
    ));
    ["one", "two"].iter().for_each(|name| scene.material(name, 32));
    scene
}

fn warnings(run: &Run) -> Vec<String> {
    run.stderr.lines().filter_map(|line| line.strip_prefix("warning: ").map(str::to_owned)).collect()
}

/// Times become TIME.
fn plain(text: &str) -> String {
    let is_time = |word: &str| word.len() == 21 && word.starts_with("20") && word.ends_with("Z,");
    text.split(' ').map(|word| if is_time(word) { "TIME," } else { word }).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_token_that_is_valid_for_longer_than_kms_gives_is_a_warning_that_names_the_endpoint() {
    let scene = localstack("");
    let said = format!(
        "the endpoint {} gives an import token that is valid until TIME, but import tokens are valid for 24 hours",
        scene.kms.url
    );
    let whole = scene.run("provision --alias alias/a --wrapping-key-spec RSA_2048 --material one");
    whole.succeeds();
    assert_eq!(warnings(&whole).iter().map(|text| plain(text)).collect::<Vec<_>>(), std::slice::from_ref(&said));
    // Step by step: each step that reads the set says it once.
    scene.json("create-key --alias alias/b");
    for line in ["get-parameters --key-id alias/b --dir D --wrapping-key-spec RSA_2048", "import --dir D"] {
        if line.starts_with("import") {
            let wrapped = scene.bench.kms_byok("wrap --dir D --material one --strict");
            wrapped.succeeds();
            assert_eq!(
                warnings(&wrapped).iter().map(|text| plain(text)).collect::<Vec<_>>(),
                std::slice::from_ref(&said)
            );
        }
        let step = scene.run(line);
        step.succeeds();
        assert_eq!(
            warnings(&step).iter().map(|text| plain(text)).collect::<Vec<_>>(),
            std::slice::from_ref(&said),
            "{line}"
        );
    }
}

/// The embedded KMS at a name of AWS's.
fn at_aws(scene: &Scene, line: &str) -> Run {
    let proxy = forwarding::proxy_to(&scene.kms.url);
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = scene.bench.command(&words);
    command.args(["--region", "us-east-1", "--quiet", "--insecure-endpoint"]);
    command.env("AWS_ENDPOINT_URL", "http://kms.us-east-1.amazonaws.com").env("HTTP_PROXY", &proxy);
    run(command.env("AWS_ACCESS_KEY_ID", "AKID").env("AWS_SECRET_ACCESS_KEY", "test"), b"")
}

/// Whoever answers at AWS's name with such a token is not KMS, or the clock is wrong.
#[test]
fn such_a_token_from_aws_is_refused_before_anything_is_written_or_imported() {
    let scene = localstack("");
    let arn = scene.json("create-key --alias alias/a")["key_arn"].as_str().unwrap().to_owned();
    for line in [
        "get-parameters --key-id ARN --dir D --wrapping-key-spec RSA_2048",
        "provision --alias alias/a --material one --wrapping-key-spec RSA_2048",
        "verify --key-id ARN --material one",
    ] {
        if line.starts_with("verify") {
            scene.run("provision --alias alias/a --wrapping-key-spec RSA_2048 --material one --quiet").succeeds();
        }
        let before = scene.calls("ImportKeyMaterial");
        let refused = at_aws(&scene, &line.replace("ARN", &arn));
        assert!(
            plain(&refused.stderr).contains(
                "error: KMS gives an import token that is valid until TIME, but import tokens are valid for 24 hours\n\
                 hint: check this machine's clock, and for a proxy between here and AWS\n"
            ),
            "{}",
            refused.stderr
        );
        assert_eq!(scene.calls("ImportKeyMaterial"), before, "{line}");
        assert!(!scene.bench.exists("D"));
    }
}

/// Whether there is such a token is known once there is a key. Nothing is imported into that.
#[test]
fn such_a_token_for_a_new_key_leaves_the_key_empty() {
    let scene = localstack("");
    let refused = at_aws(&scene, "provision --alias alias/new --material one --wrapping-key-spec RSA_2048");
    assert_eq!((refused.code, scene.calls("CreateKey"), scene.calls("ImportKeyMaterial")), (Some(3), 1, 0));
    assert!(
        plain(&refused.stderr).starts_with(
            "error: KMS gives an import token that is valid until TIME, but import tokens are valid for 24 hours\n\
             hint: check this machine's clock, and for a proxy between here and AWS\n\
             exists: key arn:aws:kms:us-east-1:000000000000:key/"
        ),
        "{}",
        refused.stderr
    );
}

/// A multi-Region key is replicated and rotated without the list of its key materials.
#[test]
fn a_key_is_replicated_where_its_key_materials_cannot_be_listed() {
    let scene = localstack("");
    let missing = format!("`{}` does not have ListKeyRotations", scene.kms.url);
    scene.provision("--alias alias/a --material one --multi-region");
    let replicate = "replicate --key-id alias/a --to eu-west-1 --material one --wrapping-key-spec RSA_2048 --quiet";
    let unlisted = format!("which key materials the key has, and a replica needs, is not known: {missing}");
    let made = scene.run(&format!("{replicate} --output json"));
    assert_eq!(made.json()["replicas"][0]["proof"]["outcome"], "proven");
    assert_eq!(warnings(&made)[0], unlisted);
    assert_eq!(warnings(scene.run(replicate).succeeds()), [unlisted]);
    let rotate = "rotate --key-id alias/a --material two --wrapping-key-spec RSA_2048";
    let rotated = scene.json(rotate);
    assert_eq!(rotated["replicas"][0]["key_material_id"], rotated["key_material_id"]);
}

/// Everything a user does with a key, at an endpoint that lacks what is not needed for it.
#[test]
fn a_call_that_is_not_there_is_done_without_and_what_it_would_show_is_said_not_to_be_known() {
    let scene = localstack("");
    let missing = format!("`{}` does not have ListKeyRotations", scene.kms.url);
    let arn = scene.provision("--alias alias/a --material one --expires-in 30d");

    let status = scene.run("status --key-id alias/a --quiet");
    assert!(status.succeeds().stdout.contains(&format!("others are not known: {missing}\n")), "{}", status.stdout);
    assert_eq!(warnings(&status), [format!("each key material of key {arn} cannot be seen: {missing}")]);
    let expiring = scene.fails(4, "status --expiring-within 31d").0;
    assert_eq!(expiring["expiring"][0]["key_arn"], arn);
    assert_eq!(
        expiring["not_seen"],
        json!([{ "operation": "ListKeyRotations", "key_arn": arn, "id": "not_implemented", "cause": missing,
                 "aws_code": "InternalFailure" }])
    );
    assert_eq!(expiring["not_permitted"], json!([]));
    assert_eq!(scene.run("status --strict --quiet").code, Some(4));

    // KMS takes new key material, and rotates to it.
    let rotated = scene.run("rotate --key-id alias/a --material two --wrapping-key-spec RSA_2048 --output json");
    assert_eq!(rotated.json()["rotation"]["rotated"], true);
    assert!(
        rotated.stderr.contains(&format!(
            "which key materials the key has and how many rotations are left is not known: {missing}\n"
        )),
        "{}",
        rotated.stderr
    );
    assert!(rotated.stderr.contains("KMS began to rotate the key\n"), "{}", rotated.stderr);
    let resumed = scene.run("rotate --key-id alias/a --resume --quiet");
    resumed.refuses_with(1, &format!("error: {missing}\nbecause: InternalFailure\n"));

    // Something in the key expires, and nobody says what: a second import could change that.
    let before = scene.calls("ImportKeyMaterial");
    let verified = scene.run("verify --key-id alias/a --material two");
    assert!(
        verified.stdout.contains(&format!(
            "  - not proven: that the key holds these bytes: a second import must keep the expiry of each key material, and {missing}\n"
        )),
        "{}",
        verified.stdout
    );
    assert_eq!((verified.code, scene.calls("ImportKeyMaterial")), (Some(4), before));
    assert!(!verified.stderr.contains("a second time"), "{}", verified.stderr);
    scene.provision("--alias alias/never --material one");
    let verified = scene.json("verify --key-id alias/never --material one");
    assert_eq!(verified["proof"]["outcome"], "proven");

    let deleted = scene.run("delete-material --key-id alias/a --yes");
    assert!(
        deleted.succeeds().stderr.contains(&format!("its other key materials are not known: {missing}\n")),
        "{}",
        deleted.stderr
    );
    assert_eq!(scene.describe(&arn)["KeyState"], "PendingImport");
}

#[test]
fn a_second_import_is_announced_only_where_it_is_made() {
    // What expires soon is not imported again; and with the list denied, nobody knows what expires.
    let scene = Scene::with_key("--fault ListKeyRotations:always:error=AccessDeniedException", "--expires-in 30d").0;
    let verified = scene.run("verify --key-id alias/a --material one");
    assert_eq!(scene.calls("ImportKeyMaterial"), 1);
    assert!(!verified.stderr.contains("a second time"), "{}", verified.stderr);
    let scene = Scene::with_key("", "").0;
    let verified = scene.run("verify --key-id alias/a --material one");
    assert!(verified.succeeds().stderr.contains("importing the same bytes a second time"), "{}", verified.stderr);
    assert_eq!(scene.calls("ImportKeyMaterial"), 2);
}

#[test]
fn a_key_that_was_only_half_proven_because_a_call_is_not_there_is_no_proven_key() {
    let scene = localstack("");
    scene.bench.write("ec", pkcs8(&ec(Nid::X9_62_PRIME256V1)));
    let answer = scene.json(
        "provision --alias alias/e --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --material ec --wrapping-key-spec RSA_2048",
    );
    assert_eq!(answer["proof"]["outcome"], "not_compared");
    let text = format!("what DeriveSharedSecret would show: `{}` does not have DeriveSharedSecret", scene.kms.url);
    assert!(answer["proof"]["items"].as_array().unwrap().iter().any(|item| item["text"] == *text), "{answer:#}");
}

/// A call that is not there has changed nothing, and will not be there in a minute either.
#[test]
fn a_call_that_is_not_there_is_no_call_to_try_again() {
    for (operation, line) in [
        ("CreateKey", "create-key --alias alias/n"),
        ("GetParametersForImport", "get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048"),
        ("DescribeKey", "status --key-id alias/a"),
        ("ReplicateKey", "replicate --key-id alias/a --to eu-west-1 --material one"),
        ("DeleteImportedKeyMaterial", "delete-material --key-id alias/a --yes"),
    ] {
        let first = match operation {
            "DescribeKey" => "3+",
            "CreateKey" | "GetParametersForImport" => "2+",
            _ => "1+",
        };
        let scene = Scene::with_key(&format!("--fault {operation}:{first}:501"), "--multi-region").0;
        let run = scene.run(&format!("{line} --quiet"));
        let missing = format!("error: `{}` does not have {operation}\nbecause: InternalFailure\n", scene.kms.url);
        assert_eq!(run.code, Some(1), "{operation}: {}", run.stderr);
        assert!(run.stderr.contains(&missing), "{operation}: {}", run.stderr);
        assert!(
            !run.stderr.contains("hint: ") && !run.stderr.contains("unknown: whether"),
            "{operation}: {}",
            run.stderr
        );
    }
}

/// Nobody vouches for a key whose policy cannot be read, until the user does.
#[test]
fn where_key_policies_are_not_there_the_user_vouches_for_the_key() {
    let (scene, arn) = Scene::with_key("--fault GetKeyPolicy:always:501", "--multi-region");
    let missing = format!("`{}` does not have GetKeyPolicy", scene.kms.url);
    for line in [
        "verify --key-id K --material one",
        "rotate --key-id K --material two --wrapping-key-spec RSA_2048",
        "replicate --key-id K --to eu-west-1 --material one --material two --wrapping-key-spec RSA_2048",
    ] {
        let refused = scene.run(&format!("{} --quiet", line.replace('K', "alias/a")));
        assert_eq!(refused.code, Some(1), "{line}: {}", refused.stderr);
        assert!(refused.stderr.contains(&missing) && refused.stderr.contains(&arn), "{line}: {}", refused.stderr);
        assert!(!refused.stderr.contains("in a minute"), "{line}: {}", refused.stderr);
        scene.run(&format!("{} --quiet", line.replace('K', &arn))).succeeds();
    }
}

#[test]
fn a_short_token_of_letters_and_digits_is_a_token_elsewhere_and_text_at_aws() {
    let scene = Scene::new("--fault ImportKeyMaterial:always:error=InvalidImportTokenException");
    scene.json("create-key --alias alias/a");
    scene.json("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048");
    scene.material("one", 32);
    scene.bench.kms_byok("wrap --dir D --material one").succeeds();
    scene.bench.write("token", "1a2b3c4d");
    let line = "import --key-id alias/a --encrypted D/EncryptedKeyMaterial.bin --import-token token --quiet";
    // It is sent, and this KMS does not know it.
    let sent = scene.run(line);
    assert!(
        sent.stderr.contains("error: the import token is damaged, or was issued for another key"),
        "{}",
        sent.stderr
    );
    assert_eq!(scene.calls("ImportKeyMaterial"), 1);
    let at_aws = scene.bench.kms_byok_with_credentials(&format!("{line} --region us-east-1"));
    assert!(at_aws.stderr.contains("error: the import token `token` is text"), "{}", at_aws.stderr);
    // Longer text is what it always was.
    scene.bench.write("token", "1a2b3c4d".repeat(12));
    assert!(scene.run(line).stderr.contains("error: the import token `token` is hex text"));
    assert_eq!(scene.calls("ImportKeyMaterial"), 1);
}

#[test]
fn a_server_that_gives_another_size_than_was_asked_for_is_named() {
    let key = base64(&rsa(2048).public_key_to_der().unwrap());
    let scene = Scene::new(&format!("--fault GetParametersForImport:always:set=PublicKey={key}"));
    scene.json("create-key --alias alias/a");
    scene.run("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_4096 --quiet").refuses_with(
        1,
        &format!(
            "error: `{}` gives an RSA_2048 wrapping key, but RSA_4096 was asked for\n\
             hint: ask for what that server gives: --wrapping-key-spec RSA_2048, or use another endpoint\n",
            scene.kms.url
        ),
    );
    assert!(!scene.bench.exists("D"));
}

/// KMS has one policy a key and takes its name for granted; others do not.
#[tokio::test]
async fn a_key_policy_is_asked_for_by_its_name() {
    let arn = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let noted = asked.clone();
    let answer = move |request: Request<Bytes>| {
        noted.lock().unwrap().push(serde_json::from_slice(request.body()).unwrap());
        async { Ok(Response::new(Bytes::from_static(br#"{"Policy":"{}"}"#))) }
    };
    let kms = Kms::answered_by(answer, &Connection::default(), Arc::new(Silent));
    assert_eq!(kms.key_policy(arn).await.unwrap(), "{}");
    assert_eq!(*asked.lock().unwrap(), [json!({ "KeyId": arn, "PolicyName": "default" })]);
}
