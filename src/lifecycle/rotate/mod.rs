//! Rotation of a symmetric key: new key material into the primary key, the same into every replica, RotateKeyOnDemand, proof.
//!
//! How far an earlier run came is read from AWS alone, so that a repeated command continues: key material that waits for rotation is used,
//! and a rotation in progress is waited for.

pub(crate) mod beginning;
pub mod by_alias;
pub(crate) mod import_pending;
pub(crate) mod on_demand;
pub(crate) mod plan;
pub(crate) mod regions;
pub(crate) mod request;
pub(crate) mod stage;
pub(crate) mod way;
pub(crate) mod work;

pub use self::stage::{Pending, Reached, Rotated, Rotation};
pub use self::way::Way;
use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::bytes::{Bytes, Unstored};
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::import::generate::{Material, generate};
use crate::lifecycle::import::given::settle;
use crate::lifecycle::import::parameters::check_external;
use crate::lifecycle::import::sent::Difference;
use crate::lifecycle::key::multi_region::check_primary;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::rotate::beginning::{Beginning, begin_with};
use crate::lifecycle::rotate::import_pending::NewMaterial;
use crate::lifecycle::rotate::on_demand::RotationNeeded;
use crate::lifecycle::rotate::regions::Regions;
use crate::lifecycle::rotate::request::Rotate;
use crate::lifecycle::rotate::work::Work;
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::{Done, Interrupted};
use crate::lifecycle::verify::imported::{Expected, prove_in};
use crate::lifecycle::verify::verdict::{conclude, judge};
use crate::material::KeySpec;
use crate::progress::Progress;
use crate::wrap::Held;

/// A key that encrypts with the new key material.
pub type RotatedKey = Done<Rotated>;

/// Rotates `key`.
///
/// # Errors
/// [`Interrupted`] holds the error and the stage that was reached: [`Error::Lifecycle`] for a key that KMS does not rotate,
/// [`Error::Key`] for one that nobody vouches for, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`]
/// where it cannot be reached.
pub async fn rotate(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Rotate,
    run: &Run<Reached>,
) -> Result<RotatedKey, Interrupted<Reached>> {
    run.outcome(carry_out(kms, key, plan, run).await)
}

impl Rotate {
    /// Rotates the key, and says nothing meanwhile.
    ///
    /// # Errors
    /// As [`rotate`].
    pub async fn run(&self, kms: &Kms) -> Result<RotatedKey, Interrupted<Reached>> {
        let key = kms.describe(self.trust.name()).await.map_err(Error::from)?;
        rotate(kms, &key, self, &Run::default()).await
    }
}

async fn carry_out(kms: &Kms, key: &KeyDescription, plan: &Rotate, run: &Run<Reached>) -> Result<Rotated, Error> {
    let progress = run.progress();
    run.reach(Reached::KeyFound(Rotation::new(key)));
    let plan = &check_locally(kms, plan)?;
    let all: &dyn Ongoing = run;
    all.note(|facts| facts.asked_to_expire = plan.expires);
    if let Some(Material::Given(given)) = &plan.source {
        all.note(|facts| facts.given(&**given));
    }
    check_rotatable(key)?;
    let key = &vouch(kms, key, plan, progress).await?;
    let work = Work { kms, key, plan, run };
    let regions = Regions::of(kms, key, plan, progress).await?;
    if on_demand::is_in_progress(kms, key).await? {
        let finished = wait_for_rotation(kms, key, plan, run).await?;
        if plan.resumes() {
            return work.finish(&key.seen(finished), &regions, None).await;
        }
    }
    let (beginning, waiting, left) = begin_with(kms, key, plan, progress).await?;
    let rotation = Rotation { waiting, left, ..Rotation::new(key) };
    run.reach(Reached::KeyFound(rotation.clone()));
    let sent = |bytes: Bytes| {
        if let Bytes::Stored(backup) = &bytes {
            run.reach(Reached::BackupStored { rotation: rotation.clone(), backup: backup.clone() });
        }
        run.reach(Reached::ImportSent { rotation: rotation.clone(), bytes, regions: regions.names() });
    };
    let made;
    let (material, place): (Option<&dyn Held>, _) = match (beginning, &plan.source) {
        (Beginning::Over(id), _) => {
            let now = key.seen(on_demand::shown(kms, (**key).clone(), Some(&id), run).await?);
            return work.finish(&now, &regions, None).await;
        }
        (Beginning::OnlyIfCurrent(materials), source) => {
            let Some(Material::Given(given)) = source else {
                return Err(LifecycleError::NoRotationLeft { arn: key.arn.clone() }.into());
            };
            let place = work.only_if_current(&**given, &materials).await?;
            given.store_of_existing(true, run)?;
            (Some(&**given), place)
        }
        (Beginning::Waiting(id), Some(Material::Given(given))) => {
            let stored = given.store(run)?;
            sent(Bytes::Unstored(Unstored::Given));
            let placed = work.reimport_pending(&**given, id).await;
            (Some(&**given), settle(stored.as_ref(), placed, run)?)
        }
        (Beginning::Waiting(id), _) => (None, NewMaterial::Pending(id)),
        (Beginning::New, Some(Material::Generate(backup))) => {
            made = generate(KeySpec::SymmetricDefault, backup, &key.arn, run)?;
            let (material, stored) = &made;
            sent(stored.bytes.clone());
            (Some(&**material), work.import_new(&**material, Some(stored)).await?)
        }
        (Beginning::New, Some(Material::Given(given))) => {
            let stored = given.store(run)?;
            sent(Bytes::Unstored(Unstored::Given));
            let placed = work.import_new(&**given, None).await;
            (Some(&**given), settle(stored.as_ref(), placed, run)?)
        }
        (Beginning::New, None) => return Err(LifecycleError::NothingPending { arn: key.arn.clone() }.into()),
    };
    let id = match place {
        NewMaterial::Pending(id) => id,
        NewMaterial::Current(id) => {
            let now = kms.describe(&key.arn).await?;
            let now = key.seen(on_demand::shown(kms, now, id.as_deref(), run).await?);
            return work.finish(&now, &regions, material).await;
        }
    };
    regions.fill(&id, material, work).await?;
    if on_demand::until_ready(kms, key, &id, progress).await? == RotationNeeded::Yes {
        on_demand::rotate_on_demand(&id, work).await?;
    }
    let now = on_demand::until_current(kms, key, &id, progress).await?;
    work.finish(&key.seen(now), &regions, material).await
}

