//! Runs with a token.

use super::token::Token;
use super::{Run, run};

impl Token<'_> {
    /// One more token, with that label.
    pub fn another(&self, label: &str) {
        self.initialize(label);
    }

    /// Runs `kms-byok` where its configuration is found.
    pub fn kms_byok(&self, line: &str) -> Run {
        run(&mut self.command(line), b"")
    }
}
