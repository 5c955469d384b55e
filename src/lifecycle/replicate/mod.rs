//! Replicas of a multi-Region key: each is made, named, and given the same bytes. KMS copies no policy, tags, description or alias,
//! and no imported key material.

pub(crate) mod plan;
pub(crate) mod replica;
pub(crate) mod request;

use crate::kms::{KeyArn, KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::import::parameters::check_external;
use crate::lifecycle::key::multi_region::check_primary;
use crate::lifecycle::replicate::replica::{Done, ReplicaPlan};
use crate::lifecycle::replicate::request::Replicate;
use crate::lifecycle::run::journal::Journal;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::lifecycle::verify::imported::{prove_in, prove_settled};
use crate::lifecycle::verify::verdict::judge;
use crate::material::KeySpec;
use crate::proof::{self, Level, Subject};

/// Makes or completes the replicas, one Region after the other. Whatever happens, `journal` says what stands in AWS.
pub async fn replicate(kms: &Kms, key: &KeyDescription, plan: &Replicate, journal: &Journal) -> Result<(), Error> {
    journal.begin(kms, key);
    let plan = &Resolved::of(plan, kms, journal)?;
    let (materials, replicas) = plan_regions(kms, key, plan, journal).await?;
    for replica_plan in replicas {
        let (there, done) = replica::carry_out(kms, key, replica_plan, &materials, plan, journal).await?;
        prove(kms, key, &there, &done, plan, journal).await?;
    }
    Ok(())
}

/// Looks at the key and at every Region, and refuses what could not be carried out: the key materials, and what is to be done.
pub(crate) async fn plan_regions(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Replicate,
    journal: &Journal,
) -> Result<(KeyMaterials, Vec<ReplicaPlan>), Error> {
    check_locally(plan)?;
    check_replicable(key, plan)?;
    plan.trust_in_primary().vouch(kms, key, plan.trust.key.as_deref().unwrap_or(&key.arn), journal).await?;
    check_material(kms, key, plan).await?;
    let materials = KeyMaterials::as_permitted(kms, key).await?;
    let mut replicas = Vec::new();
    for region in plan.distinct_regions() {
        replicas.push(ReplicaPlan::of(kms, key, region, &materials, plan, journal).await?);
    }
    if let Some(waiting) = materials.pending().and_then(|material| material.key_material_id.as_deref()) {
        journal.warn(format!(
            "key material {waiting} waits for rotation, and will be wanted in every replica before KMS rotates"
        ));
    }
    Ok((materials, replicas))
}

/// Everything that can be refused without asking further.
fn check_locally(plan: &Replicate) -> Result<(), Error> {
    for material in &plan.materials {
        plan.wrapping.algorithm.check(material.spec(), plan.wrapping.key_spec, Some(material.byte_count()))?;
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
        let proof = proof::prove(&Subject::new(kms, key, Some(material), None)?, Level::Use).await?;
        if let Some(contradiction) = proof.contradiction() {
            let contradiction = contradiction.to_owned();
            return Err(LifecycleError::OtherMaterial { arn: key.arn.clone(), contradiction }.into());
        }
    }
    Ok(())
}

async fn prove(
    kms: &Kms,
    key: &KeyDescription,
    there: &Kms,
    done: &Done,
    plan: &Replicate,
    journal: &Journal,
) -> Result<(), Error> {
    let material = plan.materials.first();
    let (replica, level, mut proof) = match done {
        Done::Filled(replica) => {
            let proof = prove_in(there, replica, material, None, plan.level, journal).await?;
            (&**replica, plan.level, proof)
        }
        Done::Left(replica) => {
            let level = plan.level.min(Level::Use);
            (replica, level, prove_settled(Subject::new(there, replica, material, None)?, level, journal).await?)
        }
    };
    if level >= Level::Use && key.spec == KeySpec::SymmetricDefault && proof.contradiction().is_none() {
        proof::across(kms, key, there, replica, &mut proof).await?;
    }
    for sentence in proof.proven() {
        journal.step(format!("proven in {}: {sentence}", replica.arn.region()));
    }
    journal.note_replica(replica, |report| report.proof = Some(proof.clone()));
    judge(&proof)
}
