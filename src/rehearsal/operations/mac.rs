//! GenerateMac, VerifyMac.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::json;

use crate::material::KeySpec;
use crate::rehearsal::model::call::{Call, Reply, not_a_dry_run};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::World;

pub(crate) fn generate_mac(world: &mut World, call: &Call) -> Reply {
    let (arn, mac) = mac(world, call)?;
    not_a_dry_run(call)?;
    Ok(json!({ "KeyId": arn, "Mac": BASE64_STANDARD.encode(mac), "MacAlgorithm": call.required("MacAlgorithm") }))
}

pub(crate) fn verify_mac(world: &mut World, call: &Call) -> Reply {
    let (arn, mac) = mac(world, call)?;
    let given = call.required_blob("Mac");
    if given.len() != mac.len() || !memcmp::eq(&given, &mac) {
        return Err(Refusal::silent("KMSInvalidMacException"));
    }
    not_a_dry_run(call)?;
    Ok(json!({ "KeyId": arn, "MacValid": true, "MacAlgorithm": call.required("MacAlgorithm") }))
}

fn mac(world: &mut World, call: &Call) -> Result<(String, Vec<u8>), Refusal> {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    let digest = match key.spec {
        KeySpec::Hmac224 => MessageDigest::sha224(),
        KeySpec::Hmac256 => MessageDigest::sha256(),
        KeySpec::Hmac384 => MessageDigest::sha384(),
        _ => MessageDigest::sha512(),
    };
    let mac_key = PKey::hmac(key.bytes()?)?;
    let mac = Signer::new(digest, &mac_key)?.sign_oneshot_to_vec(&call.required_blob("Message"))?;
    Ok((found.arn, mac))
}
