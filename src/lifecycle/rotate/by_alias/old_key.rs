//! The key that the alias names now: what the new key gets from it, once it is held to be the user's own.

use crate::kms::{Alias, KeyArn, KeyDescription, Kms, Operation, Origin};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::policy;
use crate::lifecycle::key::request::{
    KeyRequest, REQUEST_TAG, ROLLED_BACK_FROM_TAG, SUPERSEDED_BY_TAG, SUPERSEDES_TAG, value_of,
};
use crate::lifecycle::key::trust::{Trust, show_grants};
use crate::lifecycle::rotate::by_alias::request::{RotateByAlias, Until};
use crate::lifecycle::rotate::by_alias::stage::Handover;
use crate::lifecycle::rotate::by_alias::tags::{MOST_TAGS, check_room};
use crate::lifecycle::status::not_seen;
use crate::material::{KeySpec, MaterialKind};
use crate::progress::Progress;

/// The key that the alias names when the run begins.
pub(crate) struct Current {
    pub(crate) alias: AliasName,
    pub(crate) key: KeyDescription,
    pub(crate) tags: Vec<(String, String)>,
    /// The key that the user named otherwise than by the alias; often the same.
    pub(crate) named: KeyDescription,
}

/// Finds the alias and its key. Nothing is copied yet, so that nobody has to vouch for it.
pub(crate) async fn find(kms: &Kms, trust: &Trust, alias: Option<AliasName>) -> Result<Current, Error> {
    let name = trust.name();
    let named = kms.describe(name).await?;
    check_kind(&named)?;
    let Some(alias) = alias else {
        let aliases = kms.aliases(Some(&named.arn)).await.unwrap_or_default();
        let aliases = aliases.into_iter().map(|alias| alias.name).collect();
        return Err(RotationError::NoAlias { arn: named.arn, spec: named.spec, aliases }.into());
    };
    let key = match name == alias.as_str() {
        true => named.clone(),
        false => now(kms, &alias).await?,
    };
    check_kind(&key)?;
    let tags = kms.tags(&key.arn).await?;
    Ok(Current { alias, key, tags, named })
}

/// The key that the alias names at this moment.
pub(crate) async fn now(kms: &Kms, alias: &AliasName) -> Result<KeyDescription, Error> {
    let found = kms.find_alias(alias.as_str()).await?;
    Ok(found.ok_or_else(|| RotationError::NoSuchAlias { alias: alias.to_string() })?)
}

/// Refuses symmetric keys, which KMS rotates, and keys that take no imported key material.
pub fn check_kind(key: &KeyDescription) -> Result<(), Error> {
    match key.spec.known()? {
        KeySpec::SymmetricDefault => Err(RotationError::Symmetric { arn: key.arn.clone() }.into()),
        _ => Ok(()),
    }
}

impl Current {
    /// The id of the key that this one has replaced under the alias.
    pub(crate) fn supersedes(&self) -> Option<&str> {
        value_of(&self.tags, SUPERSEDES_TAG)
    }

    /// The key that is to be replaced: the one that the user named, or the alias.
    pub(crate) fn check_named(&self) -> Result<(), Error> {
        if self.key.arn == self.named.arn {
            return Ok(());
        }
        let (alias, arn, named) = (self.alias.to_string(), self.key.arn.clone(), self.named.arn.clone());
        Err(RotationError::NamesOther { alias, arn, named }.into())
    }

    /// Holds the key to be the user's own, shows what does not move with the alias, and gives what the new key is made with.
    pub(crate) async fn copy(
        &self,
        kms: &Kms,
        plan: &RotateByAlias,
        progress: &dyn Progress,
    ) -> Result<(KeyRequest, Handover), Error> {
        let old = &self.key;
        self.check_named()?;
        let (_, policy) = plan.trust.vouch_to_copy(kms, old, self.alias.as_str(), progress).await?;
        show_grants(kms, old, progress).await?;
        let request = self.request(plan, &policy)?;
        check_room(&old.arn, &self.tags, SUPERSEDED_BY_TAG)?;
        let handover = self.handover(kms, Some(old.clone()), plan.until).await?.disabling(plan.disable_old);
        progress.step(&format!("{} points to {}", self.alias, old.arn));
        // With nothing to import, the new key is there, and was perhaps made otherwise.
        if plan.source.is_some() {
            show_new(&request, progress);
        }
        show_staying(&self.key, &handover, progress);
        Ok((request, handover))
    }

    /// The rotation as far as it is known, from that key.
    pub(crate) async fn handover(
        &self,
        kms: &Kms,
        previous: Option<KeyDescription>,
        until: Until,
    ) -> Result<Handover, Error> {
        let other_aliases = match &previous {
            Some(previous) => others(kms, &previous.arn, &self.alias).await?,
            None => Ok(Vec::new()),
        };
        let (alias, other_aliases) = (self.alias.clone(), other_aliases.ok());
        Ok(Handover { alias, previous, other_aliases, until, disable_old: false })
    }

