//! The wrapped key material from outside: its length, and its size as a number.

use super::causes::{BlobCause, FileCause};
use super::encodings::{self, newline_after};
use super::finding::Findings;
use super::hand::Hand;
use super::item::Item;
use super::public_key::{Modulus, is_private_key, is_public_key};
use super::{set, wrapped_length};
use crate::parameters::TOKEN_LIMIT;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec, check_length};

/// What is known of how a blob came to be.
struct Making<'a> {
    item: &'a Item,
    algorithm: Option<WrappingAlgorithm>,
    wrapping: Option<WrappingKeySpec>,
    /// Bytes of the modulus; those of a size that KMS does not make, too.
    modulus: Option<usize>,
}

pub(super) fn examine(hand: &Hand, modulus: Option<&Modulus>, findings: &mut Findings) {
    let Some(item) = &hand.encrypted else { return };
    if is_something_else(hand, item, findings) {
        return;
    }
    let wrapping = modulus.and_then(|modulus| modulus.spec).or_else(|| hand.wrapping());
    let bytes = modulus.map(|modulus| modulus.bytes.len()).or(wrapping.map(WrappingKeySpec::bytes));
    let making = Making { item, algorithm: hand.algorithm(), wrapping, modulus: bytes };
    if let Some(token) = hand.token.as_ref().filter(|token| making.looks_swapped_with(token, hand)) {
        return findings.likely(FileCause::Swapped { first: item.name.clone(), second: token.name.clone() });
    }
    if making.fits(item.content().len()) {
        // A blob for a larger key says so by its length; the number that it is says no more.
        let for_other_size = wrapped_length::examine(hand, bytes, findings);
        if let Some(modulus) = modulus.filter(|_| !for_other_size) {
            compare(item, modulus, making.algorithm, findings);
        }
    } else {
        explain(hand, &making, findings);
    }
}

/// A file of another kind, or the key in the clear.
fn is_something_else(hand: &Hand, item: &Item, findings: &mut Findings) -> bool {
    let (name, bytes) = (item.name.clone(), item.content());
    let material = hand.material.as_ref();
    if material.is_some_and(|material| [material.content(), material.raw().expose()].contains(&bytes)) {
        let evidence = "it is the same bytes";
        findings.certain(FileCause::NotWrapped { name, evidence });
    } else if is_private_key(bytes) {
        findings.certain(FileCause::NotWrapped { name, evidence: "it is a private key in the clear" });
    } else if bytes.len() == 32 {
        findings.likely(FileCause::NotWrapped { name, evidence: "it has 32 bytes, as a symmetric key has" });
    } else if is_public_key(bytes) {
        findings.certain(FileCause::WrongFile { name, found: "a wrapping public key" });
    } else if hand.token.as_ref().is_some_and(|token| token.content() == bytes) {
        findings.certain(FileCause::WrongFile { name, found: "the same as the import token" });
    } else {
        return false;
    }
    true
}

impl Making<'_> {
    fn fits(&self, length: usize) -> bool {
        let algorithms: &[WrappingAlgorithm] = match &self.algorithm {
            Some(algorithm) => std::slice::from_ref(algorithm),
            None => &WrappingAlgorithm::ALL,
        };
        let one =
            |wrapping| algorithms.iter().any(|algorithm| check_length(length, *algorithm, wrapping, None).is_ok());
        length <= TOKEN_LIMIT
            && match (self.wrapping, self.modulus) {
                (Some(wrapping), _) => one(wrapping),
                // A wrapping key of a strange size is a finding of its own.
                (None, Some(_)) => true,
                (None, None) => WrappingKeySpec::ALL.into_iter().any(one),
            }
    }

    /// Whether the token has the length of a blob, and the blob has not.
    fn looks_swapped_with(&self, token: &Item, hand: &Hand) -> bool {
        let oaep = !self.algorithm.is_some_and(WrappingAlgorithm::uses_aes_key_wrap);
        let (blob, token_length) = (self.item.content().len(), Some(token.content().len()));
        oaep && token_length == self.modulus && token_length < Some(blob) && !set::is_vouched_for(hand, token)
    }

    /// What the blob should have been made with, in words, and how long it would be.
    fn expected(&self) -> (String, String) {
        let wrapping = self.wrapping.map_or("an RSA wrapping key".to_owned(), |wrapping| wrapping.to_string());
        let oaep = self.wrapping.map_or("256, 384 or 512".to_owned(), |wrapping| wrapping.bytes().to_string());
        match self.algorithm {
            Some(algorithm) if algorithm.uses_aes_key_wrap() => {
                let least = algorithm.wrapped_length(self.wrapping.unwrap_or(WrappingKeySpec::Rsa2048), 48);
                (format!("{algorithm} with {wrapping}"), format!("at least {least}, a multiple of 8"))
            }
            Some(algorithm) => (format!("{algorithm} with {wrapping}"), oaep),
            None => (format!("OAEP with {wrapping}"), oaep),
        }
    }
}

