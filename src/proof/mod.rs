//! What KMS is asked after an import, and what its answers prove.

mod across;
mod asymmetric;
mod error;
mod forms;
mod mac;
mod outcome;
#[cfg(test)]
mod page;
mod subject;
mod symmetric;

pub(crate) use self::across::across;
pub use self::error::ProofError;
pub(crate) use self::outcome::DISABLED;
pub use self::outcome::{Claim, Finding, Item, Level, Outcome, Proof};
pub use self::subject::Subject;
use crate::kms::KeyState;
use crate::material::{KeySpec, MaterialKind};

/// Asks KMS as much as `level` says.
pub async fn prove(subject: &Subject<'_>, level: Level) -> Result<Proof, ProofError> {
    let mut proof = Proof::empty(level);
    if level == Level::Off {
        return Ok(proof);
    }
    let now = match &subject.now {
        Some(now) => now.clone(),
        None => subject.kms.describe(&subject.key.arn).await?,
    };
    // A disabled key stays disabled when its material is renewed.
    let disabled = subject.key.state == KeyState::Disabled && now.state == KeyState::Disabled;
    if disabled {
        proof.prove(Claim::State, "KMS says that the key is disabled, as it was before");
        proof.leave(Claim::Use, DISABLED);
    } else {
        proof.expect(
            Claim::State,
            now.state == KeyState::Enabled,
            "KMS says that the key is enabled",
            format!("KMS says that the key is {}", now.state),
        );
    }
    if let Some(imported) = subject.imported_id
        && subject.spec == KeySpec::SymmetricDefault
    {
        proof.expect(
            Claim::MaterialId,
            now.current_key_material_id.as_deref() == Some(imported),
            "the current key material is the one imported",
            format!(
                "the import was answered with key material {imported}, and {} is current",
                now.current_key_material_id.as_deref().unwrap_or("none")
            ),
        );
    }
    if disabled {
        return Ok(proof);
    }
    if level >= Level::Use && proof.contradiction().is_none() {
        match subject.spec.kind() {
            MaterialKind::Symmetric => symmetric::prove(subject, &now, &mut proof).await?,
            MaterialKind::Hmac { .. } => mac::prove(subject, &mut proof).await?,
            _ => asymmetric::prove(subject, &mut proof).await?,
        }
    } else if level == Level::State {
        proof.leave(Claim::Use, "that the key works: --verify state asks for its state only");
    }
    Ok(proof)
}
