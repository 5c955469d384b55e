//! KMS's refusals: every reason for every operation, about a key, an alias, a key elsewhere or none, with and without KMS's text.

use std::time::Duration;

use super::{FOREIGN, Sample};
use crate::kms::Operation;
use crate::kms::{KmsError, Reason, Refusal};

/// A list of all variants; one that is left out does not compile.
macro_rules! every {
    ($name:ident: $type:ident { $($variant:ident)* }) => {
        const $name: &[$type] = {
            const fn _each_variant_is_listed(one: $type) {
                match one {
                    $($type::$variant => {})*
                }
            }
            &[$($type::$variant),*]
        };
    };
}

every!(REASONS: Reason {
    AccessDenied AlreadyExists ClockSkew Conflict CredentialsExpired CredentialsUnknown Disabled ExpiredImportToken IncorrectKey
    IncorrectKeyMaterial InvalidAliasName InvalidArn InvalidCiphertext InvalidImportToken InvalidKeyUsage InvalidState LimitExceeded
    MalformedPolicy NotFound NotImplemented NotSubscribed SignatureMismatch Tag Throttled Unavailable Unlisted Unsupported Validation
});

every!(OPERATIONS: Operation {
    CreateAlias CreateKey Decrypt DeleteImportedKeyMaterial DeriveSharedSecret DescribeKey DisableKey Encrypt GenerateMac GetKeyLastUsage GetKeyPolicy
    GetKeyRotationStatus GetParametersForImport GetPublicKey ImportKeyMaterial ListAliases ListGrants ListKeyRotations ListKeys ListResourceTags
    ReplicateKey RotateKeyOnDemand ScheduleKeyDeletion Sign TagResource
    UntagResource UpdateAlias
});

const KEYS: [Option<&str>; 4] = [
    None,
    Some("1234abcd-12ab-34cd-56ef-1234567890ab"),
    Some("alias/payments"),
    Some("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
];

/// KMS's texts as far as they make a difference, with something in front that must not be shown as ours.
const MESSAGES: [&str; 8] = [
    "",
    "FOREIGN TEXT",
    "FOREIGN TEXT is pending import.",
    "FOREIGN TEXT is pending deletion.",
    "FOREIGN TEXT because another key material is pending rotation.",
    "FOREIGN TEXT is disabled.",
    "FOREIGN TEXT is creating.",
    "FOREIGN TEXT A validTo date must be set.",
];

pub(super) fn all() -> Vec<Sample> {
    let mut all: Vec<Sample> = Vec::new();
    for reason in REASONS {
        for operation in OPERATIONS {
            for (key, message) in KEYS.iter().flat_map(|key| MESSAGES.map(|message| (*key, message))) {
                // However long was waited, the same words come before it.
                let waited = message.is_empty().then_some(Duration::from_millis(1500));
                let refusal = refusal(*operation, *reason, key, message, waited);
                all.push(("Refusal", Box::new(KmsError::Refused(Box::new(refusal)))));
            }
        }
    }
    all
}

/// One of them.
pub(super) fn any() -> Refusal {
    refusal(Operation::DescribeKey, Reason::NotFound, KEYS[1], FOREIGN, None)
}

fn refusal(
    operation: Operation,
    reason: Reason,
    key: Option<&str>,
    message: &str,
    waited: Option<Duration>,
) -> Refusal {
    Refusal {
        operation,
        reason,
        code: FOREIGN.replace(' ', "") + "Exception",
        message: message.to_owned(),
        request_id: Some("request".to_owned()),
        key: key.map(str::to_owned),
        region: "us-east-1".parse().unwrap(),
        endpoint: None,
        waited,
        clock_ahead: None,
        had_material: None,
        is_server_fault: false,
    }
}

/// The code always stands in the inner reason, KMS's text after it, and neither in front.
#[test]
fn the_words_of_kms_are_the_inner_reason_only() {
    for (_, error) in all() {
        let because = error.because().unwrap();
        assert!(because.starts_with("FOREIGNTEXTException"), "{because}");
        assert!(!error.to_string().contains("FOREIGN"), "{error}");
        assert!(!error.hint().map(|hint| hint.to_string()).unwrap_or_default().contains("FOREIGN"), "{error}");
    }
}

/// A call without a key has no subject for a sentence about one.
#[test]
fn a_refusal_of_a_call_without_a_key_is_a_sentence() {
    for reason in REASONS {
        for operation in [Operation::CreateKey, Operation::ListKeys, Operation::ListAliases] {
            let text = refusal(operation, *reason, None, "", None).to_string();
            for odd in ["keys does", "keys is", "no this", "of this account's", "key `"] {
                assert!(!text.contains(odd), "{reason:?}: {text}");
            }
        }
    }
    let mut refused = refusal(Operation::CreateKey, Reason::Unsupported, None, "", None);
    assert_eq!(refused.to_string(), "KMS in us-east-1 does not support what CreateKey asks for");
    refused.endpoint = Some("http://127.0.0.1:4566".to_owned());
    assert_eq!(refused.to_string(), "`http://127.0.0.1:4566` does not support what CreateKey asks for");
    refused.reason = Reason::NotImplemented;
    assert_eq!(refused.to_string(), "`http://127.0.0.1:4566` does not have CreateKey");
}
