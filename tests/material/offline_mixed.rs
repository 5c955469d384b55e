//! Parameter directories that somebody mixed, altered, kept too long or brought from elsewhere: each is named and refused, and no
//! such import reaches KMS unless only KMS can tell.

use serde_json::{Value, json};

use crate::support;
use crate::support::stage::Stage;

const AGAIN: &str = "hint: run `kms-byok get-parameters --force` again and wrap the key for the new token\n";

/// A key with its directory D, into which key material is wrapped.
fn wrapped() -> (Stage, String) {
    let stage = Stage::new("");
    stage.secret("key", support::material(7));
    let arn = stage.parameters("SYMMETRIC_DEFAULT", "D");
    stage.run("wrap --dir D --material key --quiet").succeeds();
    (stage, arn)
}

/// The same refusal from `wrap` and from `import`, which KMS does not hear of.
#[track_caller]
fn refused_everywhere(stage: &Stage, directory: &str, code: i32, stderr: &str) {
    let before = stage.bench.read(&format!("{directory}/EncryptedKeyMaterial.bin"));
    let wrap = format!("wrap --dir {directory} --material key --force --quiet");
    stage.run(&wrap).refuses(code, stderr);
    let (run, answered) = stage.answered_during(|| stage.run(&format!("import AT --dir {directory} --quiet")));
    run.refuses(code, stderr);
    assert!(answered.is_empty(), "{answered:?}");
    assert_eq!(stage.bench.read(&format!("{directory}/EncryptedKeyMaterial.bin")), before);
}

#[test]
fn each_file_of_another_set_is_named() {
    let (stage, arn) = wrapped();
    stage.parameters_for(&arn, "again");
    stage.parameters("SYMMETRIC_DEFAULT", "other");
    for other in ["again", "other"] {
        for (name, what, field) in [
            ("PublicKey.bin", "wrapping public key", "public_key_sha256"),
            ("ImportToken.bin", "import token", "import_token_sha256"),
        ] {
            stage.copy("D", "mixed");
            stage.swap(name, other, "mixed");
            let (found, expected) = (stage.hash(&format!("{other}/{name}")), stage.field("D", field));
            let cause = format!(
                "error: `mixed/{name}` is not the {what} of this set: its SHA-256 is {found}, but parameters.json has {expected}\n"
            );
            refused_everywhere(&stage, "mixed", 1, &format!("{cause}{AGAIN}"));
        }
        stage.copy("D", "mixed");
        stage.swap("parameters.json", other, "mixed");
        let (found, expected) = (stage.hash("D/PublicKey.bin"), stage.field(other, "public_key_sha256"));
        let cause = format!(
            "error: `mixed/PublicKey.bin` is not the wrapping public key of this set: its SHA-256 is {found}, but parameters.json has {expected}\n"
        );
        refused_everywhere(&stage, "mixed", 1, &format!("{cause}{AGAIN}"));
    }
}

#[test]
fn a_file_that_is_cut_off_or_missing_is_named() {
    let (stage, _) = wrapped();
    for (name, what, field) in [
        ("PublicKey.bin", "wrapping public key", "public_key_sha256"),
        ("ImportToken.bin", "import token", "import_token_sha256"),
    ] {
        stage.copy("D", "cut");
        stage.truncate(&format!("cut/{name}"));
        let (found, expected) = (stage.hash(&format!("cut/{name}")), stage.field("D", field));
        let cause = format!(
            "error: `cut/{name}` is not the {what} of this set: its SHA-256 is {found}, but parameters.json has {expected}\n"
        );
        refused_everywhere(&stage, "cut", 1, &format!("{cause}{AGAIN}"));
        std::fs::remove_file(stage.bench.path("cut").join(name)).unwrap();
        let cause = format!("error: {what} `cut/{name}` does not exist\nhint: check the path\n");
        refused_everywhere(&stage, "cut", 1, &cause);
    }
    stage.copy("D", "cut");
    stage.truncate("cut/EncryptedKeyMaterial.bin");
    stage.run("import AT --dir cut --quiet").refuses(
        1,
        "error: the wrapped key material has 255 bytes, but RSAES_OAEP_SHA_256 with RSA_2048 gives 256\n\
         hint: wrap the key material again, with the public key of the same parameters, and do not convert the result\n",
    );
    stage.truncate("cut/parameters.json");
    stage.truncate("cut/parameters.json");
    let cause = "error: `cut/parameters.json` is not a parameters.json: not JSON at line 12, column 0\n";
    refused_everywhere(&stage, "cut", 1, &format!("{cause}{AGAIN}"));
}

