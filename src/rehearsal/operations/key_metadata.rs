//! `KeyMetadata`: which fields are there, and when.

use hex::encode;
use serde_json::{Map, Value, json};

use crate::material::{Curve, KeySpec, KeyUsage, MaterialKind};
use crate::rehearsal::model::call::seconds;
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::clock::Millis;
use crate::rehearsal::state::key::{Key, KeyMaterial, Origin, Role, State};
use crate::rehearsal::state::key_id::KeyId;
use crate::rehearsal::state::{Found, World};

/// The algorithms a key can be used with, under the name of the field that lists them.
pub(crate) fn algorithms(spec: KeySpec, usage: KeyUsage) -> (&'static str, &'static [&'static str]) {
    match usage {
        KeyUsage::EncryptDecrypt => (
            "EncryptionAlgorithms",
            match spec.kind() {
                MaterialKind::Rsa { .. } => &["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
                _ => &["SYMMETRIC_DEFAULT"],
            },
        ),
        KeyUsage::KeyAgreement => ("KeyAgreementAlgorithms", &["ECDH"]),
        KeyUsage::GenerateVerifyMac => (
            "MacAlgorithms",
            match spec {
                KeySpec::Hmac224 => &["HMAC_SHA_224"],
                KeySpec::Hmac256 => &["HMAC_SHA_256"],
                KeySpec::Hmac384 => &["HMAC_SHA_384"],
                _ => &["HMAC_SHA_512"],
            },
        ),
        KeyUsage::SignVerify => ("SigningAlgorithms", signing_algorithms(spec)),
    }
}

fn signing_algorithms(spec: KeySpec) -> &'static [&'static str] {
    match spec.kind() {
        MaterialKind::Ec(Curve::P256 | Curve::P256k1) => &["ECDSA_SHA_256"],
        MaterialKind::Ec(Curve::P384) => &["ECDSA_SHA_384"],
        MaterialKind::Ec(Curve::P521) => &["ECDSA_SHA_512"],
        MaterialKind::Ed25519 => &["ED25519_PH_SHA_512", "ED25519_SHA_512"],
        _ => &[
            "RSASSA_PKCS1_V1_5_SHA_256",
            "RSASSA_PKCS1_V1_5_SHA_384",
            "RSASSA_PKCS1_V1_5_SHA_512",
            "RSASSA_PSS_SHA_256",
            "RSASSA_PSS_SHA_384",
            "RSASSA_PSS_SHA_512",
        ],
    }
}

impl World {
    /// KeyMetadata of a key, as DescribeKey, CreateKey and ReplicateKey show it.
    pub(crate) fn metadata(&mut self, region: &str, found: &Found, now: Millis) -> Result<Value, Refusal> {
        let account = self.account.clone();
        let relatives = self.family(found.id);
        let key = self.key(region, found)?;
        let state = key.state(now);
        let (field, algorithms) = algorithms(key.spec, key.usage);
        let mut metadata = json!({
            "AWSAccountId": account,
            "KeyId": found.id.to_string(),
            "Arn": found.arn,
            "CreationDate": seconds(key.created),
            "Enabled": state == State::Enabled,
            "Description": key.description,
            "KeyUsage": key.usage.name(),
            "KeyState": state.name(),
            "Origin": key.origin.name(),
            "KeyManager": "CUSTOMER",
            "KeySpec": key.spec.name(),
            field: algorithms,
            "MultiRegion": key.role != Role::Single,
        });
        let Some(fields) = metadata.as_object_mut() else { return Ok(metadata) };
        if key.spec != KeySpec::EccNistEdwards25519 {
            fields.insert("CustomerMasterKeySpec".into(), key.spec.name().into()); // the old field never learnt newer key specs
        }
        // A replica that is Creating does not show it yet.
        if key.spec == KeySpec::SymmetricDefault
            && state != State::Creating
            && let Some(current) = key.current()
        {
            fields.insert("CurrentKeyMaterialId".into(), encode(current.id).into());
        }
        if key.origin == Origin::External {
            expiration(key, fields);
        }
        if let Some(deletion) = &key.deletion {
            match deletion.date {
                Some(date) => fields.insert("DeletionDate".into(), seconds(date)),
                None => fields.insert("PendingDeletionWindowInDays".into(), deletion.window_in_days.into()),
            };
        }
        if key.role != Role::Single {
            fields.insert("MultiRegionConfiguration".into(), configuration(key.role, &relatives));
        }
        Ok(metadata)
    }

    /// Role, Region and ARN of a key in all Regions it is in, by Region.
    fn family(&mut self, id: KeyId) -> Vec<(Role, String, String)> {
        let mut family: Vec<(Role, String)> =
            self.relatives(id).map(|(region, key)| (key.role, region.to_owned())).collect();
        family.sort_unstable_by(|one, other| one.1.cmp(&other.1));
        family.into_iter().map(|(role, region)| (role, region.clone(), self.arn(&region, id))).collect()
    }
}

/// ExpirationModel and ValidTo go with the material; with several materials ValidTo is the earliest.
fn expiration(key: &Key, fields: &mut Map<String, Value>) {
    let permanent = || key.materials.iter().filter(|material| material.is_permanent() && material.bytes.is_some());
    if permanent().next().is_none() {
        return;
    }
    let earliest = permanent().filter_map(|material| material.valid_to).min();
    fields.insert("ExpirationModel".into(), expiration_model(earliest).into());
    if let Some(end) = earliest {
        fields.insert("ValidTo".into(), seconds(end));
    }
}

fn expiration_model(valid_to: Option<Millis>) -> &'static str {
    match valid_to {
        Some(_) => "KEY_MATERIAL_EXPIRES",
        None => "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
}

impl KeyMaterial {
    pub(crate) fn expiration_model(&self) -> &'static str {
        expiration_model(self.valid_to)
    }
}

fn configuration(role: Role, family: &[(Role, String, String)]) -> Value {
    let one = |(_, region, arn): &(Role, String, String)| json!({ "Arn": arn, "Region": region });
    let replicas: Vec<Value> = family.iter().filter(|(role, ..)| *role == Role::Replica).map(one).collect();
    json!({
        "MultiRegionKeyType": if role == Role::Primary { "PRIMARY" } else { "REPLICA" },
        "PrimaryKey": family.iter().find(|(role, ..)| *role == Role::Primary).map(one),
        "ReplicaKeys": replicas,
    })
}
