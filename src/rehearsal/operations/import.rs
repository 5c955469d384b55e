//! ImportKeyMaterial, DeleteImportedKeyMaterial.

use hex::encode;
use serde_json::{Value, json};

use crate::material::KeySpec;
use crate::rehearsal::crypto::Plaintext;
use crate::rehearsal::crypto::key_material;
use crate::rehearsal::crypto::unwrap;
use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::clock::{DAY, Millis};
use crate::rehearsal::state::import_token::Token;
use crate::rehearsal::state::key::{Key, KeyMaterial, Role, Stage, State};
use crate::rehearsal::state::wrapping_keys;
use crate::rehearsal::state::{Found, World};

pub(crate) fn import_key_material(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let secret = world.secret;
    let key = world.key(&call.region, &found)?;
    let kind = Kind::read(call, key)?;
    let valid_to = valid_to(call)?;
    let spec = key.spec;

    let token = Token::open(&call.required_blob("ImportToken"), &secret, &found.arn, call.now)?;
    let wrapping_key = wrapping_keys::make(token.wrapping, token.set)?;
    let bytes = unwrap::unwrap(token.algorithm, &wrapping_key.private, &call.required_blob("EncryptedKeyMaterial"))
        .ok_or_else(|| Refusal::silent("InvalidCiphertextException"))?;
    if !key_material::fits(spec, &bytes) {
        return Err(incorrect(format!("The key material is not valid for KeySpec {spec}.")));
    }

    let id = world.material_id(found.id, &bytes)?;
    if call.text("KeyMaterialId").is_some_and(|asserted| asserted != encode(id)) {
        return Err(incorrect("The key material does not have the KeyMaterialId of the request."));
    }
    let description = call.text("KeyMaterialDescription").map(Into::into);
    let import = Import { id, bytes, valid_to, description };
    let before = if world.lagging.is_kept() { Some(world.metadata(&call.region, &found, call.now)?) } else { None };
    match kind {
        Kind::Existing => import.again(world.key(&call.region, &found)?, call.now)?,
        Kind::New => import.first_time(world, call, &found)?,
    }
    if let Some(before) = before {
        world.lagging.imported(&found.arn, call.now, before);
    }
    let mut reply = json!({ "KeyId": found.arn });
    if spec == KeySpec::SymmetricDefault {
        reply["KeyMaterialId"] = encode(id).into();
    }
    Ok(reply)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    New,
    Existing,
}

impl Kind {
    /// What ImportType says, or stands for when it is left out.
    fn read(call: &Call, key: &Key) -> Result<Self, Refusal> {
        if key.spec != KeySpec::SymmetricDefault {
            for parameter in ["ImportType", "KeyMaterialDescription", "KeyMaterialId"] {
                if call.has(parameter) {
                    return Err(Refusal::unsupported(format!(
                        "{parameter} is not supported for KeySpec {}.",
                        key.spec
                    )));
                }
            }
        }
        let kind = match call.text("ImportType") {
            Some("NEW_KEY_MATERIAL") => Kind::New,
            Some(_) => Kind::Existing,
            None if key.materials.is_empty() => Kind::New,
            None => Kind::Existing,
        };
        if kind == Kind::New && call.has("KeyMaterialId") {
            return Err(Refusal::validation("KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL."));
        }
        if kind == Kind::New && key.role == Role::Replica {
            return Err(Refusal::unsupported(
                "New key material is imported into the primary key of a multi-Region key.",
            ));
        }
        Ok(kind)
    }
}

struct Import {
    id: [u8; 32],
    bytes: Plaintext,
    valid_to: Option<Millis>,
    description: Option<Box<str>>,
}

