//! GenerateDataKey, GenerateDataKeyPair, and both without the plaintext; GenerateRandom.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hex::encode;
use openssl::error::ErrorStack;
use serde_json::{Value, json};

use super::create_key::{generate, random};
use super::encrypt::seal_symmetric;
use crate::material::{KeySpec, MaterialKind};
use crate::rehearsal::crypto::Plaintext;
use crate::rehearsal::crypto::key_material;
use crate::rehearsal::model::call::{Call, Reply, no_recipient, not_a_dry_run};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::{Found, World};

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
    let found = world.admit(call)?;
    let plaintext = random(length)?;
    let (mut reply, blob) = sealed(world, call, &found, &plaintext)?;
    reply["CiphertextBlob"] = blob;
    Ok((reply, plaintext))
}

pub(crate) fn generate_data_key_pair(world: &mut World, call: &mut Call) -> Reply {
    no_recipient(call)?;
    let (mut reply, private) = data_key_pair(world, call)?;
    reply["PrivateKeyPlaintext"] = BASE64_STANDARD.encode(&private).into();
    Ok(reply)
}

pub(crate) fn generate_data_key_pair_without_plaintext(world: &mut World, call: &mut Call) -> Reply {
    data_key_pair(world, call).map(|(reply, _)| reply)
}

fn data_key_pair(world: &mut World, call: &mut Call) -> Result<(Value, Plaintext), Refusal> {
    let found = world.admit(call)?;
    let private = match call.made.take() {
        Some(private) => private,
        None => DataKeyPair::read(call)?.make()?,
    };
    let public = key_material::private_key(&private).ok_or_else(|| Refusal::internal("an unreadable key pair"))?;
    let (mut reply, blob) = sealed(world, call, &found, &private)?;
    reply["PrivateKeyCiphertextBlob"] = blob;
    reply["PublicKey"] = BASE64_STANDARD.encode(public.public_key_to_der()?).into();
    reply["KeyPairSpec"] = call.required("KeyPairSpec").into();
    Ok((reply, private))
}

/// A key pair for use outside of KMS.
#[derive(Clone, Copy)]
pub(crate) struct DataKeyPair(KeySpec);

impl DataKeyPair {
    pub(crate) fn read(call: &Call) -> Result<Self, Refusal> {
        let name = call.required("KeyPairSpec");
        let unsupported = |_| Refusal::unsupported(format!("The embedded KMS makes no key pairs of {name}."));
        name.parse().map(DataKeyPair).map_err(unsupported)
    }

    /// Whether `make` takes longer than a request should hold up others.
    pub(crate) fn is_slow(self) -> bool {
        matches!(self.0.kind(), MaterialKind::Rsa { .. })
    }

    /// The private key, as PKCS#8 DER.
    pub(crate) fn make(self) -> Result<Plaintext, ErrorStack> {
        generate(self.0)
    }
}

/// What every data key's reply has, and the data key under the KMS key of the request.
fn sealed(world: &mut World, call: &Call, found: &Found, plaintext: &[u8]) -> Result<(Value, Value), Refusal> {
    let key = world.key(&call.region, found)?;
    let blob = seal_symmetric(key, found, &call.context("EncryptionContext"), plaintext)?;
    let material = key.current().map(|material| encode(material.id));
    not_a_dry_run(call)?;
    Ok((json!({ "KeyId": found.arn, "KeyMaterialId": material }), BASE64_STANDARD.encode(blob).into()))
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
