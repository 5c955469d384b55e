//! What every cause can say.

use std::fmt;

use crate::diagnose::commands::Commands;
use crate::explain::Hint;

/// The words of a cause besides its `Display`, which is the evidence.
pub(crate) trait Words: fmt::Display {
    /// Its name for scripts.
    fn id(&self) -> &'static str;

    /// One imperative sentence with the command that fixes it.
    fn fix(&self, commands: &Commands) -> Hint;
}
