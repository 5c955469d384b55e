//! The command that a report prints.

use super::Run;

/// The command after `next: ` in a report on standard error.
#[track_caller]
pub fn next_of(run: &Run) -> &str {
    let next = run.stderr.lines().find_map(|line| line.strip_prefix("next: "));
    next.unwrap_or_else(|| panic!("no `next:` in {}", run.stderr))
}
