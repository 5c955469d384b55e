//! Step 1 of the recipe: a key without key material, and its alias.

use super::existing;
use super::{AliasName, Journal, KeyRequest, Leftover};
use crate::error::Error;
use crate::kms::{AliasOutcome, KeyDescription, Kms};

/// What became of a request for a key.
pub(super) enum Made {
    /// This run made it, and the alias names it.
    New(Box<KeyDescription>),
    /// Somebody else's key got the alias first.
    Lost,
}

/// Creates an EXTERNAL key and its alias. Where the alias exists and its key is what was asked for, nothing changes.
pub async fn create_key(kms: &Kms, request: &KeyRequest, journal: &Journal) -> Result<(), Error> {
    request.check()?;
    journal.note_kms(kms);
    if let Some(alias) = &request.alias
        && let Some(found) = kms.find_alias(alias.as_str()).await?
    {
        return adopt_as_it_is(kms, request, alias, &found, journal);
    }
    match make(kms, request, journal).await? {
        Made::New(_) => Ok(()),
        Made::Lost => match &request.alias {
            Some(alias) => {
                let found = kms.describe(alias.as_str()).await?;
                adopt_as_it_is(kms, request, alias, &found, journal)
            }
            None => Ok(()),
        },
    }
}

fn adopt_as_it_is(
    kms: &Kms,
    request: &KeyRequest,
    alias: &AliasName,
    found: &KeyDescription,
    journal: &Journal,
) -> Result<(), Error> {
    journal.note_kms(kms);
    journal.note_key(found);
    journal.note(|report| report.alias = Some(alias.to_string()));
    existing::check_matches(found, request, alias.as_str())?;
    journal.step(format!("{alias} exists and names {}", found.arn));
    Ok(())
}

/// CreateKey, then CreateAlias. The alias comes before any import, so that of two runs only one goes on with its key.
pub(super) async fn make(kms: &Kms, request: &KeyRequest, journal: &Journal) -> Result<Made, Error> {
    let created = journal.changing("CreateKey", kms.create_key(&request.to_new_key())).await?;
    journal.note_kms(kms);
    journal.note_key(&created);
    journal.step(format!("created key {}", created.arn));
    let key = kms.wait_until_visible(&created.arn).await?;
    if let Some(alias) = &request.alias {
        match journal.changing("CreateAlias", kms.create_alias(alias.as_str(), &key.arn)).await? {
            AliasOutcome::Created => {
                journal.note(|report| report.alias = Some(alias.to_string()));
                journal.step(format!("{alias} names it"));
            }
            AliasOutcome::Exists => {
                leave_behind(&key, alias, journal);
                return Ok(Made::Lost);
            }
        }
    }
    Ok(Made::New(Box::new(key)))
}

/// Names a key of this run that nobody needs, with the command that removes it.
fn leave_behind(key: &KeyDescription, alias: &AliasName, journal: &Journal) {
    let remove =
        format!("aws kms schedule-key-deletion --region {} --key-id {} --pending-window-in-days 7", key.region, key.id);
    journal.warn(format!("another run created {alias} first; this run's key {} is empty: {remove}", key.arn));
    let reason = format!("{alias} was created by another run in the meantime; this key is empty");
    journal.note(|report| {
        report.leftovers.push(Leftover { key_arn: key.arn.clone(), reason, remove });
        report.key_arn = None;
        report.key_id = None;
    });
}
