//! Names of files that have no other yet, by which a later run knows what a killed one has left.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

/// How the names of files begin and end that have no other yet.
pub(super) const NAME: (&str, &str) = (".kms-byok-", ".tmp");
/// The letters and digits in between.
pub(super) const RANDOM: usize = 12;
/// Younger ones may be another run's: a file gets its lock only after its name.
const STALE: Duration = Duration::from_secs(60);

/// A directory that exists for a moment.
pub(super) fn momentary(directory: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix(NAME.0).suffix(NAME.1).rand_bytes(RANDOM).tempdir_in(directory)
}

/// Takes away what runs that were killed have left in a directory. What it cannot look at or take away stays.
pub(super) fn sweep(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if is_ours(&entry.file_name()) && is_stale(&entry.path()) {
            let path = entry.path();
            let _ = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
        }
    }
}

fn is_ours(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(NAME.0)?.strip_suffix(NAME.1));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_stale(path: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    let old = found.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE));
    let mine = found.uid() == rustix::process::geteuid().as_raw();
    let free = || File::open(path).is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok());
    old && mine && (found.is_dir() || found.is_file() && free())
}
