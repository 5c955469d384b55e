//! Key material that was wrapped elsewhere goes into the key that it was wrapped for.

use super::super::error::FleetError;
use super::super::manifest::Row;
use super::existing::key_of;
use super::shared::Shared;
use crate::kms::Kms;
use crate::lifecycle::import::Reached;
use crate::lifecycle::key::existing::{self, Decision};
use crate::lifecycle::{Backup, Error, ImportWrapped, Material, Run, Trust, Vouched, Wrapped, import};
use crate::progress::Silent;
use crate::proof::Outcome;

/// Imports it, unless the key holds key material and is what the row asks for.
pub(super) async fn import_wrapped(row: &Row, shared: &Shared, run: &Run<Reached>) -> Result<Option<Outcome>, Error> {
    let kms = &shared.kms;
    let wrapped = row.wrapped_in(Some(kms.region())).map_err(|(_, error)| error.into_error())?;
    let wrapped = wrapped.ok_or_else(|| FleetError::NoKey { id: row.id.clone() })?;
    let trust = match row.alias_in(Some(kms.region())) {
        Some(_) => key_of(row, shared).await?.1,
        None => trust_in(row, kms)?,
    };
    let plan = ImportWrapped::of(wrapped, trust).expiry(row.expiry).verify(shared.plan.level);
    let key = plan.find(kms, run).await?;
    // What may be asked of a key does not depend on where its key material is made.
    let asked = row.provision(kms.region(), Material::Generate(Backup::Discard))?.strict(shared.plan.strict);
    let compared = existing::compare(kms, &key, &asked.asked(), plan.trust.name()).await?;
    if compared.decision == Decision::Unchanged {
        return Ok(None);
    }
    let done = import(kms, &key, &plan, run).await.map_err(|ended| ended.error)?;
    Ok(Some(done.proof.outcome()))
}

/// What a run would import, and the key.
pub(crate) async fn wrapped_import(row: &Row, kms: &Kms, wrapped: Wrapped) -> Result<(ImportWrapped, Vouched), Error> {
    let mut trust = trust_in(row, kms)?;
    trust.key = row.alias_in(Some(kms.region()));
    let plan = ImportWrapped::of(wrapped, trust).expiry(row.expiry);
    let run: Run<Reached> = Run::new(std::sync::Arc::new(Silent));
    let key = plan.find(kms, &run).await?;
    Ok((plan, key))
}

/// The policy of the row, or KMS's default, is what a key must have.
fn trust_in(row: &Row, kms: &Kms) -> Result<Trust, Error> {
    Ok(Trust { policy: row.request(kms.region())?.policy, ..Trust::default() })
}
