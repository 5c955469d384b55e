//! Symmetric keys: KMS can show that the key works and which material is current, and nothing about its bytes.

use super::error::ProofError;
use super::outcome::{Claim, Proof};
use super::subject::{Subject, nonce, permitted};
use crate::kms::KeyDescription;

pub(super) async fn prove(subject: &Subject<'_>, now: &KeyDescription, proof: &mut Proof) -> Result<(), ProofError> {
    let nonce = nonce()?;
    let ciphertext = subject.kms.encrypt(&subject.key.arn, &nonce, None).await;
    let Some(ciphertext) = permitted(proof, Claim::Use, "kms:Encrypt", ciphertext)? else { return Ok(()) };
    let decrypted = subject.kms.decrypt(&subject.key.arn, &ciphertext, None).await;
    let Some(decrypted) = permitted(proof, Claim::Use, "kms:Decrypt", decrypted)? else { return Ok(()) };
    proof.expect(
        Claim::Use,
        decrypted.plaintext == nonce,
        "KMS encrypts and decrypts with the key",
        "KMS decrypted its own ciphertext to other bytes".to_owned(),
    );
    match (&decrypted.key_material_id, &now.current_key_material_id) {
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
    Ok(())
}
