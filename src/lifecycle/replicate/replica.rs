//! One replica: what is there, what is missing, and the calls that make it whole.

use crate::kms::{AliasOutcome, ImportType, KeyDescription, Kms, NewReplica};
use crate::kms::{KeyArn, KeyState, Reason, Region};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::ImportOptions;
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::import::sent::Difference;
use crate::lifecycle::key::multi_region::until_made;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::replicate::request::Replicate;
use crate::lifecycle::run::journal::Journal;
use crate::lifecycle::run::wait;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::material::KeySpec;
use crate::time::rfc3339;
use crate::time::seconds;

/// What is to be done in one Region.
pub(crate) struct ReplicaPlan {
    kms: Kms,
    pub(crate) region: Region,
    pub(crate) action: Action,
    /// Whether the alias that was asked for names the replica already.
    pub(crate) named: bool,
}

pub(crate) enum Action {
    /// There is no replica.
    Create,
    /// It waits for key material, and may be given it.
    Import(Box<Vouched>),
    /// It is what was asked for.
    Keep(Box<KeyDescription>),
}

impl ReplicaPlan {
    /// Looks at the Region, and refuses what could not be carried out.
    pub(crate) async fn of(
        primary_kms: &Kms,
        primary: &KeyDescription,
        region: &Region,
        materials: &KeyMaterials,
        plan: &Replicate,
        journal: &Journal,
    ) -> Result<Self, Error> {
        let kms = primary_kms.for_region(region);
        let action = match replica_in(primary, region) {
            Some(arn) => existing_replica(&kms, arn, plan, journal).await?,
            None => Action::Create,
        };
        let wanted = match &action {
            Action::Create => materials.is_complete().then(|| materials.permanent().count()),
            Action::Import(replica) => {
                let there = KeyMaterials::as_permitted(&kms, replica).await?;
                let missing = || there.permanent().filter(|material| material.is_missing()).count();
                there.is_complete().then(missing)
            }
            Action::Keep(_) => None,
        };
        let given = plan.distinct_materials().len();
        if let Some(needed) = wanted.filter(|needed| *needed > given) {
            return Err(LifecycleError::TooFewMaterials { arn: primary.arn.clone(), needed, given }.into());
        }
        let named = names_it(&kms, region, primary, plan).await?;
        Ok(ReplicaPlan { kms, region: region.clone(), action, named })
    }
}

/// Whether the alias is there; an alias of another key is refused.
async fn names_it(kms: &Kms, region: &Region, primary: &KeyDescription, plan: &Replicate) -> Result<bool, Error> {
    let Some(alias) = &plan.alias else { return Ok(false) };
    match kms.find_alias(alias.as_str()).await? {
        Some(named) if named.arn.id() != primary.arn.id() => {
            let (alias, region) = (alias.to_string(), region.clone());
            Err(LifecycleError::AliasElsewhere { alias, region, arn: named.arn }.into())
        }
        named => Ok(named.is_some()),
    }
}

/// The replica of a key in a Region, as KMS tells it in the primary's.
fn replica_in<'a>(primary: &'a KeyDescription, region: &Region) -> Option<&'a KeyArn> {
    let relatives = primary.multi_region.as_ref()?;
    relatives.replica_arns.iter().find(|arn| arn.region() == region)
}

/// A replica that is whole is left alone; an empty one is filled if it can be trusted.
async fn existing_replica(kms: &Kms, arn: &KeyArn, plan: &Replicate, journal: &Journal) -> Result<Action, Error> {
    let replica = until_made(kms, arn, journal).await?;
    let differs = |difference: String| -> Error {
        KeyError::Differs {
            key: format!("replica in {}", replica.arn.region()),
            arn: arn.clone(),
            differences: vec![difference],
        }
        .into()
    };
    match replica.state {
        KeyState::Enabled if plan.expiry.is_met_by(replica.expires, kms.now()) => Ok(Action::Keep(Box::new(replica))),
        KeyState::Enabled => {
            let is = replica.expires.map_or("never expires".to_owned(), |at| format!("expires {}", rfc3339(at)));
            Err(differs(format!("its key material {is}, which is not the expiry asked for")))
        }
        KeyState::PendingImport => Ok(Action::Import(Box::new(vouch(kms, &replica, plan, journal).await?))),
        state => Err(differs(format!("it is {state}, and Enabled or PendingImport was expected"))),
    }
}

/// Whoever made a replica chose its key policy: it gets nothing unless that is the one asked for, or the user vouches for it.
async fn vouch(kms: &Kms, replica: &KeyDescription, plan: &Replicate, journal: &Journal) -> Result<Vouched, Error> {
    plan.trust.vouch(kms, replica, &replica.arn, journal).await
}

/// A replica when the work in its Region is done.
pub(crate) enum Done {
    /// This run imported into it.
    Filled(Vouched),
    /// It was whole before.
    Left(KeyDescription),
}

