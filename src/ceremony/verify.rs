//! Proving that KMS holds given key material. For symmetric keys no answer of KMS depends on the bytes but one: a second import of
//! the same material is taken, and one of other bytes is refused.

use super::{Journal, ParameterSet};
use crate::error::{CeremonyError, Error, Reason};
use crate::kms::{Import, ImportType, KeyDescription, Kms};
use crate::material::{KeyMaterial, KeySpec};
use crate::moment;
use crate::proof::{self, Level, Outcome, Proof, Subject};
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// An import within this many seconds of ValidTo could come after it, and leave the key without material.
const TOO_CLOSE: i64 = 10 * 60;

/// One material of a symmetric key that the bytes may be.
struct Candidate {
    id: String,
    expires: Option<aws_smithy_types::DateTime>,
}

/// Proves as much as can be proven about `material` in `key`. Symmetric material is imported a second time, with the same
/// expiry and as existing material, unless `reimport` is off.
pub async fn verify(
    kms: &Kms,
    key: &KeyDescription,
    material: &KeyMaterial,
    reimport: bool,
    journal: &Journal,
) -> Result<Proof, Error> {
    let symmetric = material.spec() == KeySpec::SymmetricDefault;
    if symmetric && reimport {
        check_reimportable(key)?;
    }
    let subject = Subject::new(kms, key, Some(material), None)?;
    let disabled = key.state == "Disabled";
    let mut proof = match disabled {
        true => Proof::empty(Level::Full),
        false => proof::prove(&subject, if symmetric && reimport { Level::Full } else { Level::Use }).await?,
    };
    if disabled {
        proof.not_proven.push("that the key works: it is disabled".to_owned());
    }
    if symmetric && reimport && proof.outcome != Outcome::Contradicted {
        again(kms, key, material, &mut proof, journal).await?;
    }
    Ok(proof)
}

/// The second import of what this run has just imported.
pub(super) async fn import_again(
    kms: &Kms,
    key: &KeyDescription,
    material: &KeyMaterial,
    proof: &mut Proof,
    journal: &Journal,
) -> Result<(), Error> {
    let now = kms.describe(&key.arn).await?;
    check_reimportable(&now)?;
    again(kms, &now, material, proof, journal).await
}

fn check_reimportable(key: &KeyDescription) -> Result<(), Error> {
    let (arn, state) = (key.arn.clone(), key.state.clone());
    if !matches!(key.state.as_str(), "Enabled" | "Disabled") {
        return Err(CeremonyError::WrongState { arn, state }.into());
    }
    if key.expires.is_some_and(|at| at.secs() - moment::now().secs() < TOO_CLOSE) {
        let at = key.expires.map(moment::rfc3339).unwrap_or_default();
        return Err(CeremonyError::ExpiresSoon { arn, at }.into());
    }
    Ok(())
}

async fn again(
    kms: &Kms,
    key: &KeyDescription,
    material: &KeyMaterial,
    proof: &mut Proof,
    journal: &Journal,
) -> Result<(), Error> {
    journal.step(
        "importing the same bytes a second time, as existing key material with unchanged expiry: no other check looks at the bytes",
    );
    let candidates = candidates(kms, key).await?;
    for candidate in &candidates {
        let (algorithm, wrapping) = (WrappingAlgorithm::RsaesOaepSha256, WrappingKeySpec::Rsa2048);
        let set = ParameterSet::get(kms, key, material.spec(), algorithm, wrapping, journal).await?;
        let wrapped = set.wrap(material)?;
        let import = Import {
            encrypted: wrapped.encrypted(),
            token: wrapped.token(),
            expires: candidate.expires,
            import_type: Some(ImportType::Existing),
            description: None, // KMS keeps the one it has
            key_material_id: Some(&candidate.id),
        };
        match kms.import(&key.arn, &import).await {
            Ok(_) => {
                let current = key.current_key_material_id.as_deref() == Some(candidate.id.as_str());
                let which = if current { "the current key material" } else { "earlier key material" };
                proof.proven.push(format!("KMS took a second import of the same bytes as {which}, {}", candidate.id));
                return Ok(());
            }
            Err(error) if error.reason() == Some(Reason::IncorrectKeyMaterial) => {}
            Err(error) => return Err(error),
        }
    }
    proof.contradict("KMS refuses these bytes as key material of the key: it holds others".to_owned());
    Ok(())
}

/// The current material first, then every other that may be imported again.
async fn candidates(kms: &Kms, key: &KeyDescription) -> Result<Vec<Candidate>, Error> {
    let mut candidates: Vec<Candidate> =
        key.current_key_material_id.iter().map(|id| Candidate { id: id.clone(), expires: key.expires }).collect();
    let rotations = match kms.rotations(&key.arn).await {
        Ok(rotations) => rotations,
        // Not permitted, or not known there: the current material is what most keys have.
        Err(error) if error.is_access_denied() || error.reason() == Some(Reason::Unsupported) => Vec::new(),
        Err(error) => return Err(error),
    };
    for rotation in rotations {
        let Some(id) = rotation.key_material_id else { continue };
        match candidates.iter_mut().find(|candidate| candidate.id == id) {
            Some(known) => known.expires = rotation.expires,
            None => candidates.push(Candidate { id, expires: rotation.expires }),
        }
    }
    Ok(candidates)
}
