//! Files that are written as text, or have each other's name. Once said, the rest is judged by what they really hold.

use std::mem;

use super::causes::FileCause;
use super::finding::Findings;
use super::hand::Hand;
use super::item::Item;
use crate::file_checks::wrapped_blob::is_public_key;
use crate::parameters::{blob_file, sha256};

pub(super) fn examine(hand: &mut Hand, findings: &mut Findings) {
    if hand.token.as_ref().is_some_and(|token| is_foreign_token(hand, token)) {
        hand.token.iter_mut().for_each(Item::take_as_it_is);
    }
    for item in [&hand.public_key, &hand.token, &hand.encrypted].into_iter().flatten() {
        if let Some(encoding) = item.encoding() {
            findings.certain(FileCause::Encoded { name: item.name.clone(), encoding: encoding.clone() });
        }
    }
    let public_key_sha256 = hand.claims.as_ref().and_then(|claims| claims.public_key_sha256.clone());
    let token_sha256 = hand.claims.as_ref().and_then(|claims| claims.import_token_sha256.clone());
    let is_key = |item: &Item| is(item, public_key_sha256.as_deref()) || is_public_key(item.content());
    let is_token = |item: &Item| is(item, token_sha256.as_deref());
    let not_a_key = |item: &Item| !is_public_key(item.content());
    // A public key knows itself; a token and a blob are known by their SHA-256 only.
    if both(&hand.public_key, &hand.token, |key, token| not_a_key(key) && is_key(token)) {
        exchange(&mut hand.public_key, &mut hand.token, findings);
    }
    if both(&hand.public_key, &hand.encrypted, |key, blob| not_a_key(key) && is_key(blob)) {
        exchange(&mut hand.public_key, &mut hand.encrypted, findings);
    }
    if both(&hand.token, &hand.encrypted, |token, blob| !is_token(token) && is_token(blob)) {
        exchange(&mut hand.token, &mut hand.encrypted, findings);
    }
}

/// A token of letters and digits that is so by its own set, which an endpoint gave that is not AWS's.
fn is_foreign_token(hand: &Hand, item: &Item) -> bool {
    let Some(claims) = hand.claims.as_ref().filter(|claims| claims.endpoint.is_some()) else { return false };
    let is_claimed = |hash: String| claims.import_token_sha256.as_ref() == Some(&hash);
    let bytes = item.raw().expose();
    blob_file::is_foreign_token(bytes) && sha256(bytes).is_ok_and(is_claimed)
}

fn is(item: &Item, sha256_hex: Option<&str>) -> bool {
    sha256_hex.is_some_and(|expected| sha256(item.content()).is_ok_and(|found| found == expected))
}

fn both(first: &Option<Item>, second: &Option<Item>, hold: impl Fn(&Item, &Item) -> bool) -> bool {
    matches!((first, second), (Some(first), Some(second)) if hold(first, second))
}

fn exchange(first: &mut Option<Item>, second: &mut Option<Item>, findings: &mut Findings) {
    if let (Some(one), Some(other)) = (&first, &second) {
        findings.certain(FileCause::Swapped { first: one.name.clone(), second: other.name.clone() });
    }
    mem::swap(first, second);
}
