//! AES-KWP hides only up to seven bytes of a length (RFC 5649 §4.1): the second half of RSA_AES_KEY_WRAP shows how long the private
//! key in it is, and so which container it is in.

use std::ops::RangeInclusive;

use super::causes::BlobCause;
use super::finding::Findings;
use super::hand::Hand;
use crate::material::KeySpec;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// Whether the length is that of another size of wrapping key.
pub(super) fn examine(hand: &Hand, modulus: Option<usize>, findings: &mut Findings) -> bool {
    let (Some(item), Some(spec), Some(modulus)) = (&hand.encrypted, hand.spec(), modulus) else { return false };
    if !hand.algorithm().is_some_and(WrappingAlgorithm::uses_aes_key_wrap) || !spec.is_private_key() {
        return false;
    }
    let (name, found) = (item.name.clone(), item.content().len());
    let Some(carried) = carried(found, modulus).filter(|carried| !is_usual(spec, carried)) else { return false };
    let fits =
        |other: &WrappingKeySpec| self::carried(found, other.bytes()).is_some_and(|range| is_usual(spec, &range));
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

/// Whether a PKCS#8 key of that spec can have such a length.
pub(super) fn is_usual(spec: KeySpec, carried: &RangeInclusive<usize>) -> bool {
    usual_lengths(spec).iter().any(|range| range.start() <= carried.end() && carried.start() <= range.end())
}

/// How many bytes a blob of this length carries under AES-KWP.
pub(super) fn carried(blob: usize, modulus: usize) -> Option<RangeInclusive<usize>> {
    let padded = blob.checked_sub(modulus + 8).filter(|padded| *padded >= 8)?;
    Some(padded - 7..=padded)
}

/// What PKCS#8 keys of a spec take. EC keys may leave out the public key; RSA keys vary by a few bytes, and by their public
/// exponent.
fn usual_lengths(spec: KeySpec) -> Vec<RangeInclusive<usize>> {
    let usual = spec.usual_length();
    let with_public_key = usual - 2..=usual + 16;
    match spec {
        KeySpec::EccNistP256 => vec![66..=68, with_public_key],
        KeySpec::EccSecgP256k1 => vec![63..=65, with_public_key],
        KeySpec::EccNistP384 => vec![79..=81, with_public_key],
        KeySpec::EccNistP521 => vec![97..=99, with_public_key],
        KeySpec::EccNistEdwards25519 => vec![usual..=usual + 40],
        _ => vec![usual - 12..=usual + 64],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_shows_how_long_its_key_is() {
        assert_eq!(carried(256 + 1232, 256), Some(1217..=1224));
        assert_eq!((carried(256, 256), carried(264, 256), carried(0, 512)), (None, None, None));
    }

    #[test]
    fn pkcs1_and_sec1_are_shorter_than_any_pkcs8_key() {
        for (spec, foreign) in [
            (KeySpec::Rsa2048, 1193),
            (KeySpec::Rsa3072, 1770),
            (KeySpec::Rsa4096, 2350),
            (KeySpec::EccNistP256, 121),
            (KeySpec::EccNistP384, 167),
            (KeySpec::EccNistP521, 223),
            (KeySpec::EccSecgP256k1, 118),
        ] {
            let window = |length: usize| length.next_multiple_of(8) - 7..=length.next_multiple_of(8);
            assert!(!is_usual(spec, &window(foreign)), "{spec}");
            assert!(is_usual(spec, &window(spec.usual_length())), "{spec}");
        }
    }
}
