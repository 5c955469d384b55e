//! The steps one by one, and parameter directories and bare files that do not belong together, are damaged, too old, or for something
//! else: named, and refused before KMS is asked wherever that is possible.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::cloud::Cloud;
use crate::support::{self, cloud, embedded_kms};

const GET: &str = "get-parameters --wrapping-key-spec RSA_2048";

/// A key `alias/a` of that spec, with material `key` wrapped for it in `D`.
fn wrapped(spec: &str) -> Cloud {
    let cloud = Cloud::new("");
    cloud.empty_key(&format!("--alias alias/a --key-spec {spec}"));
    cloud.bench.kms_byok(&format!("generate --key-spec {spec} --out key")).succeeds();
    cloud.run(&format!("{GET} --key-id alias/a --dir D")).succeeds();
    cloud.bench.kms_byok("wrap --dir D --material key").succeeds();
    cloud
}

const AGAIN: &str = "hint: run `kms-byok get-parameters --force` again and wrap the key for the new token\n";

#[test]
fn the_steps_bring_in_every_kind_of_key() {
    for (spec, algorithm, bytes) in [
        ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256", 256),
        ("HMAC_224", "RSAES_OAEP_SHA_256", 256),
        ("RSA_2048", "RSA_AES_KEY_WRAP_SHA_256", 0),
        ("ECC_NIST_P256", "RSAES_OAEP_SHA_256", 256),
        ("ECC_NIST_EDWARDS25519", "RSAES_OAEP_SHA_256", 256),
    ] {
        let cloud = wrapped(spec);
        let blob = cloud.bench.read("D/EncryptedKeyMaterial.bin").len();
        assert!(if bytes == 0 { blob > 256 + 1200 } else { blob == bytes }, "{spec}: {blob}");
        let answer = cloud.run("import --dir D --expires-in 90d --output json").json();
        assert_eq!((&answer["key_state"], &answer["changed"]), (&"Enabled".into(), &true.into()), "{spec}");
        assert_eq!((&answer["wrapping_algorithm"], &answer["key_spec"]), (&algorithm.into(), &spec.into()));
        assert!(answer["expires"].is_string(), "{spec}");
        let verified = cloud.run("verify --key-id alias/a --material key --output json").json();
        assert_eq!(verified["proof"]["outcome"], "proven", "{spec}");
    }
}

#[test]
fn a_step_says_what_it_did() {
    let cloud = Cloud::new("");
    cloud.empty_key("--alias alias/a");
    let get = cloud.run(&format!("{GET} --key-id alias/a --dir D"));
    assert_eq!(
        cloud.plain(&get.succeeds().stdout),
        "key                 ARN\nspec                SYMMETRIC_DEFAULT\n\
         wrapping            RSAES_OAEP_SHA_256 with RSA_2048\npublic key SHA-256  MATERIAL\n\
         valid until         TIME\ndirectory           D\nendpoint            URL\n\
         rehearsal           yes: an embedded KMS, nothing is in AWS\n"
    );
    let wrap = cloud.bench.kms_byok("wrap --dir D --generate --discard");
    assert_eq!(
        cloud::plain(&wrap.succeeds().stdout),
        "key                 ARN\nspec                SYMMETRIC_DEFAULT\n\
         wrapped             RSAES_OAEP_SHA_256 with RSA_2048\npublic key SHA-256  MATERIAL\n\
         file                D/EncryptedKeyMaterial.bin, 256 bytes\n\
         rehearsal           yes: the parameters are of an embedded KMS\n"
    );
    assert_eq!(cloud::plain(&wrap.stderr), "wrapping for key ARN\nwrapping public key SHA-256: MATERIAL\n");
    let import = cloud.run("import --dir D --verify off");
    assert_eq!(
        cloud.plain(&import.succeeds().stderr),
        "endpoint: URL\nimported the key material; it does not expire\n"
    );
}

