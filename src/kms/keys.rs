//! Keys: making, describing, finding, tagging and retiring them.

use aws_sdk_kms::Client;
use aws_sdk_kms::operation::list_keys::ListKeysOutput;
use aws_sdk_kms::operation::list_resource_tags::ListResourceTagsOutput;
use aws_sdk_kms::types::{KeyListEntry, KeySpec as SdkKeySpec, KeyUsageType, OriginType, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::arn::KeyArn;
use super::call::Call;
use super::client::Kms;
use super::description::KeyDescription;
use super::error::{KmsError, Reason};
use super::operation::Operation;
use super::pages::Page;
use super::recent_changes::Change;
use super::reply::Reply;
use super::transport::TwoFollow;
use crate::material::{KeySpec, KeyUsage};

/// A key to be created; its origin is always EXTERNAL.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The key spec.
    pub spec: KeySpec,
    /// What the key may be used for.
    pub usage: KeyUsage,
    /// The description: public, up to 8192 characters.
    pub description: Option<String>,
    /// The key policy as JSON; KMS's default if absent.
    pub policy: Option<String>,
    /// Names (1 to 128 characters) and values (up to 256) of the tags: public, at most 50.
    pub tags: Vec<(String, String)>,
    /// Whether it becomes a multi-Region primary key.
    pub multi_region: bool,
}

/// Twice the quota of keys in an account and Region.
const MOST_KEYS: usize = 200_000;
/// A key has 50 tags.
const MOST_TAGS: usize = 1000;

impl Kms {
    /// DescribeKey: takes a key id, an ARN, `alias/NAME` or an alias ARN.
    ///
    /// # Errors
    /// As every call of [`Kms`]; a key that is not there is refused as [`Reason::NotFound`].
    pub async fn describe(&self, key: &str) -> Result<KeyDescription, KmsError> {
        let described = self.describe_as_told(key).await?;
        described.check_imported(Reply(Operation::DescribeKey))?;
        Ok(described)
    }

    /// The same for a replica. Servers that stand in for KMS may copy key material to replicas, and call them enabled before any import.
    pub(crate) async fn describe_replica(&self, arn: &KeyArn) -> Result<KeyDescription, KmsError> {
        let described = self.describe_as_told(arn).await?;
        let is_replica = described.multi_region.as_ref().is_some_and(|relatives| !relatives.primary);
        if !is_replica || self.endpoint().is_none() {
            described.check_imported(Reply(Operation::DescribeKey))?;
        }
        Ok(described)
    }

    async fn describe_as_told(&self, key: &str) -> Result<KeyDescription, KmsError> {
        let operation = Operation::DescribeKey;
        let send = |client: Client| async move { client.describe_key().key_id(key).send().await };
        let reply = self.call(Call::new(operation, Some(key)), send).await?;
        let described = KeyDescription::of(Reply(operation), reply.key_metadata)?;
        Reply(operation).same_key(key, Some(&described.arn))?;
        self.note_date(&described);
        Ok(described)
    }

    /// DescribeKey for an alias, with its `alias/`; `None` where there is no such alias.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn find_alias(&self, alias: &str) -> Result<Option<KeyDescription>, KmsError> {
        match self.describe(alias).await {
            Ok(key) => Ok(Some(key)),
            Err(KmsError::Refused(refusal)) if refusal.reason == Reason::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// ListKeys for one key: whether it is permitted.
    ///
    /// # Errors
    /// As every call of [`Kms`]; [`KmsError::is_access_denied`] tells a missing permission.
    pub async fn may_list_keys(&self) -> Result<(), KmsError> {
        let send = |client: Client| async move { client.list_keys().limit(1).send().await };
        self.call(Call::new(Operation::ListKeys, None), send).await.map(drop)
    }

    /// CreateKey, sent once: KMS has no idempotency token, and a repeated call makes a second key.
    ///
    /// # Errors
    /// As every call of [`Kms`], and [`KmsError::Unsendable`] for tags that the SDK does not take. After [`KmsError::ReplyLost`] there may
    /// be a key.
    pub async fn create_key(&self, new: &NewKey) -> Result<KeyDescription, KmsError> {
        self.create_key_before(new, 1).await
    }

    /// The same before so many calls side by side.
    pub(crate) async fn create_key_before(&self, new: &NewKey, calls: usize) -> Result<KeyDescription, KmsError> {
        let operation = Operation::CreateKey;
        let tags = tags(&new.tags)?;
        let send = |client: Client| {
            let request = client
                .create_key()
                .origin(OriginType::External)
                .key_spec(SdkKeySpec::from(new.spec.name()))
                .key_usage(KeyUsageType::from(new.usage.name()))
                .multi_region(new.multi_region)
                .set_description(new.description.clone())
                .set_policy(new.policy.clone())
                .set_tags((!tags.is_empty()).then(|| tags.clone()));
            let announce = move |request: &mut HttpRequest| {
                if calls > 1 {
                    request.add_extension(TwoFollow);
                }
            };
            async move { request.customize().mutate_request(announce).send().await }
        };
        let reply = self.call(Call::new(operation, None), send).await?;
        let key = KeyDescription::of(Reply(operation), reply.key_metadata)?;
        self.recent().changed(&key.arn, Change::Created);
        self.note_date(&key);
        Ok(key)
    }

    /// DescribeKey until a new key is known everywhere it is asked, for up to [`Connection::wait`](super::Connection::wait).
    ///
    /// # Errors
    /// As every call of [`Kms`]; a key that does not show in time is refused as [`Reason::NotFound`].
    pub async fn wait_until_visible(&self, key_arn: &str) -> Result<KeyDescription, KmsError> {
        self.expect_visible(key_arn);
        self.describe(key_arn).await
    }

    /// The key is there: a call that does not find it yet is repeated.
    pub(crate) fn expect_visible(&self, key_arn: &str) {
        self.recent().awaited(key_arn);
    }

    /// GetKeyPolicy: takes a key id or ARN, and gives the policy `default`, the only one there is, as JSON text.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn key_policy(&self, key_arn: &str) -> Result<String, KmsError> {
        let operation = Operation::GetKeyPolicy;
        let send =
            |client: Client| async move { client.get_key_policy().key_id(key_arn).policy_name("default").send().await };
        let reply = self.call(Call::new(operation, Some(key_arn)), send).await?;
        Reply(operation).text("Policy", reply.policy())
    }

