//! Whether key material may go into a key, or be copied from it. An alias proves nothing: whoever may move it chooses the key.

use std::ops::Deref;

use crate::explain::Explain;
use crate::kms::{Grant, KeyArn, KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::key::policy;
use crate::progress::{Progress, Silent};

/// What the user said about keys that the run did not create.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// What the key was called: a key id or a key ARN vouches for it, an alias does not.
    pub key: Option<String>,
    /// The key ARNs that the user adopted.
    pub adopt: Vec<KeyArn>,
    /// The key policy that a key must have otherwise, as JSON; KMS's default if absent.
    pub policy: Option<String>,
    /// Whether KMS's default policy is accepted although another policy was given.
    pub or_default: bool,
}

/// A key that the run created, or that the user vouched for. Only such a key is imported into or copied from.
#[derive(Clone, Debug, PartialEq)]
pub struct Vouched(KeyDescription);

/// The most grants that are shown one by one.
const SHOWN: usize = 20;

impl Trust {
    /// The key of that id, ARN or alias; its policy may be KMS's default.
    pub fn of(key: impl Into<String>) -> Self {
        Trust { key: Some(key.into()), or_default: true, ..Trust::default() }
    }

    /// The same, about the key of that name if it names none.
    pub(crate) fn or_named(self, key: Option<String>) -> Self {
        Trust { key: self.key.or(key), ..self }
    }

    /// What the key was called; empty where it was not named.
    pub fn name(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    /// Vouches for `found`: the user named it, or its policy is the one expected. `name` is what led to it. Grants on it, and whom its
    /// policy lets in from outside the account, are told to `progress`.
    ///
    /// # Errors
    /// [`Error::Key`] with [`KeyError::AdoptsOther`] where another key is adopted, [`KeyError::ForeignPolicy`] for another policy,
    /// [`KeyError::PolicyUnread`] where it may not be read; [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
    pub async fn vouch(
        &self,
        kms: &Kms,
        found: &KeyDescription,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<Vouched, Error> {
        self.check_adopted(found, name)?;
        if self.names(found) {
            progress.detail(&format!("key {} was named by its id", found.arn));
        } else {
            self.check_policy(found, name, &self.read_policy(kms, found, name).await?, progress)?;
        }
        show_grants(kms, found, progress).await?;
        Ok(Vouched(found.clone()))
    }

    /// Vouches for a key whose policy is copied: the policy that is looked at is the one that is given.
    pub(crate) async fn vouch_to_copy(
        &self,
        kms: &Kms,
        found: &KeyDescription,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<(Vouched, String), Error> {
        self.check_adopted(found, name)?;
        let policy = match self.names(found) {
            true => kms.key_policy(&found.arn).await?,
            false => self.read_policy(kms, found, name).await?,
        };
        if !self.names(found) {
            self.check_policy(found, name, &policy, progress)?;
        } else {
            show_outsiders(found, &policy::outsiders(&policy, found.arn.account()), progress);
        }
        Ok((Vouched(found.clone()), policy))
    }

    /// Refuses a key that has not the policy expected, without looking at anything else.
    pub(crate) async fn expects_policy_of(&self, kms: &Kms, found: &KeyDescription) -> Result<(), Error> {
        let name = found.arn.as_str();
        let policy = self.read_policy(kms, found, name).await?;
        self.check_policy(found, name, &policy, &Silent)
    }

    /// Whether the user named this key by its ARN, or by its id, which its replicas share.
    pub fn names(&self, found: &KeyDescription) -> bool {
        let named = self.key.iter().any(|name| found.arn == *name || *found.arn.id() == *name);
        named || self.adopt.contains(&found.arn)
    }

    /// Refuses a key that is not the one that the user adopts; its replicas in other Regions may be adopted too.
    fn check_adopted(&self, found: &KeyDescription, name: &str) -> Result<(), Error> {
        let is_relative = |arn: &KeyArn| found.multi_region.is_some() && arn.id() == found.arn.id();
        match self.adopt.iter().find(|adopt| **adopt != found.arn && !is_relative(adopt)) {
            None => Ok(()),
            Some(adopt) => {
                let (alias, arn, adopt) = (name.to_owned(), found.arn.clone(), adopt.clone());
                Err(KeyError::AdoptsOther { alias, arn, adopt }.into())
            }
        }
    }

    async fn read_policy(&self, kms: &Kms, found: &KeyDescription, name: &str) -> Result<String, Error> {
        match kms.key_policy(&found.arn).await {
            Ok(policy) => Ok(policy),
            Err(error) if error.is_never_answered() => {
                let because = error.because().map_or(error.to_string(), |inner| format!("{error}: {inner}"));
                Err(KeyError::PolicyUnread { name: name.to_owned(), arn: found.arn.clone(), because }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn check_policy(
        &self,
        found: &KeyDescription,
        name: &str,
        policy: &str,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let (name, arn) = (name.to_owned(), found.arn.clone());
        let outsiders = policy::outsiders(policy, found.arn.account());
        let equals = |asked: Option<&str>| policy::equals(policy, asked, found.arn.account());
        let expected = equals(self.policy.as_deref()) || self.or_default && equals(None);
        if !expected {
            return Err(KeyError::ForeignPolicy { name, arn, outsiders }.into());
        }
        show_outsiders(found, &outsiders, progress);
        Ok(())
    }
}

fn show_outsiders(key: &KeyDescription, outsiders: &[String], progress: &dyn Progress) {
    for outsider in outsiders {
        progress.warn(&format!("the key policy of {} lets in {outsider}", key.arn));
    }
}

impl Vouched {
    /// A key that this run has just created.
    pub(crate) fn created(key: KeyDescription) -> Self {
        Vouched(key)
    }

    /// The same key as KMS describes it later.
    pub(crate) fn seen(&self, now: KeyDescription) -> Self {
        if now.arn == self.0.arn { Vouched(now) } else { self.clone() }
    }
}

impl Deref for Vouched {
    type Target = KeyDescription;

    fn deref(&self) -> &KeyDescription {
        &self.0
    }
}

/// Shows who may use the key by a grant: the key policy does not tell. Where grants may not be listed, only that is said, and nothing given.
pub(crate) async fn show_grants(
    kms: &Kms,
    key: &KeyDescription,
    progress: &dyn Progress,
) -> Result<Option<Vec<Grant>>, Error> {
    let grants = match kms.grants(&key.arn).await {
        Ok(grants) => grants,
        Err(error) if error.reason().is_some() => {
            progress.detail(&format!("grants on {} were not looked at: {error}", key.arn));
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let say =
        |text: String| if key.state == KeyState::PendingImport { progress.warn(&text) } else { progress.note(&text) };
    for grant in grants.iter().take(SHOWN) {
        say(format!("a grant on {} lets {} call {}", key.arn, grant.grantee, grant.operations.join(", ")));
    }
    if grants.len() > SHOWN {
        say(format!("{} further grants on {} are not shown", grants.len() - SHOWN, key.arn));
    }
    Ok(Some(grants))
}
