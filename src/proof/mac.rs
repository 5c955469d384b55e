//! HMAC keys: the same function, computed here and there.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::error::ProofError;
use super::forms;
use super::outcome::{Claim, Proof};
use super::subject::{Subject, nonce, permitted};
use crate::material::KeySpec;
use crate::openssl_probe::OpenSslError;
use crate::secret::on_clean_stack;
use crate::wrap::Held;

pub(super) async fn prove(subject: &Subject<'_>, proof: &mut Proof) -> Result<(), ProofError> {
    let (algorithm, digest) = match subject.spec {
        KeySpec::Hmac224 => ("HMAC_SHA_224", MessageDigest::sha224()),
        KeySpec::Hmac256 => ("HMAC_SHA_256", MessageDigest::sha256()),
        KeySpec::Hmac384 => ("HMAC_SHA_384", MessageDigest::sha384()),
        _ => ("HMAC_SHA_512", MessageDigest::sha512()),
    };
    let nonce = nonce()?;
    let mac = subject.kms.generate_mac(&subject.key.arn, &nonce, algorithm).await;
    let Some(mac) = permitted(proof, Claim::Use, "kms:GenerateMac", mac)? else { return Ok(()) };
    let Some(material) = subject.material else {
        proof.prove(Claim::Use, "KMS computes an HMAC with the key");
        proof.leave(Claim::Bytes, "that it is your key: no key material at hand to compare with");
        return Ok(());
    };
    let Some(material) = material.bytes() else { return compare_elsewhere(material, &nonce, &mac, proof) };
    let computed = |key: &[u8]| {
        on_clean_stack(|| {
            let key = PKey::hmac(key)?;
            Signer::new(digest, &key)?.sign_oneshot_to_vec(&nonce)
        })
        .map_err(OpenSslError::step("compute an HMAC"))
    };
    let is_the_same = mac == computed(material.expose())?;
    let mut contradiction = "KMS computes another HMAC than OpenSSL does with this key material".to_owned();
    if !is_the_same {
        for form in forms::of(material.expose())? {
            if mac == computed(form.bytes.expose())? {
                contradiction.push_str(&format!(": it holds {}", form.words));
                break;
            }
        }
    }
    let proven = "KMS computes the same HMAC of a fresh nonce as OpenSSL does with your key material";
    proof.expect(Claim::Bytes, is_the_same, proven, contradiction);
    proof.leave(Claim::Bytes, ALMOST);
    Ok(())
}

/// What an HMAC cannot tell.
const ALMOST: &str = "that the bytes are the same: keys that differ in trailing zero bytes only, or are longer than a block and its digest, compute the same HMAC";

/// The key is elsewhere, and computes there.
fn compare_elsewhere(key: &dyn Held, nonce: &[u8], mac: &[u8], proof: &mut Proof) -> Result<(), ProofError> {
    let Some(computed) = key.mac(nonce).map_err(ProofError::Elsewhere)? else {
        proof.prove(Claim::Use, "KMS computes an HMAC with the key");
        proof.leave(Claim::Bytes, "that it is your key: the token does not compute an HMAC with it");
        return Ok(());
    };
    let proven = "KMS computes the same HMAC of a fresh nonce as the token does with your key";
    let contradiction = "KMS computes another HMAC than the token does with this key".to_owned();
    proof.expect(Claim::Bytes, mac == computed, proven, contradiction);
    proof.leave(Claim::Bytes, ALMOST);
    Ok(())
}
