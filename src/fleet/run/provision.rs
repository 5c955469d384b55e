//! A key is made what its row asks for.

use super::super::entry::Entry;
use super::super::manifest::Row;
use super::super::request::known;
use super::shared::Shared;
use crate::kms::{KeyArn, KeyDescription, KeyState, Kms, Operation, Reason};
use crate::lifecycle::provision::Reached;
use crate::lifecycle::{Error, Material, Provision, Run, Trust, provision};
use crate::progress::Silent;
use crate::proof::Outcome;

/// Provisions the key of a row, with what is known of earlier runs.
pub(super) async fn provision_row(
    row: &Row,
    shared: &Shared,
    entry: &Entry,
    run: &Run<Reached>,
) -> Result<Option<Outcome>, Error> {
    let wanted = wanted(row, shared, entry).await?;
    let done = provision(&shared.kms, &wanted, run).await.map_err(|ended| ended.error)?;
    Ok(Some(done.proof.outcome()))
}

/// What is asked for, with what is known of earlier runs.
async fn wanted(row: &Row, shared: &Shared, entry: &Entry) -> Result<Provision, Error> {
    let (kms, region) = (&shared.kms, shared.kms.region());
    // Once a file holds the bytes and their import was sent, it is that file which is imported.
    let sent = entry.call.as_deref() == Some(Operation::ImportKeyMaterial.name());
    let material = match entry.kept.as_deref().filter(|path| sent && path.exists()) {
        Some(path) => Material::given(row.read_kept(path)?),
        None => row.material_in(Some(region)).map_err(|(_, error)| error.into_error())?,
    };
    let request = row.request_id(region)?;
    let wanted = row.provision(region, material)?.verify(shared.plan.level).strict(shared.plan.strict);
    let noted: Option<KeyArn> = entry.key_arn.as_deref().and_then(|arn| arn.parse().ok());
    let of_run = noted.is_some();
    let found = if !of_run && shared.may_lack { shared.lost_key(row).await? } else { noted };
    let found = match &found {
        Some(arn) => there(kms, arn).await?,
        None => None,
    };
    Ok(match found {
        Some(key) if key.state == KeyState::PendingImport => wanted.pending(known(request, Some(key.arn))),
        // A key of this journal whose alias is gone gets it back.
        Some(key) if of_run => wanted.pending(known(request, None)).adopt(Some(key.arn)),
        // Without an alias it is the tag alone that tells a key which has its key material by now: anybody may have put it there.
        Some(key) if wanted.request.alias.is_none() => {
            let trust = Trust { policy: wanted.request.policy.clone(), ..Trust::default() };
            trust.vouch(kms, &key, &key.arn, &Silent).await?;
            wanted.pending(known(request, None)).adopt(Some(key.arn))
        }
        _ => wanted.pending(known(request, None)),
    })
}

/// The key, unless it is gone or about to be.
pub(super) async fn there(kms: &Kms, arn: &KeyArn) -> Result<Option<KeyDescription>, Error> {
    match kms.describe(arn).await {
        Ok(key) => Ok(Some(key).filter(|key| !key.state.is_deletion())),
        Err(error) if error.reason() == Some(Reason::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
