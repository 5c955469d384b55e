//! The key-state table of the developer guide ("Key states of AWS KMS keys"), cell by cell.

use openssl::nid::Nid;
use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::importing::{Parameters, base64, random};
use crate::support::keys::{ec, pkcs8};

const STATES: [&str; 7] =
    ["Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Creating", "Updating"];

/// A cell is `ok`, the guide's footnote, or `-` where the guide is silent about such a key.
///
/// [1] disabled, [3] pending deletion, [4] not pending deletion, [5] pending import, [14] creating, [15] updating. The guide
/// leaves PendingImport out for HMAC and asymmetric keys: it was written before they could be imported.
const TABLE: &[(&str, [&str; 7])] = &[
    ("CancelKeyDeletion", ["4", "4", "ok", "ok", "4", "4", "4"]),
    ("CreateAlias", ["ok", "ok", "3", "3", "ok", "ok", "ok"]),
    ("CreateGrant", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("Decrypt", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("DeleteImportedKeyMaterial", ["ok", "ok", "ok", "ok", "ok", "14", "15"]),
    ("DeriveSharedSecret", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("DescribeKey", ["ok", "ok", "ok", "ok", "ok", "ok", "ok"]),
    ("DisableKey", ["ok", "ok", "3", "3", "5", "14", "15"]),
    ("EnableKey", ["ok", "ok", "3", "3", "5", "14", "15"]),
    ("Encrypt", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("GenerateDataKey", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("GenerateDataKeyWithoutPlaintext", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("GenerateMac", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("GetKeyPolicy", ["ok", "ok", "ok", "ok", "ok", "ok", "ok"]),
    ("GetParametersForImport", ["ok", "ok", "3", "3", "ok", "14", "15"]),
    ("GetPublicKey", ["ok", "1", "3", "3", "ok", "14", "ok"]),
    ("ImportKeyMaterial", ["ok", "ok", "3", "3", "ok", "14", "ok"]),
    ("ListAliases", ["ok", "ok", "ok", "ok", "ok", "ok", "ok"]),
    ("ListGrants", ["ok", "ok", "ok", "ok", "ok", "ok", "ok"]),
    ("ListKeyPolicies", ["ok", "ok", "ok", "ok", "ok", "ok", "ok"]),
    ("ListResourceTags", ["ok", "ok", "ok", "ok", "ok", "ok", "ok"]),
    ("PutKeyPolicy", ["ok", "ok", "ok", "ok", "ok", "ok", "ok"]),
    ("ReEncrypt", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("ReplicateKey", ["ok", "1", "3", "3", "5", "-", "15"]),
    ("RotateKeyOnDemand", ["-", "1", "3", "3", "5", "-", "-"]),
    ("ScheduleKeyDeletion", ["ok", "ok", "3", "3", "ok", "ok", "15"]),
    ("Sign", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("TagResource", ["ok", "ok", "3", "3", "ok", "ok", "ok"]),
    ("UntagResource", ["ok", "ok", "3", "3", "ok", "ok", "ok"]),
    ("UpdateAlias", ["ok", "ok", "3", "3", "ok", "ok", "ok"]),
    ("UpdateKeyDescription", ["ok", "ok", "3", "3", "ok", "ok", "ok"]),
    ("UpdatePrimaryRegion", ["ok", "1", "3", "3", "5", "-", "ok"]),
    ("Verify", ["ok", "1", "3", "3", "5", "14", "ok"]),
    ("VerifyMac", ["ok", "1", "3", "3", "5", "14", "ok"]),
];

#[test]
fn every_operation_is_taken_or_refused_as_the_key_state_table_says() {
    let kms = Kms::start();
    let mut wrong = Vec::new();
    for (operation, cells) in TABLE {
        for (state, cell) in STATES.iter().zip(cells).filter(|(_, cell)| **cell != "-") {
            let (wanted, got) = outcome(&kms, operation, state, cell);
            if got != wanted {
                wrong.push(format!("{operation} in {state}: wanted {wanted}, got {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the cell says, and what happened.
fn outcome(kms: &Kms, operation: &str, state: &str, cell: &str) -> (String, String) {
    for _ in 0..50 {
        let case = Case::new(kms, operation, state);
        let reply = case.kms.call(operation, case.body(operation));
        // Creating and Updating pass by themselves: only what was answered before they did counts.
        if ["Creating", "Updating"].contains(&state)
            && case.kms.state(&case.key) != state
            && operation != "ScheduleKeyDeletion"
        {
            continue;
        }
        let got = reply.map_or_else(|(code, message)| format!("{code}: {message}"), |_| "ok".to_owned());
        return (wanted(cell, state, &case.key), got);
    }
    panic!("{state} never lasted for {operation}");
}

fn wanted(cell: &str, state: &str, arn: &str) -> String {
    let deleting = if state == "PendingReplicaDeletion" { "pending replica deletion" } else { "pending deletion" };
    match cell {
        "1" => format!("DisabledException: {arn} is disabled."),
        "3" => format!("KMSInvalidStateException: {arn} is {deleting}."),
        "4" => format!("KMSInvalidStateException: {arn} is not pending deletion."),
        "5" => format!("KMSInvalidStateException: {arn} is pending import."),
        "14" => format!("KMSInvalidStateException: {arn} is creating."),
        "15" => format!("KMSInvalidStateException: {arn} is updating."),
        other => other.to_owned(),
    }
}

/// An imported multi-Region key in a state, and what requests to it need.
struct Case {
    kms: Kms,
    key: String,
    material: Vec<u8>,
    set: Option<Parameters>,
    sealed: Value,
    mac: Value,
    signature: Value,
}

const EUROPE: &str = "eu-west-2";

impl Case {
    fn new(kms: &Kms, operation: &str, state: &str) -> Case {
        let (spec, usage, material) = match operation {
            "GenerateMac" | "VerifyMac" => ("HMAC_256", "GENERATE_VERIFY_MAC", random(32)),
            "Sign" | "Verify" | "GetPublicKey" => ("ECC_NIST_P256", "SIGN_VERIFY", pkcs8(&ec(Nid::X9_62_PRIME256V1))),
            "DeriveSharedSecret" => ("ECC_NIST_P256", "KEY_AGREEMENT", pkcs8(&ec(Nid::X9_62_PRIME256V1))),
            _ => ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", random(32)),
        };
        let request = json!({ "Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": usage, "MultiRegion": true });
        let primary = kms.key(request);
        kms.import(&primary, &material, json!({})).unwrap();
        let replica = primary.replace("us-east-1", EUROPE);
        let mut case = Case {
            kms: kms.in_region("us-east-1"),
            key: primary.clone(),
            set: None,
            sealed: made(kms, "Encrypt", json!({ "KeyId": primary, "Plaintext": "AAAA" }), "CiphertextBlob"),
            mac: made(kms, "GenerateMac", message(&primary, json!({ "MacAlgorithm": "HMAC_SHA_256" })), "Mac"),
            signature: made(
                kms,
                "Sign",
                message(&primary, json!({ "SigningAlgorithm": "ECDSA_SHA_256" })),
                "Signature",
            ),
            material,
        };
        let replicate = || kms.ok("ReplicateKey", json!({ "KeyId": primary, "ReplicaRegion": EUROPE }));
        let with_replica = || {
            replicate();
            kms.move_clock(json!({ "advance": "1s" }));
            kms.in_region(EUROPE).import(&replica, &case.material, json!({})).unwrap();
        };
        if ["PendingReplicaDeletion", "Updating"].contains(&state)
            || (operation == "UpdatePrimaryRegion" && ["Enabled", "Disabled"].contains(&state))
        {
            with_replica();
        }
        if ["Creating", "Updating"].contains(&state) {
            (case.kms, case.key) = (kms.in_region(EUROPE), replica.clone());
        }
        if operation == "UpdateAlias" {
            let other = case.kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
            case.kms.ok("CreateAlias", json!({ "AliasName": case.alias(), "TargetKeyId": other }));
        }
        if operation == "ImportKeyMaterial" && state != "Creating" {
            case.set = Some(case.kms.parameters(&case.key, "RSAES_OAEP_SHA_256", "RSA_2048"));
        }
        case.enter(kms, state, &primary);
        case
    }

    fn enter(&self, kms: &Kms, state: &str, primary: &str) {
        let key = json!({ "KeyId": primary });
        match state {
            "Disabled" => drop(kms.ok("DisableKey", key)),
            "PendingDeletion" | "PendingReplicaDeletion" => drop(kms.ok("ScheduleKeyDeletion", key)),
            "PendingImport" => drop(kms.ok("DeleteImportedKeyMaterial", key)),
            "Creating" => drop(kms.ok("ReplicateKey", json!({ "KeyId": primary, "ReplicaRegion": EUROPE }))),
            "Updating" => drop(kms.ok("UpdatePrimaryRegion", json!({ "KeyId": primary, "PrimaryRegion": EUROPE }))),
            _ => {}
        }
        if !["Creating", "Updating"].contains(&state) {
            assert_eq!(self.kms.state(&self.key), state);
        }
    }

    fn alias(&self) -> String {
        format!("alias/{}", self.key.rsplit('/').next().unwrap())
    }

    fn body(&self, operation: &str) -> Value {
        let key = &self.key;
        match operation {
            "CreateAlias" | "UpdateAlias" => json!({ "AliasName": self.alias(), "TargetKeyId": key }),
            "Decrypt" => json!({ "KeyId": key, "CiphertextBlob": self.sealed }),
            "ReEncrypt" => json!({ "CiphertextBlob": self.sealed, "DestinationKeyId": key }),
            "CreateGrant" => {
                json!({ "KeyId": key, "GranteePrincipal": "arn:aws:iam::111122223333:root", "Operations": ["Sign"] })
            }
            "DeriveSharedSecret" => {
                let peer = base64(&ec(Nid::X9_62_PRIME256V1).public_key_to_der().unwrap());
                json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": peer })
            }
            "Encrypt" => json!({ "KeyId": key, "Plaintext": "AAAA" }),
            "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => json!({ "KeyId": key, "KeySpec": "AES_256" }),
            "GenerateMac" => message(key, json!({ "MacAlgorithm": "HMAC_SHA_256" })),
            "VerifyMac" => message(key, json!({ "MacAlgorithm": "HMAC_SHA_256", "Mac": self.mac })),
            "Sign" => message(key, json!({ "SigningAlgorithm": "ECDSA_SHA_256" })),
            "Verify" => message(key, json!({ "SigningAlgorithm": "ECDSA_SHA_256", "Signature": self.signature })),
            "GetParametersForImport" => {
                json!({ "KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" })
            }
            "ImportKeyMaterial" => match &self.set {
                Some(set) => set.request(key, &set.wrap(&self.material), json!({})),
                None => json!({ "KeyId": key, "ImportToken": "AAAA", "EncryptedKeyMaterial": "AAAA" }),
            },
            "PutKeyPolicy" => {
                json!({ "KeyId": key, "Policy": r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}"# })
            }
            "ReplicateKey" => json!({ "KeyId": key, "ReplicaRegion": "ap-south-1" }),
            "TagResource" => json!({ "KeyId": key, "Tags": [{ "TagKey": "a", "TagValue": "b" }] }),
            "UntagResource" => json!({ "KeyId": key, "TagKeys": ["a"] }),
            "UpdateKeyDescription" => json!({ "KeyId": key, "Description": "new" }),
            "UpdatePrimaryRegion" => {
                let other = if key.contains(EUROPE) { "us-east-1" } else { EUROPE };
                json!({ "KeyId": key, "PrimaryRegion": other })
            }
            _ => json!({ "KeyId": key }),
        }
    }
}

/// A field of the reply, or nothing where the key is of another kind.
fn made(kms: &Kms, operation: &str, body: Value, field: &str) -> Value {
    kms.call(operation, body).map_or(Value::Null, |mut reply| reply[field].take())
}

fn message(key: &str, mut request: Value) -> Value {
    request["KeyId"] = key.into();
    request["Message"] = base64(b"message").into();
    request
}
