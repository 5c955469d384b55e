//! RotateKeyOnDemand, sent once, and the wait until the new key material is current. A lost reply is looked up afterwards.

use crate::kms::Reason;
use crate::kms::{KeyDescription, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::rotate::work::Work;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::run::wait;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::progress::Progress;
use crate::time::seconds;

/// Whether there is anything left to ask KMS for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RotationNeeded {
    /// KMS will rotate when it is asked.
    Yes,
    /// Somebody else has asked already.
    No,
}

/// Waits until KMS can rotate to the key material: KMS must know of the import in every Region.
pub(crate) async fn until_ready(
    kms: &Kms,
    key: &KeyDescription,
    id: &str,
    progress: &dyn Progress,
) -> Result<RotationNeeded, Error> {
    let what = format!("KMS to see key material {id} in every Region");
    let ready = wait::until(&what, kms.wait(), progress, || async {
        let materials = KeyMaterials::as_offered(kms, key).await?;
        if !materials.is_complete() {
            let current = kms.describe(&key.arn).await?.current_key_material_id;
            return Ok(Some(if current.as_deref() == Some(id) { RotationNeeded::No } else { RotationNeeded::Yes }));
        }
        Ok(match materials.find(id) {
            Some(material) if material.current => Some(RotationNeeded::No),
            Some(material) if material.is_ready() => Some(RotationNeeded::Yes),
            _ => None,
        })
    });
    ready.await?.ok_or_else(|| LifecycleError::NotReady { id: id.to_owned(), waited: seconds(kms.wait()) }.into())
}

/// Asks KMS to rotate to the material that waits.
pub(crate) async fn rotate_on_demand(id: &str, Work { kms, key, run, .. }: Work<'_>) -> Result<(), Error> {
    let (all, progress): (&dyn Ongoing, _) = (run, run.progress());
    match all.asking(Operation::RotateKeyOnDemand, kms.rotate(&key.arn)).await {
        Ok(()) => {}
        Err(error) if error.may_have_changed() || error.reason() == Some(Reason::Conflict) => {
            progress.warn(&format!("{error}: looking whether it began"));
            if !has_begun(kms, key, id, progress).await? {
                return Err(error);
            }
        }
        Err(error) => return Err(error),
    }
    run.arrive(run.standing().reached.clone().rotating());
    let left = run.standing().reached.left();
    let left = left.map_or(String::new(), |left| format!("; {left} of 25 on-demand rotations are left"));
    progress.step(&format!("KMS began to rotate the key{left}"));
    Ok(())
}

/// Whether a rotation is in progress. An endpoint without GetKeyRotationStatus shows the end of a rotation in DescribeKey.
pub(crate) async fn is_in_progress(kms: &Kms, key: &KeyDescription) -> Result<bool, Error> {
    match kms.rotation_in_progress(&key.arn).await {
        Err(error) if error.is_never_answered() && !error.is_access_denied() => Ok(false),
        answer => Ok(answer?),
    }
}

async fn has_begun(kms: &Kms, key: &KeyDescription, id: &str, progress: &dyn Progress) -> Result<bool, Error> {
    let begun = wait::until("a sign of the rotation", wait::LOOK_UP, progress, || async {
        let current = kms.describe(&key.arn).await?.current_key_material_id;
        let begun = current.as_deref() == Some(id) || is_in_progress(kms, key).await?;
        Ok(begun.then_some(()))
    });
    Ok(begun.await?.is_some())
}

/// DescribeKey until the new material is current.
pub(crate) async fn until_current(
    kms: &Kms,
    key: &KeyDescription,
    id: &str,
    progress: &dyn Progress,
) -> Result<KeyDescription, Error> {
    let current = poll(kms, &key.arn, id, progress).await?.ok_or_else(|| LifecycleError::StillWaiting {
        arn: key.arn.clone(),
        id: id.to_owned(),
        waited: seconds(kms.wait()),
    })?;
    progress.step(&format!("key material {id} is current"));
    Ok(current)
}

/// The same in another Region, where a delay is no failure: returns the key as it is when the time is over.
pub(crate) async fn until_current_in(
    kms: &Kms,
    replica: &KeyDescription,
    id: Option<&str>,
    progress: &dyn Progress,
) -> Result<KeyDescription, Error> {
    let Some(id) = id else { return Ok(kms.describe(&replica.arn).await?) };
    match poll(kms, &replica.arn, id, progress).await? {
        Some(current) => {
            progress.step(&format!("key material {id} is current in {}", replica.arn.region()));
            Ok(current)
        }
        None => Ok(kms.describe(&replica.arn).await?),
    }
}

async fn poll(kms: &Kms, arn: &str, id: &str, progress: &dyn Progress) -> Result<Option<KeyDescription>, Error> {
    wait::until(&format!("key material {id} to become current"), kms.wait(), progress, || async {
        let now = kms.describe(arn).await?;
        Ok((now.current_key_material_id.as_deref() == Some(id)).then_some(now))
    })
    .await
}

/// Waits for the end of a rotation that somebody else began.
pub(crate) async fn until_over(kms: &Kms, key: &KeyDescription, run: &dyn Ongoing) -> Result<KeyDescription, Error> {
    let over = wait::until("the rotation to end", kms.wait(), run.progress(), || async {
        Ok((!is_in_progress(kms, key).await?).then_some(()))
    });
    if over.await?.is_none() {
        return Err(LifecycleError::StillInProgress { arn: key.arn.clone(), waited: seconds(kms.wait()) }.into());
    }
    let now = kms.describe(&key.arn).await?;
    let materials = KeyMaterials::as_permitted(kms, &now).await?;
    let current = materials.materials.iter().find(|material| material.current);
    shown(kms, now, current.and_then(|material| material.key_material_id.as_deref()), run).await
}

/// The key with its current key material, which the list of them knows before DescribeKey shows it. Where DescribeKey has shown it `now`,
/// it is not asked again.
pub(crate) async fn shown(
    kms: &Kms,
    now: KeyDescription,
    current: Option<&str>,
    run: &dyn Ongoing,
) -> Result<KeyDescription, Error> {
    match current {
        Some(id) if now.current_key_material_id.as_deref() != Some(id) => {
            run.awaiting_earlier(true);
            let now = until_current(kms, &now, id, run.progress()).await?;
            run.awaiting_earlier(false);
            Ok(now)
        }
        _ => Ok(now),
    }
}
