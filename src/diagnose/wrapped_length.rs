//! AES-KWP hides only up to seven bytes of a length (RFC 5649 §4.1): the second half of RSA_AES_KEY_WRAP shows how long the private
//! key in it is, and so which container it is in.

use super::causes::BlobCause;
use super::finding::Findings;
use super::hand::Hand;
use crate::file_checks::wrapped_blob::{self, is_usual};
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// Whether the length is that of another size of wrapping key.
pub(super) fn examine(hand: &Hand, modulus: Option<usize>, findings: &mut Findings) -> bool {
    let (Some(item), Some(spec), Some(modulus)) = (&hand.encrypted, hand.spec(), modulus) else { return false };
    if !hand.algorithm().is_some_and(WrappingAlgorithm::uses_aes_key_wrap) || !spec.is_private_key() {
        return false;
    }
    let (name, found) = (item.name.clone(), item.content().len());
    let Some(carried) = wrapped_blob::carried(found, modulus).filter(|carried| !is_usual(spec, carried)) else {
        return false;
    };
    let fits = |other: &WrappingKeySpec| {
        wrapped_blob::carried(found, other.bytes()).is_some_and(|range| is_usual(spec, &range))
    };
    let asked = hand.wrapping().or_else(|| WrappingKeySpec::of_bits(8 * modulus as u32));
    if let (Some(other), Some(asked)) = (WrappingKeySpec::ALL.into_iter().find(fits), asked) {
        let expected = format!("about {}", modulus + (found - other.bytes()));
        findings.likely(BlobCause::OtherSize { name, found, other, asked, expected });
        return true;
    }
    let (least, most) = carried.into_inner();
    let usual = format!("about {} in PKCS#8 DER", spec.usual_length());
    findings.likely(BlobCause::LengthForSpec { name, least, most, spec, usual });
    false
}
