//! Step 1 of the recipe: a key without key material, and its alias.

use tokio::time::Instant;

use crate::kms::{AliasOutcome, KeyArn, KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::existing::{self, Asked};
use crate::lifecycle::key::pending_requests::{PendingRequests, Request};
use crate::lifecycle::key::request::{KeyRequest, REQUEST_TAG};
use crate::lifecycle::key::trust::{Trust, Vouched, show_grants};
use crate::lifecycle::run::journal::Journal;
use crate::lifecycle::run::report::Leftover;

/// What became of a request for a key.
pub(crate) enum Created {
    /// This run made it, and the alias names it.
    New(Box<Vouched>),
    /// Somebody else's key got the alias first.
    ByOtherRun,
}

/// Everything that decides how one key is made.
pub struct CreateKey {
    /// The key.
    pub request: KeyRequest,
    /// Where requests under way are written down.
    pub pending: PendingRequests,
    /// The ARN of an existing key that gets the alias.
    pub adopt: Option<KeyArn>,
    /// Refuse a key that is there where not everything about it may be compared.
    pub strict: bool,
}

impl CreateKey {
    /// What a key that is there is compared with.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { request: &self.request, material: None, adopted: true, strict: self.strict }
    }
}

/// Creates an EXTERNAL key and its alias. Where the alias exists and its key is what was asked for, nothing changes; with the ARN
/// of a key to adopt, that key gets the alias.
pub async fn create_key(kms: &Kms, plan: &CreateKey, journal: &Journal) -> Result<(), Error> {
    let CreateKey { request, pending, adopt, .. } = plan;
    let adopt = adopt.as_ref();
    request.check()?;
    journal.note_kms(kms);
    if let Some(alias) = &request.alias
        && let Some(found) = kms.find_alias(alias.as_str()).await?
    {
        check_adopts(adopt, alias, &found)?;
        name_lost_keys(kms, alias, &found, pending, journal).await;
        return adopt_as_it_is(kms, plan, alias, &found, journal).await;
    }
    if let Some(adopt) = adopt {
        let found = kms.describe(adopt).await?;
        journal.note_kms(kms);
        journal.note_key(&found);
        existing::compare(kms, &found, &plan.asked(), adopt).await?.unseen().for_each(|unseen| journal.warn(unseen));
        show_grants(kms, &found, journal).await?;
        return name_it(kms, request.alias.as_ref(), &found, journal).await;
    }
    match make(kms, request, pending, journal).await? {
        Created::New(_) => Ok(()),
        Created::ByOtherRun => match &request.alias {
            Some(alias) => {
                let found = find_other_run(kms, alias).await?;
                adopt_as_it_is(kms, plan, alias, &found, journal).await
            }
            None => Ok(()),
        },
    }
}

/// An alias that names another key than the one to be adopted is left as it is.
pub(crate) fn check_adopts(adopt: Option<&KeyArn>, alias: &AliasName, found: &KeyDescription) -> Result<(), Error> {
    match adopt.filter(|adopt| **adopt != found.arn) {
        None => Ok(()),
        Some(adopt) => {
            let (alias, arn, adopt) = (alias.to_string(), found.arn.clone(), adopt.clone());
            Err(KeyError::AdoptsOther { alias, arn, adopt }.into())
        }
    }
}

async fn adopt_as_it_is(
    kms: &Kms,
    plan: &CreateKey,
    alias: &AliasName,
    found: &KeyDescription,
    journal: &Journal,
) -> Result<(), Error> {
    journal.note_kms(kms);
    journal.note_key(found);
    journal.note(|report| report.alias = Some(alias.to_string()));
    let compared = existing::compare(kms, found, &plan.asked(), alias.as_str()).await?;
    compared.unseen().for_each(|unseen| journal.warn(unseen));
    journal.step(format!("{alias} exists and names {}", found.arn));
    Ok(())
}

