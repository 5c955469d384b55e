//! Files that appear whole or not at all, and never over another one unasked.

pub(crate) mod damage;
mod devices;
mod directory;
mod distinct;
mod error;
mod free;
mod kind;
mod only_copy;
mod output;
mod prove;
mod staged;
mod temporary;
mod undone;
mod writers;

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

pub use self::devices::holder;
pub(crate) use self::directory::private_directory;
use self::directory::{directory_of, sync_directory};
pub use self::distinct::check_distinct;
pub use self::error::FileError;
pub(crate) use self::free::{free, is_free, name_in_command, with_suffix};
pub use self::kind::FileKind;
pub(crate) use self::kind::{JCEKS, JKS, Way, may_be_zlib};
pub(crate) use self::only_copy::supersede;
pub(crate) use self::only_copy::{FileId, give_back, put_plaintext_file};
pub use self::only_copy::{check_new_plaintext, put_plaintext};
pub(crate) use self::output::{JWK_SET_LIMIT, PAGE};
pub use self::output::{Moved, Output};
pub(crate) use self::prove::{check_output, check_output_directory};
pub(crate) use self::staged::Staged;
pub(crate) use self::undone::Undone;
pub use self::writers::open_to_writers;

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

/// Puts `bytes` at `path` in one step. What is there is refused; with `force` an earlier output of the kind is replaced, and any other
/// file is moved aside, which the answer tells.
///
/// Not synced: what comes here can be made again, and two syncs cost as much as the wrapping.
pub fn put(output: &Output, path: &Path, bytes: &[u8], force: bool) -> Result<Option<Moved>, FileError> {
    Staged::write(output.what(), path, bytes)?.place(output, force)
}

/// For what cannot be made again: on disk, under its name, when this returns. Replaces nothing.
pub(crate) fn put_durable(what: &'static str, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    put_durable_file(what, path, bytes).map(|_| ())
}

/// The same, and which file it is: by then another run may have moved it aside.
pub(crate) fn put_durable_file(what: &'static str, path: &Path, bytes: &[u8]) -> Result<Option<FileId>, FileError> {
    let staged = Staged::write(what, path, bytes)?;
    staged.sync()?;
    let id = FileId::of_open(&staged.place_new()?);
    sync_directory(path);
    Ok(id)
}

/// As [`put_durable`], in the place of a file that the caller knows to be its own.
pub(crate) fn replace_durable(what: &'static str, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let staged = Staged::write(what, path, bytes)?;
    staged.sync()?;
    staged.replace()?;
    sync_directory(path);
    Ok(())
}

/// The same for what shows that a run is alive: locked as long as the file is open, and from before it has its name.
pub(crate) fn put_locked(what: &'static str, path: &Path, bytes: &[u8]) -> Result<Locked, FileError> {
    let staged = Staged::write(what, path, bytes)?;
    staged.lock();
    staged.sync()?;
    let file = staged.place_new()?;
    sync_directory(path);
    Ok(Locked(file))
}

/// The same in the place of a file of this run: the name leads to a locked file at every moment.
pub(crate) fn replace_locked(what: &'static str, path: &Path, bytes: &[u8]) -> Result<Locked, FileError> {
    let staged = Staged::write(what, path, bytes)?;
    staged.lock();
    staged.sync()?;
    let file = staged.replace()?;
    sync_directory(path);
    Ok(Locked(file))
}

/// A file that is locked until this is dropped. A process that this one has just begun may have the file open for a moment longer, which
/// would keep a lock that ends with the last descriptor.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    /// Whether the file still has that name.
    #[cfg(feature = "fleet")]
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let same = |one: &fs::Metadata, other: &fs::Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
        matches!((self.0.metadata(), fs::metadata(path)), (Ok(one), Ok(other)) if same(&one, &other))
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

/// A lock by a file that stays; nothing while another run holds it.
pub(crate) fn try_lock(path: &Path) -> io::Result<Option<Locked>> {
    let file = File::options().create(true).append(true).mode(0o600).open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(Locked(file))),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether a run that holds this file is alive.
pub(crate) fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let file = Locked(file);
    flock(&file.0, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
}

/// Refuses early what `put` would refuse at the end.
pub fn check_free(what: &'static str, path: &Path, force: bool) -> Result<(), FileError> {
    match fs::symlink_metadata(path) {
        Ok(_) if !force => {
            devices::check_kind(what, path)?;
            Err(FileError::Exists { what, path: path.to_owned() })
        }
        _ => check_output(what, path),
    }
}

/// Whether two paths are the same name in the same directory, whether or not there is a file.
pub fn is_same_name(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| (fs::canonicalize(directory_of(path)).ok(), path.file_name().map(ToOwned::to_owned));
    one == other || matches!(place(one), (Some(_), Some(_)) if place(one) == place(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_replaces_only_its_like_and_only_when_forced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let (mut one, mut two) = (vec![0; 256], vec![0; 384]);
        for blob in [&mut one, &mut two] {
            openssl::rand::rand_bytes(blob).unwrap();
            blob[0] = 0xa5;
        }
        put(&Output::Blob, &path, &one, false).unwrap();
        assert!(matches!(put(&Output::Blob, &path, &two, false), Err(FileError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), one);
        assert_eq!(put(&Output::Blob, &path, &two, true).unwrap(), None);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        fs::write(&path, [7; 32]).unwrap();
        let moved = put(&Output::Blob, &path, &one, true).unwrap().unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&moved.to).unwrap()), (one, vec![7; 32]));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
