//! Rotation of a symmetric key: new key material into the primary key, the same into every replica, RotateKeyOnDemand, proof.
//!
//! Where it broke off is read from AWS alone, so that a repeated command goes on from there: material that waits for rotation is
//! continued, a rotation that was begun is waited for.

pub(crate) mod import_pending;
pub(crate) mod on_demand;
pub(crate) mod plan;
pub(crate) mod regions;
pub(crate) mod request;

use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::import::generate::{Source, generate};
use crate::lifecycle::import::parameters::check_external;
use crate::lifecycle::import::sent::Difference;
use crate::lifecycle::key::multi_region::check_primary;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::rotate::import_pending::NewMaterial;
use crate::lifecycle::rotate::on_demand::RotationNeeded;
use crate::lifecycle::rotate::regions::Regions;
use crate::lifecycle::rotate::request::Rotate;
use crate::lifecycle::run::journal::Journal;
use crate::lifecycle::status::materials::{KeyMaterials, Material};
use crate::lifecycle::verify::imported::prove_in;
use crate::lifecycle::verify::verdict::{conclude, judge};
use crate::material::{KeyMaterial, KeySpec};

/// Rotates `key`. Whatever happens, `journal` says what stands in AWS.
pub async fn rotate(kms: &Kms, key: &KeyDescription, plan: &Rotate, journal: &Journal) -> Result<(), Error> {
    journal.begin(kms, key);
    let plan = &check_locally(kms, plan, journal)?;
    check_rotatable(key)?;
    journal.note_rotation(|rotation| rotation.previous_key_material_id.clone_from(&key.current_key_material_id));
    let key = &vouch(kms, key, plan, journal).await?;
    let regions = Regions::of(kms, key, plan, journal).await?;
    if on_demand::is_in_progress(kms, key).await? {
        let finished = wait_for_rotation(kms, key, plan, journal).await?;
        if plan.source.is_none() {
            return finish(kms, &key.seen(finished), &regions, plan, None, journal).await;
        }
    }
    let made;
    let (material, place) = match (begin_with(kms, key, plan, journal).await?, &plan.source) {
        (Beginning::Over(id), _) => {
            journal.await_earlier(key.current_key_material_id.as_deref() != Some(&*id));
            let now = key.seen(on_demand::until_current(kms, key, &id, journal).await?);
            journal.await_earlier(false);
            return finish(kms, &now, &regions, plan, None, journal).await;
        }
        (Beginning::OnlyIfCurrent, source) => {
            let material = match source {
                Some(Source::Given(material)) => Some(material),
                _ => None,
            };
            (material, import_pending::only_if_current(kms, key, material, plan, journal).await?)
        }
        (Beginning::Waiting(id), Some(Source::Given(material))) => {
            (Some(material), import_pending::reimport_pending(kms, key, material, plan, id, journal).await?)
        }
        (Beginning::Waiting(id), _) => (None, NewMaterial::Pending(id)),
        (Beginning::New, Some(Source::Generate(backup))) => {
            made = generate(KeySpec::SymmetricDefault, backup, journal)?;
            let (material, stored) = &made;
            (Some(material), import_pending::import_new(kms, key, material, plan, Some(stored), journal).await?)
        }
        (Beginning::New, Some(Source::Given(material))) => {
            (Some(material), import_pending::import_new(kms, key, material, plan, None, journal).await?)
        }
        (Beginning::New, None) => return Err(LifecycleError::NothingPending { arn: key.arn.clone() }.into()),
    };
    let id = match place {
        NewMaterial::Pending(id) => id,
        NewMaterial::Current => {
            let now = key.seen(kms.describe(&key.arn).await?);
            return finish(kms, &now, &regions, plan, material, journal).await;
        }
    };
    journal.note_rotation(|rotation| rotation.new_key_material_id = Some(id.clone()));
    regions.fill(&id, material, plan, journal).await?;
    if on_demand::until_ready(kms, key, &id, journal).await? == RotationNeeded::Yes {
        on_demand::rotate_on_demand(kms, key, &id, journal).await?;
    }
    let now = on_demand::until_current(kms, key, &id, journal).await?;
    finish(kms, &key.seen(now), &regions, plan, material, journal).await
}

/// Vouches for the key before anything is imported into it.
pub(crate) async fn vouch(kms: &Kms, key: &KeyDescription, plan: &Rotate, journal: &Journal) -> Result<Vouched, Error> {
    plan.trust.vouch(kms, key, plan.trust.key.as_deref().unwrap_or(&key.arn), journal).await
}

/// With what a rotation begins, by what the key has already.
pub(crate) enum Beginning {
    /// With the import of new key material.
    New,
    /// With the key material that waits for rotation, under this id.
    Waiting(String),
    /// With its end: this material is current, the replies of an earlier run were lost, and the proof may be missing.
    Over(String),
    /// With a look at the bytes: no rotation is left, so they must be the current ones.
    OnlyIfCurrent,
}

