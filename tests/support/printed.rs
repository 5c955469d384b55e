//! The text of the command line, for a report that no process has printed: it is the command line's own.

#[path = "../../src/cli/output/lifecycle.rs"]
mod lifecycle;

use kms_byok::for_the_binary::printable;
use kms_byok::lifecycle::Report;

/// What a run that ended well prints.
pub fn account(report: &Report) -> String {
    lifecycle::account(report)
}

/// What one prints below its error.
pub fn standing(report: &Report) -> String {
    lifecycle::standing(report)
}

fn lines(pairs: &[(&str, Option<String>)]) -> String {
    let present = pairs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    present.map(|(name, value)| line(&format!("{name}  {value}"))).collect()
}

fn line(text: &str) -> String {
    printable::line(text) + "\n"
}
