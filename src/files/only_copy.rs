//! Files that may hold the only copy of a key: written under their final name, moved aside, and never replaced or deleted.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::devices::check_kind;
use super::directory::{directory_of, sync_directory};
use super::error::FileError;
use super::prove::check_output;
use crate::time;

/// Refuses early what `put_plaintext` would refuse at the end.
pub fn check_new_plaintext(path: &Path) -> Result<(), FileError> {
    check_kind("plaintext key file", path)?;
    if fs::symlink_metadata(path).is_ok() {
        return Err(FileError::PlaintextExists { path: path.to_owned() });
    }
    check_output("plaintext key file", path)
}

/// Writes a plaintext key under its final name: new, mode 0600, synced. A failed write leaves nothing; nothing is ever replaced.
pub fn put_plaintext(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    put_plaintext_file(path, bytes).map(|_| ())
}

/// The same, and which file it is: by then another run may have moved it aside.
pub(crate) fn put_plaintext_file(path: &Path, bytes: &[u8]) -> Result<Option<FileId>, FileError> {
    check_kind("plaintext key file", path)?;
    let unwritable = |source| FileError::Unwritable { what: "plaintext key file", path: path.to_owned(), source };
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => FileError::PlaintextExists { path: path.to_owned() },
            _ => unwritable(error),
        })?;
    // Whatever the umask has taken away: a copy that its owner cannot read is none.
    let private = file.set_permissions(fs::Permissions::from_mode(0o600));
    private.and_then(|()| file.write_all(bytes)).and_then(|()| file.sync_all()).map_err(|source| {
        remove_if_same(&file, path);
        unwritable(source)
    })?;
    sync_directory(path);
    Ok(FileId::of_open(&file))
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
pub(crate) fn supersede(path: &Path) -> Result<Option<PathBuf>, FileError> {
    let what = "superseded file";
    if fs::symlink_metadata(path).is_err() {
        return Ok(None);
    }
    check_kind(what, path)?;
    let stamp = time::compact(time::now());
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

/// Gives a file that was moved aside its name back. Nothing is replaced: false where another file has the name.
pub(crate) fn give_back(aside: &Path, path: &Path) -> Result<bool, FileError> {
    let what = "superseded file";
    let moved = match renameat_with(CWD, aside, CWD, path, RenameFlags::NOREPLACE) {
        // Not every file system knows that flag.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::hard_link(aside, path).and_then(|()| fs::remove_file(aside))
        }
        moved => moved.map_err(io::Error::from),
    };
    match moved {
        Ok(()) => {
            sync_directory(path);
            Ok(true)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => Ok(false),
        Err(source) => Err(FileError::Unwritable { what, path: path.to_owned(), source }),
    }
}

/// A file, whatever its name is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId(u64, u64);

impl FileId {
    /// The file of that name; nothing where there is none.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().map(|file| FileId(file.dev(), file.ino()))
    }

    /// The file that is open.
    pub(crate) fn of_open(file: &File) -> Option<Self> {
        file.metadata().ok().map(|file| FileId(file.dev(), file.ino()))
    }

    /// Where this file is now, if it was moved aside from `path`.
    pub(crate) fn find_beside(self, path: &Path) -> Option<PathBuf> {
        let mut name = path.file_name()?.to_owned();
        name.push(".superseded-");
        let entries = fs::read_dir(directory_of(path)).ok()?.flatten().map(|entry| entry.path());
        let mut aside = entries
            .filter(|entry| entry.file_name().is_some_and(|found| found.as_bytes().starts_with(name.as_bytes())));
        aside.find(|entry| FileId::of(entry) == Some(self))
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
    fn a_file_gets_its_name_back_unless_another_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        put_plaintext(&path, b"one").unwrap();
        let one = FileId::of(&path).unwrap();
        let aside = supersede(&path).unwrap().unwrap();
        assert_eq!(one.find_beside(&path), Some(aside.clone()));
        put_plaintext(&path, b"two").unwrap();
        assert!(!give_back(&aside, &path).unwrap());
        assert_eq!((fs::read(&path).unwrap(), fs::read(&aside).unwrap()), (b"two".to_vec(), b"one".to_vec()));
        supersede(&path).unwrap().unwrap();
        assert!(give_back(&aside, &path).unwrap());
        assert_eq!((fs::read(&path).unwrap(), aside.exists()), (b"one".to_vec(), false));
        assert_eq!((FileId::of(&path), one.find_beside(&path)), (Some(one), None));
        assert!(!give_back(&aside, &path).unwrap());
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
        keys.sort_unstable();
        let wanted: Vec<Vec<u8>> = (0..8).flat_map(|run| (0..10).map(move |number| vec![run, number])).collect();
        assert_eq!(keys, wanted);
    }
}
