//! `--record`: an account of every run, also of those that fail or are stopped, that holds no secret and fits its JSON Schema.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use openssl::hash::{MessageDigest, hash};
use openssl::sha::sha256;
use serde_json::{Value, json};

use crate::support::stage::{SECRET_ACCESS_KEY, Stage};
use crate::support::{self, Run, schema};

const PROVISION: &str = "provision AT --wrapping-key-spec RSA_2048 --alias alias/a --record record.json --quiet";

impl Stage {
    pub(super) fn record(&self, name: &str) -> Value {
        serde_json::from_slice(&self.bench.read(name)).unwrap()
    }

    /// Waits until a request for `operation` was answered, and the run under test has gone on to the next one.
    pub(super) fn wait_for(&self, operation: &str) {
        wait_until(|| self.answered().iter().any(|answered| answered == operation));
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Waits up to 20 s.
pub(super) fn wait_until(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < end, "nothing happened for 20 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn operations(record: &Value) -> Vec<&str> {
    record["aws"]["requests"].as_array().unwrap().iter().map(|request| request["operation"].as_str().unwrap()).collect()
}

#[test]
fn the_account_of_a_provisioned_key_is_complete() {
    let stage = Stage::new("");
    stage.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out recovery.key");
    stage.bench.openssl("req -x509 -new -key recovery.key -subj /CN=recovery -days 2 -out recovery.pem");
    let run = stage
        .run(&format!("{PROVISION} --generate --escrow recovery.pem --escrow-out a.cms --expires-in 9d --output json"));
    let (answer, record) = (run.json(), stage.record("record.json"));
    let exit = json!({ "code": 0, "changed": true, "exists": [], "in_doubt": null, "next": null, "error": null });
    assert_eq!((&record["verb"], &record["exit"], &record["rehearsal"]), (&"provision".into(), &exit, &true.into()));
    assert!(record["begun"].as_str().unwrap() <= record["ended"].as_str().unwrap());
    assert_eq!(record["versions"]["kms_byok"], env!("CARGO_PKG_VERSION"));
    assert_eq!(record["versions"]["openssl_loaded"], openssl::version::version());
    for (name, value) in record["key"].as_object().unwrap() {
        assert_eq!(*value, answer[name], "{name}");
    }
    assert_eq!((&record["key"]["account"], &record["key"]["region"]), (&"000000000000".into(), &"us-east-1".into()));
    assert!(answer["expires"].is_string());
    assert_eq!(record["aws"]["endpoint"], stage.kms.url());
    assert_eq!(record["aws"]["credential_source"], "environment variables");
    assert_eq!(record["aws"]["access_key_id"], "AKIDTEST");
    let requests = operations(&record);
    assert_eq!((&requests[..2], requests[4]), (&["DescribeKey", "CreateKey"][..], "ImportKeyMaterial"));
    // Side by side: as they were answered.
    let mut beside = requests[2..4].to_vec();
    beside.sort_unstable();
    assert_eq!(beside, ["CreateAlias", "GetParametersForImport"]);
    assert!(record["aws"]["requests"].as_array().unwrap().iter().all(|request| {
        request["endpoint"] == stage.kms.url() && request["request_id"].as_str().unwrap().len() == 36
    }));
    assert_eq!(record["generated"], true);
    assert_eq!(record["escrow"], "a.cms");
    let certificate = openssl::x509::X509::from_pem(&stage.bench.read("recovery.pem")).unwrap();
    let sha256 = hex::encode(sha256(&certificate.to_der().unwrap()));
    assert_eq!(record["escrow_recipients"], json!([{ "subject": "CN = recovery", "sha256": sha256 }]));
    let transfer = &record["transfers"][0];
    assert_eq!((&transfer["outcome"], &transfer["key_arn"]), (&"imported".into(), &answer["key_arn"]));
    assert_eq!(transfer["key_material_id"], answer["key_material_id"]);
    assert_eq!(record["proofs"][0]["outcome"], "proven");
    assert_eq!(record["proofs"][0]["items"], answer["proof"]["items"]);
}

/// The hashes are of the files of the ceremony, and the second import of `--verify full` is in the account too.
#[test]
fn the_fingerprints_are_those_of_the_files() {
    let stage = Stage::new("");
    stage.secret("a.key", support::material(7));
    stage.run("create-key AT --alias alias/a").succeeds();
    stage.run("get-parameters AT --key-id alias/a --dir D --wrapping-key-spec RSA_3072").succeeds();
    stage.run("wrap --dir D --material a.key").succeeds();
    stage.run("import AT --dir D --record record.json").succeeds();
    let record = stage.record("record.json");
    let hash = |name: &str| hex::encode(sha256(&stage.bench.read(name)));
    let transfer = &record["transfers"][0];
    assert_eq!(transfer["public_key_sha256"], hash("D/PublicKey.bin"));
    assert_eq!(transfer["import_token_sha256"], hash("D/ImportToken.bin"));
    assert_eq!(transfer["wrapped_material_sha256"], hash("D/EncryptedKeyMaterial.bin"));
    assert_eq!(transfer["wrapping_key_spec"], "RSA_3072");
    assert_eq!((&record["verb"], &record["key"]["key_spec"]), (&"import".into(), &"SYMMETRIC_DEFAULT".into()));
    stage.run("provision AT --alias alias/b --material a.key --verify full --record b.json").succeeds();
    let transfers = stage.record("b.json")["transfers"].clone();
    let outcomes: Vec<_> =
        transfers.as_array().unwrap().iter().map(|transfer| transfer["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["imported", "imported"]);
    assert_eq!(transfers[0]["key_material_id"], transfers[1]["key_material_id"]);
    assert_ne!(transfers[0]["wrapped_material_sha256"], transfers[1]["wrapped_material_sha256"]);
}

#[test]
fn a_refused_import_is_in_the_account_with_cause_and_exit_code() {
    let stage = Stage::new("--fault ImportKeyMaterial:always:error=InvalidCiphertextException");
    let run = stage.run(&format!("{PROVISION} --generate --discard"));
    assert_eq!(run.code, Some(3));
    let record = stage.record("record.json");
    assert_eq!((&record["exit"]["code"], &record["exit"]["changed"]), (&3.into(), &true.into()));
    let error = &record["exit"]["error"];
    for (field, line) in [("cause", "error: "), ("because", "because: "), ("hint", "hint: ")] {
        let text = format!("{line}{}\n", error[field].as_str().unwrap());
        assert!(run.stderr.contains(&text), "{text}{}", run.stderr);
    }
    assert_eq!(record["transfers"][0]["outcome"], "refused");
    assert_eq!((&record["key"]["key_state"], &record["proofs"]), (&"PendingImport".into(), &json!([])));
}

/// The commands in it are complete, too.
#[test]
fn the_hint_of_a_record_is_the_one_that_is_printed() {
    let stage = Stage::new("--fault DescribeKey:always:lag=60s");
    let run = stage.run(&format!("{PROVISION} --generate --discard --wait 1s"));
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let hint = stage.record("record.json")["exit"]["error"]["hint"].as_str().unwrap().to_owned();
    assert!(
        run.stderr.contains(&format!("\nhint: {hint}\n")) && hint.contains(" --key-id arn:"),
        "{hint}: {}",
        run.stderr
    );
}

#[test]
fn a_run_that_fails_before_aws_is_reached_has_an_account() {
    let stage = Stage::new("");
    let run = stage.run(&format!("{PROVISION} --material missing"));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let record = stage.record("record.json");
    assert_eq!((&record["aws"], &record["key"]), (&Value::Null, &Value::Null));
    assert_eq!(record["exit"]["error"]["cause"], "--material does not name a file: its value is 7 characters");
    assert_eq!(stage.run(&format!("{PROVISION} --generate")).code, Some(2));
    assert_eq!(stage.record("record.json")["exit"]["code"], 2);
}

#[test]
fn a_run_that_is_stopped_has_an_account_of_what_is_uncertain() {
    for (signal, name, code) in [("INT", "SIGINT", 130), ("TERM", "SIGTERM", 3), ("HUP", "SIGHUP", 3)] {
        let stage = Stage::new("--fault ImportKeyMaterial:1:latency=60s");
        let mut command = stage.command(&format!("{PROVISION} --generate --discard"));
        let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        stage.wait_for("GetParametersForImport");
        let id = process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
        let run = Run::of(process.wait_with_output().unwrap());
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        let record = stage.record("record.json");
        assert_eq!(record["exit"]["code"], 3);
        assert_eq!(record["exit"]["error"]["cause"], format!("stopped by {name}"));
        assert_eq!(record["exit"]["in_doubt"], "ImportKeyMaterial");
        assert_eq!(record["transfers"][0]["outcome"], "unanswered");
        assert!(record["transfers"][0]["wrapped_material_sha256"].is_string());
    }
}

/// Whatever the source and the end: not the bytes, not in hex or base64, no hash of them, no passphrase, no AWS secret.
#[test]
fn no_record_holds_a_secret_or_anything_derived_from_one() {
    use base64::Engine;
    let stage = Stage::new("");
    let material: Vec<u8> = (100..132).collect();
    stage.secret("a.key", &material);
    stage.secret("passphrase", "correct-horse");
    stage.bench.openssl("genpkey -algorithm ED25519 -aes256 -pass pass:correct-horse -out ed.pem");
    let ed25519 = "--key-spec ECC_NIST_EDWARDS25519 --material ed.pem --passphrase-file passphrase";
    for (record, line, code) in [
        ("1", "provision AT --alias alias/a --material a.key --verify full", 0),
        ("2", "provision AT --alias alias/h --key-spec HMAC_256 --material a.key", 0),
        ("3", &format!("provision AT --alias alias/e {ed25519}"), 0),
        ("4", "provision AT --alias alias/k --generate --keep kept", 0),
        ("5", "provision AT --alias alias/w --key-spec HMAC_512 --material a.key", 1),
    ] {
        let run = stage.run(&format!("{line} --record {record}"));
        assert_eq!(run.code, Some(code), "{line}: {}", run.stderr);
    }
    let mut secrets = vec!["correct-horse".to_owned(), SECRET_ACCESS_KEY.to_owned()];
    for bytes in [material, stage.bench.read("kept")] {
        let digests = [MessageDigest::sha256(), MessageDigest::sha1(), MessageDigest::sha512()];
        let derived = digests.map(|digest| hash(digest, &bytes).unwrap().to_vec());
        for bytes in derived.into_iter().chain([bytes]) {
            secrets.push(hex::encode(&bytes)[..16].to_owned());
            secrets.push(hex::encode_upper(&bytes)[..16].to_owned());
            secrets.push(base64::engine::general_purpose::STANDARD.encode(&bytes)[..12].to_owned());
        }
    }
    for name in ["1", "2", "3", "4", "5"] {
        let record = String::from_utf8(stage.bench.read(name)).unwrap();
        let found: Vec<&String> = secrets.iter().filter(|secret| record.contains(*secret)).collect();
        assert!(found.is_empty(), "{found:?} in {name}");
    }
}

#[test]
fn every_record_fits_its_schema_and_the_schema_refuses_what_is_not_one() {
    let stage = Stage::new(
        "--fault ImportKeyMaterial:2:error=IncorrectKeyMaterialException --fault Sign:1:error=AccessDeniedException",
    );
    stage.bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out r.key");
    stage.bench.openssl("req -x509 -new -key r.key -subj /CN=r -days 2 -out r.pem");
    stage.secret("a.key", support::material(7));
    let provision = "provision AT --wrapping-key-spec RSA_2048";
    for (record, line, code) in [
        ("0", format!("{provision} --alias alias/a --generate --escrow r.pem --escrow-out a.cms --expires-in 30d"), 0),
        ("1", format!("{provision} --alias alias/b --material a.key"), 3),
        ("2", format!("{provision} --alias alias/s --key-spec ECC_NIST_P384 --generate --keep s.key"), 0),
        ("3", format!("{provision} --alias alias/a --material missing"), 1),
        ("4", "import AT --dir missing".to_owned(), 1),
        ("5", "provision --rehearse --quiet --generate --discard --verify off".to_owned(), 0),
    ] {
        let run = stage.run(&format!("{line} --record {record}"));
        assert_eq!(run.code, Some(code), "{line}: {}", run.stderr);
    }
    let mut documents: Vec<Value> = (0..6).map(|number| stage.record(&number.to_string())).collect();
    // One that has begun and not ended.
    documents.push(documents[3].clone());
    (documents[6]["ended"], documents[6]["exit"]) = (Value::Null, Value::Null);
    let records = documents.len();
    let good = documents[0].clone();
    let spoiled = |spoil: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        spoil(&mut document);
        assert_ne!(document, good);
        document
    };
    for (spoil, says) in [
        (spoiled(&|record| record["secret"] = "x".into()), "$.secret is not known"),
        (
            spoiled(&|record| record["transfers"][0]["key_material_sha256"] = "00".into()),
            "$.transfers[0].key_material_sha256 is not known",
        ),
        (
            spoiled(&|record| record["ended"] = "yesterday".into()),
            "$.ended is \"yesterday\", against format \"date-time\"",
        ),
    ] {
        assert_eq!(support::fits::errors(&spoil), [says]);
    }
    documents.extend([
        spoiled(&|record| record["transfers"][0]["import_token_sha256"] = Value::Null),
        spoiled(&|record| record["exit"]["code"] = 5.into()),
        spoiled(&|record| record["aws"]["requests"][0]["endpoint"] = "https://user:password@host".into()),
        spoiled(&|record| record["schema"] = "kms-byok/record/0".into()),
        spoiled(&|record| drop(record.as_object_mut().unwrap().remove("versions"))),
        spoiled(&|record| record["proofs"][0]["outcome"] = "certain".into()),
    ]);
    let Some(verdicts) = schema::validate(&["record.json".to_owned()], &documents) else { return };
    for (number, verdict) in verdicts.iter().enumerate() {
        assert_eq!(verdict == "ok", number < records, "document {number}: {verdict}\n{}", documents[number]);
    }
}
