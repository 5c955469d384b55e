//! Wrapped key material from outside: whether bytes can be what the wrapping gives, and what they are instead.

use std::ops::RangeInclusive;

use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use crate::files::damage::{Damage, MOST_LINE_END, newline_after, taken_for_text, without_carriage_returns};
use crate::material::{Container, HMAC_MAXIMUM, KeySpec, MaterialKind};
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec, check_length};

/// The most bytes of wrapped key material (API reference, `ImportKeyMaterial`).
pub(crate) const LIMIT: usize = 6144;

/// What is known of how wrapped key material came to be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Making {
    pub(crate) spec: Option<KeySpec>,
    pub(crate) algorithm: Option<WrappingAlgorithm>,
    pub(crate) wrapping: Option<WrappingKeySpec>,
    /// Bytes of the modulus; those of a size that KMS does not make, too.
    pub(crate) modulus: Option<usize>,
}

/// What bytes are that cannot be the wrapped key material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Strange {
    /// It, and a line end.
    Newline { extra: usize, wanted: usize },
    /// It, after a text conversion.
    Damaged(Damage),
    /// As long as a symmetric key in the clear.
    KeyInTheClear,
    /// As long as RSA_AES_KEY_WRAP makes it, which was not asked for.
    KeyWrap { wrapping: WrappingKeySpec, carried: usize },
    /// As long as OAEP alone makes it, which was not asked for.
    OaepAlone { wrapping: WrappingKeySpec },
    /// As long as another wrapping key makes it.
    OtherSize { other: WrappingKeySpec, asked: WrappingKeySpec },
    /// Of a length that nothing explains.
    Length,
}

impl Making {
    /// Whether wrapped key material can be of that length.
    pub(crate) fn fits(&self, length: usize) -> bool {
        length <= LIMIT
            && match (self.wrapping, self.modulus) {
                (Some(wrapping), _) => self.gives(length, wrapping),
                // A wrapping key of a strange size is a finding of its own.
                (None, Some(_)) => true,
                (None, None) => WrappingKeySpec::ALL.into_iter().any(|wrapping| self.gives(length, wrapping)),
            }
    }

    fn gives(&self, length: usize, wrapping: WrappingKeySpec) -> bool {
        let right = |algorithm: WrappingAlgorithm| check_length(length, algorithm, wrapping, None).is_ok();
        match (self.algorithm, self.spec) {
            (Some(algorithm), _) => right(algorithm),
            (None, None) => WrappingAlgorithm::ALL.into_iter().any(right),
            (None, Some(spec)) => WrappingAlgorithm::ALL.into_iter().any(|algorithm| {
                let long_enough = || carried(length, wrapping.bytes()).is_some_and(|most| *most.end() >= least(spec));
                algorithm.check(spec, wrapping, None).is_ok()
                    && right(algorithm)
                    && (!algorithm.uses_aes_key_wrap() || long_enough())
            }),
        }
    }

    /// Why bytes are no wrapped key material; nothing where they may be.
    pub(crate) fn strange(&self, bytes: &[u8]) -> Option<Strange> {
        let found = bytes.len();
        if self.fits(found) {
            return None;
        }
        if let Some(damage) = taken_for_text(bytes) {
            return Some(Strange::Damaged(damage));
        }
        let newline = (1..=MOST_LINE_END).find_map(|extra| {
            let wanted = found.checked_sub(extra)?;
            (newline_after(bytes, wanted) == Some(extra) && self.fits(wanted)).then_some((extra, wanted))
        });
        if let Some((extra, wanted)) = newline {
            return Some(Strange::Newline { extra, wanted });
        }
        if let Some((before, damage)) = without_carriage_returns(bytes)
            && self.fits(before.len())
        {
            return Some(Strange::Damaged(damage));
        }
        Some(match found {
            32 => Strange::KeyInTheClear,
            _ => self.other_making(found),
        })
    }