/// Why the length is wrong.
fn explain(hand: &Hand, making: &Making<'_>, findings: &mut Findings) {
    let (name, bytes) = (making.item.name.clone(), making.item.content());
    let found = bytes.len();
    let (with, expected) = making.expected();
    if let Some((wanted, extra)) = without_newline(making, bytes) {
        return findings.certain(FileCause::TrailingNewline { name, found, extra, wanted });
    }
    if let Some((before, damage)) = encodings::without_carriage_returns(bytes)
        && making.fits(before.len())
    {
        return findings.certain(FileCause::Mangled { name, damage });
    }
    if let Some(damage) = encodings::replaced(bytes) {
        return findings.certain(FileCause::Mangled { name, damage });
    }
    let (Some(asked), Some(wrapping)) = (making.algorithm, making.wrapping) else {
        return findings.certain(BlobCause::Length { name, found, with, expected });
    };
    let key_wrap = found >= wrapping.bytes() + 16 && (found - wrapping.bytes()).is_multiple_of(8);
    let private_key = hand.spec().is_some_and(|spec| {
        wrapped_length::carried(found, wrapping.bytes()).is_some_and(|range| wrapped_length::is_usual(spec, &range))
    });
    let other = WrappingKeySpec::ALL.into_iter().find(|other| other.bytes() == found && *other != wrapping);
    if let Some(other) = other.filter(|_| !asked.uses_aes_key_wrap() && !private_key) {
        findings.certain(BlobCause::OtherSize { name, found, other, asked: wrapping, expected });
    } else if asked.uses_aes_key_wrap() && found == wrapping.bytes() {
        let made_as = "OAEP alone";
        findings.certain(BlobCause::OtherAlgorithm { name, found, made_as, asked, wrapping, expected });
    } else if !asked.uses_aes_key_wrap() && key_wrap {
        let made_as = "RSA_AES_KEY_WRAP";
        findings.certain(BlobCause::OtherAlgorithm { name, found, made_as, asked, wrapping, expected });
    } else {
        findings.certain(BlobCause::Length { name, found, with, expected });
    }
}

/// Whether the blob would fit without the line end after it.
fn without_newline(making: &Making<'_>, bytes: &[u8]) -> Option<(usize, usize)> {
    [1, 2].into_iter().find_map(|extra| {
        let wanted = bytes.len().checked_sub(extra)?;
        (newline_after(bytes, wanted) == Some(extra) && making.fits(wanted)).then_some((wanted, extra))
    })
}

/// What RSA gives is a number below the modulus. A blob for another key, or random bytes, may be above it: then it is sure.
fn compare(item: &Item, modulus: &Modulus, algorithm: Option<WrappingAlgorithm>, findings: &mut Findings) {
    let (blob, length) = (item.content(), modulus.bytes.len());
    let (Some(first), Some(last)) = (blob.get(..length), blob.len().checked_sub(length).and_then(|at| blob.get(at..)))
    else {
        return;
    };
    if first < &modulus.bytes[..] {
        return;
    }
    let (name, public_key) = (item.name.clone(), modulus.name.clone());
    let halves = algorithm.map_or(blob.len() > length, WrappingAlgorithm::uses_aes_key_wrap);
    if halves && blob.len() > length && last < &modulus.bytes[..] {
        findings.likely(BlobCause::HalvesSwapped { name, public_key });
    } else {
        findings.certain(BlobCause::NotBelowModulus { name, public_key });
    }
}
