//! The key material of a key is imported again before it expires.

use std::time::Duration;

use super::super::error::FleetError;
use super::super::manifest::Row;
use super::existing::key_of;
use super::shared::Shared;
use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::import::Reached;
use crate::lifecycle::{Error, Expiring, ImportWrapped, KeyStatus, Run, import};
use crate::parameters::ParameterSet;
use crate::progress::Silent;
use crate::proof::Outcome;
use crate::time::rfc3339;

/// Imports the same bytes again, where they expire within that time or have expired.
pub(super) async fn renew(
    row: &Row,
    shared: &Shared,
    within: Duration,
    run: &Run<Reached>,
) -> Result<Option<Outcome>, Error> {
    let (kms, region) = (&shared.kms, shared.kms.region());
    let (key, trust) = key_of(row, shared).await?;
    run.found(&key);
    let soon = expiring(kms, &key, within).await?;
    if soon.is_empty() && key.state != KeyState::PendingImport {
        return Ok(None);
    }
    if let (Some(at), KeyState::Enabled | KeyState::Disabled) = (key.expires, key.state)
        && let Some(asked) = row.expiry.resolve(kms.now())?
        && asked.secs() <= at.secs()
    {
        return Err(FleetError::NotLater { at: rfc3339(at) }.into());
    }
    let plan = match row.wrapped_in(Some(region)).map_err(|(_, error)| error.into_error())? {
        Some(wrapped) => ImportWrapped::of(wrapped, trust),
        None => {
            let material = row.bytes_in(Some(region)).map_err(|(_, error)| error.into_error())?;
            let vouched = trust.vouch(kms, &key, trust.name(), &Silent).await?;
            let set = ParameterSet::fetch(kms, &vouched, row.spec, row.wrapping, run).await?;
            ImportWrapped::of(crate::lifecycle::Wrapped::Set(Box::new(set.wrap(&material)?)), trust)
        }
    };
    let plan = plan.expiry(row.expiry).verify(shared.plan.level);
    let vouched = plan.find(kms, run).await?;
    let done = import(kms, &vouched, &plan, run).await.map_err(|ended| ended.error)?;
    // A key that was rotated has earlier key materials, whose bytes the row does not have.
    if soon.len() > 1 {
        let left = expiring(kms, &kms.describe(&key.arn).await?, within).await?;
        let ids: Vec<String> = left.into_iter().filter_map(|one| one.key_material_id).collect();
        if !ids.is_empty() {
            return Err(FleetError::OthersExpire { arn: key.arn, ids: ids.join(", ") }.into());
        }
    }
    Ok(Some(done.proof.outcome()))
}

async fn expiring(kms: &Kms, key: &KeyDescription, within: Duration) -> Result<Vec<Expiring>, Error> {
    Ok(KeyStatus::of(kms, key, &mut Vec::new()).await?.expiring(kms.now(), within))
}
