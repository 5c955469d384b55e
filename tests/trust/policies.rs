//! The policies in `examples/iam` hold parameters and imports to what was meant, and their key policy is one that KMS takes.

use std::path::Path;

use serde_json::Value;

use crate::support::policies::{FOLDER, Scene, actions, names, statements, words};

#[test]
fn parameters_and_imports_are_held_to_algorithm_size_and_expiry() {
    for name in names() {
        for statement in statements(&name) {
            let has = |key: &str| statement["Condition"]["StringEquals"].get(key).is_some();
            let allows = |action: &str| actions(&statement).contains(&format!("kms:{action}"));
            if statement["Principal"].is_object() && allows("*") {
                continue;
            }
            assert!(!allows("*"), "{name}");
            assert_eq!(allows("GetParametersForImport"), has("kms:WrappingAlgorithm"), "{name}");
            assert_eq!(allows("GetParametersForImport"), has("kms:WrappingKeySpec"), "{name}");
            assert_eq!(allows("ImportKeyMaterial"), has("kms:ExpirationModel"), "{name}");
            // What ReplicateKey makes has the origin of its primary key.
            if allows("CreateKey") && name != "replicate" {
                assert_eq!(statement["Condition"]["StringEquals"]["kms:KeyOrigin"], "EXTERNAL", "{name}");
            }
        }
    }
}

/// What `provision` asks for when nothing is said is what its policy allows.
#[test]
fn the_defaults_are_within_the_policy() {
    let scene = Scene::new();
    for spec in ["SYMMETRIC_DEFAULT", "RSA_2048"] {
        let line = scene.line(&format!("provision {{at}} --key-spec {spec} --generate --discard --output json"));
        let answer = scene.bench.kms_byok_with_credentials(&line).json();
        let allowed = |action: &str, key: &str| {
            let statement = statements("provision").into_iter().find(|one| actions(one) == [format!("kms:{action}")]);
            words(&statement.unwrap()["Condition"]["StringEquals"][key])
        };
        let within = |field: &str, key: &str| {
            let sent = answer[field].as_str().unwrap().to_owned();
            assert!(allowed("GetParametersForImport", key).contains(&sent), "{field} {sent}");
        };
        within("wrapping_algorithm", "kms:WrappingAlgorithm");
        within("wrapping_key_spec", "kms:WrappingKeySpec");
        assert_eq!(allowed("ImportKeyMaterial", "kms:ExpirationModel"), ["KEY_MATERIAL_DOES_NOT_EXPIRE"]);
        assert_eq!(answer["expires"], Value::Null);
    }
}

#[test]
fn the_key_policy_is_taken_and_kept_as_it_is() {
    let scene = Scene::new();
    let path = Path::new(FOLDER).join("key-policy.json").display().to_string();
    scene.run(&format!("create-key {{at}} --alias alias/a --policy {path}"));
    // A key whose policy is the one asked for is trusted: the import goes on.
    scene.run(&format!("provision {{at}} --alias alias/a --policy {path} --generate --discard"));
}
