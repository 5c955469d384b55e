//! Files that appear whole or not at all, and never over another one unasked.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

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

fn place(what: &'static str, path: &Path, bytes: &[u8], force: bool, sync: bool) -> Result<(), FileError> {
    let unwritable = |source| FileError::Unwritable { what, path: path.to_owned(), source };
    if path.is_dir() {
        return Err(FileError::Directory { what, path: path.to_owned() });
    }
    let mut file = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o666)) // less the umask: nothing here is secret
        .tempfile_in(directory_of(path))
        .map_err(unwritable)?;
    file.write_all(bytes).map_err(unwritable)?;
    if sync {
        file.as_file().sync_all().map_err(unwritable)?;
    }
    if force {
        file.persist(path).map_err(|error| unwritable(error.error))?;
    } else {
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => FileError::Exists { what, path: path.to_owned() },
            _ => unwritable(error.error),
        })?;
    }
    Ok(())
}

/// Refuses early what `put` would refuse at the end.
pub fn check_free(what: &'static str, path: &Path, force: bool) -> Result<(), FileError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Err(FileError::Directory { what, path: path.to_owned() }),
        Ok(_) if !force => Err(FileError::Exists { what, path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Finds out early whether a key file can be written there, by making and removing an unnamed one beside it.
pub fn check_writable_beside(path: &Path) -> Result<(), FileError> {
    let what = "plaintext key file";
    if path.is_dir() {
        return Err(FileError::Directory { what, path: path.to_owned() });
    }
    match tempfile::tempfile_in(directory_of(path)) {
        Ok(_) => Ok(()),
        Err(source) => Err(FileError::Unwritable { what, path: path.to_owned(), source }),
    }
}

/// Refuses early what `put_plaintext` would refuse at the end.
pub fn check_new_plaintext(path: &Path) -> Result<(), FileError> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_dir()) {
        return Err(FileError::PlaintextExists { path: path.to_owned() });
    }
    check_writable_beside(path)
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
        let _ = fs::remove_file(path);
        unwritable(source)
    })?;
    sync_directory(path);
    Ok(())
}

/// Moves a file that may hold the only copy of a key out of the way, and says where to.
pub fn supersede(path: &Path) -> Result<Option<PathBuf>, FileError> {
    let what = "superseded key file";
    if fs::symlink_metadata(path).is_err() {
        return Ok(None);
    }
    let stamp = moment::compact(moment::now());
    let unwritable = |source| FileError::Unwritable { what, path: path.to_owned(), source };
    for attempt in 0..100 {
        let suffix = if attempt == 0 { String::new() } else { format!("-{attempt}") };
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".superseded-{stamp}{suffix}"));
        let target = PathBuf::from(name);
        // A hard link fails where a file exists; a rename would replace it.
        match fs::hard_link(path, &target) {
            Ok(()) => {
                fs::remove_file(path).map_err(unwritable)?;
                sync_directory(path);
                return Ok(Some(target));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unwritable(error)),
        }
    }
    Err(FileError::Exists { what, path: path.to_owned() })
}

/// Refuses an output that is an input under whatever name.
pub fn check_distinct(input: &Path, output: &Path) -> Result<(), FileError> {
    let same = match (fs::metadata(input), fs::metadata(output)) {
        (Ok(input), Ok(output)) => input.dev() == output.dev() && input.ino() == output.ino(),
        _ => input == output,
    };
    if same { Err(FileError::SameFile { path: output.to_owned() }) } else { Ok(()) }
}

/// The permission bits, when others than the owner may read the file.
pub fn open_to_others(path: &Path) -> Option<u32> {
    let mode = fs::metadata(path).ok()?.mode() & 0o777;
    (mode & 0o044 != 0).then_some(mode)
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
