//! One replica: what is there, what is missing, and the calls that make it whole.

use crate::kms::{AliasOutcome, ImportType, KeyDescription, Kms, NewReplica, Operation};
use crate::kms::{KeyArn, KeyState, Reason, Region};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::ImportOptions;
use crate::lifecycle::import::sent::Difference;
use crate::lifecycle::import::wrap_and_import::Delivery;
use crate::lifecycle::key::create;
use crate::lifecycle::key::multi_region::until_made;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::replicate::request::Replicate;
use crate::lifecycle::replicate::work::Work;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::run::wait;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::lifecycle::verify::verdict::conclude;
use crate::material::KeySpec;
use crate::progress::Progress;
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
        (primary_kms, primary): (&Kms, &KeyDescription),
        region: &Region,
        materials: &KeyMaterials,
        plan: &Replicate,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let kms = primary_kms.for_region(region);
        let action = match replica_in(primary, region) {
            Some(arn) => existing_replica(&kms, arn, plan, progress).await?,
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
async fn existing_replica(kms: &Kms, arn: &KeyArn, plan: &Replicate, progress: &dyn Progress) -> Result<Action, Error> {
    let replica = until_made(kms, arn, progress).await?;
    let differs = |difference: String| -> Error {
        KeyError::Differs {
            key: format!("replica in {}", replica.arn.region()),
            arn: arn.clone(),
            differences: vec![difference],
        }
        .into()
    };
    match replica.state {
        // What was imported into it cannot be told from what its server has put there.
        KeyState::Enabled if replica.is_enabled_without_import() => {
            Ok(Action::Import(Box::new(vouch(kms, &replica, plan, progress).await?)))
        }
        KeyState::Enabled if plan.expiry.is_met_by(replica.expires, kms.now()) => Ok(Action::Keep(Box::new(replica))),
        KeyState::Enabled => {
            let is = replica.expires.map_or("never expires".to_owned(), |at| format!("expires {}", rfc3339(at)));
            Err(differs(format!("its key material {is}, which is not the expiry asked for")))
        }
        KeyState::PendingImport => Ok(Action::Import(Box::new(vouch(kms, &replica, plan, progress).await?))),
        state => Err(differs(format!("it is {state}, but Enabled or PendingImport was expected"))),
    }
}

/// A replica's key policy was chosen by whoever made the replica. Key material is imported only if the policy is the one asked for, or the
/// user vouches for the replica.
async fn vouch(
    kms: &Kms,
    replica: &KeyDescription,
    plan: &Replicate,
    progress: &dyn Progress,
) -> Result<Vouched, Error> {
    plan.trust.vouch(kms, replica, &replica.arn, progress).await
}

/// A replica when the work in its Region is done.
pub(crate) enum Carried {
    /// This run imported into it.
    Filled(Vouched),
    /// It was whole before.
    Left(KeyDescription),
}

impl Work<'_> {
    /// Makes, names and fills the replica.
    pub(crate) async fn carry_out(self, replica_plan: ReplicaPlan) -> Result<(Kms, Carried), Error> {
        let Work { primary, materials, plan, run, .. } = self;
        let (kms, region, progress) = (replica_plan.kms, replica_plan.region, run.progress());
        let replica = match replica_plan.action {
            Action::Keep(replica) => {
                progress.step(&format!("the replica in {region} is what was asked for: {}", replica.arn));
                self.note(&replica, |_| ());
                self.name(&kms, &replica, replica_plan.named).await?;
                return Ok((kms, Carried::Left(*replica)));
            }
            Action::Import(replica) => {
                progress.step(&format!("the replica in {region} waits for key material: {}", replica.arn));
                *replica
            }
            Action::Create => self.make(&kms, &region).await?,
        };
        self.note(&replica, |_| ());
        self.name(&kms, &replica, replica_plan.named).await?;
        let one = materials.is_complete() && materials.permanent().count() == 1;
        let symmetric = primary.spec == KeySpec::SymmetricDefault;
        for material in plan.distinct_materials() {
            let options = ImportOptions {
                expires: plan.expires,
                import_type: symmetric.then_some(ImportType::Existing),
                description: None, // only the primary key keeps one
                key_material_id: primary.current_key_material_id.clone().filter(|_| one),
                or_new: false,
                once: false,
            };
            Delivery { material, wrapping: plan.wrapping, options }.wrap_and_import(&kms, &replica, run).await?;
            self.note(&replica, |noted| noted.imported = true);
        }
        let filled = self.settle(&kms, &replica).await?;
        Ok((kms, Carried::Filled(replica.seen(filled))))
    }

    /// ReplicateKey, sent once, and a look for the replica where only the reply was lost or another run was first.
    async fn make(self, kms: &Kms, region: &Region) -> Result<Vouched, Error> {
        let Work { primary, plan, run, .. } = self;
        let new = NewReplica {
            region: region.clone(),
            description: plan.description.clone(),
            policy: plan.policy.clone(),
            tags: plan.tags.clone(),
        };
        let (all, progress): (&dyn Ongoing, _) = (run, run.progress());
        let (arn, ours) = match all.asking(Operation::ReplicateKey, self.kms.replicate(&primary.arn, &new)).await {
            Ok(replica) => {
                self.note(&replica, |noted| noted.created = true);
                all.settle(true, None);
                (replica.arn, true)
            }
            Err(error) if error.may_have_changed() || error.reason() == Some(Reason::AlreadyExists) => {
                progress.warn(&format!("{error}: looking for it"));
                let Some(found) = self.look_up(region).await? else { return Err(error) };
                if error.may_have_changed() {
                    all.settle(true, None);
                }
                (found, false)
            }
            Err(error) => return Err(error),
        };
        kms.expect_visible(&arn);
        let replica = until_made(kms, &arn, progress).await?;
        if ours {
            progress.step(&format!("made the replica {arn}"));
            return Ok(Vouched::created(replica));
        }
        let replica = vouch(kms, &replica, plan, progress).await?;
        progress.step(&format!("found the replica {arn}"));
        Ok(replica)
    }

    async fn look_up(self, region: &Region) -> Result<Option<KeyArn>, Error> {
        wait::until("a sign of the replica", wait::LOOK_UP, self.run.progress(), || async {
            Ok(replica_in(&self.kms.describe(&self.primary.arn).await?, region).cloned())
        })
        .await
    }

    /// The alias comes before the import, as for every key.
    async fn name(self, kms: &Kms, replica: &KeyDescription, is_named: bool) -> Result<(), Error> {
        let Some(alias) = &self.plan.alias else { return Ok(()) };
        if !is_named {
            if create::name(kms, alias, &replica.arn, self.run).await? == AliasOutcome::Exists {
                let arn = kms.describe(alias.as_str()).await?.arn;
                let (alias, region) = (alias.to_string(), replica.arn.region().clone());
                return Err(LifecycleError::AliasElsewhere { alias, region, arn }.into());
            }
            self.run.progress().step(&format!("{alias} points to it in {}", replica.arn.region()));
        }
        self.note(replica, |noted| noted.alias = Some(alias.clone()));
        Ok(())
    }

    /// What KMS says about the replica after the imports: after rotations it wants every key material.
    async fn settle(self, kms: &Kms, replica: &KeyDescription) -> Result<KeyDescription, Error> {
        let now = wait::settled(kms, replica, None, self.run).await?;
        self.note(&now, |_| ());
        if now.state == KeyState::Enabled {
            if let Some(contradiction) = Difference::contradiction(kms, replica, &now, self.run).await? {
                self.note(&now, |noted| noted.proof = Some(contradiction.clone()));
                conclude(contradiction, self.run)?;
            }
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
}
