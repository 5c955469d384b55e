//! RSA, EC and Ed25519 keys: KMS must report our public half, and use the private one.

use openssl::pkey::{PKey, Public};

use super::agreement::{ephemeral, shared_secret};
use super::error::ProofError;
use super::outcome::{Claim, Proof};
use super::signing::signing;
use super::subject::{Subject, nonce, permitted};
use crate::material::KeyUsage;
use crate::openssl_probe::OpenSslError;
use crate::wrap::{Held, OaepDigest};

pub(super) async fn prove(subject: &Subject<'_>, proof: &mut Proof) -> Result<(), ProofError> {
    let reported = subject.kms.public_key(&subject.key.arn).await;
    let reported = permitted(proof, Claim::Bytes, "kms:GetPublicKey", reported)?;
    let local = subject.material.map(Held::public_key).transpose().map_err(ProofError::Elsewhere)?.flatten();
    if let (Some(reported), Some(local)) = (&reported, &local) {
        proof.expect(
            Claim::Bytes,
            reported == local,
            "KMS reports the public key of your private key",
            "KMS reports another public key than that of this private key".to_owned(),
        );
    }
    if local.is_none() {
        proof.leave(
            Claim::Bytes,
            match subject.material.and_then(Held::token) {
                Some(_) => "that it is your key: the token does not tell its public key",
                None => "that it is your key: no private key at hand to compare with",
            },
        );
    }
    // Without the private key at hand, the private half is tried against the public one that KMS reports.
    let Some(public) = local.or(reported).filter(|_| proof.contradiction().is_none()) else { return Ok(()) };
    proof.looked_at(&public);
    let public = PKey::public_key_from_der(&public).map_err(OpenSslError::step("read the public key"))?;
    match subject.usage {
        KeyUsage::SignVerify => signs(subject, &public, proof).await,
        KeyUsage::EncryptDecrypt => decrypts(subject, &public, proof).await,
        _ => agrees(subject, &public, proof).await,
    }
}

async fn signs(subject: &Subject<'_>, public: &PKey<Public>, proof: &mut Proof) -> Result<(), ProofError> {
    let Some(algorithm) = signing(subject.spec.kind()).first() else { return Ok(()) };
    let nonce = nonce()?;
    let signature = subject.kms.sign(&subject.key.arn, &nonce, algorithm.name).await;
    let Some(signature) = permitted(proof, Claim::Use, "kms:Sign", signature)? else { return Ok(()) };
    proof.expect(
        Claim::Use,
        algorithm.verifies(public, &nonce, &signature),
        "KMS signs a fresh nonce with the private key, verified by OpenSSL",
        "KMS's signature does not verify with the public key".to_owned(),
    );
    Ok(())
}

async fn decrypts(subject: &Subject<'_>, public: &PKey<Public>, proof: &mut Proof) -> Result<(), ProofError> {
    let nonce = nonce()?;
    let ciphertext = crate::wrap::oaep(&nonce, public, OaepDigest::Sha256)?;
    let decrypted = subject.kms.decrypt(&subject.key.arn, &ciphertext, Some("RSAES_OAEP_SHA_256")).await;
    let Some(decrypted) = permitted(proof, Claim::Use, "kms:Decrypt", decrypted)? else { return Ok(()) };
    proof.expect(
        Claim::Use,
        decrypted.plaintext == nonce,
        "KMS decrypts with the private key what OpenSSL encrypted for it",
        "KMS decrypted to other bytes than were encrypted".to_owned(),
    );
    Ok(())
}

async fn agrees(subject: &Subject<'_>, public: &PKey<Public>, proof: &mut Proof) -> Result<(), ProofError> {
    let step = "make an ephemeral EC key";
    let ephemeral = ephemeral(public).map_err(OpenSslError::step(step))?;
    let peer = ephemeral.public_key_to_der().map_err(OpenSslError::step(step))?;
    let secret = subject.kms.derive_shared_secret(&subject.key.arn, &peer).await;
    let Some(secret) = permitted(proof, Claim::Use, "kms:DeriveSharedSecret", secret)? else { return Ok(()) };
    let expected = shared_secret(&ephemeral, public).map_err(OpenSslError::step("derive a shared secret"))?;
    proof.expect(
        Claim::Use,
        secret == expected,
        "KMS derives the same shared secret with the private key as OpenSSL does with an ephemeral one",
        "KMS derived another shared secret than OpenSSL".to_owned(),
    );
    Ok(())
}
