//! One thing that was found, in the words of the errors.

use serde::Serialize;

use crate::explain::{Explain, Hint};

/// One thing that was found: a cause, what lies beneath, and its fix. In JSON it looks like an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The stable name of the cause: one of `docs/reference/errors.md`.
    pub id: &'static str,
    /// What is wrong: lower case, no full stop.
    pub cause: String,
    /// What OpenSSL, AWS or the system said.
    pub because: Option<String>,
    /// The fix: one imperative sentence.
    pub hint: Option<Hint>,
    /// The error code of KMS's answer, where KMS refused.
    pub aws_code: Option<String>,
}

impl Finding {
    /// The cause, the inner reason and the hint of an error.
    pub fn of(error: impl Explain) -> Self {
        Finding {
            id: error.id(),
            cause: error.to_string(),
            because: error.because(),
            hint: error.hint(),
            aws_code: error.aws_code().map(str::to_owned),
        }
    }
}
