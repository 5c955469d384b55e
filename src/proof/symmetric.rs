//! Symmetric keys: KMS can show that the key works and which material is current, and nothing about its bytes.

use super::error::ProofError;
use super::outcome::{Claim, Proof};
use super::subject::{Subject, nonce, permitted};
use crate::kms::KeyDescription;

/// The key material that KMS has decrypted with, as far as it has, and tells.
pub(super) async fn prove(subject: &Subject<'_>, proof: &mut Proof) -> Result<Option<Option<String>>, ProofError> {
    let nonce = nonce()?;
    let ciphertext = subject.kms.encrypt(&subject.key.arn, &nonce, None).await;
    let Some(ciphertext) = permitted(proof, Claim::Use, "kms:Encrypt", ciphertext)? else { return Ok(None) };
    let decrypted = subject.kms.decrypt(&subject.key.arn, &ciphertext, None).await;
    let Some(decrypted) = permitted(proof, Claim::Use, "kms:Decrypt", decrypted)? else { return Ok(None) };
    proof.expect(
        Claim::Use,
        decrypted.plaintext == nonce,
        "KMS encrypts and decrypts with the key",
        "KMS decrypted its own ciphertext to other bytes".to_owned(),
    );
    Ok(Some(decrypted.key_material_id))
}

/// Compares that with the current key material.
pub(super) fn compare(decrypted_with: Option<&str>, now: &KeyDescription, proof: &mut Proof) {
    match (decrypted_with, now.current_key_material_id.as_deref()) {
        (Some(used), Some(current)) => proof.expect(
            Claim::MaterialId,
            used == current,
            "it does so with the current key material",
            format!("KMS used key material {used}, and {current} is current"),
        ),
        _ => proof
            .leave(Claim::MaterialId, "that it does so with the current key material: KMS did not say which it used"),
    }
    proof.leave(
        Claim::Bytes,
        "that the bytes are those of your copy: accepted and consistent, attested by KMS; not independently verifiable",
    );
}