    /// What the new key is made with.
    fn request(&self, plan: &RotateByAlias, policy: &str) -> Result<KeyRequest, Error> {
        let (old, changes) = (&self.key, &plan.changes);
        let spec = self.spec(plan)?;
        let policy = match &changes.policy {
            Some(policy) => Some(policy.clone()),
            None if policy::equals(policy, None, old.arn.account()) => None,
            None => {
                let principals = policy::deleted_principals(policy);
                if !principals.is_empty() {
                    return Err(RotationError::DeletedPrincipals { arn: old.arn.clone(), principals }.into());
                }
                Some(policy.to_owned())
            }
        };
        let description = changes.description.clone().or_else(|| Some(old.description.clone()));
        let request = KeyRequest {
            alias: None,
            spec,
            usage: old.usage.known()?,
            description: description.filter(|text| !text.is_empty()),
            policy,
            tags: self.new_tags(&changes.tags),
            multi_region: old.multi_region.is_some(),
        };
        // The request's own tag comes with CreateKey.
        if request.tags.len() + 1 > MOST_TAGS {
            return Err(RotationError::TooManyTags { count: request.tags.len() + 1 }.into());
        }
        request.check()?;
        Ok(request)
    }

    /// The key spec of the new key. An alias moves between keys of the same kind (API reference, `UpdateAlias`).
    pub(crate) fn spec(&self, plan: &RotateByAlias) -> Result<KeySpec, Error> {
        let old = self.key.spec.known()?;
        let asked = plan.changes.spec.unwrap_or(old);
        let kind = |spec: KeySpec| matches!(spec.kind(), MaterialKind::Hmac { .. });
        if kind(old) != kind(asked) || asked == KeySpec::SymmetricDefault {
            let (arn, spec) = (self.key.arn.clone(), self.key.spec.clone());
            return Err(RotationError::OtherKind { arn, spec, asked }.into());
        }
        Ok(asked)
    }

    /// The tags of the old key that are the user's, those that were asked for, and that of the rotation.
    fn new_tags(&self, asked: &[(String, String)]) -> Vec<(String, String)> {
        let own = |name: &str| name.starts_with("aws:") || OWN_TAGS.contains(&name);
        let asked_for = |name: &str| asked.iter().any(|(asked, _)| asked == name);
        let kept = self.tags.iter().filter(|(name, _)| !own(name) && !asked_for(name));
        let supersedes = (SUPERSEDES_TAG.to_owned(), self.key.arn.id().to_string());
        kept.chain(asked).cloned().chain([supersedes]).collect()
    }
}

/// What the new key is made with.
fn show_new(request: &KeyRequest, progress: &dyn Progress) {
    let tags: Vec<&str> =
        request.tags.iter().map(|(name, _)| name.as_str()).filter(|n| !OWN_TAGS.contains(n)).collect();
    let tags = if tags.is_empty() { "no tags".to_owned() } else { format!("the tags {}", tags.join(", ")) };
    let policy = if request.policy.is_some() { "a key policy of its own" } else { "KMS's default key policy" };
    let description =
        request.description.as_ref().map_or("no description".to_owned(), |text| format!("the description `{text}`"));
    progress.note(&format!(
        "the new key is {} for {}, with {policy}, {description} and {tags}",
        request.spec, request.usage
    ));
}

/// What does not move with the alias.
fn show_staying(old: &KeyDescription, handover: &Handover, progress: &dyn Progress) {
    let arn = &old.arn;
    match &handover.other_aliases {
        None => progress.warn(&format!("it is not known which other aliases point to {arn}")),
        Some(others) if others.is_empty() => {}
        Some(others) => progress.warn(&format!("{} points to {arn} too, and does not move", others.join(", "))),
    }
    if old.multi_region.is_some() {
        progress
            .warn("the new key is a multi-Region primary key: its replicas, and their aliases, are still to be made");
    }
}

/// The tags that tell of one key alone.
const OWN_TAGS: [&str; 4] = [REQUEST_TAG, SUPERSEDES_TAG, SUPERSEDED_BY_TAG, ROLLED_BACK_FROM_TAG];

/// The other aliases of a key, or why they are not known.
async fn others(kms: &Kms, key: &KeyArn, alias: &AliasName) -> Result<Result<Vec<String>, String>, Error> {
    match kms.aliases(Some(key)).await {
        Ok(aliases) => {
            let name = |found: Alias| Some(found.name).filter(|name| name != alias.as_str());
            Ok(Ok(aliases.into_iter().filter_map(name).collect()))
        }
        Err(error) if error.is_never_answered() => Ok(Err(not_seen::why(Operation::ListAliases, &error))),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn is_hmac(key: &KeyDescription) -> bool {
    key.spec.known().is_ok_and(|spec| matches!(spec.kind(), MaterialKind::Hmac { .. }))
}

/// Refuses a key that cannot take key material, or stand where the old one stands.
pub(crate) fn check_fits(new: &KeyDescription, old: &KeyDescription) -> Result<(), Error> {
    if new.origin != Origin::External {
        return Err(KeyError::NotExternal { arn: new.arn.clone(), origin: new.origin }.into());
    }
    check_alike(new, old)
}

/// Refuses a key that cannot stand where the old one stands.
pub(crate) fn check_alike(new: &KeyDescription, old: &KeyDescription) -> Result<(), Error> {
    let mut differences = Vec::new();
    if new.usage != old.usage {
        differences.push(format!("its key usage is {}, but {} is needed", new.usage, old.usage));
    }
    if is_hmac(new) != is_hmac(old) || new.spec == KeySpec::SymmetricDefault {
        differences.push(format!("its key spec is {}, which is another kind than {}", new.spec, old.spec));
    }
    if !new.state.takes_material() {
        differences.push(format!("it is {}", new.state));
    }
    match differences.is_empty() {
        true => Ok(()),
        false => Err(RotationError::UnfitKey { arn: new.arn.clone(), old: old.arn.clone(), differences }.into()),
    }
}
