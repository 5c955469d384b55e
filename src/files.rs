//! Files that appear whole or not at all, and never over another one unasked.

mod distinct;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tempfile::NamedTempFile;

pub use self::distinct::check_distinct;
use crate::error::FileError;
use crate::moment;

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
    place(what, path, bytes, false, true)?;
    sync_directory(path);
    Ok(())
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

/// Refuses early what `put_plaintext` would refuse at the end.
pub fn check_new_plaintext(path: &Path) -> Result<(), FileError> {
    check_replaceable("plaintext key file", path)?;
    if fs::symlink_metadata(path).is_ok() {
        return Err(FileError::PlaintextExists { path: path.to_owned() });
    }
    check_writable_beside("plaintext key file", path)
}

/// Writes a plaintext key under its final name: new, mode 0600, synced. A failed write leaves nothing; nothing is ever replaced.
pub fn put_plaintext(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let unwritable = |source| FileError::Unwritable { what: "plaintext key file", path: path.to_owned(), source };
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => FileError::PlaintextExists { path: path.to_owned() },
            _ => unwritable(error),
        })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|source| {
        remove_if_same(&file, path);
        unwritable(source)
    })?;
    sync_directory(path);
    Ok(())
}

/// Removes a file that is still open, unless another one stands at its path by now: that may hold the only copy of a key.
fn remove_if_same(file: &File, path: &Path) {
    if let (Ok(open), Ok(there)) = (file.metadata(), fs::symlink_metadata(path))
        && (open.dev(), open.ino()) == (there.dev(), there.ino())
    {
        let _ = fs::remove_file(path);
    }
}

/// Moves a file that may hold the only copy of a key out of the way, and says where to.
pub fn supersede(path: &Path) -> Result<Option<PathBuf>, FileError> {
    let what = "superseded file";
    if fs::symlink_metadata(path).is_err() {
        return Ok(None);
    }
    check_replaceable(what, path)?;
    let stamp = moment::compact(moment::now());
    let unwritable = |source| FileError::Unwritable { what, path: path.to_owned(), source };
    for attempt in 0..100 {
        let suffix = if attempt == 0 { String::new() } else { format!("-{attempt}") };
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".superseded-{stamp}{suffix}"));
        let target = PathBuf::from(name);
        // The new name is claimed with an empty file, and the rename replaces that: whatever stands at `path` by then is
        // moved in one step. (A link and a removal would remove what another run has put there in between.)
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(unwritable(error)),
        }
        return match fs::rename(path, &target) {
            Ok(()) => {
                sync_directory(path);
                Ok(Some(target))
            }
            Err(error) => {
                let _ = fs::remove_file(&target);
                if error.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(unwritable(error)) }
            }
        };
    }
    Err(FileError::Exists { what, path: path.to_owned() })
}

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
    fn a_plaintext_key_is_private_and_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        put_plaintext(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(matches!(put_plaintext(&path, b"two"), Err(FileError::PlaintextExists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn a_failed_write_removes_its_own_file_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let ours = File::create_new(&path).unwrap();
        let aside = supersede(&path).unwrap().unwrap();
        remove_if_same(&ours, &path); // nothing is there
        put_plaintext(&path, b"another run's").unwrap();
        remove_if_same(&ours, &path);
        assert_eq!(fs::read(&path).unwrap(), b"another run's");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&aside, &path).unwrap();
        remove_if_same(&ours, &path);
        assert!(fs::symlink_metadata(&path).is_ok() && aside.exists());
        remove_if_same(&ours, &aside);
        assert!(!aside.exists());
    }

    #[test]
    fn a_superseded_file_keeps_its_bytes_under_a_new_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        assert_eq!(supersede(&path).unwrap(), None);
        let mut names = Vec::new();
        for bytes in [b"one", b"two"] {
            put_plaintext(&path, bytes).unwrap();
            names.push(supersede(&path).unwrap().unwrap());
        }
        assert_eq!((fs::read(&names[0]).unwrap(), fs::read(&names[1]).unwrap()), (b"one".to_vec(), b"two".to_vec()));
        assert!(!path.exists());
    }

    #[test]
    fn no_key_is_lost_when_many_supersede_the_same_file_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::thread::scope(|scope| {
            for run in 0..8u8 {
                let path = &path;
                scope.spawn(move || {
                    for number in 0..10u8 {
                        supersede(path).unwrap();
                        while put_plaintext(path, &[run, number]).is_err() {
                            supersede(path).unwrap();
                        }
                    }
                });
            }
        });
        let files = fs::read_dir(directory.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        let mut keys: Vec<Vec<u8>> = files.collect();
        keys.sort();
        let wanted: Vec<Vec<u8>> = (0..8).flat_map(|run| (0..10).map(move |number| vec![run, number])).collect();
        assert_eq!(keys, wanted);
    }

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
