//! Names of Regions.

use crate::error::KmsError;

/// Refuses what is no name of a Region, and the China Regions.
pub(crate) fn check_region(region: &str) -> Result<(), KmsError> {
    let region = region.to_owned();
    if region.starts_with("cn-") {
        return Err(KmsError::ChinaRegion { region });
    }
    // KMS's own pattern (API reference, `ReplicateKey`), of a length that fits into a host name: an Availability Zone is none.
    let (words, number) = region.rsplit_once('-').unwrap_or_default();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_region = (2..=3).contains(&words.split('-').count()) && words.split('-').all(is_word);
    if is_region && is_number && region.len() <= 32 { Ok(()) } else { Err(KmsError::NotARegion { region }) }
}