    /// What it should have been made with, in words, and how long it would be.
    pub(crate) fn expected(&self) -> (String, String) {
        let size = self.wrapping;
        let wrapping = size.map_or("an RSA wrapping key".to_owned(), |wrapping| wrapping.to_string());
        let oaep = size.map_or("256, 384 or 512".to_owned(), |wrapping| wrapping.bytes().to_string());
        let least = || {
            let material = if self.algorithm.is_some() { 48 } else { self.spec.map_or(48, least) };
            let least = WrappingAlgorithm::RsaAesKeyWrapSha256
                .wrapped_length(size.unwrap_or(WrappingKeySpec::Rsa2048), material);
            format!("at least {least}, a multiple of 8")
        };
        match (self.algorithm, self.is_key_wrap()) {
            (Some(algorithm), Some(true)) => (format!("{algorithm} with {wrapping}"), least()),
            (Some(algorithm), _) => (format!("{algorithm} with {wrapping}"), oaep),
            (None, Some(true)) => (format!("RSA_AES_KEY_WRAP with {wrapping}"), least()),
            (None, _) => (format!("OAEP with {wrapping}"), oaep),
        }
    }

    /// Whether RSA_AES_KEY_WRAP is what makes it; nothing where that is not known.
    pub(crate) fn is_key_wrap(&self) -> Option<bool> {
        match (self.algorithm, self.spec.map(KeySpec::kind)) {
            (Some(algorithm), _) => Some(algorithm.uses_aes_key_wrap()),
            (None, Some(MaterialKind::Symmetric | MaterialKind::Hmac { .. })) => Some(false),
            (None, Some(MaterialKind::Rsa { .. })) => Some(true),
            (None, _) => None,
        }
    }

    fn other_making(&self, found: usize) -> Strange {
        let of_size = WrappingKeySpec::ALL.into_iter().find(|wrapping| wrapping.bytes() == found);
        let key_wrap = self.is_key_wrap();
        if key_wrap == Some(true)
            && let Some(wrapping) = of_size.filter(|size| self.wrapping.is_none_or(|asked| asked == *size))
        {
            return Strange::OaepAlone { wrapping };
        }
        if key_wrap == Some(false)
            && let Some((wrapping, carried)) = self.wrapped_by_key_wrap(found)
            && of_size.is_none_or(|_| self.is_usual(found, wrapping))
        {
            return Strange::KeyWrap { wrapping, carried };
        }
        if let (Some(false), Some(other), Some(asked)) = (key_wrap, of_size, self.wrapping) {
            return Strange::OtherSize { other, asked };
        }
        // A key that is too short to be a private key in PKCS#8: a bare number.
        match self.wrapped_by_key_wrap(found) {
            Some((wrapping, carried)) if key_wrap.is_none() && carried >= 32 => Strange::KeyWrap { wrapping, carried },
            _ => Strange::Length,
        }
    }

    /// The wrapping key with which RSA_AES_KEY_WRAP gives that many bytes, and how many it carries: the one asked for, or the one with
    /// which the key material has a length that such keys have.
    fn wrapped_by_key_wrap(&self, found: usize) -> Option<(WrappingKeySpec, usize)> {
        let carries = |wrapping: WrappingKeySpec| {
            let range = carried(found, wrapping.bytes()).filter(|range| range.end().is_multiple_of(8))?;
            Some((wrapping, *range.end()))
        };
        let usual = |(wrapping, _): &(WrappingKeySpec, usize)| self.is_usual(found, *wrapping);
        let mut all = WrappingKeySpec::ALL.into_iter().filter_map(carries);
        let asked = self.wrapping.and_then(carries);
        asked.filter(usual).or_else(|| all.find(usual)).or(asked).or_else(|| {
            let short = |(_, carried): &(WrappingKeySpec, usize)| *carried <= HMAC_MAXIMUM;
            WrappingKeySpec::ALL.into_iter().filter_map(carries).find(short)
        })
    }

    fn is_usual(&self, found: usize, wrapping: WrappingKeySpec) -> bool {
        self.spec.is_some_and(|spec| carried(found, wrapping.bytes()).is_some_and(|range| is_usual(spec, &range)))
    }
}

impl Strange {
    /// What makes wrapped key material of such a length, where that is known.
    pub(crate) fn made(&self) -> Option<String> {
        match self {
            Strange::KeyWrap { wrapping, carried } => {
                Some(format!("RSA_AES_KEY_WRAP with {wrapping} and about {carried} bytes of key material"))
            }
            Strange::OaepAlone { wrapping } => Some(format!("OAEP alone with {wrapping}")),
            Strange::OtherSize { other, .. } => Some(format!("OAEP with {other}")),
            _ => None,
        }
    }
}

/// Whether key material of that spec can have such a length.
pub(crate) fn is_usual(spec: KeySpec, carried: &RangeInclusive<usize>) -> bool {
    usual_lengths(spec).iter().any(|range| range.start() <= carried.end() && carried.start() <= range.end())
}

