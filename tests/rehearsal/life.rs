//! The life of a key in the embedded KMS: states, expiry, replicas, deletion.

use serde_json::json;

use crate::support::embedded_kms::Kms;
use crate::support::importing::{base64, bytes, random};
use crate::support::keys::{pkcs8, rsa};

fn symmetric(kms: &Kms, material: &[u8]) -> String {
    kms.imported("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", material)
}

fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn material_is_gone_when_its_time_is_over() {
    let kms = Kms::start();
    let material = random(32);
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let expiry = || json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": now() + 90.0 * 86_400.0 });
    kms.import(&key, &material, expiry()).unwrap();
    let id = kms.describe(&key)["CurrentKeyMaterialId"].clone();
    kms.move_clock(json!({ "advance": "89d" }));
    assert_eq!(kms.state(&key), "Enabled");
    kms.move_clock(json!({ "advance": "2d" }));
    let metadata = kms.describe(&key);
    assert_eq!((&metadata["KeyState"], &metadata["Enabled"]), (&json!("PendingImport"), &json!(false)));
    assert_eq!(metadata["CurrentKeyMaterialId"], id);
    assert!(metadata.get("ExpirationModel").is_none() && metadata.get("ValidTo").is_none());
    assert_eq!(kms.import(&key, &random(32), json!({})).unwrap_err().0, "IncorrectKeyMaterialException");
    kms.import(&key, &material, json!({})).unwrap();
    assert_eq!(kms.describe(&key)["ExpirationModel"], "KEY_MATERIAL_DOES_NOT_EXPIRE");
}

#[test]
fn replicas_wait_for_the_same_bytes() {
    let kms = Kms::start();
    let (material, other) = (random(32), random(32));
    let key = kms.key(json!({ "Origin": "EXTERNAL", "MultiRegion": true }));
    assert!(key.contains(":key/mrk-"));
    let replicate = json!({ "KeyId": key, "ReplicaRegion": "eu-west-2" });
    let early = kms.refused("ReplicateKey", replicate.clone());
    assert_eq!(early, ("KMSInvalidStateException".to_owned(), format!("{key} is pending import.")));
    kms.import(&key, &material, json!({})).unwrap();
    let reply = kms.ok("ReplicateKey", replicate.clone());
    assert_eq!(reply["ReplicaKeyMetadata"]["KeyState"], "Creating");
    assert_eq!(reply["ReplicaKeyMetadata"]["Description"], "");
    assert!(reply.get("ReplicaTags").is_none());
    assert_eq!(kms.code("ReplicateKey", replicate), "AlreadyExistsException");

    let europe = kms.in_region("eu-west-2");
    let replica = key.replace("us-east-1", "eu-west-2");
    kms.move_clock(json!({ "advance": "1s" }));
    assert_eq!(europe.state(&replica), "PendingImport");
    let configuration = europe.describe(&replica)["MultiRegionConfiguration"].clone();
    assert_eq!(configuration["MultiRegionKeyType"], "REPLICA");
    assert_eq!(configuration["PrimaryKey"], json!({ "Arn": key, "Region": "us-east-1" }));
    assert_eq!(configuration["ReplicaKeys"], json!([{ "Arn": replica, "Region": "eu-west-2" }]));

    assert_eq!(europe.import(&replica, &other, json!({})).unwrap_err().0, "IncorrectKeyMaterialException");
    let new = json!({ "ImportType": "NEW_KEY_MATERIAL" });
    assert_eq!(europe.import(&replica, &material, new).unwrap_err().0, "UnsupportedOperationException");
    let imported = europe.import(&replica, &material, json!({ "ImportType": "EXISTING_KEY_MATERIAL" })).unwrap();
    assert_eq!(imported["KeyMaterialId"], kms.describe(&key)["CurrentKeyMaterialId"]);
    assert_eq!(europe.state(&replica), "Enabled");

    let sealed =
        kms.ok("Encrypt", json!({ "KeyId": key, "Plaintext": base64(b"over the sea") }))["CiphertextBlob"].clone();
    assert_eq!(bytes(&europe.ok("Decrypt", json!({ "CiphertextBlob": sealed }))["Plaintext"]), b"over the sea");
}

