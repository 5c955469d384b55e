//! What KMS has said: about the key, and about the import.

use crate::explain::Explain;
use crate::kms::{KeyDescription, Kms, Operation, Region};
use crate::kms::{KmsError, Reason};

/// What is known of the key from DescribeKey.
#[derive(Debug, Default)]
pub enum Key {
    /// Nobody was asked.
    #[default]
    NotAsked,
    /// The parameters came from another endpoint than AWS's, and nobody has allowed to ask there.
    Elsewhere {
        /// Its URL.
        endpoint: String,
    },
    /// KMS has described it.
    Described(Box<KeyDescription>),
    /// KMS knows no such key there.
    NotFound {
        /// The name asked for.
        key: String,
        /// Where.
        region: Region,
    },
    /// KMS could not be asked.
    Unreachable(Box<KmsError>),
}

impl Key {
    /// Asks KMS for the key of that id, ARN or alias. A refusal is part of the answer.
    pub async fn ask(kms: &Kms, key: &str) -> Key {
        match kms.describe(key).await {
            Ok(described) => Key::Described(Box::new(described)),
            Err(error) if error.reason() == Some(Reason::NotFound) => {
                Key::NotFound { key: key.to_owned(), region: kms.region().clone() }
            }
            Err(error) => Key::Unreachable(Box::new(error)),
        }
    }

    pub(crate) fn described(&self) -> Option<&KeyDescription> {
        match self {
            Key::Described(key) => Some(key),
            _ => None,
        }
    }
}

/// A refusal of ImportKeyMaterial that says something about the files.
#[derive(Clone, Debug)]
pub struct Said {
    pub(crate) reason: Reason,
    pub(crate) because: String,
}

impl Said {
    /// What a failed call tells, if it is one of the five refusals of ImportKeyMaterial that are worth explaining: InvalidCiphertext,
    /// IncorrectKeyMaterial, InvalidImportToken, ExpiredImportToken and ValidationException.
    pub fn of(error: &KmsError) -> Option<Self> {
        let KmsError::Refused(refusal) = error else { return None };
        let because = error.because().unwrap_or_default();
        (refusal.operation == Operation::ImportKeyMaterial).then(|| Self::from_reason(refusal.reason, because))?
    }

    /// The same from KMS's error code, as in `InvalidCiphertextException`; `None` for a code that tells nothing of the files.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::from_reason(Reason::of(code, "", 400), code.to_owned())
    }

    fn from_reason(reason: Reason, because: String) -> Option<Self> {
        let telling = matches!(
            reason,
            Reason::InvalidCiphertext
                | Reason::IncorrectKeyMaterial
                | Reason::InvalidImportToken
                | Reason::ExpiredImportToken
                | Reason::Validation
        );
        telling.then_some(Said { reason, because })
    }
}
