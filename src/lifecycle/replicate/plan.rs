//! The plan of `replicate`.

use crate::kms::{KeyDescription, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::expiry::resolve_expiry;
use crate::lifecycle::import::plan::{import_again, prove_use};
use crate::lifecycle::key::plan::{alias_reason, parameters};
use crate::lifecycle::replicate::plan_regions;
use crate::lifecycle::replicate::replica::{Action, ReplicaPlan};
use crate::lifecycle::replicate::request::Replicate;
use crate::lifecycle::run::plan::Plan;
use crate::material::{KeySpec, KeyUsage};
use crate::progress::Progress;
use crate::proof::Level;

/// The plan of [`lifecycle::replicate`](crate::lifecycle::replicate()). Asks KMS what the run asks before its first change.
///
/// # Errors
/// [`Error::Lifecycle`] for a key that is not replicated so, [`Error::Key`] for one that nobody vouches for, [`Error::Expiry`] for an
/// expiry that KMS does not take, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn replicate(
    kms: &Kms,
    key: &KeyDescription,
    wanted: &Replicate,
    progress: &dyn Progress,
) -> Result<Plan, Error> {
    let (spec, usage): (KeySpec, KeyUsage) = (key.spec.known()?, key.usage.known()?);
    let mut plan = Plan { key: Some(key.clone()), ..Plan::default() };
    plan.call(Operation::DescribeKey, format!("looks at key {} in {}", key.arn.id(), kms.region()));
    plan.vouch(&wanted.trust, key);
    if spec == KeySpec::SymmetricDefault {
        plan.call(Operation::ListKeyRotations, "finds every key material of the key");
    } else {
        wanted.materials.iter().for_each(|_| prove_use(&mut plan, spec, usage, Level::Use));
    }
    resolve_expiry(kms, wanted.expiry)?;
    let (_, replicas) = plan_regions(kms, key, wanted, progress).await?;
    for replica_plan in &replicas {
        plan.go_to(Some(&replica_plan.region));
        look(&mut plan, replica_plan, spec, wanted);
    }
    for replica_plan in &replicas {
        plan.go_to(Some(&replica_plan.region));
        let touched = carry_out(&mut plan, replica_plan, wanted);
        let level = if touched { wanted.level } else { wanted.level.min(Level::Use) };
        prove_use(&mut plan, spec, usage, level);
        if spec == KeySpec::SymmetricDefault && level == Level::Full {
            import_again(&mut plan);
        }
        if spec == KeySpec::SymmetricDefault && level >= Level::Use {
            plan.go_to(None);
            plan.call(Operation::Encrypt, "proof: KMS encrypts a nonce with the primary key");
            plan.go_to(Some(&replica_plan.region));
            plan.call(Operation::Decrypt, "proof: and the replica decrypts it");
        }
    }
    Ok(plan)
}

/// What was asked of a Region to make this plan.
fn look(plan: &mut Plan, replica_plan: &ReplicaPlan, spec: KeySpec, wanted: &Replicate) {
    if !matches!(replica_plan.action, Action::Create) {
        plan.call(Operation::DescribeKey, "looks at the replica");
    }
    if let Action::Import(replica) = &replica_plan.action {
        plan.vouch(&wanted.trust, replica);
        if spec == KeySpec::SymmetricDefault {
            plan.call(Operation::ListKeyRotations, "finds the key materials that it lacks");
        }
    }
    if let Some(alias) = &wanted.alias {
        plan.call(Operation::DescribeKey, format!("finds out whether {alias} exists"));
    }
}

/// The calls that make the replica whole; whether anything is imported.
fn carry_out(plan: &mut Plan, replica_plan: &ReplicaPlan, wanted: &Replicate) -> bool {
    if matches!(replica_plan.action, Action::Create) {
        plan.go_to(None);
        plan.call(Operation::ReplicateKey, format!("makes the replica in {}", replica_plan.region));
        plan.permission("kms:CreateKey");
        if !wanted.tags.is_empty() {
            plan.permission("kms:TagResource");
        }
        plan.go_to(Some(&replica_plan.region));
        plan.call(Operation::DescribeKey, "waits until it is made, and known everywhere");
    }
    if let Some(alias) = wanted.alias.as_ref().filter(|_| !replica_plan.named) {
        plan.call(Operation::CreateAlias, alias_reason(alias));
    }
    if matches!(replica_plan.action, Action::Keep(_)) {
        return false;
    }
    for _ in wanted.distinct_materials() {
        parameters(plan, wanted.wrapping);
        plan.call(Operation::ImportKeyMaterial, "sends the wrapped key material and its token");
    }
    plan.call(Operation::DescribeKey, "waits until the replica is enabled");
    true
}
