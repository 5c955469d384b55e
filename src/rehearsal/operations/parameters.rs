//! GetParametersForImport: the public key, the token and the algorithm that belong together for one key and 24 hours.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::material::{Curve, KeySpec, MaterialKind};
use crate::rehearsal::model::call::{Call, Reply, seconds};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::World;
use crate::rehearsal::state::clock::DAY;
use crate::rehearsal::state::import_token::Token;
use crate::rehearsal::state::wrapping_keys;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// The wrapping key a request will need, so that it can be made before the state is locked.
pub(crate) fn wanted(call: &Call) -> Option<WrappingKeySpec> {
    wrapping_key_spec(call.text("WrappingKeySpec")?).ok()
}

pub(crate) fn get_parameters_for_import(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let secret = world.secret;
    let key = world.key(&call.region, &found)?;
    let wrapping = wrapping_key_spec(call.required("WrappingKeySpec"))?;
    let algorithm = algorithm(call.required("WrappingAlgorithm"))?;
    combination(key.spec, algorithm, wrapping)?;
    let wrapping_key = wrapping_keys::ready(wrapping, call.set).ok_or_else(|| Refusal::internal("no wrapping key"))?;
    let token = Token { algorithm, wrapping, set: call.set, valid_to: call.now + DAY };
    Ok(json!({
        "KeyId": found.arn,
        "ImportToken": BASE64_STANDARD.encode(token.seal(&secret, &found.arn)?),
        "PublicKey": BASE64_STANDARD.encode(&wrapping_key.public),
        "ParametersValidTo": seconds(token.valid_to),
    }))
}

fn wrapping_key_spec(name: &str) -> Result<WrappingKeySpec, Refusal> {
    WrappingKeySpec::ALL
        .into_iter()
        .find(|spec| spec.name() == name)
        .ok_or_else(|| Refusal::unsupported(format!("WrappingKeySpec {name} is not supported in this Region.")))
}

/// RSAES_PKCS1_V1_5 is still in the model, and refused since 2023-10-10; SM2PKE is for the China Regions.
fn algorithm(name: &str) -> Result<WrappingAlgorithm, Refusal> {
    WrappingAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.name() == name)
        .ok_or_else(|| Refusal::unsupported(format!("WrappingAlgorithm {name} is not supported.")))
}

/// Developer guide, "Select a wrapping algorithm": raw keys under OAEP only, RSA keys under RSA_AES_KEY_WRAP only, and P-521 keys not
/// under OAEP with RSA_2048.
fn combination(spec: KeySpec, algorithm: WrappingAlgorithm, wrapping: WrappingKeySpec) -> Result<(), Refusal> {
    use WrappingAlgorithm::*;
    let allowed = match (spec.kind(), algorithm) {
        (MaterialKind::Symmetric | MaterialKind::Hmac { .. }, RsaesOaepSha256 | RsaesOaepSha1) => true,
        (MaterialKind::Symmetric | MaterialKind::Hmac { .. }, _) => false,
        (MaterialKind::Rsa { .. }, RsaAesKeyWrapSha256 | RsaAesKeyWrapSha1) => true,
        (MaterialKind::Rsa { .. }, _) => false,
        (MaterialKind::Ec(Curve::P521), RsaesOaepSha256 | RsaesOaepSha1) => wrapping != WrappingKeySpec::Rsa2048,
        (MaterialKind::Ec(_) | MaterialKind::Ed25519, _) => true,
    };
    match allowed {
        true => Ok(()),
        false => Err(Refusal::unsupported(format!(
            "WrappingAlgorithm {algorithm} with WrappingKeySpec {wrapping} is not supported for KeySpec {spec}."
        ))),
    }
}
