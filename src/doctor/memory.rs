//! What keeps secrets out of swap and core dumps here.

use rustix::process::{Resource, getrlimit};
use serde::Serialize;

use super::Finding;
use super::error::HealthError;
use crate::secret::Secret;

/// Limits of this process, and whether a secret was locked under them.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Memory {
    /// Whether a secret of 16 KiB, which is more than most keys have, stays out of swap.
    pub secrets_locked: bool,
    /// How many bytes this process may lock (RLIMIT_MEMLOCK); `None` where there is no limit. Root is not held to it on Linux.
    pub lock_limit: Option<u64>,
    /// How many bytes a core dump may have (RLIMIT_CORE); `None` where there is no limit.
    pub core_limit: Option<u64>,
    /// Whether pages of secrets are left out of core dumps (Linux: MADV_DONTDUMP).
    pub secrets_kept_out_of_core_dumps: bool,
}

impl Memory {
    pub(super) fn gather() -> Self {
        Memory {
            secrets_locked: Secret::zeroed(Secret::READ_FIRST).is_ok_and(|secret| secret.is_locked()),
            lock_limit: getrlimit(Resource::Memlock).current,
            core_limit: getrlimit(Resource::Core).current,
            secrets_kept_out_of_core_dumps: cfg!(target_os = "linux"), // MADV_DONTDUMP
        }
    }

    pub(super) fn notes(&self) -> Vec<Finding> {
        let dumps = self.core_limit != Some(0) && !self.secrets_kept_out_of_core_dumps;
        let notes = [(!self.secrets_locked, HealthError::NotLocked), (dumps, HealthError::CoreDumps)];
        notes.into_iter().filter(|(applies, _)| *applies).map(|(_, note)| Finding::of(note)).collect()
    }
}