/// How many bytes a blob of this length carries under AES-KWP, which hides only up to seven bytes of a length (RFC 5649 §4.1).
pub(crate) fn carried(blob: usize, modulus: usize) -> Option<RangeInclusive<usize>> {
    let padded = blob.checked_sub(modulus + 8).filter(|padded| *padded >= 8)?;
    Some(padded - 7..=padded)
}

/// What keys of a spec take. EC keys may leave out the public key; RSA keys vary by a few bytes, and by their public exponent.
fn usual_lengths(spec: KeySpec) -> Vec<RangeInclusive<usize>> {
    let usual = spec.usual_length();
    let with_public_key = usual - 2..=usual + 16;
    match spec {
        KeySpec::SymmetricDefault => vec![32..=32],
        KeySpec::EccNistP256 => vec![66..=68, with_public_key],
        KeySpec::EccSecgP256k1 => vec![63..=65, with_public_key],
        KeySpec::EccNistP384 => vec![79..=81, with_public_key],
        KeySpec::EccNistP521 => vec![97..=99, with_public_key],
        KeySpec::EccNistEdwards25519 => vec![usual..=usual + 40],
        _ => match spec.kind() {
            MaterialKind::Hmac { minimum } => vec![minimum..=HMAC_MAXIMUM],
            _ => vec![usual - 12..=usual + 64],
        },
    }
}

/// The fewest bytes that a key of that spec can have. The numbers of an RSA key take more than four times its modulus.
fn least(spec: KeySpec) -> usize {
    match spec.kind() {
        MaterialKind::Rsa { bits } => bits as usize / 8 * 3,
        _ => 48,
    }
}

/// Whether these bytes are an RSA public key as KMS gives it, whatever follows it.
pub(crate) fn is_public_key(bytes: &[u8]) -> bool {
    Container::identify(bytes) == Some(Container::PublicKey) && Rsa::public_key_from_der(bytes).is_ok()
}

/// A private key of any kind: it opens as one, or is encrypted.
pub(crate) fn is_private_key(bytes: &[u8]) -> bool {
    match Container::identify(bytes) {
        // OpenSSL reads neither.
        Some(Container::EncryptedPkcs8 | Container::Pkcs8V2) => true,
        Some(Container::Pkcs8 | Container::Pkcs1 | Container::Sec1 | Container::Dsa) => {
            PKey::private_key_from_der(bytes).is_ok()
        }
        _ => false,
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

    /// With the key spec alone, as `import` of bare files knows it.
    #[test]
    fn the_key_spec_alone_shows_what_a_wrong_length_is() {
        use KeySpec::{EccNistP256, Hmac256, Hmac512, Rsa2048, Rsa4096, SymmetricDefault};
        let wrapping = WrappingKeySpec::ALL;
        let key_wrap = |index: usize, carried| Some(Strange::KeyWrap { wrapping: wrapping[index], carried });
        for (spec, length, expected) in [
            (SymmetricDefault, 256, None),
            (SymmetricDefault, 384, None),
            (SymmetricDefault, 512, None),
            (SymmetricDefault, 296, key_wrap(0, 32)),
            (SymmetricDefault, 424, key_wrap(1, 32)),
            (SymmetricDefault, 552, key_wrap(2, 32)),
            (Hmac256, 296, key_wrap(0, 32)),
            (Hmac512, 328, key_wrap(0, 64)),
            (Hmac512, 456, key_wrap(1, 64)),
            (Hmac512, 584, key_wrap(2, 64)),
            (Rsa2048, 256, Some(Strange::OaepAlone { wrapping: wrapping[0] })),
            (Rsa2048, 384, Some(Strange::OaepAlone { wrapping: wrapping[1] })),
            (Rsa4096, 512, Some(Strange::OaepAlone { wrapping: wrapping[2] })),
            (Rsa2048, 256 + 8 + 1216, None),
            (EccNistP256, 296, key_wrap(0, 32)),
            (EccNistP256, 256, None),
            (EccNistP256, 256 + 8 + 144, None),
            (SymmetricDefault, 32, Some(Strange::KeyInTheClear)),
            (SymmetricDefault, 200, Some(Strange::Length)),
            (SymmetricDefault, 7000, Some(Strange::Length)),
        ] {
            let making = Making { spec: Some(spec), ..Making::default() };
            assert_eq!(making.strange(&vec![0x80; length]), expected, "{spec} {length}");
        }
    }
}
