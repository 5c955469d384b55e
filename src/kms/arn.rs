//! The ARN of a KMS key: `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::region::Region;
use super::text::text_type;
use crate::partition;

/// The ARN of a key, checked and taken apart. It reads as its text, and parses from
/// `arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyArn(Arc<Parts>);

#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Parts {
    text: String,
    region: Region,
    id: KeyId,
}

/// The id of a key within its account and Region, as in `1234abcd-12ab-34cd-56ef-1234567890ab`, or `mrk-…` for a multi-Region key, whose
/// relatives in several Regions share it. It reads as its text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

text_type!(KeyArn);
text_type!(KeyId);

/// The text that was to be a [`KeyArn`] and is none: an alias ARN, the ARN of another service or of an unknown partition, or any other
/// text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key ARN")]
pub struct NotAKeyArn(String);

impl KeyArn {
    /// The text of the ARN.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The partition, as in `aws` or `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.as_str().split(':').nth(1).unwrap_or_default()
    }

    /// The Region of the key.
    pub fn region(&self) -> &Region {
        &self.0.region
    }

    /// The account: twelve digits.
    pub fn account(&self) -> &str {
        self.as_str().split(':').nth(4).unwrap_or_default()
    }

    /// The id of the key.
    pub fn id(&self) -> &KeyId {
        &self.0.id
    }
}

impl KeyId {
    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyArn {
    type Err = NotAKeyArn;

    fn from_str(text: &str) -> Result<Self, NotAKeyArn> {
        let refused = || NotAKeyArn(text.to_owned());
        let [arn, partition, kms, region, account, resource] = *text.splitn(6, ':').collect::<Vec<_>>() else {
            return Err(refused());
        };
        let id = resource.strip_prefix("key/").ok_or_else(refused)?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let fits = arn == "arn"
            && partition::is_known(partition)
            && kms == "kms"
            && [region, id].into_iter().all(plain)
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit());
        let (text, region, id) = (text.to_owned(), Region::in_arn(region), KeyId(id.to_owned()));
        if fits { Ok(KeyArn(Arc::new(Parts { text, region, id }))) } else { Err(refused()) }
    }
}

/// The Region in any KMS ARN, of a key or of an alias.
pub(crate) fn region_of(name: &str) -> Option<&str> {
    name.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
}

/// The name of the alias, with `alias/`, where this names one; many calls do not accept an alias.
pub(crate) fn alias_in(name: &str) -> Option<&str> {
    match name.strip_prefix("arn:") {
        Some(_) => name.find(":alias/").map(|at| &name[at + 1..]),
        None => name.starts_with("alias/").then_some(name),
    }
}

/// Whether this names an alias.
pub(crate) fn is_alias(name: &str) -> bool {
    alias_in(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_arn_has_partition_region_account_and_id() {
        let text = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1234abcd";
        let arn: KeyArn = text.parse().unwrap();
        assert_eq!((arn.partition(), &**arn.region()), ("aws-us-gov", "us-gov-west-1"));
        assert_eq!((arn.account(), &**arn.id()), ("111122223333", "mrk-1234abcd"));
        assert_eq!((arn.to_string().as_str(), &*arn, serde_json::to_value(&arn).unwrap()), (text, text, text.into()));
    }

    #[test]
    fn other_text_is_no_key_arn() {
        for text in [
            "",
            "1234",
            "arn:aws:kms:us-east-1:111122223333:alias/a",
            "arn:aws:s3:us-east-1:111122223333:key/1",
            "arn:aws:kms:us-east-1:1111:key/1",
            "arn:awsome:kms:us-east-1:111122223333:key/1",
            "arn:aws-moon:kms:us-east-1:111122223333:key/1",
            "arn:aws:kms:us-east-1:111122223333:key/",
            "arn:aws:kms:us-east-1:111122223333:key/1\u{1b}[2J",
            "arn:aws:kms:us-east-1:111122223333:key/1:2",
        ] {
            assert_eq!(text.parse::<KeyArn>(), Err(NotAKeyArn(text.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn aliases_are_told_from_keys() {
        assert!(is_alias("alias/a") && is_alias("arn:aws:kms:us-east-1:111122223333:alias/a"));
        assert_eq!(alias_in("arn:aws:kms:us-east-1:111122223333:alias/a/b"), Some("alias/a/b"));
        assert!(!is_alias("1234") && !is_alias("arn:aws:kms:us-east-1:111122223333:key/1"));
        assert_eq!(region_of("arn:aws:kms:eu-west-1:111122223333:alias/a"), Some("eu-west-1"));
        assert_eq!(region_of("alias/a"), None);
    }
}
