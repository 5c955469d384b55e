//! The text of the command line, for a report that no process has printed: it is the command line's own.

#[path = "../../src/cli/output/lifecycle.rs"]
mod lifecycle;
#[path = "../../src/cli/output/rows.rs"]
mod rows;
#[path = "../../src/cli/output/tone.rs"]
mod tone;

use kms_byok::lifecycle::Report;

/// What a run that ended well prints.
pub fn account(report: &Report) -> String {
    printed(&lifecycle::account(report))
}

/// What one prints below its error.
pub fn standing(report: &Report) -> String {
    printed(&lifecycle::standing(report))
}

/// Without colours, as in a file.
fn printed(text: &str) -> String {
    tone::shown(text, false)
}
