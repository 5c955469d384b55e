//! What a process does before it touches a secret, so that nobody but root can look into it and nothing of it lands on disk.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Which protections of this process are in force. `doctor` says what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Other processes of the same user can neither attach to this one nor read its memory (Linux: PR_SET_DUMPABLE).
    pub not_dumpable: bool,
    /// No core file is written (RLIMIT_CORE).
    pub no_core_file: bool,
    /// Whatever OpenSSL frees is wiped. LibreSSL keeps its own allocator.
    pub freed_memory_wiped: bool,
}

/// Protects this process: other processes of the user cannot read its memory, no core file is written, and what OpenSSL frees is wiped.
/// What the system does not allow is false in the answer.
///
/// To be called first of all, before OpenSSL is used: only then can its allocator be replaced.
pub fn protect_process() -> Protection {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Protection {
        freed_memory_wiped: super::openssl_memory::wipe_what_openssl_frees(),
        not_dumpable: forbid_dumps(),
        no_core_file: setrlimit(Resource::Core, none).is_ok(),
    }
}

#[cfg(target_os = "linux")]
fn forbid_dumps() -> bool {
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn forbid_dumps() -> bool {
    false
}
