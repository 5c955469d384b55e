//! Two Regions of a multi-Region key: what one encrypts the other decrypts, so both use the same key material.

use super::error::ProofError;
use super::outcome::{Claim, Outcome, Proof};
use super::subject::nonce;
use crate::kms::{KeyDescription, Kms};

/// Encrypts in the primary's Region and decrypts in the replica's.
pub(crate) async fn across(
    kms: &Kms,
    primary: &KeyDescription,
    there: &Kms,
    replica: &KeyDescription,
    proof: &mut Proof,
) -> Result<(), ProofError> {
    let nonce = nonce()?;
    let ciphertext = match kms.encrypt(&primary.arn, &nonce, None).await {
        Ok(ciphertext) => ciphertext,
        Err(error) if error.is_access_denied() => {
            proof.refuse(Claim::Bytes, format!("kms:Encrypt in {}", primary.arn.region()));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    match there.decrypt(&replica.arn, &ciphertext, None).await {
        Ok(decrypted) if decrypted.plaintext == nonce => {
            proof.prove(
                Claim::Bytes,
                format!("KMS in {} decrypts what KMS in {} encrypted", replica.arn.region(), primary.arn.region()),
            );
        }
        Ok(_) => proof.contradict(
            Claim::Bytes,
            format!(
                "KMS in {} decrypted to other bytes than KMS in {} encrypted",
                replica.arn.region(),
                primary.arn.region()
            ),
        ),
        // Encrypt and Decrypt in the replica's own Region have told whether that is permitted.
        Err(error) if error.is_access_denied() && proof.outcome() == Outcome::NotPermitted => {}
        Err(error) if error.is_access_denied() => {
            proof.refuse(Claim::Bytes, format!("kms:Decrypt in {}", replica.arn.region()))
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
