//! Calls that change nothing, to find out what the credentials permit.

use super::call::Call;
use super::client::Kms;
use super::operation::Operation;
use crate::error::Error;

impl Kms {
    /// ListKeys for one key: whether it is permitted.
    pub async fn may_list_keys(&self) -> Result<(), Error> {
        let send = |client: aws_sdk_kms::Client| async move { client.list_keys().limit(1).send().await };
        self.call(Call::new(Operation::ListKeys, None), send).await.map(drop)
    }

    /// ListAliases for one alias: whether it is permitted.
    pub async fn may_list_aliases(&self) -> Result<(), Error> {
        let send = |client: aws_sdk_kms::Client| async move { client.list_aliases().limit(1).send().await };
        self.call(Call::new(Operation::ListAliases, None), send).await.map(drop)
    }
}
