//! The ARN of a KMS key: `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`.

/// The parts of a key ARN, checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KeyArn<'a> {
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) id: &'a str,
}

impl<'a> KeyArn<'a> {
    /// `None` for anything else, also for alias ARNs and for text that does not belong on a terminal.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let [arn, partition, kms, region, account, resource] = *text.splitn(6, ':').collect::<Vec<_>>() else {
            return None;
        };
        let id = resource.strip_prefix("key/")?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let fits = arn == "arn"
            && partition.starts_with("aws")
            && kms == "kms"
            && [partition, region, id].into_iter().all(plain)
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit());
        fits.then_some(KeyArn { region, account, id })
    }
}

/// The Region in any KMS ARN, of a key or of an alias.
pub(crate) fn region_of(name: &str) -> Option<&str> {
    name.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
}

/// Whether this names an alias, which many calls do not accept.
pub(crate) fn is_alias(name: &str) -> bool {
    name.starts_with("alias/") || (name.starts_with("arn:") && name.contains(":alias/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_arn_has_region_account_and_id() {
        let arn = KeyArn::parse("arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd").unwrap();
        assert_eq!(arn, KeyArn { region: "us-east-1", account: "111122223333", id: "mrk-1234abcd" });
        assert!(KeyArn::parse("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1").is_some());
    }

    #[test]
    fn other_text_is_no_key_arn() {
        for text in [
            "",
            "1234",
            "arn:aws:kms:us-east-1:111122223333:alias/a",
            "arn:aws:s3:us-east-1:111122223333:key/1",
            "arn:aws:kms:us-east-1:1111:key/1",
            "arn:aws:kms:us-east-1:111122223333:key/",
            "arn:aws:kms:us-east-1:111122223333:key/1\u{1b}[2J",
            "arn:aws:kms:us-east-1:111122223333:key/1:2",
        ] {
            assert_eq!(KeyArn::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn aliases_are_told_from_keys() {
        assert!(is_alias("alias/a") && is_alias("arn:aws:kms:us-east-1:111122223333:alias/a"));
        assert!(!is_alias("1234") && !is_alias("arn:aws:kms:us-east-1:111122223333:key/1"));
        assert_eq!(region_of("arn:aws:kms:eu-west-1:111122223333:alias/a"), Some("eu-west-1"));
        assert_eq!(region_of("alias/a"), None);
    }
}
