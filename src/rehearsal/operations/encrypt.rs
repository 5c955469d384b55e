//! Encrypt, Decrypt, ReEncrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hex::encode;
use serde_json::{Value, json};

use super::create_key::random;
use super::key_metadata::algorithms;
use crate::material::{KeySpec, KeyUsage};
use crate::rehearsal::crypto::Plaintext;
use crate::rehearsal::crypto::ciphertext;
use crate::rehearsal::crypto::rsa;
use crate::rehearsal::model::call::{Call, Reply, incompatible, no_recipient, not_a_dry_run};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::key::{IN_USE, Key};
use crate::rehearsal::state::{By, Found, World};

const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";

pub(crate) fn encrypt(world: &mut World, call: &Call) -> Reply {
    let found = world.find(call, By::Anything)?;
    let algorithm = call.text("EncryptionAlgorithm").unwrap_or(SYMMETRIC);
    let key = usable(world, call, &found, algorithm)?;
    let blob = seal(key, &found, algorithm, &call.context("EncryptionContext"), &call.required_blob("Plaintext"))?;
    not_a_dry_run(call)?;
    Ok(json!({ "CiphertextBlob": BASE64_STANDARD.encode(blob), "KeyId": found.arn, "EncryptionAlgorithm": algorithm }))
}

pub(crate) fn decrypt(world: &mut World, call: &Call) -> Reply {
    no_recipient(call)?;
    let algorithm = call.text("EncryptionAlgorithm").unwrap_or(SYMMETRIC);
    let opened = open(world, call, call.text("KeyId"), algorithm, &call.context("EncryptionContext"))?;
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
    let opened = open(world, call, call.text("SourceKeyId"), from, &call.context("SourceEncryptionContext"))?;
    let found = world.locate(&call.region, call.required("DestinationKeyId"), call.now, By::Anything)?;
    let key = usable(world, call, &found, to)?;
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

pub(crate) fn generate_data_key(world: &mut World, call: &Call) -> Reply {
    no_recipient(call)?;
    let (mut reply, plaintext) = data_key(world, call)?;
    reply["Plaintext"] = BASE64_STANDARD.encode(&plaintext).into();
    Ok(reply)
}

pub(crate) fn generate_data_key_without_plaintext(world: &mut World, call: &Call) -> Reply {
    data_key(world, call).map(|(reply, _)| reply)
}

fn data_key(world: &mut World, call: &Call) -> Result<(Value, Plaintext), Refusal> {
    let length = match (call.text("KeySpec"), call.number("NumberOfBytes")) {
        (Some("AES_128"), None) => 16,
        (Some(_), None) => 32,
        (None, Some(bytes)) => usize::try_from(bytes).unwrap_or_default(),
        _ => return Err(Refusal::validation("Please specify either number of bytes or key spec.")),
    };
    let found = world.find(call, By::Anything)?;
    let key = world.key(&call.region, &found)?;
    if key.spec != KeySpec::SymmetricDefault {
        key.require_usage(&found.arn, KeyUsage::EncryptDecrypt, &call.operation)?;
        return Err(incompatible(SYMMETRIC, key.spec));
    }
    let key = usable(world, call, &found, SYMMETRIC)?;
    let plaintext = random(length)?;
    let blob = seal(key, &found, SYMMETRIC, &call.context("EncryptionContext"), &plaintext)?;
    let material = key.current().map(|material| encode(material.id));
    not_a_dry_run(call)?;
    let reply =
        json!({ "CiphertextBlob": BASE64_STANDARD.encode(blob), "KeyId": found.arn, "KeyMaterialId": material });
    Ok((reply, plaintext))
}

pub(crate) fn generate_random(_: &mut World, call: &Call) -> Reply {
    no_recipient(call)?;
    if call.has("CustomKeyStoreId") {
        return Err(Refusal::silent("CustomKeyStoreNotFoundException"));
    }
    let length = call.number("NumberOfBytes").ok_or_else(|| Refusal::validation("NumberOfBytes is required."))?;
    let bytes = random(usize::try_from(length).unwrap_or_default())?;
    Ok(json!({ "Plaintext": BASE64_STANDARD.encode(&bytes) }))
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
    key: Option<&str>,
    algorithm: &str,
    context: &[(&str, &str)],
) -> Result<Opened, Refusal> {
    let blob = call.blob("CiphertextBlob").ok_or_else(|| {
        Refusal::validation("1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null")
    })?;
    let named = key.map(|key| world.locate(&call.region, key, call.now, By::Anything)).transpose()?;
    if algorithm != SYMMETRIC {
        let found =
            named.ok_or_else(|| Refusal::validation("KeyId is required for asymmetric encryption algorithms."))?;
        let key = usable(world, call, &found, algorithm)?;
        let plaintext = rsa::decrypt(key, algorithm, &blob).ok_or_else(invalid)?;
        return Ok(Opened { found, plaintext, material: None });
    }
    let wrong_key = || {
        Refusal::new(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        )
    };
    if let Some(found) = &named {
        let key = world.key(&call.region, found)?;
        if key.spec != KeySpec::SymmetricDefault {
            return Err(wrong_key());
        }
    }
    let sealed = ciphertext::read(&blob).ok_or_else(invalid)?;
    let found = match named {
        Some(found) if found.id != sealed.key => return Err(wrong_key()),
        Some(found) => found,
        None => world.locate(&call.region, &sealed.key.to_string(), call.now, By::IdOrArn).map_err(|_| invalid())?,
    };
    let key = usable(world, call, &found, algorithm)?;
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
    let material = key.current().ok_or_else(|| Refusal::internal("no key material"))?;
    ciphertext::seal(found.id, material, context, plaintext)
}

/// The key, if it may encrypt with this algorithm and is in a state to.
fn usable<'w>(world: &'w mut World, call: &Call, found: &Found, algorithm: &str) -> Result<&'w Key, Refusal> {
    let key = world.key(&call.region, found)?;
    key.require_usage(&found.arn, KeyUsage::EncryptDecrypt, &call.operation)?;
    if !algorithms(key.spec, key.usage).1.contains(&algorithm) {
        return Err(incompatible(algorithm, key.spec));
    }
    key.require(&found.arn, call.now, IN_USE)?;
    Ok(key)
}

fn invalid() -> Refusal {
    Refusal::silent("InvalidCiphertextException")
}
