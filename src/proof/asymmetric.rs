//! RSA, EC and Ed25519 keys: KMS must report our public half, and use the private one.

use openssl::derive::Deriver;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::sign::Verifier;

use super::error::ProofError;
use super::outcome::{Claim, Proof};
use super::subject::{Subject, nonce, permitted};
use crate::material::{Curve, KeyUsage, MaterialKind};
use crate::openssl_probe::OpenSslError;
use crate::wrap::OaepDigest;

pub(super) async fn prove(subject: &Subject<'_>, proof: &mut Proof) -> Result<(), ProofError> {
    let reported = subject.kms.public_key(&subject.key.arn).await;
    let reported = permitted(proof, Claim::Bytes, "kms:GetPublicKey", reported)?;
    let local = subject.material.map(|material| material.public_key()).transpose()?.flatten();
    if let (Some(reported), Some(local)) = (&reported, &local) {
        proof.expect(
            Claim::Bytes,
            reported == local,
            "KMS reports the public key of your private key",
            "KMS reports another public key than that of this private key".to_owned(),
        );
    }
    if local.is_none() {
        proof.leave(Claim::Bytes, "that it is your key: no private key at hand to compare with");
    }
    // Without the private key at hand, the private half is tried against the public one that KMS reports.
    let Some(public) = local.or(reported).filter(|_| proof.contradiction().is_none()) else { return Ok(()) };
    let public = PKey::public_key_from_der(&public).map_err(OpenSslError::step("read the public key"))?;
    match subject.usage {
        KeyUsage::SignVerify => signs(subject, &public, proof).await,
        KeyUsage::EncryptDecrypt => decrypts(subject, &public, proof).await,
        _ => agrees(subject, &public, proof).await,
    }
}

async fn signs(subject: &Subject<'_>, public: &PKey<Public>, proof: &mut Proof) -> Result<(), ProofError> {
    let (algorithm, digest) = match subject.spec.kind() {
        MaterialKind::Rsa { .. } => ("RSASSA_PKCS1_V1_5_SHA_256", Some(MessageDigest::sha256())),
        MaterialKind::Ec(Curve::P384) => ("ECDSA_SHA_384", Some(MessageDigest::sha384())),
        MaterialKind::Ec(Curve::P521) => ("ECDSA_SHA_512", Some(MessageDigest::sha512())),
        MaterialKind::Ec(_) => ("ECDSA_SHA_256", Some(MessageDigest::sha256())),
        _ => ("ED25519_SHA_512", None),
    };
    let nonce = nonce()?;
    let signature = subject.kms.sign(&subject.key.arn, &nonce, algorithm).await;
    let Some(signature) = permitted(proof, Claim::Use, "kms:Sign", signature)? else { return Ok(()) };
    let verify = || -> Result<bool, ErrorStack> {
        match digest {
            Some(digest) => Verifier::new(digest, public)?.verify_oneshot(&signature, &nonce),
            None => Verifier::new_without_digest(public)?.verify_oneshot(&signature, &nonce),
        }
    };
    // A signature that is no DER at all is an error to OpenSSL and a wrong signature to us.
    proof.expect(
        Claim::Use,
        verify().unwrap_or(false),
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

/// A fresh key on the curve of `public`, to agree with it.
fn ephemeral(public: &PKey<Public>) -> Result<PKey<Private>, ErrorStack> {
    let curve = public.ec_key()?.group().curve_name().unwrap_or(Nid::UNDEF);
    let mut group = EcGroup::from_curve_name(curve)?;
    group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
    PKey::from_ec_key(EcKey::generate(&group)?)
}

fn shared_secret(private: &PKey<Private>, public: &PKey<Public>) -> Result<Vec<u8>, ErrorStack> {
    let mut deriver = Deriver::new(private)?;
    deriver.set_peer(public)?;
    deriver.derive_to_vec()
}