    /// ListKeys, all pages: the ARNs of all keys of the account and Region.
    ///
    /// # Errors
    /// As every call of [`Kms`], and [`KmsError::EndlessList`].
    pub async fn keys(&self) -> Result<Vec<KeyArn>, KmsError> {
        let operation = Operation::ListKeys;
        let send = |client: Client, marker| {
            let request = client.list_keys().limit(1000).set_marker(marker);
            async move { request.send().await }
        };
        let read = |page: ListKeysOutput| {
            let arn = |key: &KeyListEntry| Reply(operation).key_arn("KeyArn", key.key_arn());
            let listed = Reply(operation).need("Keys", page.keys)?;
            let items: Vec<KeyArn> = listed.iter().map(arn).collect::<Result<_, _>>()?;
            let bytes = items.iter().map(|arn| arn.len()).sum();
            Ok(Page { listed: items.len(), items, bytes, marker: page.next_marker, truncated: page.truncated })
        };
        self.list(Call::new(operation, None), MOST_KEYS, send, read).await
    }

    /// ListResourceTags, all pages: names and values of the tags of the key of that id or ARN.
    ///
    /// # Errors
    /// As every call of [`Kms`], and [`KmsError::EndlessList`].
    pub async fn tags(&self, key_arn: &str) -> Result<Vec<(String, String)>, KmsError> {
        let operation = Operation::ListResourceTags;
        let send = |client: Client, marker| {
            let request = client.list_resource_tags().key_id(key_arn).set_marker(marker);
            async move { request.send().await }
        };
        let read = |page: ListResourceTagsOutput| {
            let pair = |tag: &Tag| (tag.tag_key().to_owned(), tag.tag_value().to_owned());
            let listed = Reply(operation).need("Tags", page.tags)?;
            let items: Vec<(String, String)> = listed.iter().map(pair).collect();
            let bytes = items.iter().map(|(key, value)| key.len() + value.len()).sum();
            Ok(Page { listed: items.len(), items, bytes, marker: page.next_marker, truncated: page.truncated })
        };
        self.list(Call::new(operation, Some(key_arn)), MOST_TAGS, send, read).await
    }

    /// TagResource: takes a key id or ARN, and sets the tags of these names to these values.
    ///
    /// # Errors
    /// As every call of [`Kms`], and [`KmsError::Unsendable`] for tags that the SDK does not take.
    pub async fn tag(&self, key_arn: &str, pairs: &[(String, String)]) -> Result<(), KmsError> {
        let tags = tags(pairs)?;
        let send = |client: Client| {
            let request = client.tag_resource().key_id(key_arn).set_tags(Some(tags.clone()));
            async move { request.send().await }
        };
        self.call(Call::new(Operation::TagResource, Some(key_arn)), send).await.map(|_| ())
    }

    /// UntagResource: takes a key id or ARN, and removes the tags of these names.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn untag(&self, key_arn: &str, names: &[&str]) -> Result<(), KmsError> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let send = |client: Client| {
            let request = client.untag_resource().key_id(key_arn).set_tag_keys(Some(names.clone()));
            async move { request.send().await }
        };
        self.call(Call::new(Operation::UntagResource, Some(key_arn)), send).await.map(|_| ())
    }

    /// DisableKey: takes a key id or ARN.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn disable(&self, key_arn: &str) -> Result<(), KmsError> {
        let send = |client: Client| async move { client.disable_key().key_id(key_arn).send().await };
        self.call(Call::new(Operation::DisableKey, Some(key_arn)), send).await.map(|_| ())
    }

    /// ScheduleKeyDeletion: takes a key id or ARN, and a waiting period of 7 to 30 days.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn schedule_deletion(&self, key_arn: &str, days: u32) -> Result<(), KmsError> {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        let send = |client: Client| async move {
            client.schedule_key_deletion().key_id(key_arn).pending_window_in_days(days).send().await
        };
        self.call(Call::new(Operation::ScheduleKeyDeletion, Some(key_arn)), send).await.map(|_| ())
    }
}

pub(super) fn tags(pairs: &[(String, String)]) -> Result<Vec<Tag>, KmsError> {
    let tag = |(key, value): &(String, String)| Tag::builder().tag_key(key).tag_value(value).build();
    pairs
        .iter()
        .map(tag)
        .collect::<Result<_, _>>()
        .map_err(|error| KmsError::Unsendable { operation: Operation::TagResource, because: error.to_string() })
}
