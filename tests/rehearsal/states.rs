//! The key-state table of the developer guide ("Key states of AWS KMS keys"), cell by cell, with keys whose material is imported.

use openssl::nid::Nid;
use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::importing::{Parameters, base64, random};
use crate::support::keys::{ec, pkcs8};

/// The table: `tests/data/key_states.json` says where it is from, and what its cells mean.
struct Table(Value);

impl Table {
    fn read() -> Table {
        Table(serde_json::from_str(include_str!("../data/key_states.json")).unwrap())
    }

    fn states(&self) -> Vec<&str> {
        self.0["states"].as_array().unwrap().iter().map(|state| state.as_str().unwrap()).collect()
    }

    /// Operation, state, cell.
    fn cells(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0["operations"].as_object().unwrap().iter().flat_map(|(operation, cells)| {
            let cells = cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap());
            self.states().into_iter().zip(cells).map(move |(state, cell)| (operation.as_str(), state, cell))
        })
    }
}

#[test]
fn every_operation_is_taken_or_refused_as_the_key_state_table_says() {
    let (kms, table, mut wrong) = (Kms::start(), Table::read(), Vec::new());
    // Keys of custom key stores are unavailable, and there are none here.
    for (operation, state, cell) in table.cells().filter(|(_, state, cell)| *state != "Unavailable" && *cell != "-") {
        let (wanted, got) = outcome(&kms, operation, state, cell);
        if !wanted.contains(&got) {
            wrong.push(format!("{operation} in {state}: wanted {}, got {got}", wanted.join(" or ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_a_cell_for_every_operation_and_state_and_a_note_for_every_number() {
    let table = Table::read();
    assert_eq!(table.states().len(), 8);
    let rows = table.0["operations"].as_object().unwrap();
    assert!(rows.len() >= 28 && rows.values().all(|cells| cells.as_array().unwrap().len() == 8));
    for (operation, state, cell) in table.cells() {
        for part in cell.trim_start_matches('?').split('|').filter(|part| !["ok", "-"].contains(part)) {
            assert!(table.0["notes"][part].is_string(), "{operation} in {state}: {cell}");
        }
    }
}

/// What the cell allows, and what happened.
fn outcome(kms: &Kms, operation: &str, state: &str, cell: &str) -> (Vec<String>, String) {
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
        let parts = cell.trim_start_matches('?').split('|');
        return (parts.map(|part| wanted(part, state, &case.key)).collect(), got);
    }
    panic!("{state} never lasted for {operation}");
}

fn wanted(part: &str, state: &str, arn: &str) -> String {
    let deleting = if state == "PendingReplicaDeletion" { "pending replica deletion" } else { "pending deletion" };
    match part {
        "1" => format!("DisabledException: {arn} is disabled."),
        "2" => format!("DisabledException: {arn} is pending deletion."),
        "3" | "8" | "10" => format!("KMSInvalidStateException: {arn} is {deleting}."),
        "4" => format!("KMSInvalidStateException: {arn} is not pending deletion."),
        "5" => format!("KMSInvalidStateException: {arn} is pending import."),
        "6" | "7" => {
            format!("UnsupportedOperationException: {arn} origin is EXTERNAL which is not valid for this operation.")
        }
        "9" => "ok".to_owned(),
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
    grant: Value,
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
            grant: Value::Null,
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
        if operation == "RotateKeyOnDemand" {
            let next = random(32);
            kms.import(&primary, &next, json!({ "ImportType": "NEW_KEY_MATERIAL" })).unwrap();
            if state == "Updating" {
                kms.in_region(EUROPE).import(&replica, &next, json!({})).unwrap();
            }
        }
        if ["RetireGrant", "RevokeGrant"].contains(&operation) && state != "Creating" {
            case.grant = case.kms.ok("CreateGrant", case.body("CreateGrant"));
        }
        if operation == "DeleteAlias" {
            case.kms.ok("CreateAlias", json!({ "AliasName": case.alias(), "TargetKeyId": case.key }));
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
                json!({ "KeyId": key, "GranteePrincipal": "arn:aws:iam::111122223333:root", "Operations": ["Decrypt"] })
            }
            "DeleteAlias" => json!({ "AliasName": self.alias() }),
            "ListRetirableGrants" => json!({ "RetiringPrincipal": "arn:aws:iam::111122223333:root" }),
            "RetireGrant" => json!({ "GrantToken": self.grant["GrantToken"] }),
            "RevokeGrant" => json!({ "KeyId": key, "GrantId": self.grant["GrantId"] }),
            "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
                json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" })
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
