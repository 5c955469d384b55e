//! HMAC keys: the same function, computed here and there.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::outcome::{Claim, Proof};
use super::subject::{Subject, nonce, permitted};
use crate::error::Error;
use crate::material::KeySpec;
use crate::openssl_probe::OpenSslError;
use crate::secret::on_clean_stack;

pub(super) async fn prove(subject: &Subject<'_>, proof: &mut Proof) -> Result<(), Error> {
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
    let expected = on_clean_stack(|| {
        let key = PKey::hmac(material.expose())?;
        Signer::new(digest, &key)?.sign_oneshot_to_vec(&nonce)
    })
    .map_err(OpenSslError::step("compute an HMAC"))?;
    proof.expect(
        Claim::Bytes,
        mac == expected,
        "KMS computes the same HMAC of a fresh nonce as OpenSSL does with your key material",
        "KMS computes another HMAC than OpenSSL does with this key material".to_owned(),
    );
    proof.leave(Claim::Bytes,
        "that the bytes are the same: keys that differ in trailing zero bytes only, or are longer than a block and its digest, compute the same HMAC",
    );
    Ok(())
}
