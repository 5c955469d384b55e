//! What is proven after an import by itself, with no key material at hand.

use crate::kms::{Imported, KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::beside::both;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::lifecycle::verify::reimport;
use crate::lifecycle::verify::verdict::conclude;
use crate::lifecycle::verify::which::tell_which;
use crate::material::KeySpec;
use crate::progress::Progress;
use crate::proof::{self, Claim, Level, Proof, ProofError, Subject, Used};
use crate::wrap::Held;

/// A key after an import that KMS has answered.
pub(crate) struct Arrived {
    /// The answer.
    pub(crate) imported: Imported,
    /// What DescribeKey shows.
    pub(crate) now: KeyDescription,
    /// What the key did meanwhile, where it was asked.
    pub(crate) used: Option<Result<Used, ProofError>>,
}

/// Asks DescribeKey until it shows the import, and lets the key work meanwhile if `level` asks for that: nothing of either depends on
/// the other, and what the key did proves nothing unless DescribeKey agrees. `key` is the key before the import.
pub(crate) async fn arrive(
    kms: &Kms,
    key: &KeyDescription,
    imported: Imported,
    (material, level): (Option<&dyn Held>, Level),
    run: &dyn Ongoing,
) -> Result<Arrived, Error> {
    // A disabled key stays disabled.
    if level < Level::Use || key.state == KeyState::Disabled {
        let now = import::settle(kms, key, &imported, run).await?;
        return Ok(Arrived { imported, now, used: None });
    }
    let subject = Subject::new(kms, key, material, None)?;
    let (now, used) = both(import::settle(kms, key, &imported, run), proof::used(&subject, level)).await?;
    Ok(Arrived { imported, now, used: Some(used) })
}

/// The proofs that `level` asks for. `key` is the key before the import.
pub(crate) async fn prove_imported(
    kms: &Kms,
    key: &KeyDescription,
    arrived: Arrived,
    level: Level,
    run: &dyn Ongoing,
) -> Result<Proof, Error> {
    let expected = expected_to_be_current(kms, key, &arrived.imported, run.progress()).await?;
    let subject = Subject::new(kms, key, None, expected)?;
    let mut proof = proof::conclude(&subject, &arrived.now, level, arrived.used.transpose()?);
    tell_which(kms, &arrived.now, None, &mut proof, run.progress()).await?;
    conclude(proof, run)
}

/// The imported material is the current one, unless KMS knows it as earlier material or as one that waits for rotation.
pub(crate) async fn expected_to_be_current<'a>(
    kms: &Kms,
    key: &KeyDescription,
    imported: &'a Imported,
    progress: &dyn Progress,
) -> Result<Option<&'a str>, Error> {
    let id = imported.key_material_id.as_deref();
    let (Some(id), Some(current)) = (id, key.current_key_material_id.as_deref()) else { return Ok(id) };
    if id == current {
        return Ok(Some(id));
    }
    let materials = KeyMaterials::as_permitted(kms, key).await?;
    match materials.find(id) {
        Some(material) if material.is_pending() => {
            let resume = format!("`kms-byok rotate --key-id {} --resume`", key.arn);
            progress.note(&format!("it waits for rotation: {resume} makes it current"));
            Ok(None)
        }
        Some(material) if !material.current => {
            progress.note("it is earlier key material of the key, which decrypts only");
            Ok(None)
        }
        None if !materials.is_complete() => {
            progress.note("it is not the current key material; kms:ListKeyRotations would show which it is");
            Ok(None)
        }
        _ => Ok(Some(id)),
    }
}

/// What a key should hold.
pub(crate) struct Expected<'a> {
    /// The bytes, where they are at hand.
    pub(crate) material: Option<&'a dyn Held>,
    /// The id of the current key material, where it is known.
    pub(crate) id: Option<&'a str>,
    /// What DescribeKey shows.
    pub(crate) now: KeyDescription,
    /// What the key did, where that was asked already.
    pub(crate) used: Option<Used>,
}

/// As much as `level` says, about a key in its own Region.
pub(crate) async fn prove_in(
    kms: &Kms,
    key: &Vouched,
    Expected { material, id, now, used }: Expected<'_>,
    level: Level,
    run: &dyn Ongoing,
) -> Result<Proof, Error> {
    let subject = Subject::new(kms, key, material, id)?;
    let mut proof = match used {
        None => proof::prove(&subject.seen(now.clone()), level).await?,
        used => proof::conclude(&subject, &now, level, used),
    };
    tell_which(kms, &now, material, &mut proof, run.progress()).await?;
    let symmetric = key.spec == KeySpec::SymmetricDefault;
    if symmetric && level == Level::Full && proof.contradiction().is_none() {
        match material {
            Some(material) => reimport::import_again(kms, &key.seen(now), material, &mut proof, run).await?,
            None => proof.leave(Claim::Bytes, NOTHING_AT_HAND),
        }
    }
    Ok(proof)
}

pub(crate) const NOTHING_AT_HAND: &str = "that a second import is taken: no key material at hand";
