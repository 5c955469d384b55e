//! Names of Regions.

use std::fmt;

use super::text::text_type;
use crate::partition;

/// The name of a Region, as in `us-east-1`. It reads as its text, and parses from it: other text is
/// [`KmsError::NotARegion`](super::KmsError::NotARegion), a China Region [`KmsError::ChinaRegion`](super::KmsError::ChinaRegion). Whether
/// AWS has such a Region is not looked up.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(String);

text_type!(Region);

impl Region {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Region that an ARN names, which need not be served here.
    pub(super) fn in_arn(name: &str) -> Self {
        Region(name.to_owned())
    }

    /// A Region in which this program works.
    pub(super) fn served(name: &str) -> Option<Self> {
        is_served(name).then(|| Region(name.to_owned()))
    }
}

/// Whether it is one of the China Regions, which need another cryptography.
pub(super) fn is_in_china(region: &str) -> bool {
    partition::of(region).name == partition::CHINA
}

/// Whether it has the form of a Region's name. KMS's own pattern (API reference, `ReplicateKey`), of a length that fits into a host name:
/// an Availability Zone is none.
pub(super) fn is_region(region: &str) -> bool {
    let (words, number) = region.rsplit_once('-').unwrap_or_default();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let has_words = (2..=3).contains(&words.split('-').count()) && words.split('-').all(is_word);
    has_words && is_number && region.len() <= 32
}

/// Whether this program works there.
pub(super) fn is_served(region: &str) -> bool {
    is_region(region) && !is_in_china(region)
}