/// Every field, altered to what it cannot be and taken out.
#[test]
fn each_altered_field_that_can_be_told_is_refused() {
    let (stage, arn) = wrapped();
    let not = |problem: &str| format!("error: `altered/parameters.json` is not a parameters.json: {problem}\n{AGAIN}");
    let mixed = |name: &str, what: &str, file: &str, altered: &str| {
        let found = stage.hash(&format!("D/{file}"));
        let name = format!("`altered/{name}` is not the {what} of this set");
        format!("error: {name}: its SHA-256 is {found}, but parameters.json has {altered}\n{AGAIN}")
    };
    let zeros = "0".repeat(64);
    let cases: Vec<(&str, Value, String)> = vec![
        ("version", json!(2), "error: `altered/parameters.json` has version 2, but this program knows only version 1\nhint: use the kms-byok that wrote it\n".to_owned()),
        ("key_arn", json!("alias/a"), not("`alias/a` is not a key ARN")),
        ("key_arn", json!(arn.replace(":key/", ":alias/")), not(&format!("`{}` is not a key ARN", arn.replace(":key/", ":alias/")))),
        ("key_spec", json!("AES_256"), not("`AES_256` is not a key spec of KMS")),
        ("wrapping_algorithm", json!("RSAES_OAEP_SHA_512"), not("`RSAES_OAEP_SHA_512` is not a wrapping algorithm of KMS")),
        ("wrapping_key_spec", json!("RSA_1024"), not("`RSA_1024` is not a wrapping key spec of KMS")),
        ("wrapping_key_spec", json!("RSA_4096"), not("it says RSA_4096, and PublicKey.bin is RSA_2048")),
        ("public_key_sha256", json!(zeros), mixed("PublicKey.bin", "wrapping public key", "PublicKey.bin", &zeros)),
        ("import_token_sha256", json!(zeros), mixed("ImportToken.bin", "import token", "ImportToken.bin", &zeros)),
        ("valid_to", json!("tomorrow"), not("`tomorrow` is not a time")),
        ("valid_to", json!("2026-01-02T03:04:05Z"), format!("error: the import token expired at 2026-01-02T03:04:05Z\n{AGAIN}")),
        ("endpoint", Value::Null, format!("error: the parameters come from a rehearsal (account 000000000000), which AWS does not know\n{AGAIN}")),
        ("rehearsal", json!("no"), not("invalid type: string \"no\", expected a boolean")),
        ("comment", json!("x"), not("unknown field `comment`, expected one of `version`, `key_arn`, `key_spec`, `wrapping_algorithm`, `wrapping_key_spec`, `public_key_sha256`, `import_token_sha256`, `valid_to`, `endpoint`, `rehearsal`")),
    ];
    for (field, value, stderr) in cases {
        stage.copy("D", "altered");
        stage.alter("altered", field, &value);
        refused_everywhere(&stage, "altered", 1, &stderr);
    }
    for field in ["key_arn", "key_spec", "wrapping_algorithm", "public_key_sha256", "valid_to", "rehearsal"] {
        stage.copy("D", "altered");
        stage.alter("altered", field, &Value::Null);
        refused_everywhere(&stage, "altered", 1, &not(&format!("missing field `{field}`")));
    }
}

/// Alterations that leave everything consistent: `import`, which can ask KMS, refuses them.
#[test]
fn an_altered_key_spec_or_endpoint_is_refused_before_anything_is_sent() {
    let (stage, arn) = wrapped();
    stage.copy("D", "altered");
    stage.alter("altered", "key_spec", &json!("HMAC_256"));
    let (run, answered) = stage.answered_during(|| stage.run("import AT --dir altered --quiet"));
    run.refuses(
        1,
        &format!(
            "error: parameters.json is for HMAC_256 key material, but key {arn} is SYMMETRIC_DEFAULT\n\
             hint: run `kms-byok get-parameters --force --dir altered --key-id {arn} --region us-east-1 --endpoint-url {}` again \
             and wrap the key for the new token\n",
            stage.kms.url()
        ),
    );
    assert_eq!(answered, ["DescribeKey"]);
    stage.copy("D", "altered");
    stage.alter("altered", "endpoint", &json!("http://127.0.0.1:1"));
    let (run, answered) = stage.answered_during(|| stage.run("import AT --dir altered --quiet"));
    run.refuses(
        1,
        &format!(
            "error: the parameters came from the endpoint `http://127.0.0.1:1`, but the import goes to `{}`\n\
             hint: give the same --endpoint-url as to get-parameters, or get parameters there\n",
            stage.kms.url()
        ),
    );
    assert!(answered.is_empty(), "{answered:?}");
    stage.copy("D", "altered");
    stage.alter("altered", "wrapping_algorithm", &json!("RSA_AES_KEY_WRAP_SHA_256"));
    stage.run("wrap --dir altered --material key --force --quiet").refuses(
        2,
        "error: RSA_AES_KEY_WRAP_SHA_256 is for private keys, but SYMMETRIC_DEFAULT key material is raw bytes\nhint: use RSAES_OAEP_SHA_256\n",
    );
}

