//! What KMS did not show, and why. A key that is not seen may expire as well.

use serde::Serialize;

use crate::kms::{KmsError, Operation, Reason};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;

/// A question that stayed without an answer.
#[derive(Clone, Debug)]
pub struct NotSeen {
    /// The call.
    pub operation: Operation,
    /// The ARN of the key it was about, if it was about one.
    pub key_arn: Option<String>,
    /// What KMS said.
    pub cause: KmsError,
}

/// The form in JSON of what was not permitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct NotPermitted {
    /// The permission, as in `kms:DescribeKey`.
    pub permission: String,
    /// The ARN of the key it was about, if it was about one.
    pub key_arn: Option<String>,
}

/// The form in JSON of what was not seen for another reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "NotSeen"))]
pub struct Failed {
    /// The call.
    pub operation: &'static str,
    /// The ARN of the key it was about, if it was about one.
    pub key_arn: Option<String>,
    /// The stable id of the cause.
    pub id: &'static str,
    /// The cause.
    pub cause: String,
    /// KMS's error code, where it refused.
    pub aws_code: Option<String>,
}

impl NotSeen {
    pub(crate) fn new(operation: Operation, key_arn: &str, cause: KmsError) -> Self {
        NotSeen { operation, key_arn: Some(key_arn.to_owned()), cause }
    }

    /// Those for which a permission is missing, and the others.
    pub fn sorted(all: &[NotSeen]) -> (Vec<NotPermitted>, Vec<Failed>) {
        let (denied, failed): (Vec<&NotSeen>, Vec<&NotSeen>) = all.iter().partition(|one| one.cause.is_access_denied());
        (denied.into_iter().map(NotSeen::as_denied).collect(), failed.into_iter().map(NotSeen::as_failed).collect())
    }

    /// Whether the endpoint is not KMS itself and has no list of key materials for any key.
    pub fn is_listless(&self) -> bool {
        self.operation == Operation::ListKeyRotations && self.cause.reason() == Some(Reason::NotImplemented)
    }

    /// Why, in a few words.
    pub fn why(&self) -> String {
        why(self.operation, &self.cause)
    }

    fn as_denied(&self) -> NotPermitted {
        NotPermitted { permission: format!("kms:{}", self.operation), key_arn: self.key_arn.clone() }
    }

    fn as_failed(&self) -> Failed {
        use crate::explain::Explain;
        Failed {
            operation: self.operation.name(),
            key_arn: self.key_arn.clone(),
            id: self.cause.id(),
            cause: self.cause.to_string(),
            aws_code: self.cause.aws_code().map(str::to_owned),
        }
    }
}

/// Why a call stayed without an answer.
pub(crate) fn why(operation: Operation, cause: &KmsError) -> String {
    match cause.is_access_denied() {
        true => format!("kms:{operation} is not permitted"),
        false => cause.to_string(),
    }
}

impl From<NotSeen> for Error {
    fn from(one: NotSeen) -> Self {
        if one.cause.is_access_denied() {
            let subject = one.key_arn.map(|arn| format!(" on key {arn}")).unwrap_or_default();
            return LifecycleError::NotSeen { permission: format!("kms:{}", one.operation), subject }.into();
        }
        let subject = match (one.operation, one.key_arn) {
            (Operation::DescribeKey, Some(arn)) => format!("key {arn}"),
            (Operation::ListKeyRotations, Some(arn)) => format!("each key material of key {arn}"),
            (operation, _) => format!("what {operation} tells"),
        };
        LifecycleError::Unseen { subject, cause: one.cause }.into()
    }
}
