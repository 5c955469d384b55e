//! One thing that was found, in the words of the errors.

use serde::Serialize;

use crate::explain::{Explain, Hint};

/// One thing that was found: a cause, what lies beneath, and its fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong: lower case, no full stop.
    pub cause: String,
    /// What OpenSSL, AWS or the system said.
    pub because: Option<String>,
    /// The fix: one imperative sentence.
    pub hint: Option<Hint>,
}

impl Finding {
    /// The cause, the inner reason and the hint of an error.
    pub fn of(error: impl Explain) -> Self {
        Finding { cause: error.to_string(), because: error.because(), hint: error.hint() }
    }
}
