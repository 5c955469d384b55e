//! The directory that a file lies in.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a directory for the user alone, with those above it that are missing, whatever the umask; one that others may enter is closed.
pub(crate) fn private_directory(directory: &Path) -> io::Result<()> {
    if !directory.is_dir() {
        match directory.parent() {
            Some(above) if !above.as_os_str().is_empty() && !above.is_dir() => private_directory(above)?,
            _ => {}
        }
        match fs::create_dir(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    match fs::metadata(directory)?.permissions().mode() & 0o7777 {
        0o700 => Ok(()),
        _ => fs::set_permissions(directory, fs::Permissions::from_mode(0o700)),
    }
}

/// Makes a new name outlive a power cut; where the file system cannot, the file itself is still synced.
pub(super) fn sync_directory(path: &Path) {
    if let Ok(directory) = File::open(directory_of(path)) {
        let _ = directory.sync_all();
    }
}
