//! Files that appear whole or not at all, and never over another one unasked.

mod distinct;
mod only_copy;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tempfile::NamedTempFile;

pub use self::distinct::check_distinct;
pub(crate) use self::only_copy::{FileId, give_back, put_plaintext_file};
pub use self::only_copy::{check_new_plaintext, put_plaintext, supersede};
use crate::error::FileError;

/// Reads a file that holds no secret, of at most `limit` bytes and at least one. `what` names it in errors.
pub fn read(what: &'static str, path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    let unreadable = |source| FileError::reading(what, path.to_owned(), source);
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(FileError::Directory { what, path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    match bytes.len() {
        0 => Err(FileError::Empty { what, path: path.to_owned() }),
        length if length > limit => Err(FileError::TooLarge { what, path: path.to_owned(), limit }),
        _ => Ok(bytes),
    }
}

/// Puts `bytes` at `path` in one step; refuses to replace a file unless `force`.
///
/// Not synced: what comes here can be made again, and two syncs cost as much as the wrapping.
pub fn put(what: &'static str, path: &Path, bytes: &[u8], force: bool) -> Result<(), FileError> {
    place(what, path, bytes, force, false)
}

/// The same for what cannot be made again: on disk, under its name, when this returns. Replaces nothing.
pub fn put_durable(what: &'static str, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    put_durable_file(what, path, bytes).map(|_| ())
}

/// The same, and which file it is: by then another run may have moved it aside.
pub(crate) fn put_durable_file(what: &'static str, path: &Path, bytes: &[u8]) -> Result<Option<FileId>, FileError> {
    let staged = Staged::write(what, path, bytes)?;
    staged.file.as_file().sync_all().map_err(|source| staged.unwritable(source))?;
    let id = FileId::of_open(staged.file.as_file());
    staged.place(false)?;
    sync_directory(path);
    Ok(id)
}

/// As [`put_durable`], in the place of a file that the caller knows to be its own.
pub fn replace_durable(what: &'static str, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    place(what, path, bytes, true, true)?;
    sync_directory(path);
    Ok(())
}

/// The same for what shows that a run is alive: locked as long as the file is open, and from before it has its name.
pub(crate) fn put_locked(what: &'static str, path: &Path, bytes: &[u8]) -> Result<File, FileError> {
    let staged = Staged::write(what, path, bytes)?;
    // Where the file system has no locks, nobody sees that the run is alive.
    let _ = flock(staged.file.as_file(), FlockOperation::NonBlockingLockExclusive);
    staged.file.as_file().sync_all().map_err(|source| staged.unwritable(source))?;
    let file = staged.file.persist_noclobber(path).map_err(|error| FileError::Unwritable {
        what,
        path: path.to_owned(),
        source: error.error,
    })?;
    sync_directory(path);
    Ok(file)
}

/// Whether a run that holds this file is alive.
pub(crate) fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
}

fn place(what: &'static str, path: &Path, bytes: &[u8], force: bool, sync: bool) -> Result<(), FileError> {
    let staged = Staged::write(what, path, bytes)?;
    if sync {
        staged.file.as_file().sync_all().map_err(|source| staged.unwritable(source))?;
    }
    staged.place(force)
}

/// A file that is written and not yet at its place; it disappears if it never gets there.
pub(crate) struct Staged {
    what: &'static str,
    path: PathBuf,
    file: NamedTempFile,
}

impl Staged {
    /// Writes `bytes` beside `path`.
    pub(crate) fn write(what: &'static str, path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        check_replaceable(what, path)?;
        let unwritable = |source| FileError::Unwritable { what, path: path.to_owned(), source };
        let mut file = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o644)) // less the umask: nothing here is secret
            .tempfile_in(directory_of(path))
            .map_err(unwritable)?;
        file.write_all(bytes).map_err(unwritable)?;
        Ok(Staged { what, path: path.to_owned(), file })
    }

    /// Puts it at its place; refuses to replace a file unless `force`.
    pub(crate) fn place(self, force: bool) -> Result<(), FileError> {
        let Staged { what, path, file } = self;
        let placed = if force { file.persist(&path) } else { file.persist_noclobber(&path) };
        placed.map(|_| ()).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists if !force => FileError::Exists { what, path },
            _ => FileError::Unwritable { what, path, source: error.error },
        })
    }

    fn unwritable(&self, source: io::Error) -> FileError {
        FileError::Unwritable { what: self.what, path: self.path.clone(), source }
    }
}

/// Refuses early what `put` would refuse at the end.
pub fn check_free(what: &'static str, path: &Path, force: bool) -> Result<(), FileError> {
    check_replaceable(what, path)?;
    match fs::symlink_metadata(path) {
        Ok(_) if !force => Err(FileError::Exists { what, path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Finds out early whether a file can be written there and has room, by making and removing an unnamed one beside it.
pub fn check_writable_beside(what: &'static str, path: &Path) -> Result<(), FileError> {
    check_replaceable(what, path)?;
    tempfile::tempfile_in(directory_of(path))
        .and_then(|mut file| file.write_all(&[0; ROOM]))
        .map_err(|source| FileError::Unwritable { what, path: path.to_owned(), source })
}

/// The same for files in a directory that need not be there yet: the nearest one that is there tells.
pub fn check_writable_into(what: &'static str, directory: &Path) -> Result<(), FileError> {
    let named = |path| if path == Path::new("") { Path::new(".") } else { path };
    let Some(there) = directory.ancestors().map(named).find(|path| path.is_dir()) else { return Ok(()) };
    let unwritable = |source| FileError::Unwritable { what, path: directory.to_owned(), source };
    tempfile::tempfile_in(there).map(drop).map_err(unwritable)
}

/// More than any key, and any escrow file for a few recipients.
const ROOM: usize = 16 * 1024;

/// A directory, device, pipe or socket is never put aside or replaced: as root, `/dev/null` would become a file.
fn check_replaceable(what: &'static str, path: &Path) -> Result<(), FileError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(FileError::Directory { what, path: path.to_owned() }),
        Ok(found) if !found.is_file() => Err(FileError::NotAFile { what, path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// The permission bits of a directory in which anybody may replace files.
pub fn open_to_writers(directory: &Path) -> Option<u32> {
    let mode = fs::metadata(directory).ok()?.mode() & 0o7777;
    (mode & 0o1002 == 0o002).then_some(mode)
}

/// Whether two paths are the same name in the same directory, whether or not there is a file.
pub fn is_same_name(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| (fs::canonicalize(directory_of(path)).ok(), path.file_name().map(ToOwned::to_owned));
    one == other || matches!(place(one), (Some(_), Some(_)) if place(one) == place(other))
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a new name outlive a power cut; where the file system cannot, the file itself is still synced.
fn sync_directory(path: &Path) {
    if let Ok(directory) = File::open(directory_of(path)) {
        let _ = directory.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_replaces_nothing_unless_forced_and_a_failure_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        put("output", &path, b"one", false).unwrap();
        assert!(matches!(put("output", &path, b"two", false), Err(FileError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        put("output", &path, b"two", true).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
