//! The import token, of which only its outside can be judged: KMS gives no format for it.

use super::causes::{FileCause, PublicKeyCause};
use super::finding::Findings;
use super::hand::Hand;
use crate::file_checks::wrapped_blob::{is_private_key, is_public_key};
use crate::files::damage::taken_for_text;
use crate::parameters::TOKEN_LIMIT;

pub(super) fn examine(hand: &Hand, findings: &mut Findings) {
    let Some(item) = &hand.token else { return };
    let (name, bytes) = (item.name.clone(), item.content());
    if is_public_key(bytes) {
        findings.certain(FileCause::WrongFile { name, found: "a wrapping public key" });
    } else if is_private_key(bytes) {
        findings.certain(FileCause::WrongFile { name, found: "a private key" });
    } else if let Some(damage) = taken_for_text(bytes) {
        findings.certain(FileCause::Mangled { name, damage });
    } else if hand.encrypted.as_ref().is_some_and(|encrypted| encrypted.content() == bytes) {
        findings.certain(FileCause::WrongFile { name, found: "the same as the wrapped key material" });
    } else if bytes.len() > TOKEN_LIMIT {
        findings.certain(PublicKeyCause::TokenLength { name, found: bytes.len(), limit: TOKEN_LIMIT });
    }
}
