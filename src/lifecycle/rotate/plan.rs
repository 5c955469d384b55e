//! The plan of `rotate`.

use crate::kms::{KeyDescription, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::backup::Backup;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::plan::{import_again, prove_use};
use crate::lifecycle::key::plan::parameters;
use crate::lifecycle::rotate::beginning::{Beginning, begin_with};
use crate::lifecycle::rotate::regions::Regions;
use crate::lifecycle::rotate::request::Rotate;
use crate::lifecycle::rotate::{check_locally, check_rotatable, check_waits, vouch};
use crate::lifecycle::run::plan::Plan;
use crate::material::{KeySpec, KeyUsage};
use crate::progress::Progress;
use crate::proof::Level;

/// The plan of [`lifecycle::rotate`](crate::lifecycle::rotate()). Asks KMS for the replicas, a rotation in progress and the key materials.
///
/// # Errors
/// As [`lifecycle::rotate`](crate::lifecycle::rotate()), as far as it can be told without a change.
pub async fn rotate(kms: &Kms, key: &KeyDescription, wanted: &Rotate, progress: &dyn Progress) -> Result<Plan, Error> {
    check_locally(kms, wanted)?;
    check_rotatable(key)?;
    let mut plan = Plan { key: Some(key.clone()), ..Plan::default() };
    plan.call(Operation::DescribeKey, format!("looks at key {} in {}", key.arn.id(), kms.region()));
    vouch(kms, key, wanted, progress).await?;
    plan.vouch(&wanted.trust, key);
    let regions = Regions::of(kms, key, wanted, progress).await?;
    for (kms, replica) in regions.replicas() {
        plan.go_to(Some(kms.region()));
        plan.call(Operation::DescribeKey, "looks at the replica");
        plan.vouch(&wanted.trust, replica);
    }
    plan.go_to(None);
    plan.call(Operation::GetKeyRotationStatus, "sees whether a rotation is in progress");
    if kms.rotation_in_progress(&key.arn).await? {
        check_waits(key, wanted)?;
        progress.note("a rotation is in progress");
        plan.call(Operation::GetKeyRotationStatus, "waits until the rotation is over");
        plan.call(Operation::DescribeKey, "looks at the key again");
        if wanted.resumes() {
            finish(&mut plan, &regions, wanted.level, false);
            return Ok(plan);
        }
    }
    plan.call(Operation::ListKeyRotations, "finds what waits for rotation, and counts the rotations that are left");
    let has_bytes = match (begin_with(kms, key, wanted, progress).await?.0, &wanted.source) {
        (Beginning::Over(id), _) => {
            if key.current_key_material_id.as_deref() != Some(&*id) {
                plan.call(Operation::DescribeKey, "waits until DescribeKey shows it, too");
            }
            finish(&mut plan, &regions, wanted.level, false);
            return Ok(plan);
        }
        (Beginning::OnlyIfCurrent(_), _) => {
            import_again(&mut plan);
            plan.call(Operation::DescribeKey, "looks at the key again");
            if let Some(Material::Given(given)) = &wanted.source
                && given.is_backup_missing()
            {
                plan.writes.extend(given.backup().and_then(Backup::path).map(ToOwned::to_owned));
            }
            finish(&mut plan, &regions, wanted.level, true);
            return Ok(plan);
        }
        (Beginning::Waiting(id), _) if wanted.resumes() => {
            in_each(&mut plan, &regions, |plan| {
                plan.call(Operation::ListKeyRotations, "makes sure that the replica has the key material");
            });
            regions.check_filled(&id).await?;
            false
        }
        (_, source) => {
            let backup = source.as_ref().and_then(Material::backup);
            plan.writes.extend(backup.and_then(Backup::path).map(ToOwned::to_owned));
            deliver(&mut plan, wanted);
            in_each(&mut plan, &regions, |plan| deliver(plan, wanted));
            true
        }
    };
    plan.call(Operation::ListKeyRotations, "waits until KMS sees the key material in every Region");
    plan.call(Operation::RotateKeyOnDemand, "makes the new key material current: one of 25 in the life of the key");
    plan.call(Operation::DescribeKey, "waits until it is current");
    finish(&mut plan, &regions, wanted.level, has_bytes);
    Ok(plan)
}

/// Parameters and import.
fn deliver(plan: &mut Plan, wanted: &Rotate) {
    parameters(plan, wanted.wrapping);
    plan.call(Operation::ImportKeyMaterial, "sends the wrapped key material and its token");
}

/// The proofs, in every Region; a full one where the bytes are at hand.
fn finish(plan: &mut Plan, regions: &Regions, level: Level, has_bytes: bool) {
    let proofs = |plan: &mut Plan| {
        prove_use(plan, KeySpec::SymmetricDefault, KeyUsage::EncryptDecrypt, level);
        if level == Level::Full && has_bytes {
            import_again(plan);
        }
    };
    proofs(plan);
    in_each(plan, regions, |plan| {
        plan.call(Operation::DescribeKey, "waits until it is current here too");
        proofs(plan);
    });
}

fn in_each(plan: &mut Plan, regions: &Regions, calls: impl Fn(&mut Plan)) {
    for (kms, _) in regions.replicas() {
        plan.go_to(Some(kms.region()));
        calls(plan);
    }
    plan.go_to(None);
}
