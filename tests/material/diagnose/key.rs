//! What KMS says about the key, where it may be asked; and what is said where it may not.

use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::{Bench, EmbeddedKms, Run};

fn run(bench: &Bench, server: &EmbeddedKms, line: &str) -> Run {
    bench.kms_byok_with_credentials(&format!("{line} --output json --endpoint-url {} --region us-east-1", server.url()))
}

fn answer(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr))
}

fn first(run: &Run) -> String {
    let answer = answer(run);
    assert_eq!(run.code, Some(if answer["causes"][0].is_null() { 0 } else { 4 }), "{answer:#}");
    answer["causes"][0]["id"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn the_state_origin_and_spec_of_the_key_are_compared() {
    let bench = Bench::new();
    let server = bench.serve();
    let kms = Kms::at(server.url());
    let fine = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let hmac = kms.external_key("HMAC_256", "GENERATE_VERIFY_MAC");
    let of_kms = kms.key(json!({}));
    let doomed = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    kms.ok("ScheduleKeyDeletion", json!({ "KeyId": doomed, "PendingWindowInDays": 7 }));
    for (line, expected) in [
        (format!("diagnose --key-id {fine}"), "none"),
        (format!("diagnose --key-id {fine} --key-spec SYMMETRIC_DEFAULT"), "none"),
        (format!("diagnose --key-id {hmac} --key-spec SYMMETRIC_DEFAULT"), "key_spec"),
        (format!("diagnose --key-id {of_kms}"), "key_not_external"),
        (format!("diagnose --key-id {doomed}"), "key_state"),
        ("diagnose --key-id 99999999-12ab-34cd-56ef-1234567890ab".to_owned(), "key_not_found"),
        ("diagnose --key-id alias/nothing".to_owned(), "key_not_found"),
    ] {
        assert_eq!(first(&run(&bench, &server, &line)), expected, "{line}");
    }
}

#[test]
fn a_directory_is_compared_with_its_key_and_with_the_key_that_is_named() {
    let bench = Bench::new();
    let server = bench.serve();
    let kms = Kms::at(server.url());
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    kms.ok("CreateAlias", json!({ "AliasName": "alias/mine", "TargetKeyId": key }));
    let other = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    kms.ok("CreateAlias", json!({ "AliasName": "alias/other", "TargetKeyId": other }));
    run(&bench, &server, &format!("get-parameters --key-id {key} --dir D --wrapping-key-spec RSA_2048")).succeeds();
    assert_eq!(first(&run(&bench, &server, "diagnose --dir D")), "none");
    assert_eq!(answer(&run(&bench, &server, "diagnose --dir D"))["key_arn"], json!(key));
    assert_eq!(first(&run(&bench, &server, "diagnose --dir D --key-id alias/mine")), "none");
    assert_eq!(first(&run(&bench, &server, "diagnose --dir D --key-id alias/other")), "parameters_of_other_key");
    kms.ok("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 }));
    let doomed = answer(&run(&bench, &server, "diagnose --dir D"));
    assert_eq!(
        doomed["causes"][0]["fix"],
        format!(
            "cancel the deletion, or use another key: \
             `aws kms cancel-key-deletion --key-id {key} --region us-east-1 --endpoint-url {}`",
            server.url()
        )
    );
}

/// The key spec is what KMS says, where nobody else does.
#[test]
fn key_material_is_held_to_the_spec_that_kms_says() {
    let bench = Bench::new();
    let server = bench.serve();
    let key = Kms::at(server.url()).external_key("HMAC_512", "GENERATE_VERIFY_MAC");
    bench.openssl("rand -out key 32");
    assert_eq!(first(&run(&bench, &server, &format!("diagnose --key-id {key} --material key"))), "material_length");
}

#[test]
fn a_key_that_cannot_be_asked_about_is_told_and_is_no_cause() {
    let bench = Bench::new();
    bench.openssl("rand -out key 32");
    let line = "diagnose --material key --key-spec SYMMETRIC_DEFAULT --key-id alias/a --endpoint-url http://127.0.0.1:1 --region us-east-1";
    let asked = bench.kms_byok_with_credentials(&format!("{line} --output json"));
    assert_eq!(asked.code, Some(0), "{}", asked.stdout);
    assert!(asked.stderr.ends_with(
        "warning: KMS was not asked about the key: nothing answers at `127.0.0.1:1`: the connection is refused\n"
    ));
    let unknown = answer(&asked)["unknown"].take();
    assert_eq!(unknown[0]["id"], "key_state");
    assert!(
        unknown[0]["what"]
            .as_str()
            .unwrap()
            .starts_with("whether the KMS key waits for key material: nothing answers at `127.0.0.1:1`")
    );
    // With nothing else to look at it is a failure like any other.
    let alone = bench.kms_byok_with_credentials(
        "diagnose --key-id alias/a --endpoint-url http://127.0.0.1:1 --region us-east-1 --quiet",
    );
    assert_eq!(alone.code, Some(1), "{}", alone.stdout);
    assert!(alone.stderr.starts_with("error: nothing answers at `127.0.0.1:1`"), "{}", alone.stderr);
}

/// A parameter file must not be able to send signed requests to whom it likes, and no credentials are no obstacle.
#[test]
fn nobody_is_asked_because_a_file_says_so_or_without_credentials() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas --access-log log");
    let key = Kms::at(server.url()).external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    run(&bench, &server, &format!("get-parameters --key-id {key} --dir D --wrapping-key-spec RSA_2048")).succeeds();
    let before = bench.read("log");
    assert!(!before.is_empty());
    let elsewhere = answer(&bench.kms_byok_with_credentials("diagnose --dir D --output json"));
    assert_eq!(elsewhere["unknown"][0]["find_out"], format!("add `--endpoint-url {}`", server.url()));
    let nobody = bench.kms_byok(&format!("diagnose --dir D --output json --endpoint-url {}", server.url()));
    assert_eq!(answer(&nobody)["unknown"][0]["what"], "whether the KMS key waits for key material: KMS was not asked");
    assert_eq!(bench.read("log"), before);
}

/// By KMS's clock, which need not be this machine's.
#[test]
fn parameters_that_have_expired_by_the_clock_of_kms_are_named() {
    let bench = Bench::new();
    let server = bench.serve();
    let kms = Kms::at(server.url());
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    run(&bench, &server, &format!("get-parameters --key-id {key} --dir D --wrapping-key-spec RSA_2048")).succeeds();
    assert_eq!(first(&run(&bench, &server, "diagnose --dir D")), "none");
    kms.move_clock(json!({ "advance": "25h" }));
    assert_eq!(first(&run(&bench, &server, "diagnose --dir D")), "parameters_expired");
}