/// Vouches for the key before anything is imported into it.
pub(crate) async fn vouch(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Rotate,
    progress: &dyn Progress,
) -> Result<Vouched, Error> {
    plan.trust.vouch(kms, key, plan.trust.key.as_deref().unwrap_or(&key.arn), progress).await
}

/// Refuses everything that can be refused without asking KMS again.
pub(crate) fn check_locally<'a>(kms: &Kms, plan: &'a Rotate) -> Result<Resolved<'a, Rotate>, Error> {
    let plan = Resolved::before(plan, kms)?;
    plan.options().check()?;
    let Some(source) = &plan.source else { return Ok(plan) };
    source.check_backup()?;
    source.check(KeySpec::SymmetricDefault, plan.wrapping)?;
    Ok(plan)
}

/// Refuses keys that KMS does not rotate.
///
/// # Errors
/// [`Error::Lifecycle`] for any key spec but SYMMETRIC_DEFAULT, for a replica, and for a key that is not Enabled.
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
    run: &dyn Ongoing,
) -> Result<KeyDescription, Error> {
    check_waits(key, plan)?;
    run.step("a rotation is in progress");
    run.awaiting_earlier(true);
    let finished = on_demand::until_over(kms, key, run).await?;
    run.awaiting_earlier(false);
    Ok(finished)
}

/// While KMS rotates it takes no new key material.
pub(crate) fn check_waits(key: &KeyDescription, plan: &Rotate) -> Result<(), Error> {
    match plan.source {
        Some(Material::Generate(_)) if !plan.or_resume => {
            Err(LifecycleError::InProgress { arn: key.arn.clone() }.into())
        }
        _ => Ok(()),
    }
}

impl Work<'_> {
    /// The new material is current: the proofs, in every Region.
    async fn finish(self, now: &Vouched, regions: &Regions, material: Option<&dyn Held>) -> Result<Rotated, Error> {
        let Work { kms, plan, run, .. } = self;
        let current = run.standing().reached.clone().current(now);
        run.reach(Reached::Current(current.clone()));
        let id = now.current_key_material_id.as_deref();
        let expected = |now: &Vouched| Expected { material, id, now: (**now).clone(), used: None };
        Difference::refuse(kms, now, now, run).await?;
        let proof = conclude(prove_in(kms, now, expected(now), plan.level, run).await?, run)?;
        let mut rotated = Rotated { current, proof };
        for (kms, replica) in regions.replicas() {
            let now = on_demand::until_current_in(kms, replica, id, run.progress()).await?;
            let replica = &replica.seen(now);
            rotated.current.rotation.replicas.note(replica, |_| ());
            run.reach(rotated.clone());
            if replica.state != KeyState::Enabled {
                run.progress().warn(&format!("replica {} is {}", replica.arn, replica.state));
                continue;
            }
            let proof = match Difference::contradiction(kms, replica, replica, run).await? {
                Some(contradiction) => contradiction,
                None => prove_in(kms, replica, expected(replica), plan.level, run).await?,
            };
            rotated.current.rotation.replicas.note(replica, |replica| replica.proof = Some(proof.clone()));
            run.reach(rotated.clone());
            judge(&proof)?;
        }
        Ok(rotated)
    }
}
