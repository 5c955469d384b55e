//! What every failure of this crate says besides its cause.

mod error_report;
mod hint;
mod setting;
mod sum;

use std::error::Error;

pub use self::error_report::ErrorReport;
pub use self::hint::{Hint, Part};
pub(crate) use self::hint::{hint, some};
pub use self::setting::{Setting, Step};
pub(crate) use self::sum::{OwnWords, explain_sum};

/// An error that explains itself. `Display` is the cause: lower case, in the present tense, without a full stop, with the user's values in
/// backticks.
pub trait Explain: Error {
    /// The cause's stable name in snake case, as in `access_denied`. It stays the same when the words of the cause change; all of them are
    /// listed in `docs/reference/errors.md`.
    fn id(&self) -> &'static str;

    /// The fix: one imperative sentence, or `None` where there is none to give.
    fn hint(&self) -> Option<Hint>;

    /// The inner reason in somebody else's words: OpenSSL's, AWS's or the operating system's. `None` where the cause says everything.
    fn because(&self) -> Option<String> {
        None
    }

    /// The error code of KMS's answer, as in `InvalidCiphertextException`, where KMS refused.
    fn aws_code(&self) -> Option<&str> {
        None
    }
}
