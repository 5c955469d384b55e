//! Files that are written before they have their name. Where the system has files without one, a run that is killed leaves nothing;
//! elsewhere it leaves a file with a name by which the next run knows it, and takes it away.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, flock, linkat, open};
use tempfile::TempPath;

use super::devices::check_kind;
use super::directory::directory_of;
use super::error::FileError;
use super::output::{Moved, Output};
use super::temporary::{NAME, RANDOM};

/// A file that is written and not yet at its place; it disappears if it never gets there.
pub(crate) struct Staged {
    what: &'static str,
    path: PathBuf,
    file: File,
    /// The name it has until then, where it needs one.
    name: Option<TempPath>,
}

/// Less the umask: nothing here is secret.
const MODE: u32 = 0o644;

impl Staged {
    /// Writes `bytes` beside `path`.
    pub(crate) fn write(what: &'static str, path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        check_kind(what, path)?;
        let unwritable = |source| FileError::Unwritable { what, path: path.to_owned(), source };
        let (mut file, name) = match unnamed(directory_of(path)) {
            Some(file) => (file, None),
            None => {
                let (file, name) = named(directory_of(path)).map_err(unwritable)?;
                (file, Some(name))
            }
        };
        // A umask that takes the owner's own rights away is none for a file that is needed again.
        let mode = file.metadata().map_err(unwritable)?.mode() & 0o777;
        if mode & 0o600 != 0o600 {
            file.set_permissions(fs::Permissions::from_mode(mode | 0o600)).map_err(unwritable)?;
        }
        file.write_all(bytes).map_err(unwritable)?;
        Ok(Staged { what, path: path.to_owned(), file, name })
    }

    /// Has the bytes on disk.
    pub(super) fn sync(&self) -> Result<(), FileError> {
        self.file.sync_all().map_err(|source| self.unwritable(source))
    }

    /// Shows from before it has its place that a run is alive, as long as the file is open.
    pub(super) fn lock(&self) {
        // Where the file system has no locks, nobody sees that the run is alive.
        let _ = flock(&self.file, FlockOperation::NonBlockingLockExclusive);
    }

    /// Puts it where nothing is yet.
    pub(super) fn place_new(mut self) -> Result<File, FileError> {
        let placed = match self.name.take() {
            None => link(&self.file, &self.path),
            Some(name) => name.persist_noclobber(&self.path).map_err(|error| error.error),
        };
        match placed {
            Ok(()) => Ok(self.file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(FileError::Exists { what: self.what, path: self.path })
            }
            Err(source) => Err(self.unwritable(source)),
        }
    }

    /// Puts it in the place of a file that is known to be an earlier one of its kind.
    pub(super) fn replace(mut self) -> Result<File, FileError> {
        let name = match self.name.take() {
            Some(name) => Ok(name),
            // A link replaces nothing, so the file has a name for that moment.
            None => with_name(directory_of(&self.path), |name| link(&self.file, name)),
        };
        match name.and_then(|name| name.persist(&self.path).map_err(|error| error.error)) {
            Ok(()) => Ok(self.file),
            Err(source) => Err(self.unwritable(source)),
        }
    }

    /// Puts it at its place. With `force` an earlier output of its kind is replaced, and any other file moved aside.
    pub(crate) fn place(self, output: &Output, force: bool) -> Result<Option<Moved>, FileError> {
        let (earlier, moved) = if force { output.make_room(&self.path)? } else { (false, None) };
        if earlier {
            self.replace().map(drop)?;
        } else {
            self.place_new()?;
        }
        Ok(moved)
    }

    fn unwritable(&self, source: io::Error) -> FileError {
        FileError::Unwritable { what: self.what, path: self.path.clone(), source }
    }
}

fn with_name<T>(directory: &Path, make: impl FnMut(&Path) -> io::Result<T>) -> io::Result<TempPath> {
    let made = tempfile::Builder::new().prefix(NAME.0).suffix(NAME.1).rand_bytes(RANDOM).make_in(directory, make)?;
    Ok(made.into_temp_path())
}

/// A file without a name, where the system has them and can give it one later.
fn unnamed(directory: &Path) -> Option<File> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let file = File::from(open(directory, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::from(MODE)).ok()?);
    descriptor(&file).exists().then_some(file)
}

fn named(directory: &Path) -> io::Result<(File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(NAME.0).suffix(NAME.1).rand_bytes(RANDOM).permissions(fs::Permissions::from_mode(MODE));
    let file = builder.tempfile_in(directory)?;
    // As long as it is locked, no other run takes it away.
    let _ = flock(file.as_file(), FlockOperation::NonBlockingLockExclusive);
    Ok(file.into_parts())
}

fn descriptor(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

fn link(file: &File, name: &Path) -> io::Result<()> {
    Ok(linkat(CWD, descriptor(file), CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::temporary::sweep;
    use super::*;

    fn make(path: &Path, age: u64) -> File {
        let file = File::create(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        file
    }

    #[test]
    fn a_file_with_a_name_of_its_own_gets_its_place_as_one_without() {
        for (with_name, mode) in [(false, 0o400), (true, 0o400)] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("out");
            let stage = |bytes: &[u8]| {
                let mut staged = Staged::write("output", &path, bytes).unwrap();
                if with_name {
                    let (mut file, name) = named(directory.path()).unwrap();
                    file.write_all(bytes).unwrap();
                    (staged.file, staged.name) = (file, Some(name));
                }
                staged
            };
            stage(b"one").place_new().unwrap();
            assert!(matches!(stage(b"two").place_new(), Err(FileError::Exists { .. })));
            assert_eq!(fs::read(&path).unwrap(), b"one");
            stage(b"two").replace().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"two");
            assert_eq!(fs::metadata(&path).unwrap().mode() & mode, mode);
            drop(stage(b"three"));
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_a_killed_run_left_is_swept_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        make(&at(".kms-byok-abcdefghijkl.tmp"), 61);
        make(&at(".kms-byok-abcdefghijk0.tmp"), 1);
        make(&at(".kms-byok-notes.tmp"), 1000);
        make(&at(".kms-byok-abcdefghijkl"), 1000);
        make(&at("key"), 1000);
        let alive = make(&at(".kms-byok-abcdefghijk1.tmp"), 1000);
        flock(&alive, FlockOperation::NonBlockingLockExclusive).unwrap();
        std::os::unix::fs::symlink("key", at(".kms-byok-abcdefghijk2.tmp")).unwrap();
        sweep(directory.path());
        let mut left: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort_unstable();
        assert_eq!(
            left,
            [
                ".kms-byok-abcdefghijk0.tmp",
                ".kms-byok-abcdefghijk1.tmp",
                ".kms-byok-abcdefghijk2.tmp",
                ".kms-byok-abcdefghijkl",
                ".kms-byok-notes.tmp",
                "key"
            ]
        );
    }
}
