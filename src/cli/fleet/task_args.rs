//! What is done to the keys of a manifest.

use std::time::Duration;

use clap::{Args, ValueEnum};
use kms_byok::fleet::Task;

use super::super::global::duration;

#[derive(Args)]
#[command(next_help_heading = None::<&'static str>)]
pub(super) struct TaskArgs {
    /// What is done
    #[arg(long, value_enum, default_value_t = Only::Provision)]
    only: Only,
    /// Name of the round of rotations: in a round each key is rotated once, however often the command runs
    #[arg(long, value_name = "NAME", value_parser = round)]
    round: Option<String>,
}

#[derive(Args)]
#[command(next_help_heading = None::<&'static str>)]
pub(super) struct WithinArgs {
    /// For renew: what expires within this time, or has expired, is imported again
    #[arg(long, value_name = "D", default_value = "30d", value_parser = duration)]
    expiring_within: Duration,
}

/// What is done to the keys.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// Keys are made and get their key material
    Provision,
    /// The same key material is imported again before it expires
    Renew,
    /// Symmetric keys get new key material
    Rotate,
    /// Keys are compared with their rows; the exit code is 4 for what differs
    Verify,
}

fn round(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let good = !text.is_empty() && text.len() <= 64 && text.chars().all(fits);
    if good { Ok(text.to_owned()) } else { Err("use up to 64 letters, digits and . _ -".to_owned()) }
}

impl TaskArgs {
    pub(super) fn task(&self, within: Option<&WithinArgs>) -> Task {
        match self.only {
            Only::Provision => Task::Provision,
            Only::Renew => Task::Renew { within: within.map_or(Duration::ZERO, |within| within.expiring_within) },
            Only::Rotate => Task::Rotate { round: self.round.clone() },
            Only::Verify => Task::Verify,
        }
    }
}
