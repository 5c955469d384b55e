//! GetPublicKey, Sign, Verify and DeriveSharedSecret.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::derive::Deriver;
use openssl::md::{Md, MdRef};
use openssl::pkey::{HasPublic, Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};
use serde_json::json;
use zeroize::Zeroizing;

use super::key_metadata::algorithms;
use crate::material::KeySpec;
use crate::rehearsal::model::call::{Call, Reply, no_recipient, not_a_dry_run};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::{Found, World};

pub(crate) fn get_public_key(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    let public = key.public_half(&found.arn)?;
    let (field, algorithms) = algorithms(key.spec, key.usage);
    let mut reply = json!({
        "KeyId": found.arn,
        "PublicKey": BASE64_STANDARD.encode(public),
        "KeySpec": key.spec.name(),
        "KeyUsage": key.usage.name(),
        field: algorithms,
    });
    if key.spec != KeySpec::EccNistEdwards25519 {
        reply["CustomerMasterKeySpec"] = key.spec.name().into();
    }
    Ok(reply)
}

pub(crate) fn sign(world: &mut World, call: &Call) -> Reply {
    let (found, request) = signature_request(world, call)?;
    let key = world.key(&call.region, &found)?.private_key()?;
    let signature = request.sign(&key)?;
    not_a_dry_run(call)?;
    let algorithm = call.required("SigningAlgorithm");
    Ok(json!({ "KeyId": found.arn, "Signature": BASE64_STANDARD.encode(signature), "SigningAlgorithm": algorithm }))
}

pub(crate) fn verify(world: &mut World, call: &Call) -> Reply {
    let (found, request) = signature_request(world, call)?;
    let key = world.key(&call.region, &found)?.private_key()?;
    if !request.verifies(&key, &call.required_blob("Signature"))? {
        return Err(Refusal::silent("KMSInvalidSignatureException"));
    }
    not_a_dry_run(call)?;
    let algorithm = call.required("SigningAlgorithm");
    Ok(json!({ "KeyId": found.arn, "SignatureValid": true, "SigningAlgorithm": algorithm }))
}

pub(crate) fn derive_shared_secret(world: &mut World, call: &Call) -> Reply {
    no_recipient(call)?;
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    let origin = key.origin.name();
    let own = key.private_key()?;
    let unfit = || Refusal::silent("ValidationException");
    let peer = PKey::public_key_from_der(&call.required_blob("PublicKey")).map_err(|_| unfit())?;
    let curve = |key: &PKey<_>| -> Option<_> { key.ec_key().ok()?.group().curve_name() };
    if peer.id() != Id::EC || peer.ec_key().ok().and_then(|key| key.group().curve_name()) != curve(&own) {
        return Err(unfit());
    }
    let mut deriver = Deriver::new(&own)?;
    deriver.set_peer(&peer).map_err(|_| unfit())?;
    let secret = Zeroizing::new(deriver.derive_to_vec()?);
    not_a_dry_run(call)?;
    Ok(json!({
        "KeyId": found.arn,
        "SharedSecret": BASE64_STANDARD.encode(&secret),
        "KeyAgreementAlgorithm": call.required("KeyAgreementAlgorithm"),
        "KeyOrigin": origin,
    }))
}

/// What is to be signed, and how.
struct SignatureRequest {
    scheme: Scheme,
    /// The digest for RSA and ECDSA, the whole message for Ed25519.
    message: Vec<u8>,
}

enum Scheme {
    Pss(&'static MdRef),
    Pkcs1(&'static MdRef),
    Ecdsa(&'static MdRef),
    Ed25519,
}

fn signature_request(world: &mut World, call: &Call) -> Result<(Found, SignatureRequest), Refusal> {
    let found = world.admit(call)?;
    let algorithm = call.required("SigningAlgorithm");
    let digest = match algorithm.rsplit('_').next() {
        Some("256") => Md::sha256(),
        Some("384") => Md::sha384(),
        _ => Md::sha512(),
    };
    let kind = call.text("MessageType").unwrap_or("RAW");
    let scheme = match algorithm {
        "ED25519_SHA_512" if kind != "RAW" => {
            return Err(Refusal::validation(format!("MessageType {kind} is not valid for algorithm {algorithm}.")));
        }
        "ED25519_SHA_512" => Scheme::Ed25519,
        "ED25519_PH_SHA_512" => {
            return Err(Refusal::unsupported(
                "The embedded KMS does not sign with Ed25519ph, which OpenSSL has from 3.2 on.",
            ));
        }
        _ if kind == "EXTERNAL_MU" => {
            return Err(Refusal::validation(format!("MessageType {kind} is not valid for algorithm {algorithm}.")));
        }
        _ if algorithm.starts_with("RSASSA_PSS") => Scheme::Pss(digest),
        _ if algorithm.starts_with("RSASSA") => Scheme::Pkcs1(digest),
        _ => Scheme::Ecdsa(digest),
    };
    let mut message = call.required_blob("Message");
    if kind == "DIGEST" && message.len() != digest.size() {
        return Err(Refusal::validation(format!("Digest is invalid length for algorithm {algorithm}.")));
    }
    if kind == "RAW" && !matches!(scheme, Scheme::Ed25519) {
        message = hash(digest, &message)?;
    }
    Ok((found, SignatureRequest { scheme, message }))
}

fn hash(digest: &MdRef, message: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut context = openssl::md_ctx::MdCtx::new()?;
    context.digest_init(digest)?;
    context.digest_update(message)?;
    let mut hash = vec![0; digest.size()];
    context.digest_final(&mut hash)?;
    Ok(hash)
}

impl SignatureRequest {
    fn sign(&self, key: &PKey<Private>) -> Result<Vec<u8>, Refusal> {
        if let Scheme::Ed25519 = self.scheme {
            return Ok(Signer::new_without_digest(key)?.sign_oneshot_to_vec(&self.message)?);
        }
        let mut context = PkeyCtx::new(key)?;
        context.sign_init()?;
        self.set_up(&mut context)?;
        let mut signature = Vec::new();
        context.sign_to_vec(&self.message, &mut signature)?;
        Ok(signature)
    }

    fn verifies(&self, key: &PKey<Private>, signature: &[u8]) -> Result<bool, Refusal> {
        if let Scheme::Ed25519 = self.scheme {
            return Ok(Verifier::new_without_digest(key)?.verify_oneshot(signature, &self.message).unwrap_or(false));
        }
        let mut context = PkeyCtx::new(key)?;
        context.verify_init()?;
        self.set_up(&mut context)?;
        Ok(context.verify(&self.message, signature).unwrap_or(false))
    }

    fn set_up<T: HasPublic>(&self, context: &mut PkeyCtx<T>) -> Result<(), Refusal> {
        match self.scheme {
            Scheme::Pss(digest) => {
                context.set_rsa_padding(Padding::PKCS1_PSS)?;
                context.set_signature_md(digest)?;
                context.set_rsa_mgf1_md(digest)?;
                context.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
            }
            Scheme::Pkcs1(digest) => {
                context.set_rsa_padding(Padding::PKCS1)?;
                context.set_signature_md(digest)?;
            }
            Scheme::Ecdsa(digest) => context.set_signature_md(digest)?,
            Scheme::Ed25519 => {}
        }
        Ok(())
    }
}
