//! Which fields a reply has, of which types, for each key spec, key usage and key state: no field more, none less.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::importing::random;
use crate::support::served::materials;

/// Field names with their types, as in `Arn: text`.
type Fields = BTreeMap<String, String>;

fn fields(value: &Value) -> Fields {
    let kind = |value: &Value| match value {
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "flag",
        Value::Array(_) => "list",
        Value::Object(_) => "record",
        Value::Null => "null",
    };
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), kind(value).to_owned())).collect()
}

fn wanted(names: &[&str]) -> Fields {
    let kind = |name: &str| match name {
        "Enabled" | "MultiRegion" | "Truncated" | "KeyRotationEnabled" => "flag",
        "CreationDate"
        | "DeletionDate"
        | "ValidTo"
        | "ParametersValidTo"
        | "RotationDate"
        | "PendingDeletionWindowInDays"
        | "PendingWindowInDays"
        | "OnDemandRotationStartDate" => "number",
        "MultiRegionConfiguration" | "KeyMetadata" | "ReplicaKeyMetadata" | "PrimaryKey" => "record",
        "ReplicaTags" | "Rotations" | "ReplicaKeys" => "list",
        _ if name.ends_with("Algorithms") => "list",
        _ => "text",
    };
    names.iter().map(|name| ((*name).to_owned(), kind(name).to_owned())).collect()
}

/// What each key shows of itself, whatever its state.
const ALWAYS: [&str; 12] = [
    "AWSAccountId",
    "Arn",
    "CreationDate",
    "Description",
    "Enabled",
    "KeyId",
    "KeyManager",
    "KeySpec",
    "KeyState",
    "KeyUsage",
    "MultiRegion",
    "Origin",
];

