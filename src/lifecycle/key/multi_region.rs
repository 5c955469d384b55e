//! Checks and waits for multi-Region keys.

use crate::kms::{KeyArn, KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::run::wait;
use crate::progress::Progress;
use crate::time::seconds;

/// Refuses a replica: KMS rotates and replicates the primary key only.
pub(crate) fn check_primary(key: &KeyDescription, what: &'static str) -> Result<(), Error> {
    match &key.multi_region {
        Some(relatives) if !relatives.primary => {
            let (arn, primary) = (key.arn.clone(), relatives.primary_arn.clone());
            Err(LifecycleError::Replica { arn, primary, what }.into())
        }
        _ => Ok(()),
    }
}

/// DescribeKey until a replica is no longer Creating.
pub(crate) async fn until_made(kms: &Kms, arn: &KeyArn, progress: &dyn Progress) -> Result<KeyDescription, Error> {
    let what = format!("KMS to make replica {arn}");
    let made = wait::until(&what, kms.wait(), progress, || async {
        let replica = kms.describe_replica(arn).await?;
        Ok((replica.state != KeyState::Creating).then_some(replica))
    });
    let made =
        made.await?.ok_or_else(|| LifecycleError::StillCreating { arn: arn.clone(), waited: seconds(kms.wait()) })?;
    if let Some(endpoint) = kms.endpoint().filter(|_| made.is_enabled_without_import()) {
        progress.warn(&format!("the endpoint {endpoint} calls {arn} enabled, and nothing was imported into it"));
    }
    Ok(made)
}
