//! Who has a journal.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::{self, rfc3339};

/// Who runs a fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub process: u32,
    /// The machine.
    pub host: String,
    /// Since when: RFC 3339, UTC.
    pub since: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {} since {}", self.process, self.host, self.since)
    }
}

impl Holder {
    pub(super) fn this_process() -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Holder { process: std::process::id(), host, since: rfc3339(time::now()) }
    }
}