/// The list that its key usage brings, and its values.
fn algorithms(spec: &str, usage: &str) -> (&'static str, Value) {
    match (usage, spec) {
        ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT") => ("EncryptionAlgorithms", json!(["SYMMETRIC_DEFAULT"])),
        ("ENCRYPT_DECRYPT", _) => ("EncryptionAlgorithms", json!(["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])),
        ("GENERATE_VERIFY_MAC", _) => ("MacAlgorithms", json!([format!("HMAC_SHA_{}", &spec[5..])])),
        ("KEY_AGREEMENT", _) => ("KeyAgreementAlgorithms", json!(["ECDH"])),
        (_, "ECC_NIST_P256" | "ECC_SECG_P256K1") => ("SigningAlgorithms", json!(["ECDSA_SHA_256"])),
        (_, "ECC_NIST_P384") => ("SigningAlgorithms", json!(["ECDSA_SHA_384"])),
        (_, "ECC_NIST_P521") => ("SigningAlgorithms", json!(["ECDSA_SHA_512"])),
        (_, "ECC_NIST_EDWARDS25519") => ("SigningAlgorithms", json!(["ED25519_PH_SHA_512", "ED25519_SHA_512"])),
        _ => (
            "SigningAlgorithms",
            json!([
                "RSASSA_PKCS1_V1_5_SHA_256",
                "RSASSA_PKCS1_V1_5_SHA_384",
                "RSASSA_PKCS1_V1_5_SHA_512",
                "RSASSA_PSS_SHA_256",
                "RSASSA_PSS_SHA_384",
                "RSASSA_PSS_SHA_512"
            ]),
        ),
    }
}

/// Every key spec with every key usage that KMS allows for it, and key material.
fn keys() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut all = Vec::new();
    for (spec, _, material) in materials() {
        let usages: &[&str] = match spec {
            "SYMMETRIC_DEFAULT" => &["ENCRYPT_DECRYPT"],
            "ECC_SECG_P256K1" | "ECC_NIST_EDWARDS25519" => &["SIGN_VERIFY"],
            _ if spec.starts_with("HMAC") => &["GENERATE_VERIFY_MAC"],
            _ if spec.starts_with("RSA") => &["SIGN_VERIFY", "ENCRYPT_DECRYPT"],
            _ => &["SIGN_VERIFY", "KEY_AGREEMENT"],
        };
        all.extend(usages.iter().map(|usage| (spec, *usage, material.clone())));
    }
    all
}

fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn metadata_has_what_key_spec_usage_and_state_give_it() {
    let kms = Kms::start();
    for (spec, usage, material) in keys() {
        let symmetric = spec == "SYMMETRIC_DEFAULT";
        let (list, values) = algorithms(spec, usage);
        let mut base = [&ALWAYS[..], &[list]].concat();
        if spec != "ECC_NIST_EDWARDS25519" {
            base.push("CustomerMasterKeySpec");
        }
        let id: &[&str] = if symmetric { &["CurrentKeyMaterialId"] } else { &[] };
        let created = kms.ok("CreateKey", json!({ "Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": usage }));
        assert_eq!(fields(&created), wanted(&["KeyMetadata"]));
        let created = &created["KeyMetadata"];
        let key = created["Arn"].as_str().unwrap();
        let shows = |state: &str, more: &[&[&str]]| {
            let metadata = kms.describe(key);
            assert_eq!(fields(&metadata), wanted(&[&base[..], &more.concat()].concat()), "{spec} {usage} {state}");
            assert_eq!((&metadata["KeyState"], &metadata[list]), (&json!(state), &values), "{spec} {usage}");
            assert_eq!(metadata["Enabled"], state == "Enabled", "{spec} {usage} {state}");
        };
        assert_eq!(fields(created), fields(&kms.describe(key)), "CreateKey and DescribeKey show the same");
        shows("PendingImport", &[]);
        kms.import(key, &material, json!({})).unwrap();
        shows("Enabled", &[id, &["ExpirationModel"]]);
        kms.ok("DisableKey", json!({ "KeyId": key }));
        shows("Disabled", &[id, &["ExpirationModel"]]);
        kms.ok("EnableKey", json!({ "KeyId": key }));
        let expires = json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": now() + 86_400.0 * 360.0 });
        kms.import(key, &material, expires).unwrap();
        shows("Enabled", &[id, &["ExpirationModel", "ValidTo"]]);
        kms.ok("ScheduleKeyDeletion", json!({ "KeyId": key }));
        shows("PendingDeletion", &[id, &["ExpirationModel", "ValidTo", "DeletionDate"]]);
        kms.ok("CancelKeyDeletion", json!({ "KeyId": key }));
        shows("Disabled", &[id, &["ExpirationModel", "ValidTo"]]);
        kms.ok("DeleteImportedKeyMaterial", json!({ "KeyId": key }));
        shows("PendingImport", &[id]);
        kms.ok("ScheduleKeyDeletion", json!({ "KeyId": key }));
        shows("PendingDeletion", &[id, &["DeletionDate"]]);
    }
}

#[test]
fn expired_material_leaves_only_its_id() {
    let kms = Kms::start();
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let expires = json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": now() + 60.0 });
    kms.import(&key, &random(32), expires).unwrap();
    kms.move_clock(json!({ "advance": "61s" }));
    let left = [&ALWAYS[..], &["EncryptionAlgorithms", "CustomerMasterKeySpec", "CurrentKeyMaterialId"]].concat();
    assert_eq!(fields(&kms.describe(&key)), wanted(&left));
}

#[test]
fn keys_that_kms_makes_show_no_expiration() {
    let kms = Kms::start();
    for (spec, usage, _) in keys().into_iter().filter(|(spec, ..)| !spec.starts_with("RSA")) {
        let metadata = kms.describe(&kms.key(json!({ "KeySpec": spec, "KeyUsage": usage })));
        assert_eq!(metadata.get("CurrentKeyMaterialId").is_some(), spec == "SYMMETRIC_DEFAULT", "{spec}");
        assert!(metadata.get("ExpirationModel").is_none() && metadata["KeyState"] == "Enabled", "{spec}");
    }
}

#[test]
fn replies_of_an_import_have_their_fields() {
    let kms = Kms::start();
    for (spec, usage, material) in keys() {
        let key = kms.external_key(spec, usage);
        let id: &[&str] = if spec == "SYMMETRIC_DEFAULT" { &["KeyMaterialId"] } else { &[] };
        let algorithm = if material.len() > 128 { "RSA_AES_KEY_WRAP_SHA_256" } else { "RSAES_OAEP_SHA_256" };
        let body = json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": "RSA_2048" });
        let set = kms.ok("GetParametersForImport", body);
        assert_eq!(fields(&set), wanted(&["ImportToken", "KeyId", "ParametersValidTo", "PublicKey"]), "{spec}");
        let imported = kms.import(&key, &material, json!({})).unwrap();
        assert_eq!(fields(&imported), wanted(&[&["KeyId"], id].concat()), "{spec}");
        assert_eq!((&set["KeyId"], &imported["KeyId"]), (&json!(key), &json!(key)), "ARNs");
        if spec.starts_with("RSA") || spec.starts_with("ECC") {
            let (list, values) = algorithms(spec, usage);
            let public = kms.ok("GetPublicKey", json!({ "KeyId": key }));
            let mut names = vec!["KeyId", "KeySpec", "KeyUsage", "PublicKey", list];
            if spec != "ECC_NIST_EDWARDS25519" {
                names.push("CustomerMasterKeySpec");
            }
            assert_eq!((fields(&public), &public[list]), (wanted(&names), &values), "{spec}");
        }
        let deleted = kms.ok("DeleteImportedKeyMaterial", json!({ "KeyId": key }));
        assert_eq!(fields(&deleted), wanted(&[&["KeyId"], id].concat()), "{spec}");
        let scheduled = kms.ok("ScheduleKeyDeletion", json!({ "KeyId": key }));
        assert_eq!(fields(&scheduled), wanted(&["DeletionDate", "KeyId", "KeyState", "PendingWindowInDays"]));
        assert_eq!(fields(&kms.ok("CancelKeyDeletion", json!({ "KeyId": key }))), wanted(&["KeyId"]));
    }
}

#[test]
fn entries_of_rotations_have_what_is_known_of_the_material() {
    let kms = Kms::start();
    let (key, first) = (kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), random(32));
    let entries = || {
        let reply = kms.ok("ListKeyRotations", json!({ "KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" }));
        assert_eq!(fields(&reply), wanted(&["Rotations", "Truncated"]));
        reply["Rotations"].as_array().unwrap().iter().map(fields).collect::<Vec<_>>()
    };
    let plain = ["ImportState", "KeyId", "KeyMaterialId", "KeyMaterialState"];
    let with = |more: &[&str]| wanted(&[&plain[..], more].concat());
    assert!(entries().is_empty());
    kms.import(&key, &first, json!({})).unwrap();
    assert_eq!(entries(), [with(&["ExpirationModel"])]);
    let described = json!({ "ImportType": "NEW_KEY_MATERIAL", "KeyMaterialDescription": "second" });
    kms.import(&key, &random(32), described).unwrap();
    assert_eq!(entries()[0], with(&["ExpirationModel", "KeyMaterialDescription"]));
    assert_eq!(fields(&kms.ok("RotateKeyOnDemand", json!({ "KeyId": key }))), wanted(&["KeyId"]));
    let status = fields(&kms.ok("GetKeyRotationStatus", json!({ "KeyId": key })));
    assert_eq!(status, wanted(&["KeyId", "KeyRotationEnabled", "OnDemandRotationStartDate"]));
    kms.move_clock(json!({ "advance": "1s" }));
    let status = fields(&kms.ok("GetKeyRotationStatus", json!({ "KeyId": key })));
    assert_eq!(status, wanted(&["KeyId", "KeyRotationEnabled"]));
    let rotated = ["ExpirationModel", "KeyMaterialDescription", "RotationDate", "RotationType"];
    assert_eq!(entries(), [with(&rotated), with(&["ExpirationModel"])]);
    let expires = json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": now() + 3600.0 });
    kms.import(&key, &first, expires).unwrap();
    assert_eq!(entries()[1], with(&["ExpirationModel", "ValidTo"]));
    kms.move_clock(json!({ "advance": "2h" }));
    assert_eq!(entries()[1], with(&[]));
}

#[test]
fn members_of_a_multi_region_family_name_each_other() {
    let kms = Kms::start();
    let key = kms.key(json!({ "Origin": "EXTERNAL", "MultiRegion": true }));
    kms.import(&key, &random(32), json!({})).unwrap();
    let base = [&ALWAYS[..], &["CustomerMasterKeySpec", "EncryptionAlgorithms", "MultiRegionConfiguration"]].concat();
    let with = |more: &[&str]| wanted(&[&base[..], more].concat());
    assert_eq!(fields(&kms.describe(&key)), with(&["CurrentKeyMaterialId", "ExpirationModel"]));
    let tags = json!([{ "TagKey": "a", "TagValue": "b" }]);
    let reply = kms.ok("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "eu-west-2", "Tags": tags }));
    assert_eq!(fields(&reply), wanted(&["ReplicaKeyMetadata", "ReplicaPolicy", "ReplicaTags"]));
    assert_eq!(reply["ReplicaTags"], tags);
    let replica = &reply["ReplicaKeyMetadata"];
    assert_eq!((fields(replica), &replica["KeyState"]), (with(&[]), &json!("Creating")));
    let reply = kms.ok("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "ap-south-1" }));
    assert_eq!(fields(&reply), wanted(&["ReplicaKeyMetadata", "ReplicaPolicy"]));
    kms.move_clock(json!({ "advance": "1s" }));
    let europe = kms.in_region("eu-west-2").describe(&key.replace("us-east-1", "eu-west-2"));
    assert_eq!((fields(&europe), &europe["KeyState"]), (with(&["CurrentKeyMaterialId"]), &json!("PendingImport")));
    let family = &europe["MultiRegionConfiguration"];
    assert_eq!(fields(family), wanted(&["MultiRegionKeyType", "PrimaryKey", "ReplicaKeys"]));
    assert_eq!(fields(&family["PrimaryKey"]), wanted(&["Arn", "Region"]));
    assert_eq!(family["ReplicaKeys"].as_array().unwrap().len(), 2);
    let scheduled = kms.ok("ScheduleKeyDeletion", json!({ "KeyId": key }));
    assert_eq!(fields(&scheduled), wanted(&["KeyId", "KeyState", "PendingWindowInDays"]));
    let pending = ["CurrentKeyMaterialId", "ExpirationModel", "PendingDeletionWindowInDays"];
    assert_eq!(fields(&kms.describe(&key)), with(&pending));
}