/// Makes, names and fills the replica.
pub(crate) async fn carry_out(
    primary_kms: &Kms,
    primary: &KeyDescription,
    replica_plan: ReplicaPlan,
    materials: &KeyMaterials,
    plan: &Resolved<'_, Replicate>,
    journal: &Journal,
) -> Result<(Kms, Done), Error> {
    let kms = replica_plan.kms;
    let replica = match replica_plan.action {
        Action::Keep(replica) => {
            journal.step(format!("the replica in {} is what was asked for: {}", replica_plan.region, replica.arn));
            journal.note_replica(&replica, |_| {});
            name(&kms, &replica, plan, journal).await?;
            return Ok((kms, Done::Left(*replica)));
        }
        Action::Import(replica) => {
            journal.step(format!("the replica in {} waits for key material: {}", replica_plan.region, replica.arn));
            *replica
        }
        Action::Create => make(primary_kms, primary, &kms, &replica_plan.region, plan, journal).await?,
    };
    journal.note_replica(&replica, |_| {});
    name(&kms, &replica, plan, journal).await?;
    let one = materials.is_complete() && materials.permanent().count() == 1;
    let symmetric = primary.spec == KeySpec::SymmetricDefault;
    for material in plan.distinct_materials() {
        let options = ImportOptions {
            expires: plan.expires,
            import_type: symmetric.then_some(ImportType::Existing),
            description: None, // only the primary key keeps one
            key_material_id: primary.current_key_material_id.clone().filter(|_| one),
            once: false,
        };
        plan.wrapping.wrap_and_import(material, &kms, &replica, &options, journal).await?;
        journal.note_replica(&replica, |report| report.imported = true);
    }
    let filled = settle(&kms, &replica, journal).await?;
    Ok((kms, Done::Filled(replica.seen(filled))))
}

/// ReplicateKey, sent once, and a look for the replica where only the reply was lost or another run was first.
async fn make(
    primary_kms: &Kms,
    primary: &KeyDescription,
    kms: &Kms,
    region: &Region,
    plan: &Replicate,
    journal: &Journal,
) -> Result<Vouched, Error> {
    let new = NewReplica {
        region: region.clone(),
        description: plan.description.clone(),
        policy: plan.policy.clone(),
        tags: plan.tags.clone(),
    };
    let (arn, ours) = match journal.changing("ReplicateKey", primary_kms.replicate(&primary.arn, &new)).await {
        Ok(replica) => {
            journal.note_replica(&replica, |report| report.created = true);
            (replica.arn, true)
        }
        Err(error) if error.may_have_changed() || error.reason() == Some(Reason::AlreadyExists) => {
            journal.warn(format!("{error}: looking for it"));
            let Some(found) = look_up(primary_kms, primary, region, journal).await? else { return Err(error) };
            if error.may_have_changed() {
                journal.settled();
            }
            (found, false)
        }
        Err(error) => return Err(error),
    };
    kms.wait_until_visible(&arn).await?;
    let replica = until_made(kms, &arn, journal).await?;
    if ours {
        journal.step(format!("made the replica {arn}"));
        return Ok(Vouched::created(replica));
    }
    let replica = vouch(kms, &replica, plan, journal).await?;
    journal.step(format!("found the replica {arn}"));
    Ok(replica)
}

async fn look_up(
    kms: &Kms,
    primary: &KeyDescription,
    region: &Region,
    journal: &Journal,
) -> Result<Option<KeyArn>, Error> {
    wait::until("a sign of the replica", wait::LOOK_UP, journal, || async {
        Ok(replica_in(&kms.describe(&primary.arn).await?, region).cloned())
    })
    .await
}

/// The alias comes before the import, as for every key.
async fn name(kms: &Kms, replica: &KeyDescription, plan: &Replicate, journal: &Journal) -> Result<(), Error> {
    let Some(alias) = &plan.alias else { return Ok(()) };
    let named = kms.find_alias(alias.as_str()).await?;
    if named.as_ref().is_none_or(|named| named.arn != replica.arn) {
        let made = journal.naming(kms, alias, &replica.arn).await?;
        if made == AliasOutcome::Exists {
            let arn = kms.describe(alias.as_str()).await?.arn;
            let (alias, region) = (alias.to_string(), replica.arn.region().clone());
            return Err(LifecycleError::AliasElsewhere { alias, region, arn }.into());
        }
        journal.step(format!("{alias} names it in {}", replica.arn.region()));
    }
    journal.note_replica(replica, |report| report.alias = Some(alias.to_string()));
    Ok(())
}

/// What KMS says about the replica after the imports: after rotations it wants every key material.
async fn settle(kms: &Kms, replica: &KeyDescription, journal: &Journal) -> Result<KeyDescription, Error> {
    let now = wait::settled(kms, replica, None, journal).await?;
    journal.note_replica(&now, |_| {});
    if now.state == KeyState::Enabled {
        Difference::refuse(kms, replica, &now, journal).await?;
        return Ok(now);
    }
    if now.state == KeyState::PendingImport {
        let materials = KeyMaterials::as_permitted(kms, &now).await?;
        let missing = match materials.missing() {
            ids if ids.is_empty() && materials.is_complete() => {
                return Err(KeyError::NotShown { arn: now.arn, waited: seconds(kms.wait()) }.into());
            }
            ids if ids.is_empty() => "which, kms:ListKeyRotations would tell".to_owned(),
            ids => ids.join(", "),
        };
        return Err(LifecycleError::ReplicaIncomplete { arn: now.arn, missing }.into());
    }
    Err(KeyError::NotEnabled { arn: now.arn, state: now.state }.into())
}
