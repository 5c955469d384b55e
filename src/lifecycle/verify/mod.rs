//! What is proven about a key, and what that means for the run.

pub(crate) mod carry_out;
pub(crate) mod imported;
pub(crate) mod public;
pub(crate) mod reimport;
pub(crate) mod stage;
pub(crate) mod verdict;
pub(crate) mod which;

pub use self::stage::{Reached, Verified};