#[test]
fn a_fingerprint_that_came_by_another_way_is_compared() {
    let cloud = wrapped("SYMMETRIC_DEFAULT");
    let set: Value = serde_json::from_slice(&cloud.bench.read("D/parameters.json")).unwrap();
    let print = set["public_key_sha256"].as_str().unwrap();
    let pairs: Vec<String> =
        print.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_ascii_uppercase()).collect();
    for right in [print.to_owned(), pairs.join(":")] {
        cloud.bench.kms_byok(&format!("wrap --dir D --material key --force --expect-public-key {right}")).succeeds();
    }
    let wrong = "0".repeat(64);
    cloud.bench.kms_byok(&format!("wrap --dir D --material key --force --expect-public-key {wrong}")).refuses(
        1,
        &format!(
            "error: the wrapping public key has SHA-256 {print}, but {wrong} was expected\n\
             hint: find out who changed the files; wrap nothing until the fingerprint is the one that get-parameters printed\n"
        ),
    );
    cloud.bench.kms_byok("wrap --dir D --material key --force --expect-public-key abc").refuses(
        2,
        "error: `abc` is not a SHA-256 in hex\nhint: give the 64 hex characters that get-parameters printed\n",
    );
}

#[test]
fn files_of_two_sets_do_not_go_together() {
    let cloud = wrapped("SYMMETRIC_DEFAULT");
    cloud.run(&format!("{GET} --key-id alias/a --dir E --wrapping-algorithm RSAES_OAEP_SHA_1 --allow-sha1")).succeeds();
    for (name, what) in [("PublicKey.bin", "wrapping public key"), ("ImportToken.bin", "import token")] {
        let own = cloud.bench.read(&format!("D/{name}"));
        for (other, source) in
            [(cloud.bench.read(&format!("E/{name}")), "other"), (own[..own.len() / 2].to_vec(), "cut")]
        {
            if other == own {
                continue; // the embedded KMS uses a public key again
            }
            cloud.bench.write(&format!("D/{name}"), &other);
            for line in ["wrap --dir D --material key --force --quiet", "import --dir D --quiet"] {
                let run = cloud.run(line);
                let begin = format!("error: `D/{name}` is not the {what} of this set: its SHA-256 is ");
                assert!(run.code == Some(1) && run.stderr.starts_with(&begin), "{source} {line}: {}", run.stderr);
                assert!(run.stderr.ends_with(AGAIN), "{}", run.stderr);
            }
        }
        cloud.bench.write(&format!("D/{name}"), own);
    }
    // The two swapped.
    let [key, token] = ["PublicKey.bin", "ImportToken.bin"].map(|name| cloud.bench.read(&format!("D/{name}")));
    cloud.bench.write("D/PublicKey.bin", token);
    cloud.bench.write("D/ImportToken.bin", key);
    let run = cloud.run("import --dir D --quiet");
    assert!(
        run.stderr.starts_with("error: `D/PublicKey.bin` is not the wrapping public key of this set"),
        "{}",
        run.stderr
    );
    assert_eq!((run.code, cloud.requests("ImportKeyMaterial")), (Some(1), 0));
}

