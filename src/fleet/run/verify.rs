//! A key is compared with its row, and nothing is changed.

use super::super::error::FleetError;
use super::super::manifest::Row;
use super::existing::key_of;
use super::shared::Shared;
use crate::kms::KeyState;
use crate::lifecycle::provision::Reached;
use crate::lifecycle::{Backup, Error, Material, Run, provision};
use crate::proof::Outcome;

/// Compares everything that the row asks for. What holds key material is not written to, but for the same bytes again where everything is
/// to be proven.
pub(super) async fn verify_row(row: &Row, shared: &Shared, run: &Run<Reached>) -> Result<Option<Outcome>, Error> {
    let (kms, region) = (&shared.kms, shared.kms.region());
    let (key, trust) = key_of(row, shared).await?;
    run.found(&key);
    if key.state == KeyState::PendingImport {
        return Err(FleetError::Empty { arn: key.arn }.into());
    }
    let material = row.bytes_at_hand(Some(region)).map_err(|(_, error)| error.into_error())?;
    let material = material.map_or(Material::Generate(Backup::Discard), Material::given);
    let adopt = trust.adopt.into_iter().next().or_else(|| row.alias_in(Some(region)).is_none().then_some(key.arn));
    let wanted = row.provision(region, material)?.verify(shared.plan.level).strict(shared.plan.strict).adopt(adopt);
    let done = provision(kms, &wanted, run).await.map_err(|ended| ended.error)?;
    Ok(Some(done.proof.outcome()))
}
