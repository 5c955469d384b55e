//! Replicas of a multi-Region key: each is made, named, and given the same bytes. KMS copies no policy, tags, description or alias,
//! and no imported key material.

pub(crate) mod plan;
pub(crate) mod replica;
pub(crate) mod request;
pub(crate) mod stage;
pub(crate) mod work;

pub use self::stage::{Reached, Replicated};
use crate::kms::{KeyArn, KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::import::parameters::check_external;
use crate::lifecycle::key::multi_region::check_primary;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::replica::Replicas;
use crate::lifecycle::replicate::replica::{Carried, ReplicaPlan};
use crate::lifecycle::replicate::request::Replicate;
use crate::lifecycle::replicate::work::Work;
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::{Done, Interrupted};
use crate::lifecycle::status::materials::KeyMaterials;
use crate::lifecycle::verify::imported::{Expected, prove_in};
use crate::lifecycle::verify::verdict::judge;
use crate::lifecycle::verify::which::tell_which;
use crate::material::KeySpec;
use crate::progress::Progress;
use crate::proof::{self, Level, Subject};

/// A key and its replicas, as they were asked for.
pub type ReplicatedKey = Done<Replicated>;

/// Makes or completes the replicas, one Region after the other.
///
/// # Errors
/// [`Interrupted`] holds the error and what was done in each Region: [`Error::Lifecycle`] for a key that is not replicated so,
/// [`Error::Key`] for one that nobody vouches for, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn replicate(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Replicate,
    run: &Run<Reached>,
) -> Result<ReplicatedKey, Interrupted<Reached>> {
    let named = NamedKey::new(key);
    run.reach(Replicated { named: named.clone(), replicas: Replicas::default(), contradiction: None });
    let done = carry_out(kms, key, plan, run).await;
    let replicas = match &run.standing().reached {
        Reached::Replicas(replicated) => replicated.replicas.clone(),
        Reached::Nothing => Replicas::default(),
    };
    run.outcome(done.map(|()| Replicated { named, replicas, contradiction: None }))
}

impl Replicate {
    /// Makes or completes the replicas, and says nothing meanwhile.
    ///
    /// # Errors
    /// As [`replicate`].
    pub async fn run(&self, kms: &Kms) -> Result<ReplicatedKey, Interrupted<Reached>> {
        let key = kms.describe(self.trust.name()).await.map_err(Error::from)?;
        replicate(kms, &key, self, &Run::default()).await
    }
}

async fn carry_out(kms: &Kms, key: &KeyDescription, plan: &Replicate, run: &Run<Reached>) -> Result<(), Error> {
    let plan = &Resolved::of(plan, kms, run)?;
    let all: &dyn Ongoing = run;
    all.note(|facts| plan.materials.iter().for_each(|material| facts.given(&**material)));
    let (materials, replicas) = plan_regions(kms, key, plan, run.progress()).await?;
    let work = Work { kms, primary: key, materials: &materials, plan, run };
    for replica_plan in replicas {
        let (there, done) = work.carry_out(replica_plan).await?;
        work.prove(&there, &done).await?;
    }
    Ok(())
}

/// Looks at the key and at every Region, and refuses what could not be carried out: the key materials, and what is to be done.
pub(crate) async fn plan_regions(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Replicate,
    progress: &dyn Progress,
) -> Result<(KeyMaterials, Vec<ReplicaPlan>), Error> {
    check_locally(plan)?;
    check_replicable(key, plan)?;
    plan.trust_in_primary().vouch(kms, key, plan.trust.key.as_deref().unwrap_or(&key.arn), progress).await?;
    check_material(kms, key, plan).await?;
    let materials = KeyMaterials::as_permitted(kms, key).await?;
    if let Some(why) = materials.why_incomplete() {
        progress.warn(&format!("which key materials the key has, and a replica needs, is not known: {why}"));
    }
    let mut replicas = Vec::new();
    for region in plan.distinct_regions() {
        replicas.push(ReplicaPlan::of((kms, key), region, &materials, plan, progress).await?);
    }
    if let Some(waiting) = materials.pending().and_then(|material| material.key_material_id.as_deref()) {
        progress.warn(&format!(
            "key material {waiting} waits for rotation, and will be wanted in every replica before KMS rotates"
        ));
    }
    Ok((materials, replicas))
}

/// Refuses everything that can be refused without asking KMS again.
fn check_locally(plan: &Replicate) -> Result<(), Error> {
    for material in &plan.materials {
        material.check(plan.wrapping.algorithm, plan.wrapping.key_spec)?;
    }
    Ok(())
}

fn check_replicable(key: &KeyDescription, plan: &Replicate) -> Result<(), Error> {
    let arn = || key.arn.clone();
    check_external(key)?;
    if key.multi_region.is_none() {
        return Err(LifecycleError::SingleRegion { arn: arn() }.into());
    }
    check_primary(key, "replication")?;
    if key.state != KeyState::Enabled {
        return Err(LifecycleError::NotEnabled { arn: arn(), state: key.state, what: "replication" }.into());
    }
    if plan.regions.contains(key.arn.region()) {
        return Err(LifecycleError::PrimaryRegion { region: key.arn.region().clone(), arn: arn() }.into());
    }
    let ours = |adopt: &KeyArn| adopt.id() == key.arn.id() && plan.regions.contains(adopt.region());
    match plan.trust.adopt.iter().find(|adopt| **adopt != key.arn && !ours(adopt)) {
        Some(adopt) => Err(LifecycleError::AdoptsNoReplica { adopt: adopt.clone() }.into()),
        None => Ok(()),
    }
}

/// Where KMS's answers depend on the bytes, wrong ones are refused before there is an empty replica.
async fn check_material(kms: &Kms, key: &KeyDescription, plan: &Replicate) -> Result<(), Error> {
    for material in plan.materials.iter().filter(|material| material.spec() != KeySpec::SymmetricDefault) {
        let subject = Subject::new(kms, key, Some(&**material), None)?.seen(key.clone());
        let proof = proof::prove(&subject, Level::Use).await?;
        if let Some(contradiction) = proof.contradiction() {
            let contradiction = contradiction.to_owned();
            return Err(LifecycleError::OtherMaterial { arn: key.arn.clone(), contradiction }.into());
        }
    }
    Ok(())
}

impl Work<'_> {
    async fn prove(self, there: &Kms, done: &Carried) -> Result<(), Error> {
        let Work { kms, primary, plan, run, .. } = self;
        let material = plan.materials.first().map(|material| &**material);
        let (replica, level, mut proof) = match done {
            Carried::Filled(vouched) => {
                let replica: &KeyDescription = vouched;
                let expected = Expected { material, id: None, now: replica.clone(), used: None };
                let proof = prove_in(there, vouched, expected, plan.level, run).await?;
                (replica, plan.level, proof)
            }
            Carried::Left(replica) => {
                let level = plan.level.min(Level::Use);
                let subject = Subject::new(there, replica, material, None)?.seen(replica.clone());
                let mut proof = proof::prove(&subject, level).await?;
                tell_which(there, replica, material, &mut proof, run.progress()).await?;
                (replica, level, proof)
            }
        };
        let symmetric = primary.spec == KeySpec::SymmetricDefault;
        if level >= Level::Use && symmetric && proof.contradiction().is_none() {
            proof::across(kms, primary, there, replica, &mut proof).await?;
        }
        for sentence in proof.proven() {
            run.progress().step(&format!("proven in {}: {sentence}", replica.arn.region()));
        }
        self.note(replica, |noted| noted.proof = Some(proof.clone()));
        judge(&proof)
    }
}
