//! What KMS's own answer adds: it says little, but of some things it is the only witness.

use super::answer::Said;
use super::causes::{KeyCause, OpenedCause, ParametersCause};
use super::finding::Findings;
use super::hand::Hand;
use super::name::{Name, Role};
use crate::kms::{KeyState, Reason};
use crate::material::KeySpec;
use crate::openssl_probe;
use crate::wrap::{self, OaepDigest, WrappingAlgorithm};

pub(super) fn examine(hand: &Hand, looked_inside: bool, findings: &mut Findings) {
    let Some(said) = &hand.said else { return };
    match said.reason {
        Reason::InvalidCiphertext => unwrappable(hand, looked_inside, findings),
        Reason::IncorrectKeyMaterial => incorrect(hand, said, findings),
        Reason::InvalidImportToken if !findings.is_settled() => findings.likely(ParametersCause::TokenRefused),
        Reason::ExpiredImportToken => findings.certain(ParametersCause::ExpiredSaid),
        Reason::Validation => invalid(said, findings),
        _ => {}
    }
}

/// InvalidCiphertext comes without a word of why. What this process has wrapped itself has the right hashes, unless OpenSSL errs.
fn unwrappable(hand: &Hand, looked_inside: bool, findings: &mut Findings) {
    if hand.wrapped_here {
        let version = openssl_probe::loaded().to_owned();
        for test in wrap::known_answers().into_iter().filter(|test| !test.passed) {
            findings.certain(KeyCause::OpenSslSelfTest { version: version.clone(), test: test.name });
        }
        return;
    }
    if findings.is_settled() || looked_inside {
        return;
    }
    let name = hand.encrypted.as_ref().map_or(Name::unnamed(Role::Encrypted), |item| item.name.clone());
    let algorithm = hand.algorithm();
    let needed = match algorithm.map(WrappingAlgorithm::digest) {
        Some(OaepDigest::Sha1) => "SHA-1",
        _ => "SHA-256",
    };
    let command = hand.openssl.as_ref();
    if let Some(command) = command.filter(|command| needed == "SHA-256" && command.takes_sha256 == Some(false)) {
        findings.likely(KeyCause::OpenSslCommand { version: command.version.clone() });
    }
    let command = command.and_then(|command| Some((command.version.clone(), command.oaep_hash_by_default?)));
    let command = command.filter(|(_, default)| *default != needed);
    findings.likely(OpenedCause::OaepHashSuspected { name: name.clone(), needed, command });
    findings.possible(OpenedCause::Pkcs1PaddingSuspected { name: name.clone() });
    findings.possible(OpenedCause::OtherPublicKeySuspected { name: name.clone() });
    if algorithm.is_some_and(WrappingAlgorithm::uses_aes_key_wrap) {
        findings.possible(OpenedCause::KeyWrapSuspected { name });
    }
}

/// A key that had material takes only that back; one that never had any does not like what it got.
fn incorrect(hand: &Hand, said: &Said, findings: &mut Findings) {
    let known = hand.key.described();
    let arn = known.map(|key| key.arn.as_str()).or_else(|| hand.key());
    let key = arn.map_or("the key".to_owned(), |arn| format!("key {arn}"));
    let original = KeyCause::NotTheOriginal { key };
    let refused = KeyCause::MaterialRefused { because: said.because.clone() };
    match known {
        Some(key) if key.current_key_material_id.is_some() || key.state != KeyState::PendingImport => {
            findings.likely(original)
        }
        Some(key) if key.spec == KeySpec::SymmetricDefault => findings.likely(refused),
        // Other keys do not show whether they had material before; most that wait for it had none.
        Some(_) => {
            findings.possible(refused);
            findings.possible(original);
        }
        None => {
            findings.possible(original);
            findings.possible(refused);
        }
    }
}

fn invalid(said: &Said, findings: &mut Findings) {
    let because = said.because.trim_end_matches('.').to_owned();
    let text = because.to_ascii_lowercase();
    if text.contains("validto") {
        findings.certain(KeyCause::ExpiryRefused { because });
    } else if text.contains("key size") && !findings.is_settled() {
        findings.certain(KeyCause::LengthRefused { because });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Certainty, Named};

    fn ids(reason: Reason, because: &str) -> Vec<(&'static str, Certainty)> {
        let mut hand = Hand::empty(Named::default());
        hand.set_said(Said { reason, because: because.to_owned() });
        let diagnosis = hand.diagnose().unwrap();
        diagnosis.causes.iter().map(|cause| (cause.id, cause.certainty)).collect()
    }

    /// The texts are KMS's own (recorded), and one that users have reported.
    #[test]
    fn a_validation_exception_is_understood_where_it_says_what_is_wrong() {
        let expiry = "ValidationException: A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES";
        assert_eq!(ids(Reason::Validation, expiry), [("expiry_refused", Certainty::Certain)]);
        let length = "ValidationException: Invalid encrypted key size.";
        assert_eq!(ids(Reason::Validation, length), [("blob_length", Certainty::Certain)]);
        assert_eq!(ids(Reason::Validation, "ValidationException: something new"), []);
    }

    #[test]
    fn an_answer_that_says_no_more_leaves_suspicions_in_their_order() {
        let suspicions = ids(Reason::InvalidCiphertext, "InvalidCiphertextException");
        assert_eq!(suspicions[0], ("oaep_hash", Certainty::Likely));
        assert!(suspicions[1..].iter().all(|(_, certainty)| *certainty == Certainty::Possible));
        let incorrect = ids(Reason::IncorrectKeyMaterial, "IncorrectKeyMaterialException");
        assert_eq!(
            incorrect.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
            ["not_the_original_material", "material_refused"]
        );
    }
}
