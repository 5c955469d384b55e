//! `provision` and `create-key` again: what exists and matches is left alone, what was never filled is completed, and anything else
//! is refused with the difference.

mod differences;
mod material_gone;

use serde_json::json;

use crate::support::cloud::Cloud;
use crate::support::{self, embedded_kms};

const PROVISION: &str = "provision --alias alias/a --wrapping-key-spec RSA_2048";

/// Calls of another program to the same server.
fn others(cloud: &Cloud) -> embedded_kms::Kms {
    embedded_kms::Kms::at(cloud.url())
}

#[test]
fn a_key_that_is_there_and_matches_is_left_alone() {
    let cloud = Cloud::new("");
    let first = cloud.run(&format!("{PROVISION} --generate --discard --output json")).json();
    for flags in ["--generate --discard", "--generate --keep key", "--generate --discard --verify full"] {
        let again = cloud.run(&format!("{PROVISION} {flags} --output json")).json();
        for (name, expected) in [("changed", json!(false)), ("generated", json!(false)), ("kept", json!(null))] {
            assert_eq!(again[name], expected, "{flags}: {name}");
        }
        for name in ["key_arn", "key_id", "alias", "key_state", "key_material_id", "key_spec", "key_usage", "expires"] {
            assert_eq!(again[name], first[name], "{flags}: {name}");
        }
        // Nothing at hand to compare the bytes with.
        assert_eq!(again["proof"]["outcome"], "not_compared");
    }
    assert!(!cloud.bench.exists("key"));
    assert_eq!((cloud.requests("CreateKey"), cloud.requests("ImportKeyMaterial")), (1, 1));
    let run = cloud.run(&format!("{PROVISION} --generate --discard --verify off"));
    assert_eq!(cloud.plain(&run.succeeds().stderr), "endpoint: URL\nalias/a exists and is what was asked for: ARN\n");
}

#[test]
fn bytes_that_were_not_compared_are_not_called_proven() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    cloud.bench.write("other", support::material(8));
    let first = cloud.run(&format!("{PROVISION} --material key --output json")).json();
    assert_eq!(first["proof"]["outcome"], "proven");
    for material in ["key", "other"] {
        let again = cloud.run(&format!("{PROVISION} --material {material} --output json")).json();
        assert_eq!((&again["changed"], &again["proof"]["outcome"]), (&json!(false), &json!("not_compared")));
        let bytes = again["proof"]["items"].as_array().unwrap().iter().filter(|item| item["id"] == "bytes");
        assert!(bytes.clone().count() > 0 && bytes.clone().all(|item| item["outcome"] == "not_compared"), "{again}");
        assert_eq!(again["proof"]["contradiction"], json!(null));
    }
    assert_eq!(cloud.requests("ImportKeyMaterial"), 1);
}

#[test]
fn everything_is_proven_by_a_second_import_also_where_the_key_is_there() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    cloud.bench.write("other", support::material(8));
    cloud.run(&format!("{PROVISION} --material key")).succeeds();
    let again = cloud.run(&format!("{PROVISION} --material key --verify full --output json")).json();
    assert_eq!((&again["changed"], &again["proof"]["outcome"]), (&json!(false), &json!("proven")), "{again}");
    let before = cloud.keys();
    let arn = before[0].arn.clone();
    cloud.run(&format!("{PROVISION} --material other --verify full --quiet")).refuses_with(
        1,
        &format!(
            "error: the key material given is not that of key {arn}: KMS refuses these bytes as key material of the key: it holds other bytes\n\
             hint: give the key material that the key was imported with\n"
        ),
    );
    assert_eq!(cloud.keys(), before);
}