/// The key of the run that got the alias first. KMS has said that the alias exists, and for a while not all of it knows its key.
pub(crate) async fn find_other_run(kms: &Kms, alias: &AliasName) -> Result<KeyDescription, Error> {
    let end = Instant::now() + kms.max_wait();
    let mut pause = kms.max_wait() / 240;
    loop {
        if let Some(found) = kms.find_alias(alias.as_str()).await? {
            return Ok(found);
        }
        if Instant::now() > end {
            return Err(KeyError::AliasUnknown { alias: alias.to_string() }.into());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(kms.max_wait() / 15);
    }
}

/// Gives a key its alias, where it has none yet.
pub(crate) async fn name_it(
    kms: &Kms,
    alias: Option<&AliasName>,
    found: &KeyDescription,
    journal: &Journal,
) -> Result<(), Error> {
    let Some(alias) = alias else { return Ok(()) };
    let named = match kms.find_alias(alias.as_str()).await? {
        Some(named) => named,
        None => match journal.naming(kms, alias, &found.arn).await? {
            AliasOutcome::Created => {
                journal.step(format!("{alias} names it"));
                found.clone()
            }
            AliasOutcome::Exists => find_other_run(kms, alias).await?,
        },
    };
    check_adopts(Some(&found.arn), alias, &named)?;
    journal.note(|report| report.alias = Some(alias.to_string()));
    Ok(())
}

/// CreateKey, then CreateAlias. The alias comes before any import, so that of two runs only one goes on with its key.
pub(crate) async fn make(
    kms: &Kms,
    request: &KeyRequest,
    pending: &PendingRequests,
    journal: &Journal,
) -> Result<Created, Error> {
    let (key, requests) = match pending.find_lost_key(kms, request, journal).await? {
        Some(lost) => {
            let found = &lost.key;
            existing::check_matches(found, request, &found.arn)?;
            let trust = Trust { policy: request.policy.clone(), ..Trust::default() };
            let key = trust.vouch(kms, found, &found.arn, journal).await?;
            journal.note_kms(kms);
            journal.note_key(found);
            (key, lost.requests)
        }
        None => {
            let begun = pending.begin(kms, request, journal)?;
            (Vouched::created(create(kms, request, &begun, journal).await?), vec![begun])
        }
    };
    if let Some(alias) = &request.alias {
        let made = journal.naming(kms, alias, &key.arn).await?;
        // Another run may have recalled the same key.
        if made == AliasOutcome::Exists && find_other_run(kms, alias).await?.arn != key.arn {
            requests.iter().for_each(Request::end);
            leave_behind(&key, alias, journal);
            return Ok(Created::ByOtherRun);
        }
        journal.note(|report| report.alias = Some(alias.to_string()));
        journal.step(format!("{alias} names it"));
    }
    requests.iter().for_each(Request::end);
    Ok(Created::New(Box::new(key)))
}

/// CreateKey, and a search for the key where only its reply was lost.
async fn create(kms: &Kms, request: &KeyRequest, begun: &Request, journal: &Journal) -> Result<KeyDescription, Error> {
    let mut new = request.to_new_key();
    new.tags.push((REQUEST_TAG.to_owned(), begun.id.clone()));
    journal.requested(&begun.id);
    let created = match journal.changing("CreateKey", kms.create_key(&new)).await {
        Ok(created) => created,
        Err(error) if error.may_have_changed() => {
            journal.warn(format!("{error}: looking for it by its tag"));
            let found = begun.find(kms).await.ok_or(error)?;
            journal.settled();
            found
        }
        // Nothing was made, and nothing is to be found.
        Err(error) => {
            begun.end();
            return Err(error);
        }
    };
    journal.note_kms(kms);
    journal.note_key(&created);
    journal.step(format!("created key {}", created.arn));
    if created.state == KeyState::Enabled {
        return Err(KeyError::NotEmpty { arn: created.arn, state: created.state }.into());
    }
    Ok(kms.wait_until_visible(&created.arn).await?)
}

/// Names the keys that earlier runs for this alias have made and lost.
pub(crate) async fn name_lost_keys(
    kms: &Kms,
    alias: &AliasName,
    found: &KeyDescription,
    pending: &PendingRequests,
    journal: &Journal,
) {
    for key in pending.end_finished(kms, alias, found).await {
        let reason = format!("an earlier run for {alias} made it and ended before it could use it; this key is empty");
        journal.warn(format!("{reason}: {}", key.arn));
        leave(&key, reason, journal);
    }
}

/// Names a key of this run that nobody needs, with the command that removes it.
fn leave_behind(key: &KeyDescription, alias: &AliasName, journal: &Journal) {
    let remove = removal(key);
    journal.warn(format!("another run created {alias} first; this run's key {} is empty: {remove}", key.arn));
    leave(key, format!("{alias} was created by another run in the meantime; this key is empty"), journal);
    journal.note(|report| {
        report.key_arn = None;
        report.key_id = None;
    });
}

fn leave(key: &KeyDescription, reason: String, journal: &Journal) {
    let leftover = Leftover { key_arn: key.arn.to_string(), reason, remove: removal(key) };
    journal.note(|report| report.leftovers.push(leftover));
}

fn removal(key: &KeyDescription) -> String {
    format!(
        "aws kms schedule-key-deletion --region {} --key-id {} --pending-window-in-days 7",
        key.arn.region(),
        key.arn.id()
    )
}
