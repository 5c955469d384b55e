//! What every failure of this crate says besides its cause.

mod hint;
mod setting;
mod sum;

use std::error::Error;

pub use self::hint::{Hint, Part};
pub(crate) use self::hint::{hint, some};
pub use self::setting::{Setting, Step};
pub(crate) use self::sum::{OwnWords, explain_sum};

/// An error that explains itself: the cause is its `Display`, lower case, in the present tense and without a full stop.
pub trait Explain: Error {
    /// The cause's stable name for machines, as in `access_denied`.
    fn id(&self) -> &'static str;

    /// The fix: one imperative sentence, or nothing where there is none to give.
    fn hint(&self) -> Option<Hint>;

    /// The inner reason in somebody else's words: OpenSSL's, AWS's or the operating system's.
    fn because(&self) -> Option<String> {
        None
    }
}
