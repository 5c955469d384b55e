//! The wrapped key material from outside: its length, and its size as a number.

use super::causes::{BlobCause, Cause, FileCause};
use super::finding::Findings;
use super::hand::Hand;
use super::item::Item;
use super::public_key::Modulus;
use super::{set, wrapped_length};
use crate::file_checks::wrapped_blob::{Making, Strange, is_private_key, is_public_key};
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// The file, and what is known of how it came to be.
struct Blob<'a> {
    item: &'a Item,
    making: Making,
}

pub(super) fn examine(hand: &Hand, modulus: Option<&Modulus>, findings: &mut Findings) {
    let Some(item) = &hand.encrypted else { return };
    if is_something_else(hand, item, findings) {
        return;
    }
    let wrapping = modulus.and_then(|modulus| modulus.spec).or_else(|| hand.wrapping());
    let bytes = modulus.map(|modulus| modulus.bytes.len()).or(wrapping.map(WrappingKeySpec::bytes));
    let making = Making { spec: hand.spec(), algorithm: hand.algorithm(), wrapping, modulus: bytes };
    let blob = Blob { item, making };
    if let Some(token) = hand.token.as_ref().filter(|token| blob.looks_swapped_with(token, hand)) {
        return findings.likely(FileCause::Swapped { first: item.name.clone(), second: token.name.clone() });
    }
    let Some(strange) = making.strange(item.content()) else {
        // A blob for a larger key says so by its length; the number that it is says no more.
        let for_other_size = wrapped_length::examine(hand, bytes, findings);
        // A public key of another set explains that the number is too large.
        let foreign = hand.public_key.as_ref().is_some_and(|key| set::is_of_another_set(hand, key));
        if let Some(modulus) = modulus.filter(|_| !for_other_size && !foreign) {
            compare(item, modulus, making.algorithm, findings);
        }
        return;
    };
    blob.explain(strange, findings);
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

impl Blob<'_> {
    /// Whether the token has the length of a blob, and the blob has not.
    fn looks_swapped_with(&self, token: &Item, hand: &Hand) -> bool {
        let oaep = !self.making.algorithm.is_some_and(WrappingAlgorithm::uses_aes_key_wrap);
        let (blob, token_length) = (self.item.content().len(), Some(token.content().len()));
        oaep && token_length == self.making.modulus && token_length < Some(blob) && !set::is_vouched_for(hand, token)
    }

    /// Why the length is wrong.
    fn explain(&self, strange: Strange, findings: &mut Findings) {
        let (name, found) = (self.item.name.clone(), self.item.content().len());
        let (with, expected) = self.making.expected();
        let made = strange.made();
        findings.certain(match (strange, made) {
            (Strange::Newline { extra, wanted }, _) => {
                Cause::from(FileCause::TrailingNewline { name, found, extra, wanted })
            }
            (Strange::Damaged(damage), _) => FileCause::Mangled { name, damage }.into(),
            (Strange::OtherSize { other, asked }, _) => {
                BlobCause::OtherSize { name, found, other, asked, expected }.into()
            }
            (_, Some(made)) => BlobCause::OtherAlgorithm { name, found, made, with, expected }.into(),
            (_, None) => BlobCause::Length { name, found, with, expected }.into(),
        });
    }
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
