//! Key materials and rotations in the embedded KMS: new, pending, current and earlier material, in one Region and in several.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::importing::{base64, bytes, random};
use crate::support::served::materials;

fn symmetric(kms: &Kms, material: &[u8]) -> String {
    kms.imported("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", material)
}

fn all_rotations(kms: &Kms, key: &str) -> Vec<Value> {
    let reply = kms.ok("ListKeyRotations", json!({ "KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" }));
    reply["Rotations"].as_array().unwrap().clone()
}

fn wait_for_rotation(kms: &Kms, key: &str) {
    let start = Instant::now();
    while kms.ok("GetKeyRotationStatus", json!({ "KeyId": key })).get("OnDemandRotationStartDate").is_some() {
        assert!(start.elapsed() < Duration::from_secs(5), "the rotation does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn new_material(kms: &Kms, key: &str, material: &[u8]) -> String {
    let reply = kms.import(key, material, json!({ "ImportType": "NEW_KEY_MATERIAL" })).unwrap();
    reply["KeyMaterialId"].as_str().unwrap().to_owned()
}

#[test]
fn pending_material_waits_for_the_rotation_and_old_ciphertext_still_opens() {
    let kms = Kms::start();
    let (first, second) = (random(32), random(32));
    let key = symmetric(&kms, &first);
    let first_id = kms.describe(&key)["CurrentKeyMaterialId"].clone();
    let old = kms.ok("Encrypt", json!({ "KeyId": key, "Plaintext": base64(b"hello") }))["CiphertextBlob"].clone();

    let refused = kms.refused("RotateKeyOnDemand", json!({ "KeyId": key }));
    let nothing = format!("No available key material pending rotation for the key: {key}.");
    assert_eq!(refused, ("KMSInvalidStateException".to_owned(), nothing));

    let second_id = new_material(&kms, &key, &second);
    assert_eq!(kms.describe(&key)["CurrentKeyMaterialId"], first_id);
    assert_eq!(all_rotations(&kms, &key)[0]["KeyMaterialState"], "PENDING_ROTATION");
    assert_eq!(kms.ok("ListKeyRotations", json!({ "KeyId": key }))["Rotations"], json!([]));

    let third = random(32);
    let (code, message) = kms.import(&key, &third, json!({ "ImportType": "NEW_KEY_MATERIAL" })).unwrap_err();
    assert_eq!(code, "KMSInvalidStateException");
    let tail = format!(
        "cannot be imported into KMS key {key}, because another key material (id: {second_id}) is pending rotation."
    );
    assert!(message.starts_with("New key material (id: ") && message.ends_with(&tail), "{message}");

    assert_eq!(kms.ok("RotateKeyOnDemand", json!({ "KeyId": key }))["KeyId"], key);
    assert_eq!(kms.describe(&key)["CurrentKeyMaterialId"], first_id, "a rotation takes a moment");
    assert!(kms.ok("GetKeyRotationStatus", json!({ "KeyId": key })).get("OnDemandRotationStartDate").is_some());
    wait_for_rotation(&kms, &key);
    assert_eq!(kms.describe(&key)["CurrentKeyMaterialId"], second_id.as_str());

    let rotations = kms.ok("ListKeyRotations", json!({ "KeyId": key }))["Rotations"].clone();
    assert_eq!(rotations.as_array().unwrap().len(), 1);
    assert_eq!(
        (&rotations[0]["RotationType"], &rotations[0]["KeyMaterialState"]),
        (&json!("ON_DEMAND"), &json!("CURRENT"))
    );
    assert_eq!(rotations[0]["KeyMaterialId"], second_id.as_str());

    let opened = kms.ok("Decrypt", json!({ "CiphertextBlob": old }));
    assert_eq!((bytes(&opened["Plaintext"]), &opened["KeyMaterialId"]), (b"hello".to_vec(), &first_id));
}

#[test]
fn a_key_needs_all_its_permanent_material() {
    let kms = Kms::start();
    let (first, second) = (random(32), random(32));
    let key = symmetric(&kms, &first);
    let second_id = new_material(&kms, &key, &second);
    kms.ok("RotateKeyOnDemand", json!({ "KeyId": key }));
    wait_for_rotation(&kms, &key);
    let first_id = all_rotations(&kms, &key)[1]["KeyMaterialId"].clone();

    kms.ok("DeleteImportedKeyMaterial", json!({ "KeyId": key, "KeyMaterialId": first_id }));
    assert_eq!(kms.state(&key), "PendingImport");
    let refused = kms.refused("Encrypt", json!({ "KeyId": key, "Plaintext": base64(b"x") }));
    assert_eq!(refused, ("KMSInvalidStateException".to_owned(), format!("{key} is pending import.")));
    let entry = all_rotations(&kms, &key).pop().unwrap();
    assert_eq!((&entry["ImportState"], entry.get("ExpirationModel")), (&json!("PENDING_IMPORT"), None));

    let asserted = json!({ "ImportType": "EXISTING_KEY_MATERIAL", "KeyMaterialId": second_id });
    assert_eq!(kms.import(&key, &first, asserted).unwrap_err().0, "IncorrectKeyMaterialException");
    let asserted = json!({ "ImportType": "EXISTING_KEY_MATERIAL", "KeyMaterialId": first_id });
    kms.import(&key, &first, asserted).unwrap();
    assert_eq!(kms.state(&key), "Enabled");
}

#[test]
fn import_types_say_what_is_expected() {
    let kms = Kms::start();
    let material = random(32);
    let empty = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let existing = json!({ "ImportType": "EXISTING_KEY_MATERIAL" });
    assert_eq!(kms.import(&empty, &material, existing.clone()).unwrap_err().0, "IncorrectKeyMaterialException");
    let key = symmetric(&kms, &material);
    let new = json!({ "ImportType": "NEW_KEY_MATERIAL" });
    assert_eq!(kms.import(&key, &material, new).unwrap_err().0, "IncorrectKeyMaterialException");
    kms.import(&key, &material, existing).unwrap();
    let both = json!({ "ImportType": "NEW_KEY_MATERIAL", "KeyMaterialId": "0".repeat(64) });
    assert_eq!(kms.import(&key, &random(32), both).unwrap_err().0, "ValidationException");
}

#[test]
fn the_description_of_material_is_kept_on_a_reimport() {
    let kms = Kms::start();
    let material = random(32);
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    kms.import(&key, &material, json!({ "KeyMaterialDescription": "from the safe" })).unwrap();
    kms.import(&key, &material, json!({})).unwrap();
    assert_eq!(all_rotations(&kms, &key)[0]["KeyMaterialDescription"], "from the safe");
}

#[test]
fn pending_material_that_is_deleted_is_forgotten() {
    let kms = Kms::start();
    let key = symmetric(&kms, &random(32));
    let id = new_material(&kms, &key, &random(32));
    let reply = kms.ok("DeleteImportedKeyMaterial", json!({ "KeyId": key, "KeyMaterialId": id }));
    assert_eq!((&reply["KeyId"], &reply["KeyMaterialId"]), (&json!(key), &json!(id)));
    assert_eq!(kms.state(&key), "Enabled");
    assert_eq!(all_rotations(&kms, &key).len(), 1);
    new_material(&kms, &key, &random(32));
}

#[test]
fn a_key_is_rotated_25_times_and_no_more() {
    let kms = Kms::start();
    let key = symmetric(&kms, &random(32));
    for _ in 0..25 {
        new_material(&kms, &key, &random(32));
        kms.ok("RotateKeyOnDemand", json!({ "KeyId": key }));
        kms.move_clock(json!({ "advance": "1s" }));
    }
    new_material(&kms, &key, &random(32));
    let refused = kms.refused("RotateKeyOnDemand", json!({ "KeyId": key }));
    let message = format!(
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: {key}"
    );
    assert_eq!(refused, ("LimitExceededException".to_owned(), message));
    assert_eq!(kms.ok("ListKeyRotations", json!({ "KeyId": key, "Limit": 10 }))["Truncated"], true);
}

#[test]
fn only_symmetric_keys_rotate() {
    let kms = Kms::start();
    for (spec, usage, material) in materials().into_iter().filter(|(spec, ..)| *spec != "SYMMETRIC_DEFAULT") {
        if spec == "RSA_3072" || spec == "RSA_4096" {
            continue;
        }
        let key = kms.imported(spec, usage, &material);
        for operation in ["RotateKeyOnDemand", "ListKeyRotations", "GetKeyRotationStatus"] {
            let refused = kms.refused(operation, json!({ "KeyId": key }));
            assert_eq!(refused, ("UnsupportedOperationException".to_owned(), String::new()), "{operation} {spec}");
        }
    }
    let external = symmetric(&kms, &random(32));
    let refused = kms.refused("EnableKeyRotation", json!({ "KeyId": external }));
    let message = format!("{external} origin is EXTERNAL which is not valid for this operation.");
    assert_eq!(refused, ("UnsupportedOperationException".to_owned(), message));
}

#[test]
fn keys_of_kms_rotate_by_themselves_and_on_demand() {
    let kms = Kms::start();
    let key = kms.key(json!({}));
    let first = kms.describe(&key)["CurrentKeyMaterialId"].clone();
    kms.ok("RotateKeyOnDemand", json!({ "KeyId": key }));
    wait_for_rotation(&kms, &key);
    let second = kms.describe(&key)["CurrentKeyMaterialId"].clone();
    assert_ne!(first, second);
    kms.ok("EnableKeyRotation", json!({ "KeyId": key, "RotationPeriodInDays": 90 }));
    assert_eq!(kms.ok("GetKeyRotationStatus", json!({ "KeyId": key }))["RotationPeriodInDays"], 90);
    kms.move_clock(json!({ "advance": "91d" }));
    assert_ne!(kms.describe(&key)["CurrentKeyMaterialId"], second);
    let rotations = kms.ok("ListKeyRotations", json!({ "KeyId": key }))["Rotations"].clone();
    assert_eq!(
        (&rotations[0]["RotationType"], &rotations[1]["RotationType"]),
        (&json!("AUTOMATIC"), &json!("ON_DEMAND"))
    );
}

#[test]
fn new_material_goes_to_all_regions_before_the_primary_rotates() {
    let kms = Kms::start();
    let second = random(32);
    let key = kms.key(json!({ "Origin": "EXTERNAL", "MultiRegion": true }));
    let first = random(32);
    kms.import(&key, &first, json!({})).unwrap();
    kms.ok("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "eu-west-2" }));
    kms.move_clock(json!({ "advance": "1s" }));
    let (europe, replica) = (kms.in_region("eu-west-2"), key.replace("us-east-1", "eu-west-2"));
    europe.import(&replica, &first, json!({})).unwrap();

    let id = new_material(&kms, &key, &second);
    assert_eq!(all_rotations(&kms, &key)[0]["KeyMaterialState"], "PENDING_MULTI_REGION_IMPORT_AND_ROTATION");
    assert_eq!(all_rotations(&europe, &replica)[0]["ImportState"], "PENDING_IMPORT");
    assert_eq!(europe.state(&replica), "Enabled");
    assert_eq!(kms.code("RotateKeyOnDemand", json!({ "KeyId": key })), "KMSInvalidStateException");
    europe.import(&replica, &second, json!({ "ImportType": "EXISTING_KEY_MATERIAL" })).unwrap();
    assert_eq!(all_rotations(&kms, &key)[0]["KeyMaterialState"], "PENDING_ROTATION");
    assert_eq!(
        europe.refused("RotateKeyOnDemand", json!({ "KeyId": replica })),
        ("UnsupportedOperationException".to_owned(), format!("{replica} is not a multi-region primary key."))
    );
    kms.ok("RotateKeyOnDemand", json!({ "KeyId": key }));
    kms.move_clock(json!({ "advance": "1s" }));
    assert_eq!(kms.describe(&key)["CurrentKeyMaterialId"], id.as_str());
    assert_eq!(europe.describe(&replica)["CurrentKeyMaterialId"], id.as_str());
}
