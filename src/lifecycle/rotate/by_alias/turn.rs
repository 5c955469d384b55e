//! The runs of one machine that rotate the same alias, one after the other.

use crate::files::{self, Locked};
use crate::kms::Kms;
use crate::lifecycle::error::Error;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::pending_requests::PendingRequests;
use crate::lifecycle::run::wait;
use crate::parameters::sha256;
use crate::progress::Progress;
use crate::time::seconds;

/// Waits until no other run on this machine rotates the alias. It is this run's turn until what it gets is dropped; without a
/// state directory, or an alias that is named, every run has its turn at once.
pub(crate) async fn take(
    kms: &Kms,
    alias: Option<&AliasName>,
    pending: &PendingRequests,
    progress: &dyn Progress,
) -> Result<Option<Locked>, Error> {
    let Some((alias, directory)) = alias.zip(pending.directory.as_ref()) else { return Ok(None) };
    let place = [kms.region().as_str(), kms.endpoint().unwrap_or_default(), alias.as_str()].join("\n");
    let path = directory.join(format!("rotate-{}.lock", &sha256(place.as_bytes())?[..32]));
    let without = |why: String| {
        progress.detail(&format!("`{}`: {why}; other runs on this machine are not waited for", path.display()));
        Ok(None)
    };
    if let Err(error) = files::private_directory(directory) {
        return without(error.to_string());
    }
    let what = format!("another run on this machine, which rotates {alias}");
    let turn = wait::until(&what, kms.wait(), progress, || async {
        match files::try_lock(&path) {
            Ok(Some(file)) => Ok(Some(Ok(file))),
            Ok(None) => Ok(None),
            Err(error) => Ok(Some(Err(error))),
        }
    });
    match turn.await? {
        Some(Ok(file)) => Ok(Some(file)),
        Some(Err(error)) => without(error.to_string()),
        None => Err(RotationError::Running { alias: alias.to_string(), waited: seconds(kms.wait()) }.into()),
    }
}
