//! The program at MiniStack, an emulator that nobody here wrote: it has no ListKeyRotations and no RotateKeyOnDemand.

use serde_json::{Value, json};

use crate::support::ministack::MiniStack;
use crate::support::{self, Bench};

#[test]
fn at_ministack_a_key_is_used_through_its_life() {
    let Some(ministack) = MiniStack::start() else { return };
    let url = ministack.client().url;
    let bench = Bench::new();
    for (name, seed) in [("one", 1), ("two", 2)] {
        bench.write(name, support::material(seed));
    }
    let at = |line: &str| -> Value {
        let line = format!("{line} --quiet --region us-east-1 --endpoint-url {url} --output json");
        let run = bench.kms_byok_with_credentials(&line);
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    };
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
