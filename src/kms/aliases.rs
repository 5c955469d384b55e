//! Aliases.

use aws_sdk_kms::Client;
use aws_sdk_kms::operation::list_aliases::ListAliasesOutput;
use aws_sdk_kms::types::AliasListEntry;

use super::backoff::Backoff;
use super::call::Call;
use super::client::Kms;
use super::description::KeyDescription;
use super::error::{KmsError, Reason};
use super::operation::Operation;
use super::pages::Page;
use super::reply::Reply;

/// What became of CreateAlias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasOutcome {
    /// The alias names the key.
    Created,
    /// An alias of that name was there first.
    Exists,
}

/// Far more than the quota of aliases in an account and Region.
const MOST: usize = 500_000;

/// An alias and the key it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name with its `alias/`.
    pub name: String,
    /// The key id; absent for aliases of AWS services that have no key yet.
    pub key_id: Option<String>,
}

impl Kms {
    /// ListAliases for one alias: whether it is permitted.
    ///
    /// # Errors
    /// As every call of [`Kms`]; [`KmsError::is_access_denied`] tells a missing permission.
    pub async fn may_list_aliases(&self) -> Result<(), KmsError> {
        let send = |client: aws_sdk_kms::Client| async move { client.list_aliases().limit(1).send().await };
        self.call(Call::new(Operation::ListAliases, None), send).await.map(drop)
    }

    /// CreateAlias: takes a key id or ARN. An alias that exists is no error, and is looked at: it is [`AliasOutcome::Created`] if it names
    /// this key, which an attempt with a lost reply may have done.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn create_alias(&self, alias: &str, key_arn: &str) -> Result<AliasOutcome, KmsError> {
        let send = |client: aws_sdk_kms::Client| async move {
            client.create_alias().alias_name(alias).target_key_id(key_arn).send().await
        };
        match self.call(Call::new(Operation::CreateAlias, Some(key_arn)), send).await {
            Ok(_) => Ok(AliasOutcome::Created),
            Err(KmsError::Refused(refusal)) if refusal.reason == Reason::AlreadyExists => {
                let named = self.wait_for_alias(alias).await?;
                Ok(if named.is_some_and(|key| *key.arn == *key_arn) {
                    AliasOutcome::Created
                } else {
                    AliasOutcome::Exists
                })
            }
            Err(error) => Err(error),
        }
    }

    /// UpdateAlias: takes a key id or ARN. KMS has no condition for it: whoever calls last wins.
    ///
    /// # Errors
    /// As every call of [`Kms`]; an alias that is not there is refused as [`Reason::NotFound`].
    pub async fn update_alias(&self, alias: &str, key_arn: &str) -> Result<(), KmsError> {
        let send = |client: aws_sdk_kms::Client| async move {
            client.update_alias().alias_name(alias).target_key_id(key_arn).send().await
        };
        self.call(Call::new(Operation::UpdateAlias, Some(key_arn)), send).await.map(drop)
    }

    /// The key of an alias that exists, although DescribeKey may not know it everywhere yet.
    async fn wait_for_alias(&self, alias: &str) -> Result<Option<KeyDescription>, KmsError> {
        let mut backoff = Backoff::new(self.max_wait());
        loop {
            let found = self.find_alias(alias).await?;
            match backoff.delay() {
                Some(delay) if found.is_none() => tokio::time::sleep(delay).await,
                _ => return Ok(found),
            }
        }
    }

    /// ListAliases, all pages: the aliases of the key of that id or ARN, or of the whole account and Region. Aliases of AWS services are
    /// among the latter.
    ///
    /// # Errors
    /// As every call of [`Kms`], and [`KmsError::EndlessList`].
    pub async fn aliases(&self, key_arn: Option<&str>) -> Result<Vec<Alias>, KmsError> {
        let send = |client: Client, marker| {
            let request = client.list_aliases().limit(100).set_key_id(key_arn.map(str::to_owned)).set_marker(marker);
            async move { request.send().await }
        };
        let read = |page: ListAliasesOutput| {
            let alias = |alias: &AliasListEntry| {
                let name = alias.alias_name()?.to_owned();
                Some(Alias { name, key_id: alias.target_key_id().map(str::to_owned) })
            };
            let listed = Reply(Operation::ListAliases).need("Aliases", page.aliases)?;
            let items: Vec<Alias> = listed.iter().filter_map(alias).collect();
            let bytes = items.iter().map(|alias| alias.name.len() + 64).sum();
            Ok(Page { items, listed: listed.len(), bytes, marker: page.next_marker, truncated: page.truncated })
        };
        self.list(Call::new(Operation::ListAliases, key_arn), MOST, send, read).await
    }
}
