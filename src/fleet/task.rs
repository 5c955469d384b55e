//! What is done to the keys of a manifest.

use std::time::Duration;

/// What a run does to each key. What keys have reached is noted for each task, and for rotations for each round, on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// Makes it, and imports its key material.
    #[default]
    Provision,
    /// Imports the same key material again where it expires within that time or has expired.
    Renew {
        /// Within which time.
        within: Duration,
    },
    /// Rotates it to new key material, once a round.
    Rotate {
        /// The name of the round.
        round: Option<String>,
    },
    /// Compares it with its row, and changes nothing.
    Verify,
}

impl Task {
    /// The name.
    pub fn name(&self) -> &'static str {
        match self {
            Task::Provision => "provision",
            Task::Renew { .. } => "renew",
            Task::Rotate { .. } => "rotate",
            Task::Verify => "verify",
        }
    }

    /// What stands behind the name of a key in the journal.
    pub(crate) fn series(&self) -> String {
        match self {
            Task::Provision => String::new(),
            Task::Rotate { round: Some(round) } => format!("\nrotate\n{round}"),
            other => format!("\n{}", other.name()),
        }
    }

    /// Whether what a run has done is not done again by the next one. Otherwise each run asks KMS.
    pub(crate) fn is_done_once(&self) -> bool {
        matches!(self, Task::Provision | Task::Rotate { .. })
    }
}
