//! Looking for a key that no alias names yet, by the tag that it was made with.

use std::time::Duration;

use crate::kms::{KeyArn, KeyDescription, KeyState, Kms, KmsError, Operation, Reason};
use crate::lifecycle::error::Error;
use crate::lifecycle::key::request::{REQUEST_TAG, SUPERSEDES_TAG, Tags, value_of};
use crate::lifecycle::run::many::{Asking, Many, Pace};
use crate::lifecycle::run::wait;
use crate::progress::Progress;

/// How long it can take until every server of KMS knows a new key.
const NEW: Duration = Duration::from_secs(8);

/// The key of a request. For some seconds after its creation not every server of KMS knows it.
pub(crate) async fn find_newly_made(
    kms: &Kms,
    request: &str,
    progress: &dyn Progress,
) -> Result<Option<KeyDescription>, Error> {
    let what = "KMS to list a key with that tag";
    let wanted: Wanted<'_> = &|tags| is_of(tags, request);
    wait::until(what, NEW, progress, || async { find(kms, wanted, &is_empty).await }).await
}

/// A key that was to supersede that one, and that no alias names: with key material or without.
pub(crate) async fn find_successor(kms: &Kms, old: &KeyArn) -> Result<Option<KeyDescription>, Error> {
    let wanted: Wanted<'_> = &|tags| value_of(tags, SUPERSEDES_TAG) == Some(&**old.id());
    find(kms, wanted, &|key| key.state.takes_material()).await
}

/// KMS has no lookup by tag, so every key is asked for its tags. One with the wanted tags is taken if it fits and has no alias.
pub(crate) async fn find(kms: &Kms, wanted: Wanted<'_>, fits: Fits<'_>) -> Result<Option<KeyDescription>, Error> {
    let (keys, pace) = (kms.keys().await?, &Pace::of(Operation::ListResourceTags));
    let mut looks =
        Many::new(keys.iter().map(|arn| -> Asking<'_, _> { Box::pin(look(kms, arn, (wanted, fits), pace)) }));
    while let Some(looked) = looks.next().await {
        if let Some(key) = looked? {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

pub(crate) type Wanted<'a> = &'a (dyn Fn(&Tags) -> bool + Sync);
pub(crate) type Fits<'a> = &'a (dyn Fn(&KeyDescription) -> bool + Sync);

/// The key, if it is the one.
async fn look(
    kms: &Kms,
    arn: &KeyArn,
    (wanted, fits): (Wanted<'_>, Fits<'_>),
    pace: &Pace,
) -> Result<Option<KeyDescription>, Error> {
    pace.turn().await;
    let tags = match kms.tags(arn).await {
        Ok(tags) => tags,
        Err(error) if is_not_ours(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if !wanted(&tags) {
        return Ok(None);
    }
    let key = match kms.describe(arn).await {
        Ok(key) => key,
        Err(error) if is_not_ours(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_it = fits(&key) && kms.aliases(Some(arn)).await?.is_empty();
    Ok(is_it.then_some(key))
}

/// Whether it is the key of that request.
pub(crate) fn is_of(tags: &Tags, request: &str) -> bool {
    value_of(tags, REQUEST_TAG) == Some(request)
}

pub(crate) fn is_of_any(tags: &Tags) -> bool {
    value_of(tags, REQUEST_TAG).is_some()
}

pub(crate) fn is_empty(key: &KeyDescription) -> bool {
    key.state == KeyState::PendingImport
}

/// A key of somebody else, or one that was deleted while the list was read.
fn is_not_ours(error: &KmsError) -> bool {
    matches!(error.reason(), Some(Reason::AccessDenied | Reason::NotFound))
}