/// Looks at the key materials, and refuses what could not be carried out.
pub(crate) async fn begin_with(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Rotate,
    journal: &Journal,
) -> Result<Beginning, Error> {
    let materials = look(kms, key, journal).await?;
    let left = materials.rotations_left();
    match (left, materials.why_incomplete()) {
        (Some(left), _) => journal.step(format!("{left} of 25 on-demand rotations are left")),
        (None, why) => journal.warn(format!(
            "which key materials the key has and how many rotations are left is not known: {}",
            why.unwrap_or_default()
        )),
    }
    let waiting = materials.pending().and_then(|material| material.key_material_id.clone());
    // The last rotation may have been this run's: its proof needs no further one.
    if left == Some(0) && (waiting.is_some() || plan.source.is_some()) {
        return match (&plan.source, waiting) {
            (Some(Source::Given(_)), None) => Ok(Beginning::OnlyIfCurrent),
            _ => Err(LifecycleError::NoRotationLeft { arn: key.arn.clone() }.into()),
        };
    }
    match (&plan.source, waiting) {
        (Some(Source::Generate(_)), Some(id)) => Err(LifecycleError::PendingExists { arn: key.arn.clone(), id }.into()),
        (_, Some(id)) => Ok(Beginning::Waiting(id)),
        (Some(_), None) => Ok(Beginning::New),
        // What waits for rotation would be in the list.
        (None, None) if let Some(error) = materials.unseen => Err(error.into()),
        (None, None) => {
            let rotated = |material: &&Material| material.current && material.rotated.is_some();
            let Some(current) = materials.materials.iter().find(rotated) else {
                return Err(LifecycleError::NothingPending { arn: key.arn.clone() }.into());
            };
            let id = current.key_material_id.as_deref().unwrap_or_default();
            journal.step(format!("no key material waits for rotation: {id} is current already"));
            Ok(Beginning::Over(id.to_owned()))
        }
    }
}

/// Everything that can be refused without asking further.
pub(crate) fn check_locally<'a>(kms: &Kms, plan: &'a Rotate, journal: &Journal) -> Result<Resolved<'a, Rotate>, Error> {
    let plan = Resolved::of(plan, kms, journal)?;
    plan.options().check()?;
    let length = match &plan.source {
        Some(Source::Given(material)) => Some(material.byte_count()),
        Some(Source::Generate(backup)) => {
            backup.check()?;
            None
        }
        None => return Ok(plan),
    };
    plan.wrapping.algorithm.check(KeySpec::SymmetricDefault, plan.wrapping.key_spec, length)?;
    Ok(plan)
}

/// Refuses keys that KMS does not rotate.
pub fn check_rotatable(key: &KeyDescription) -> Result<(), Error> {
    let arn = key.arn.clone();
    if key.spec != KeySpec::SymmetricDefault {
        return Err(LifecycleError::NotSymmetric { arn, spec: key.spec.clone() }.into());
    }
    check_external(key)?;
    check_primary(key, "rotation")?;
    if key.state != KeyState::Enabled {
        return Err(LifecycleError::NotEnabled { arn, state: key.state, what: "rotation" }.into());
    }
    Ok(())
}

/// Another run has asked KMS to rotate: nothing can be imported until that is over.
async fn wait_for_rotation(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Rotate,
    journal: &Journal,
) -> Result<KeyDescription, Error> {
    check_waits(key, plan)?;
    journal.step("a rotation is in progress");
    on_demand::until_over(kms, key, journal).await
}

/// While KMS rotates it takes no new key material.
pub(crate) fn check_waits(key: &KeyDescription, plan: &Rotate) -> Result<(), Error> {
    match plan.source {
        Some(Source::Generate(_)) => Err(LifecycleError::InProgress { arn: key.arn.clone() }.into()),
        _ => Ok(()),
    }
}

async fn look(kms: &Kms, key: &KeyDescription, journal: &Journal) -> Result<KeyMaterials, Error> {
    let materials = KeyMaterials::as_offered(kms, key).await?;
    journal.note_rotation(|rotation| {
        rotation.new_key_material_id = materials.pending().and_then(|material| material.key_material_id.clone());
        rotation.rotations_left = materials.rotations_left();
    });
    Ok(materials)
}

/// The new material is current: the proofs, in every Region.
async fn finish(
    kms: &Kms,
    now: &Vouched,
    regions: &Regions,
    plan: &Rotate,
    material: Option<&KeyMaterial>,
    journal: &Journal,
) -> Result<(), Error> {
    journal.note_key(now);
    let id = now.current_key_material_id.clone();
    journal.note_rotation(|rotation| {
        rotation.new_key_material_id.clone_from(&id);
        rotation.rotated = rotation.previous_key_material_id != id;
    });
    Difference::refuse(kms, now, now, journal).await?;
    let proof = prove_in(kms, now, material, id.as_deref(), plan.level, journal).await?;
    conclude(proof, journal)?;
    for (kms, replica) in regions.replicas() {
        let replica = &replica.seen(on_demand::until_current_in(kms, replica, id.as_deref(), journal).await?);
        journal.note_replica(replica, |_| {});
        if replica.state != KeyState::Enabled {
            journal.warn(format!("replica {} is {}", replica.arn, replica.state));
            continue;
        }
        Difference::refuse(kms, replica, replica, journal).await?;
        let proof = prove_in(kms, replica, material, id.as_deref(), plan.level, journal).await?;
        journal.note_replica(replica, |report| report.proof = Some(proof.clone()));
        judge(&proof)?;
    }
    Ok(())
}