#[test]
fn another_file_for_a_key_whose_answers_tell_is_named_as_another_file() {
    let cloud = Cloud::new("");
    for (spec, told) in [
        ("HMAC_384", "KMS computes another HMAC than OpenSSL does with this key material"),
        ("RSA_2048", "KMS reports another public key than that of this private key"),
        ("ECC_NIST_P256", "KMS reports another public key than that of this private key"),
    ] {
        let alias = format!("provision --alias alias/{spec} --key-spec {spec} --wrapping-key-spec RSA_2048");
        for name in ["right", "wrong"] {
            cloud.run(&format!("generate --key-spec {spec} --out {spec}.{name}")).succeeds();
        }
        cloud.run(&format!("{alias} --material {spec}.right")).succeeds();
        let again = cloud.run(&format!("{alias} --material {spec}.right --output json")).json();
        assert_eq!((&again["changed"], &again["proof"]["outcome"]), (&json!(false), &json!("proven")), "{again}");
        let arn = again["key_arn"].as_str().unwrap();
        cloud.run(&format!("{alias} --material {spec}.wrong --quiet")).refuses_with(
            1,
            &format!(
                "error: the key material given is not that of key {arn}: {told}\n\
                 hint: give the key material that the key was imported with\n"
            ),
        );
    }
    assert_eq!(cloud.requests("ImportKeyMaterial"), 3);
}

#[test]
fn a_key_that_waits_is_completed_only_as_what_was_asked_for() {
    let cloud = Cloud::new("");
    cloud.empty_key("--alias alias/a --tag team=a --description one");
    cloud.run(&format!("{PROVISION} --generate --discard --tag team=b --description uno --quiet")).refuses(
        1,
        "error: `alias/a` exists and is not what was asked for: its description is `one`, but `uno` was asked for; \
         its tag `team` is `a`, but `b` was asked for\n\
         hint: choose another alias, or flags that match the key\n",
    );
    assert_eq!(cloud.requests("ImportKeyMaterial"), 0);
    let done =
        cloud.run(&format!("{PROVISION} --generate --discard --tag team=a --description one --output json")).json();
    let tags = done["proof"]["items"].as_array().unwrap().iter().find(|item| item["id"] == "tags").unwrap();
    assert_eq!((&tags["outcome"], &done["changed"]), (&json!("proven"), &json!(true)));
}

#[test]
fn a_key_that_was_never_filled_is_completed() {
    let cloud = Cloud::new("");
    let arn = cloud.empty_key("--alias alias/a");
    let run = cloud.run(&format!("{PROVISION} --generate --discard --output json"));
    let answer = run.json();
    assert_eq!(answer["key_arn"], arn);
    assert_eq!(
        (&answer["changed"], &answer["generated"], &answer["key_state"]),
        (&true.into(), &true.into(), &"Enabled".into())
    );
    assert!(run.stderr.contains(&format!("alias/a exists and waits for key material: {arn}\n")), "{}", run.stderr);
    assert_eq!(cloud.requests("CreateKey"), 1);
}

#[test]
fn a_key_that_is_about_to_be_deleted_is_refused_and_the_fix_leads_on_whether_it_has_key_material_or_not() {
    let cloud = Cloud::new("");
    let kms = others(&cloud);
    let filled = cloud.run(&format!("{PROVISION} --generate --discard --output json")).json();
    let empty = cloud.run("create-key --alias alias/empty --output json").json();
    for (alias, key) in [("alias/a", filled), ("alias/empty", empty)] {
        let arn = key["key_arn"].as_str().unwrap();
        kms.ok("ScheduleKeyDeletion", json!({ "KeyId": arn, "PendingWindowInDays": 7 }));
        let at = format!("--region us-east-1 --key-id {arn} --endpoint-url {}", cloud.url());
        for verb in ["create-key", "provision --generate --discard"] {
            cloud.run(&format!("{verb} --alias {alias} --quiet")).refuses(
                1,
                &format!(
                    "error: `{alias}` exists and is what was asked for, but it is PendingDeletion\n\
                     hint: run `aws kms cancel-key-deletion {at}` and then the same command again, or use another key\n"
                ),
            );
        }
        kms.ok("CancelKeyDeletion", json!({ "KeyId": arn }));
        cloud.run(&format!("create-key --alias {alias} --quiet")).succeeds();
    }
    cloud.run("provision --alias alias/empty --generate --discard --quiet").succeeds();
    cloud.run(&format!("{PROVISION} --generate --discard --quiet")).refuses(
        1,
        &format!(
            "error: `alias/a` exists and is what was asked for, but it is Disabled\n\
             hint: enable it: `aws kms enable-key --region us-east-1 --key-id {} --endpoint-url {}`\n",
            cloud.run("create-key --alias alias/a --output json --quiet").json()["key_arn"].as_str().unwrap(),
            cloud.url()
        ),
    );
}