impl Import {
    /// The same bytes as before, into a key that knows them.
    fn again(self, key: &mut Key, now: Millis) -> Result<(), Refusal> {
        let was_empty = key.state(now) == State::PendingImport;
        let material =
            key.materials.iter_mut().find(|material| material.id == self.id).ok_or_else(|| {
                incorrect("The key material is not the same key material that was previously imported.")
            })?;
        material.bytes = Some(self.bytes);
        material.valid_to = self.valid_to;
        if self.description.is_some() {
            material.description = self.description;
        }
        key.disabled &= !was_empty;
        Ok(())
    }

    /// Bytes that the key does not know: its first ones, or some that wait for a rotation. Replicas learn of them, not them.
    fn first_time(self, world: &mut World, call: &Call, found: &Found) -> Result<(), Refusal> {
        let key = world.key(&call.region, found)?;
        if key.materials.iter().any(|material| material.id == self.id) {
            return Err(incorrect("The key material is already associated with this key."));
        }
        if let Some(pending) = key.pending() {
            let (new, old) = (encode(self.id), encode(pending.id));
            return Err(Refusal::invalid_state(format!(
                "New key material (id: {new}) cannot be imported into KMS key {}, because another key material (id: {old}) is pending rotation.",
                found.arn
            )));
        }
        let stage = if key.materials.is_empty() { Stage::Current } else { Stage::Pending };
        let empty = |description| KeyMaterial {
            id: self.id,
            bytes: None,
            public: None,
            valid_to: None,
            description,
            stage,
            rotated: None,
        };
        key.disabled &= stage != Stage::Current;
        for (region, relative) in world.relatives(found.id) {
            let mut material = empty(None);
            if region == call.region {
                material.valid_to = self.valid_to;
                material.description = self.description.clone();
                material.bytes = Some(self.bytes.clone());
            }
            relative.materials.push(material);
        }
        Ok(())
    }
}

/// ExpirationModel and ValidTo, which must agree.
fn valid_to(call: &Call) -> Result<Option<Millis>, Refusal> {
    let end = call.time("ValidTo");
    if call.text("ExpirationModel") == Some("KEY_MATERIAL_DOES_NOT_EXPIRE") {
        return match end {
            None => Ok(None),
            Some(_) => Err(Refusal::validation(
                "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE",
            )),
        };
    }
    match end {
        None => Err(Refusal::validation("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")),
        Some(end) if end <= call.now => Err(Refusal::validation("The validTo date must be in the future")),
        Some(end) if end > call.now + 365 * DAY => {
            Err(Refusal::validation("The validTo date must be within 365 days from now"))
        }
        Some(end) => Ok(Some(end)),
    }
}

pub(crate) fn delete_imported_key_material(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    let pending_deletion = key.deletion.is_some();
    let named = call.text("KeyMaterialId");
    if key.spec != KeySpec::SymmetricDefault && named.is_some() {
        return Err(Refusal::unsupported(format!("KeyMaterialId is not supported for KeySpec {}.", key.spec)));
    }
    let chosen = |material: &&mut KeyMaterial| match named {
        Some(id) => encode(material.id) == id,
        None => material.stage == Stage::Current,
    };
    let mut reply = json!({ "KeyId": found.arn });
    let Some(material) = key.materials.iter_mut().find(chosen) else {
        return match named {
            Some(id) => Err(Refusal::not_found(format!("Key material '{id}' does not exist"))),
            None => Ok(reply), // nothing was ever imported, so nothing is deleted
        };
    };
    let id = material.id;
    material.forget(key.spec);
    let taken_back = !material.is_permanent() && key.role != Role::Replica;
    if key.spec == KeySpec::SymmetricDefault {
        reply["KeyMaterialId"] = Value::from(encode(id));
    }
    if taken_back {
        for (_, relative) in world.relatives(found.id) {
            relative.materials.retain(|material| material.id != id);
        }
    } else if !pending_deletion && key.state(call.now) == State::PendingImport {
        key.disabled = false;
    }
    Ok(reply)
}

fn incorrect(message: impl Into<String>) -> Refusal {
    Refusal::new("IncorrectKeyMaterialException", message)
}
