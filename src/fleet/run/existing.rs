//! The key that a row has already.

use super::super::entry::Name;
use super::super::error::FleetError;
use super::super::manifest::Row;
use super::super::task::Task;
use super::provision::there;
use super::shared::Shared;
use crate::kms::{KeyArn, KeyDescription};
use crate::lifecycle::{Error, Trust};
use crate::progress::Silent;

/// The key that the alias of a row names, or that an earlier run has made for it, and what vouches for it. Without an alias and a journal it
/// is the tag that tells: anybody may have put it there, so its policy must be that of the row.
pub(super) async fn key_of(row: &Row, shared: &Shared) -> Result<(KeyDescription, Trust), Error> {
    let (kms, region) = (&shared.kms, shared.kms.region());
    let made = shared.journal.entry(&Name::new(&row.id, region.as_str(), &Task::Provision))?;
    let made: Option<KeyArn> = made.and_then(|entry| entry.key_arn?.parse().ok());
    let alias = row.alias_in(Some(region));
    let found = match (&alias, &made) {
        (Some(alias), _) => kms.find_alias(alias).await?,
        (None, Some(arn)) => there(kms, arn).await?,
        (None, None) => match shared.lost_key(row).await? {
            Some(arn) => there(kms, &arn).await?,
            None => None,
        },
    };
    let key = found.ok_or_else(|| FleetError::NoKey { id: row.id.clone() })?;
    let policy = row.request(region)?.policy;
    let is_unnamed = alias.is_none();
    let name = alias.unwrap_or_else(|| key.arn.to_string());
    if is_unnamed && made.is_none() {
        let trust = Trust { policy: policy.clone(), ..Trust::default() };
        trust.vouch(kms, &key, &key.arn, &Silent).await?;
    }
    let adopt = made.into_iter().filter(|arn| *arn == key.arn).collect();
    Ok((key, Trust { key: Some(name), adopt, policy, ..Trust::default() }))
}
