//! A key gets new key material, once a round.

use super::super::entry::Entry;
use super::super::manifest::Row;
use super::existing::key_of;
use super::shared::Shared;
use crate::kms::Operation;
use crate::lifecycle::rotate::Reached;
use crate::lifecycle::{Error, Material, Rotate, Run, rotate};
use crate::proof::Outcome;

/// Rotates a key. What an earlier run of the same round has sent tells how it goes on.
pub(super) async fn rotate_row(
    row: &Row,
    shared: &Shared,
    entry: &Entry,
    run: &Run<Reached>,
) -> Result<Option<Outcome>, Error> {
    let (kms, region) = (&shared.kms, shared.kms.region());
    let (key, trust) = key_of(row, shared).await?;
    let sent = |operation: Operation| entry.call.as_deref() == Some(operation.name());
    let imported = sent(Operation::ImportKeyMaterial);
    let source = match entry.kept.as_deref().filter(|path| imported && path.exists()) {
        // The rotation may have been asked for: whatever KMS shows now is followed to its end, and nothing is made again.
        _ if sent(Operation::RotateKeyOnDemand) => None,
        // Once a file holds the bytes and their import was sent, it is that file which is imported.
        Some(path) => Some(Material::given(row.read_kept(path)?)),
        None => Some(row.material_in(Some(region)).map_err(|(_, error)| error.into_error())?),
    };
    let plan = Rotate {
        source,
        or_resume: imported,
        wrapping: row.wrapping,
        expiry: row.expiry,
        description: None,
        level: shared.plan.level,
        trust,
    };
    let done = rotate(kms, &key, &plan, run).await.map_err(|ended| ended.error)?;
    Ok(Some(done.proof.outcome()))
}
