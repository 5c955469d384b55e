//! Encrypt, Decrypt, ReEncrypt.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hex::encode;
use serde_json::json;

use super::checks::{SYMMETRIC, wrong_key};
use crate::rehearsal::crypto::Plaintext;
use crate::rehearsal::crypto::ciphertext;
use crate::rehearsal::crypto::rsa;
use crate::rehearsal::model::call::{Call, Reply, no_recipient, not_a_dry_run};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::key::Key;
use crate::rehearsal::state::{By, Found, World};

pub(crate) fn encrypt(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let algorithm = call.text("EncryptionAlgorithm").unwrap_or(SYMMETRIC);
    let key = world.key(&call.region, &found)?;
    let blob = seal(key, &found, algorithm, &call.context("EncryptionContext"), &call.required_blob("Plaintext"))?;
    not_a_dry_run(call)?;
    Ok(json!({ "CiphertextBlob": BASE64_STANDARD.encode(blob), "KeyId": found.arn, "EncryptionAlgorithm": algorithm }))
}

pub(crate) fn decrypt(world: &mut World, call: &Call) -> Reply {
    no_recipient(call)?;
    let algorithm = call.text("EncryptionAlgorithm").unwrap_or(SYMMETRIC);
    let opened = open(world, call, "KeyId", algorithm, &call.context("EncryptionContext"))?;
    not_a_dry_run(call)?;
    let mut reply = json!({
        "KeyId": opened.found.arn,
        "Plaintext": BASE64_STANDARD.encode(&opened.plaintext),
        "EncryptionAlgorithm": algorithm,
    });
    if let Some(material) = opened.material {
        reply["KeyMaterialId"] = material.into();
    }
    Ok(reply)
}

pub(crate) fn re_encrypt(world: &mut World, call: &Call) -> Reply {
    let from = call.text("SourceEncryptionAlgorithm").unwrap_or(SYMMETRIC);
    let to = call.text("DestinationEncryptionAlgorithm").unwrap_or(SYMMETRIC);
    let opened = open(world, call, "SourceKeyId", from, &call.context("SourceEncryptionContext"))?;
    let found = world.admit_as(call, "DestinationKeyId")?;
    let key = world.key(&call.region, &found)?;
    let material = (to == SYMMETRIC).then(|| key.current().map(|material| encode(material.id))).flatten();
    let blob = seal(key, &found, to, &call.context("DestinationEncryptionContext"), &opened.plaintext)?;
    not_a_dry_run(call)?;
    let mut reply = json!({
        "CiphertextBlob": BASE64_STANDARD.encode(blob),
        "SourceKeyId": opened.found.arn,
        "KeyId": found.arn,
        "SourceEncryptionAlgorithm": from,
        "DestinationEncryptionAlgorithm": to,
    });
    if let Some(material) = opened.material {
        reply["SourceKeyMaterialId"] = material.into();
    }
    if let Some(material) = material {
        reply["DestinationKeyMaterialId"] = material.into();
    }
    Ok(reply)
}

struct Opened {
    found: Found,
    plaintext: Plaintext,
    /// The id of the material that opened it, for symmetric keys.
    material: Option<String>,
}

fn open(
    world: &mut World,
    call: &Call,
    member: &'static str,
    algorithm: &str,
    context: &[(&str, &str)],
) -> Result<Opened, Refusal> {
    let blob = call.blob("CiphertextBlob").ok_or_else(|| {
        Refusal::validation("1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null")
    })?;
    let named = call.has(member).then(|| world.admit_as(call, member)).transpose()?;
    if algorithm != SYMMETRIC {
        let found =
            named.ok_or_else(|| Refusal::validation("KeyId is required for asymmetric encryption algorithms."))?;
        let key = world.key(&call.region, &found)?;
        let plaintext = rsa::decrypt(key, algorithm, &blob).ok_or_else(invalid)?;
        return Ok(Opened { found, plaintext, material: None });
    }
    let sealed = ciphertext::read(&blob).ok_or_else(invalid)?;
    let found = match named {
        Some(found) if found.id != sealed.key => return Err(wrong_key()),
        Some(found) => found,
        None => {
            let name = sealed.key.to_string();
            let found = world.locate(&call.region, &name, call.now, By::IdOrArn).map_err(|_| invalid())?;
            world.admit_found(call, member, &found)?;
            found
        }
    };
    let key = world.key(&call.region, &found)?;
    let material = key.materials.iter().find(|material| material.id == sealed.material).ok_or_else(invalid)?;
    let plaintext = sealed.open(material, context).ok_or_else(invalid)?;
    let material = Some(encode(sealed.material));
    Ok(Opened { found, plaintext, material })
}

fn seal(
    key: &Key,
    found: &Found,
    algorithm: &str,
    context: &[(&str, &str)],
    plaintext: &[u8],
) -> Result<Vec<u8>, Refusal> {
    if algorithm != SYMMETRIC {
        return rsa::encrypt(key, algorithm, plaintext);
    }
    seal_symmetric(key, found, context, plaintext)
}

pub(crate) fn seal_symmetric(
    key: &Key,
    found: &Found,
    context: &[(&str, &str)],
    plaintext: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let material = key.current().ok_or_else(|| Refusal::internal("no key material"))?;
    ciphertext::seal(found.id, material, context, plaintext)
}

fn invalid() -> Refusal {
    Refusal::silent("InvalidCiphertextException")
}