/// KMS gives 24 hours. Offline it may be the clock that is wrong; KMS tells the time.
#[test]
fn a_validity_that_kms_does_not_give_is_warned_about_and_refused_where_the_file_is_of_aws() {
    let (stage, _) = wrapped();
    let far = kms_byok::time::rfc3339(aws_smithy_types::DateTime::from_secs(kms_byok::time::now().secs() + 3 * 86_400));
    stage.copy("D", "altered");
    stage.alter("altered", "valid_to", &json!(far));
    let wrap = "wrap --dir altered --material key --force --quiet";
    let url = stage.kms.url();
    let told = format!(
        "warning: the endpoint {url} gives an import token that is valid until {far}, but import tokens are valid for 24 hours\n"
    );
    assert_eq!(stage.run(wrap).succeeds().stderr, told);
    assert_eq!(stage.run("import AT --dir altered --quiet").succeeds().stderr, told);
    let arn = json!("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    stage.alter("altered", "key_arn", &arn);
    stage.alter("altered", "endpoint", &json!(null));
    stage.alter("altered", "rehearsal", &json!(false));
    let cause = format!(
        "parameters.json says that the import token is valid until {far}, but import tokens are valid for 24 hours\n"
    );
    let hint = "hint: check this machine's clock, and if it is right find out who changed the file\n";
    assert_eq!(stage.run(wrap).succeeds().stderr, format!("warning: {cause}"));
    stage.run(&format!("{wrap} --strict")).refuses(1, &format!("error: {cause}{hint}"));
    stage.run("import AT --dir D --quiet").succeeds();
}

/// A set whose files agree may still be somebody else's: `--key-id` says which key is meant.
#[test]
fn a_set_for_another_key_is_refused() {
    let (stage, arn) = wrapped();
    let other = stage.parameters("SYMMETRIC_DEFAULT", "other");
    stage.run("wrap --dir other --material key --quiet").succeeds();
    let (run, answered) = stage.answered_during(|| stage.run(&format!("import AT --dir other --key-id {arn} --quiet")));
    run.refuses(
        1,
        &format!(
            "error: the parameters are for key {other}, but {arn} was asked for\n\
             hint: name the key of the parameters, or get parameters for the other key\n"
        ),
    );
    assert_eq!(answered, ["DescribeKey"]);
    stage.run(&format!("import --endpoint-url {} --region eu-west-1 --dir D", stage.kms.url())).refuses(
        1,
        "error: the parameters are for Region us-east-1, but eu-west-1 was asked for\n\
         hint: leave --region out, or get parameters in that Region\n",
    );
    // With the ARN altered as well, only KMS can tell: the token is not for that key.
    stage.copy("D", "altered");
    stage.alter("altered", "key_arn", &json!(other));
    let run = stage.run("import AT --dir altered --quiet");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("InvalidImportTokenException"), "{}", run.stderr);
    for key in [&arn, &other] {
        assert_eq!(stage.run(&format!("status AT --key-id {key} --output json")).json()["key_state"], "PendingImport");
    }
}

/// The blob names no set: of two with the same sizes only KMS can tell which is which.
#[test]
fn material_wrapped_for_another_set_is_refused_by_kms_and_changes_nothing() {
    let (stage, arn) = wrapped();
    stage.parameters_for(&arn, "again");
    stage.swap("EncryptedKeyMaterial.bin", "D", "again");
    let run = stage.run("import AT --dir again --quiet");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("because: InvalidCiphertextException"), "{}", run.stderr);
    assert_eq!(stage.run(&format!("status AT --key-id {arn} --output json")).json()["key_state"], "PendingImport");
    stage.run(&format!("import AT --dir D --key-id {arn}")).succeeds();
}

#[test]
fn the_set_of_a_rehearsal_is_not_for_aws() {
    let (stage, _) = wrapped();
    let cause = "error: the parameters come from a rehearsal (account 000000000000), which AWS does not know\n";
    stage.run("import --dir D --quiet").refuses(1, &format!("{cause}{AGAIN}"));
    // Dressed up as one of AWS's, it is refused where it is read.
    for (field, value) in
        [("rehearsal", json!(false)), ("key_arn", json!("arn:aws:kms:us-east-1:111122223333:key/1234"))]
    {
        stage.copy("D", "dressed");
        stage.alter("dressed", field, &value);
        stage.alter("dressed", "endpoint", &Value::Null);
        refused_everywhere(&stage, "dressed", 1, &format!("{cause}{AGAIN}"));
    }
}

#[test]
fn a_set_that_was_kept_too_long_is_refused_by_its_file_and_by_kms() {
    let (stage, arn) = wrapped();
    let at = kms_byok::time::rfc3339(aws_smithy_types::DateTime::from_secs(kms_byok::time::now().secs() - 60));
    stage.copy("D", "expired");
    stage.alter("expired", "valid_to", &json!(at));
    refused_everywhere(&stage, "expired", 1, &format!("error: the import token expired at {at}\n{AGAIN}"));
    // KMS's clock decides in the end: here it is 25 hours later, and the file says otherwise.
    let host = stage.kms.url().trim_start_matches("http://").to_owned();
    let body = r#"{"advance": "25h"}"#;
    let request = format!(
        "POST /_rehearsal/clock HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = std::net::TcpStream::connect(&host).unwrap();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    std::io::Read::read_to_end(&mut stream, &mut Vec::new()).unwrap();
    let run = stage.run("import AT --dir D --quiet");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("ExpiredImportTokenException"), "{}", run.stderr);
    assert_eq!(stage.run(&format!("status AT --key-id {arn} --output json")).json()["key_state"], "PendingImport");
}
