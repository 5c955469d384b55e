//! What every failure of this crate says besides its cause.

use std::error::Error;

/// An error that explains itself: the cause is its `Display`, lower case, in the present tense and without a full stop.
pub trait Explain: Error {
    /// The cause's stable name for machines, as in `access_denied`.
    fn id(&self) -> &'static str;

    /// The fix: one imperative sentence, or nothing where there is none to give.
    fn hint(&self) -> Option<String>;

    /// The inner reason in somebody else's words: OpenSSL's, AWS's or the operating system's.
    fn because(&self) -> Option<String> {
        None
    }
}

/// `some("…")` reads better than `Some("…".to_owned())` forty times.
pub(crate) fn some(hint: impl Into<String>) -> Option<String> {
    Some(hint.into())
}
