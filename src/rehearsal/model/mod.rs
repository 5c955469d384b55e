//! The operations and their inputs, as the service model of KMS (2014-11-01) declares them.

pub(crate) mod call;
mod operations;
pub(crate) mod protocol;
pub(crate) mod shapes;
pub(crate) mod validate;

use self::operations::OPERATIONS;
use self::shapes::Member;

/// The members that a request for this operation may have; `None` if the embedded KMS does not serve it.
pub(crate) fn input_of(operation: &str) -> Option<&'static [Member]> {
    OPERATIONS.iter().find(|(name, _)| *name == operation).map(|(_, members)| *members)
}

/// All that the embedded KMS serves.
#[cfg(test)]
pub(crate) fn operations() -> impl Iterator<Item = &'static (&'static str, &'static [Member])> {
    OPERATIONS.iter()
}