#[test]
fn the_primary_region_moves_and_only_the_primary_replicates() {
    let kms = Kms::start();
    let key = kms.key(json!({ "MultiRegion": true }));
    kms.ok("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "eu-west-2" }));
    kms.move_clock(json!({ "advance": "1s" }));
    let (europe, replica) = (kms.in_region("eu-west-2"), key.replace("us-east-1", "eu-west-2"));
    let refused = europe.refused("ReplicateKey", json!({ "KeyId": replica, "ReplicaRegion": "ap-south-1" }));
    assert_eq!(
        refused,
        ("UnsupportedOperationException".to_owned(), format!("{replica} is not a multi-region primary key."))
    );
    kms.ok("UpdatePrimaryRegion", json!({ "KeyId": key, "PrimaryRegion": "eu-west-2" }));
    assert_eq!(kms.state(&key), "Updating");
    kms.ok("Encrypt", json!({ "KeyId": key, "Plaintext": base64(b"x") }));
    kms.move_clock(json!({ "advance": "1s" }));
    assert_eq!(kms.describe(&key)["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA");
    assert_eq!(europe.describe(&replica)["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY");
    assert_eq!(
        kms.code("UpdatePrimaryRegion", json!({ "KeyId": key, "PrimaryRegion": "eu-west-2" })),
        "UnsupportedOperationException"
    );
}

#[test]
fn a_primary_is_deleted_after_its_replicas() {
    let kms = Kms::start();
    let key = kms.key(json!({ "MultiRegion": true }));
    kms.ok("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "eu-west-2" }));
    kms.move_clock(json!({ "advance": "1s" }));
    let (europe, replica) = (kms.in_region("eu-west-2"), key.replace("us-east-1", "eu-west-2"));
    let reply = kms.ok("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 }));
    assert_eq!((&reply["KeyState"], reply.get("DeletionDate")), (&json!("PendingReplicaDeletion"), None));
    assert_eq!(kms.describe(&key)["PendingDeletionWindowInDays"], 7);
    europe.ok("ScheduleKeyDeletion", json!({ "KeyId": replica, "PendingWindowInDays": 10 }));
    kms.move_clock(json!({ "advance": "11d" }));
    assert_eq!(europe.code("DescribeKey", json!({ "KeyId": replica })), "NotFoundException");
    assert_eq!(kms.state(&key), "PendingDeletion");
    kms.move_clock(json!({ "advance": "7d" }));
    assert_eq!(kms.code("DescribeKey", json!({ "KeyId": key })), "NotFoundException");
}

#[test]
fn a_deletion_waits_7_to_30_days_and_can_be_cancelled() {
    let kms = Kms::start();
    let key = symmetric(&kms, &random(32));
    kms.ok("CreateAlias", json!({ "AliasName": "alias/a", "TargetKeyId": key }));
    assert_eq!(
        kms.refused("CancelKeyDeletion", json!({ "KeyId": key })),
        ("KMSInvalidStateException".to_owned(), format!("{key} is not pending deletion."))
    );
    for days in [1, 6, 31, 365] {
        let code = kms.code("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": days }));
        assert_eq!(code, "ValidationException", "{days}");
    }
    let reply = kms.ok("ScheduleKeyDeletion", json!({ "KeyId": key }));
    assert_eq!((&reply["KeyId"], &reply["PendingWindowInDays"]), (&json!(key), &json!(30)));
    assert_eq!(reply["DeletionDate"], kms.describe(&key)["DeletionDate"]);
    let pending = ("KMSInvalidStateException".to_owned(), format!("{key} is pending deletion."));
    for (operation, body) in [
        ("Encrypt", json!({ "KeyId": key, "Plaintext": base64(b"x") })),
        ("EnableKey", json!({ "KeyId": key })),
        ("TagResource", json!({ "KeyId": key, "Tags": [] })),
        ("CreateAlias", json!({ "AliasName": "alias/b", "TargetKeyId": key })),
        ("ScheduleKeyDeletion", json!({ "KeyId": key })),
        (
            "GetParametersForImport",
            json!({ "KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" }),
        ),
    ] {
        assert_eq!(kms.refused(operation, body), pending, "{operation}");
    }
    assert_eq!(kms.ok("CancelKeyDeletion", json!({ "KeyId": key }))["KeyId"], key);
    assert_eq!(kms.state(&key), "Disabled");
    kms.ok("EnableKey", json!({ "KeyId": key }));
    kms.ok("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 }));
    kms.move_clock(json!({ "advance": "8d" }));
    let gone = kms.refused("DescribeKey", json!({ "KeyId": key }));
    assert_eq!(gone, ("NotFoundException".to_owned(), format!("Key '{key}' does not exist")));
    assert_eq!(kms.ok("ListAliases", json!({}))["Aliases"], json!([]));
    assert_eq!(kms.ok("ListKeys", json!({}))["Keys"], json!([]));
}

#[test]
fn a_disabled_key_is_managed_but_not_used() {
    let kms = Kms::start();
    let material = random(32);
    let key = symmetric(&kms, &material);
    kms.ok("DisableKey", json!({ "KeyId": key }));
    let disabled = ("DisabledException".to_owned(), format!("{key} is disabled."));
    for (operation, body) in [
        ("Encrypt", json!({ "KeyId": key, "Plaintext": base64(b"x") })),
        ("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })),
        ("RotateKeyOnDemand", json!({ "KeyId": key })),
    ] {
        assert_eq!(kms.refused(operation, body), disabled, "{operation}");
    }
    kms.ok("UpdateKeyDescription", json!({ "KeyId": key, "Description": "asleep" }));
    kms.import(&key, &material, json!({})).unwrap();
    assert_eq!(kms.state(&key), "Disabled");
    assert_eq!(kms.describe(&key)["Description"], "asleep");
    kms.ok("EnableKey", json!({ "KeyId": key }));
    assert_eq!(kms.state(&key), "Enabled");
}

#[test]
fn an_empty_key_can_be_managed_but_neither_enabled_nor_used() {
    let kms = Kms::start();
    let pending = |key: &str| ("KMSInvalidStateException".to_owned(), format!("{key} is pending import."));
    let key = kms.external_key("HMAC_256", "GENERATE_VERIFY_MAC");
    let body = json!({ "KeyId": key, "Message": base64(b"x"), "MacAlgorithm": "HMAC_SHA_256" });
    assert_eq!(kms.refused("GenerateMac", body), pending(&key));
    assert_eq!(kms.refused("EnableKey", json!({ "KeyId": key })), pending(&key));
    assert_eq!(kms.refused("DisableKey", json!({ "KeyId": key })), pending(&key));
    let key = kms.external_key("RSA_2048", "SIGN_VERIFY");
    assert_eq!(kms.refused("GetPublicKey", json!({ "KeyId": key })), pending(&key));
    kms.ok("TagResource", json!({ "KeyId": key, "Tags": [{ "TagKey": "a", "TagValue": "b" }] }));
    kms.import(&key, &pkcs8(&rsa(2048)), json!({})).unwrap();
    kms.ok("GetPublicKey", json!({ "KeyId": key }));
}