#[test]
fn a_parameter_file_that_was_changed_is_named_with_what_is_wrong() {
    let cloud = wrapped("SYMMETRIC_DEFAULT");
    let honest = String::from_utf8(cloud.bench.read("D/parameters.json")).unwrap();
    let value: Value = serde_json::from_str(&honest).unwrap();
    let changed = |name: &str, to: Value| {
        let mut value = value.clone();
        value[name] = to;
        value.to_string()
    };
    let mut less = value.clone();
    less.as_object_mut().unwrap().remove("valid_to");
    // What names a key in KMS's grammar (arn:PARTITION:kms:REGION:ACCOUNT:key/ID), and nothing that only looks like it.
    let arn = value["key_arn"].as_str().unwrap();
    for wrong in [
        arn.replace(":kms:", ":s3:"),
        arn.replace("arn:aws:", "arn:awful corp:"),
        arn.replace("us-east-1", "us-east-1/../x"),
        arn.replace("us-east-1", ""),
        arn.replace("000000000000", "0000"),
        arn.replace("000000000000", "00000000000x"),
        arn.replace(":key/", ":alias/x:key/"),
        arn.replace(":key/", ":key/ "),
        format!("{arn}:x"),
        format!("{arn}/x"),
        format!("{arn}`; rm -rf x; `"),
        format!("{arn}ä"),
        arn.rsplit_once('/').unwrap().0.to_owned() + "/",
    ] {
        cloud.bench.write("D/parameters.json", changed("key_arn", json!(wrong)));
        for line in ["wrap --dir D --material key --force --quiet", "import --dir D --quiet"] {
            let begin = format!("error: `D/parameters.json` is not a parameters.json: `{wrong}` is not a key ARN");
            let run = cloud.run(line);
            assert!(run.code == Some(1) && run.stderr.starts_with(&begin), "{wrong}: {}", run.stderr);
        }
    }
    for hidden in ["\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{200b}", "\u{feff}", "\u{2028}", "\u{e0041}", "\n"] {
        cloud.bench.write("D/parameters.json", changed("key_arn", json!(format!("{arn}{hidden}"))));
        let run = cloud.run("import --dir D --quiet");
        let cause = "error: `D/parameters.json` is not a parameters.json: it has control characters, or others that do not show\n";
        assert!(run.code == Some(1) && run.stderr.starts_with(cause), "{hidden:?}: {}", run.stderr);
    }
    for (text, problem) in [
        ("hello".to_owned(), "not JSON at line 1, column 1"),
        (honest[..honest.len() / 2].to_owned(), "not JSON at line "),
        ("{}".to_owned(), "`version` is missing"),
        (less.to_string(), "missing field `valid_to`"),
        (changed("surprise", json!(1)), "unknown field `surprise`"),
        (changed("key_arn", json!("1234")), "`1234` is not a key ARN"),
    ] {
        cloud.bench.write("D/parameters.json", text);
        for line in ["wrap --dir D --material key --force --quiet", "import --dir D --quiet"] {
            let run = cloud.run(line);
            let begin = format!("error: `D/parameters.json` is not a parameters.json: {problem}");
            assert!(
                run.code == Some(1) && run.stderr.starts_with(&begin) && run.stderr.ends_with(AGAIN),
                "{}",
                run.stderr
            );
        }
    }
    cloud.bench.write("D/parameters.json", changed("version", json!(2)));
    cloud.run("import --dir D").refuses(
        1,
        "error: `D/parameters.json` has version 2, but this program knows only version 1\nhint: use the kms-byok that wrote it\n",
    );
    assert_eq!(cloud.requests("ImportKeyMaterial"), 0);
}

#[test]
fn expired_parameters_are_refused_here_and_by_kms() {
    let cloud = Cloud::new("--clock -25h");
    let clock = embedded_kms::Kms::at(cloud.url());
    cloud.bench.write("key", support::material(7));
    cloud.empty_key("--alias alias/a");
    cloud.run(&format!("{GET} --key-id alias/a --dir E")).succeeds();
    clock.move_clock(json!({ "reset": true }));
    cloud.run(&format!("{GET} --key-id alias/a --dir D")).succeeds();
    cloud.bench.kms_byok("wrap --dir D --material key").succeeds();
    let at = serde_json::from_slice::<Value>(&cloud.bench.read("E/parameters.json")).unwrap()["valid_to"].clone();
    let expired = format!("error: the import token expired at {}\n{AGAIN}", at.as_str().unwrap());
    cloud.bench.kms_byok("wrap --dir E --material key").refuses(1, &expired);
    std::fs::copy(cloud.bench.path("D/EncryptedKeyMaterial.bin"), cloud.bench.path("E/EncryptedKeyMaterial.bin"))
        .unwrap();
    cloud.run("import --dir E").refuses(1, &expired);
    assert_eq!(cloud.requests("ImportKeyMaterial"), 0);
    // Bare files do not say how old they are: KMS does.
    clock.move_clock(json!({ "set": "+26h" }));
    let bare =
        "import --key-id alias/a --encrypted D/EncryptedKeyMaterial.bin --import-token D/ImportToken.bin --quiet";
    cloud.run(bare).refuses_with(
        1,
        "error: the import token has expired\nbecause: ExpiredImportTokenException\n\
         hint: run `kms-byok get-parameters --force` again and wrap the key material with the new public key: key, token and public key belong together\n",
    );
    assert_eq!(cloud.states(), ["PendingImport"]);
}

