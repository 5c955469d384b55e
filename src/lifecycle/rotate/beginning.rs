//! With which step a rotation begins: what an earlier run has done already is not done again.

use crate::kms::{KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::rotate::request::Rotate;
use crate::lifecycle::status::materials::{KeyMaterials, MaterialStatus};
use crate::progress::Progress;

/// The first step of a rotation. It depends on the key materials that the key has already.
pub(crate) enum Beginning {
    /// Import new key material.
    New,
    /// Use the key material of this id, which waits for rotation.
    Waiting(String),
    /// Only prove: key material of this id is current already. The replies of an earlier run may have been lost.
    Over(String),
    /// Compare the bytes: no rotation is left, so they must be those of the current key material.
    OnlyIfCurrent(KeyMaterials),
}

/// Looks at the key materials, and refuses what could not be carried out. Also returns the id of the key material that waits for rotation,
/// and how many rotations are left.
pub(crate) async fn begin_with(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Rotate,
    progress: &dyn Progress,
) -> Result<(Beginning, Option<String>, Option<usize>), Error> {
    let materials = KeyMaterials::as_offered(kms, key).await?;
    let waiting = materials.pending().and_then(|material| material.key_material_id.clone());
    let left = materials.rotations_left();
    match (left, materials.why_incomplete()) {
        (Some(left), _) => progress.step(&format!("{left} of 25 on-demand rotations are left")),
        (None, why) => progress.warn(&format!(
            "which key materials the key has and how many rotations are left is not known: {}",
            why.unwrap_or_default()
        )),
    }
    Ok((choose(key, plan, materials, progress)?, waiting, left))
}

fn choose(
    key: &KeyDescription,
    plan: &Rotate,
    materials: KeyMaterials,
    progress: &dyn Progress,
) -> Result<Beginning, Error> {
    let waiting = materials.pending().and_then(|material| material.key_material_id.clone());
    // The last rotation may have been this run's: its proof needs no further one.
    if materials.rotations_left() == Some(0) && (waiting.is_some() || plan.source.is_some()) {
        return match (&plan.source, waiting) {
            (Some(Material::Given(_)), None) => Ok(Beginning::OnlyIfCurrent(materials)),
            _ => Err(LifecycleError::NoRotationLeft { arn: key.arn.clone() }.into()),
        };
    }
    match (&plan.source, waiting) {
        (Some(Material::Generate(_)), Some(id)) if !plan.or_resume => {
            Err(LifecycleError::PendingExists { arn: key.arn.clone(), id }.into())
        }
        (_, Some(id)) => Ok(Beginning::Waiting(id)),
        (Some(_), None) => Ok(Beginning::New),
        // What waits for rotation would be in the list.
        (None, None) if let Some(error) = materials.unseen => Err(error.into()),
        (None, None) => {
            let rotated = |material: &&MaterialStatus| material.current && material.rotated.is_some();
            let Some(current) = materials.materials.iter().find(rotated) else {
                return Err(LifecycleError::NothingPending { arn: key.arn.clone() }.into());
            };
            let id = current.key_material_id.as_deref().unwrap_or_default();
            progress.note(&format!("no key material waits for rotation: {id} is current already"));
            Ok(Beginning::Over(id.to_owned()))
        }
    }
}
