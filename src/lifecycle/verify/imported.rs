//! What is proven after an import by itself, with no key material at hand.

use crate::kms::{Imported, KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::run::wait;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::lifecycle::verify::reimport;
use crate::lifecycle::verify::verdict::conclude;
use crate::material::{KeyMaterial, KeySpec};
use crate::progress::Progress;
use crate::proof::{self, Claim, Level, Proof, Subject};

/// The proofs that `level` asks for. `key` is the key before the import.
pub(crate) async fn prove_imported(
    kms: &Kms,
    key: &KeyDescription,
    imported: &Imported,
    level: Level,
    run: &dyn Ongoing,
) -> Result<Proof, Error> {
    let expected = expected_to_be_current(kms, key, imported, run.progress()).await?;
    let subject = Subject::new(kms, key, None, expected)?;
    conclude(prove_settled(subject, level, run).await?, run)
}

/// The same proofs as `proof::prove`, about a key that DescribeKey may still show as it was before the import.
pub(crate) async fn prove_settled(subject: Subject<'_>, level: Level, run: &dyn Ongoing) -> Result<Proof, Error> {
    if level == Level::Off {
        return Ok(proof::prove(&subject, level).await?);
    }
    let now = wait::settled(subject.kms, subject.key, subject.imported_id, run).await?;
    Ok(proof::prove(&subject.seen(now), level).await?)
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
            progress.step(&format!("it waits for rotation: {resume} makes it current"));
            Ok(None)
        }
        Some(material) if !material.current => {
            progress.step("it is earlier key material of the key, which decrypts only");
            Ok(None)
        }
        None if !materials.is_complete() => {
            progress.step("it is other key material than the current: which, kms:ListKeyRotations would tell");
            Ok(None)
        }
        _ => Ok(Some(id)),
    }
}

/// What a key should hold.
pub(crate) struct Expected<'a> {
    /// The bytes, where they are at hand.
    pub(crate) material: Option<&'a KeyMaterial>,
    /// The id of the current key material, where it is known.
    pub(crate) id: Option<&'a str>,
}

/// As much as `level` says, about a key in its own Region.
pub(crate) async fn prove_in(
    kms: &Kms,
    key: &Vouched,
    Expected { material, id }: Expected<'_>,
    level: Level,
    run: &dyn Ongoing,
) -> Result<Proof, Error> {
    let subject = Subject::new(kms, key, material, id)?;
    let mut proof = prove_settled(subject, level, run).await?;
    let symmetric = key.spec == KeySpec::SymmetricDefault;
    if symmetric && level == Level::Full && proof.contradiction().is_none() {
        match material {
            Some(material) => reimport::import_again(kms, key, material, &mut proof, run).await?,
            None => proof.leave(Claim::Bytes, NOTHING_AT_HAND),
        }
    }
    Ok(proof)
}

pub(crate) const NOTHING_AT_HAND: &str = "that a second import is taken: no key material at hand";