#[test]
fn a_blob_that_the_wrapping_cannot_give_is_not_sent() {
    const FILE: &str = "D/EncryptedKeyMaterial.bin";
    const FROM_BASE64: &str = r#"tr -d '[:space:]' | tr '_-' '/+' | awk '{ while (length % 4) $0 = $0 "="; printf "%s", $0 }' | openssl base64 -d -A"#;
    let put = |made: &str| format!("mv {FILE} {FILE}.original && mv {FILE}.{made} {FILE}");
    for (spec, algorithm, expected) in [
        ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256", "256"),
        ("RSA_2048", "RSA_AES_KEY_WRAP_SHA_256", "at least 312, a multiple of 8"),
    ] {
        let cloud = wrapped(spec);
        let blob = cloud.bench.read("D/EncryptedKeyMaterial.bin");
        for wrong in [&blob[..blob.len() - 1], &[&blob[..], b"\n"].concat(), BASE64_STANDARD.encode(&blob).as_bytes()] {
            if wrong.len().is_multiple_of(8) && spec != "SYMMETRIC_DEFAULT" {
                continue; // looks like another key
            }
            cloud.bench.write("D/EncryptedKeyMaterial.bin", wrong);
            let again = "wrap the key material again, with the public key of the same parameters, and do not convert the result";
            let (found, whole) = (wrong.len(), blob.len());
            let (cause, hint) = match found {
                _ if found == whole + 1 => {
                    let hint = format!("take it off: `head -c {whole} {FILE} > {FILE}.cut && {}`", put("cut"));
                    (format!("the wrapped key material has {found} bytes: {whole} and a line end of 1"), hint)
                }
                _ if found > whole => {
                    let cause =
                        "the wrapped key material is base64 text, but KMS takes the bytes themselves".to_owned();
                    (cause, format!("decode it first: `< {FILE} {FROM_BASE64} > {FILE}.decoded && {}`", put("decoded")))
                }
                _ => {
                    let gives = format!("{algorithm} with RSA_2048 gives {expected}");
                    (format!("the wrapped key material has {found} bytes, but {gives}"), again.to_owned())
                }
            };
            cloud.run("import --dir D --quiet").refuses(1, &format!("error: {cause}\nhint: {hint}\n"));
        }
        std::fs::remove_file(cloud.bench.path("D/EncryptedKeyMaterial.bin")).unwrap();
        cloud.run("import --dir D --quiet").refuses(
            1,
            "error: nothing is wrapped in `D` yet: there is no EncryptedKeyMaterial.bin\n\
             hint: wrap the key material first: `kms-byok wrap --dir D --material FILE`\n",
        );
        assert_eq!(cloud.requests("ImportKeyMaterial"), 0);
    }
}

#[test]
fn parameters_are_for_one_key_that_takes_material() {
    let cloud = wrapped("SYMMETRIC_DEFAULT");
    let other = cloud.empty_key("--alias alias/other");
    let arn = cloud.keys().into_iter().find(|key| key.arn != other).unwrap().arn;
    cloud.run("import --dir D --key-id alias/other --quiet").refuses(
        1,
        &format!(
            "error: the parameters are for key {arn}, but {other} was asked for\n\
             hint: name the key of the parameters, or get parameters for the other key\n"
        ),
    );
    let bare = "--encrypted D/EncryptedKeyMaterial.bin --import-token D/ImportToken.bin --quiet";
    let run = cloud.run(&format!("import --key-id alias/other {bare}"));
    assert!(run.stderr.contains("\nbecause: InvalidImportTokenException\n"), "{}", run.stderr);
    let kms = embedded_kms::Kms::at(cloud.url());
    let own = kms.key(json!({}));
    for line in [format!("{GET} --key-id {own} --dir E --quiet"), format!("import --key-id {own} {bare}")] {
        cloud.run(&line).refuses(
            1,
            &format!(
                "error: key {own} has origin AWS_KMS, but key material can be imported only into EXTERNAL keys\n\
                 hint: create a key for it with `kms-byok create-key --region us-east-1 --endpoint-url {}`\n",
                cloud.url()
            ),
        );
    }
    kms.ok("ScheduleKeyDeletion", json!({ "KeyId": arn, "PendingWindowInDays": 7 }));
    for line in [format!("{GET} --key-id {arn} --dir E --quiet"), "import --dir D --quiet".to_owned()] {
        cloud.run(&line).refuses(
            1,
            &format!(
                "error: key {arn} is PendingDeletion, and takes no key material in that state\n\
                 hint: run `aws kms cancel-key-deletion --key-id {arn} --region us-east-1 --endpoint-url {}`, or use another key\n",
                cloud.url()
            ),
        );
    }
    assert!(!cloud.bench.exists("E"));
}
