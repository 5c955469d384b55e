//! Which key it is, where the proof has not looked at its public key: because less was asked for, or because the key is disabled.

use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::progress::Progress;
use crate::proof::{Level, Proof, ProofError};
use crate::wrap::Held;

/// Adds the public key of an asymmetric key to a proof that has none: that of the private key at hand, or the one that KMS reports. It is
/// part of the report and proves nothing, so that a run does not fail where KMS does not tell it.
pub(crate) async fn tell_which(
    kms: &Kms,
    key: &KeyDescription,
    material: Option<&dyn Held>,
    proof: &mut Proof,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let is_asked_already = proof.level >= Level::Use && key.state != KeyState::Disabled;
    if proof.has_looked_at_public_key() || !key.spec.known()?.is_private_key() {
        return Ok(());
    }
    if let Some(local) = material.map(Held::public_key).transpose().map_err(ProofError::Elsewhere)?.flatten() {
        proof.looked_at(&local);
    } else if !is_asked_already {
        match kms.public_key(&key.arn).await {
            Ok(reported) => proof.looked_at(&reported),
            Err(error) => progress.step(&format!("the public key of {} is not shown: {error}", key.arn)),
        }
    }
    Ok(())
}
