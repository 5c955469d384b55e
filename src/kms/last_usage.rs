//! When a key was last used.

use aws_smithy_types::DateTime;

use super::call::Call;
use super::client::Kms;
use super::error::KmsError;
use super::operation::Operation;
use super::reply::Reply;

/// What KMS knows of the last successful cryptographic operation with a key. It tells of the key in its own Region, not of one of
/// its key materials, and no more than CloudTrail that nobody needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUsage {
    /// The operation, by KMS's name, and when it was (UTC); `None` if there was none since `tracked_since`.
    pub used: Option<(String, DateTime)>,
    /// Since when KMS keeps this, or since the key exists.
    pub tracked_since: DateTime,
}

impl Kms {
    /// GetKeyLastUsage: takes a key id or ARN.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn last_usage(&self, key_arn: &str) -> Result<LastUsage, KmsError> {
        let operation = Operation::GetKeyLastUsage;
        let send =
            |client: aws_sdk_kms::Client| async move { client.get_key_last_usage().key_id(key_arn).send().await };
        let answer = self.call(Call::new(operation, Some(key_arn)), send).await?;
        let reply = Reply(operation);
        let usage = reply.need("KeyLastUsage", answer.key_last_usage())?;
        let used = match usage.operation() {
            None => None,
            Some(used) => Some((
                reply.name::<String>("KeyLastUsage.Operation", Some(used.as_str()))?.to_string(),
                reply.time("KeyLastUsage.Timestamp", usage.timestamp().copied())?,
            )),
        };
        let tracked_since = reply.time("TrackingStartDate", answer.tracking_start_date().copied())?;
        Ok(LastUsage { used, tracked_since })
    }
}
