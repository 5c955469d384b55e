//! An error as it is written down: in JSON, and in the record of a run.

use serde::{Deserialize, Serialize};

use super::Explain;

/// Why something failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ErrorReport {
    /// The stable name of the cause: one of `docs/reference/errors.md`.
    pub id: String,
    /// The cause: lower case, no full stop.
    pub cause: String,
    /// The fix: one imperative sentence. Null where there is none to give.
    pub hint: Option<String>,
    /// What AWS, OpenSSL or the operating system said.
    pub because: Option<String>,
    /// The error code of KMS's answer, as in `InvalidCiphertextException`; null where KMS did not refuse.
    pub aws_code: Option<String>,
}

impl ErrorReport {
    /// What an error says of itself, in the library's own words.
    pub fn of(error: &dyn Explain) -> Self {
        ErrorReport {
            id: error.id().to_owned(),
            cause: error.to_string(),
            hint: error.hint().map(|hint| hint.to_string()),
            because: error.because(),
            aws_code: error.aws_code().map(str::to_owned),
        }
    }
}
