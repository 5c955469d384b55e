//! The program at MiniStack, an emulator that nobody here wrote: it has no ListKeyRotations and no RotateKeyOnDemand.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::ministack::MiniStack;
use crate::support::{self, Bench};

/// A directory with key material.
fn bench() -> Bench {
    let bench = Bench::new();
    for (name, seed) in [("one", 1), ("two", 2)] {
        bench.write(name, support::material(seed));
        fs::set_permissions(bench.path(name), Permissions::from_mode(0o600)).unwrap();
    }
    bench
}

/// What a run answers, and its warnings.
#[track_caller]
fn run(bench: &Bench, url: &str, line: &str) -> (Value, Vec<String>) {
    let line = format!("{line} --quiet --region us-east-1 --endpoint-url {url} --output json");
    let run = bench.kms_byok_with_credentials(&line);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let warnings = run.stderr.lines().filter_map(|line| line.strip_prefix("warning: ").map(str::to_owned));
    (serde_json::from_str(&run.stdout).unwrap(), warnings.collect())
}

#[test]
fn at_ministack_a_key_is_used_through_its_life() {
    let Some(ministack) = MiniStack::start() else { return };
    let url = ministack.client().url;
    let bench = bench();
    let at = |line: &str| run(&bench, &url, line).0;
    let arn = at("provision --alias alias/a --material one --wrapping-key-spec RSA_2048")["key_arn"].clone();
    let answer = at("status --key-id alias/a");
    assert_eq!((&answer["key_arn"], &answer["key_state"]), (&arn, &json!("Enabled")));
    assert_eq!(answer["not_seen"][0]["cause"], format!("`{url}` does not have ListKeyRotations"));
    assert_eq!(at("status")["keys"][0]["key_arn"], arn);
    assert_eq!(at("provision --alias alias/a --material one")["changed"], false);
    assert_eq!(at("verify --key-id alias/a --material one")["proof"]["outcome"], "proven");
    // It makes new key material current at once, and has no RotateKeyOnDemand.
    let rotated = at("rotate --key-id alias/a --material two --wrapping-key-spec RSA_2048");
    assert_eq!(rotated["rotation"]["rotated"], true);
    assert_eq!(at("verify --key-id alias/a --material two")["proof"]["outcome"], "proven");
    at("delete-material --key-id alias/a --yes");
    assert_eq!(at("status --key-id alias/a")["key_state"], "PendingImport");
    assert_eq!(at("provision --alias alias/a --material two --wrapping-key-spec RSA_2048")["key_state"], "Enabled");
}

/// It copies key material to a replica and calls the replica enabled, which KMS does not, and does not say for how long it keeps it.
#[test]
fn at_ministack_a_key_is_replicated_and_rotated_in_every_region() {
    let Some(ministack) = MiniStack::start() else { return };
    let url = ministack.client().url;
    let bench = bench();
    let at = |line: &str| run(&bench, &url, &format!("{line} --wrapping-key-spec RSA_2048"));
    let primary =
        at("provision --alias alias/m --multi-region --material one").0["key_arn"].as_str().unwrap().to_owned();
    let there = primary.replace("us-east-1", "eu-west-1");
    let unlisted = format!(
        "which key materials the key has, and a replica needs, is not known: `{url}` does not have ListKeyRotations"
    );
    let enabled = format!("the endpoint {url} calls {there} enabled, and nothing was imported into it");
    let replicate = "replicate --key-id alias/m --to eu-west-1 --material one --alias alias/m";
    let (made, warnings) = at(replicate);
    assert_eq!(warnings, [unlisted.clone(), enabled]);
    let replica = &made["replicas"][0];
    assert_eq!((&replica["created"], &replica["imported"]), (&json!(true), &json!(true)));
    assert_eq!((&replica["key_state"], &replica["proof"]["outcome"]), (&json!("Enabled"), &json!("proven")));
    let (again, warnings) = at(replicate);
    assert_eq!((&again["changed"], warnings), (&json!(false), vec![unlisted]));
    let rotated = at("rotate --key-id alias/m --material two").0;
    assert_eq!(rotated["replicas"][0]["key_material_id"], rotated["key_material_id"]);
    assert_eq!(rotated["replicas"][0]["proof"]["outcome"], "proven");
}

/// One that somebody else has made there is no replica that this program has imported into.
#[test]
fn at_ministack_a_replica_without_import_is_imported_into() {
    let Some(ministack) = MiniStack::start() else { return };
    let client = ministack.client();
    let bench = bench();
    let at = |line: &str| run(&bench, &client.url, &format!("{line} --wrapping-key-spec RSA_2048")).0;
    let primary = at("provision --alias alias/m --multi-region --material one")["key_arn"].as_str().unwrap().to_owned();
    client.ok("ReplicateKey", json!({ "KeyId": primary, "ReplicaRegion": "eu-west-1" }));
    let answer = at("replicate --key-id alias/m --to eu-west-1 --material one --expires-in 30d");
    let replica = &answer["replicas"][0];
    assert_eq!((&replica["created"], &replica["imported"]), (&json!(false), &json!(true)));
    assert!(replica["expires"].is_string(), "{replica}");
}
