//! That a file can be written where it is wanted, and that one which is there can be moved or replaced: found out before KMS is asked
//! to change anything.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use rustix::fs::statvfs;
use rustix::io::Errno;

use super::devices::{self, check_kind};
use super::directory::directory_of;
use super::error::FileError;
use super::temporary;

/// More than any key, and any escrow file for a few recipients.
const ROOM: usize = 16 * 1024;
/// What a name gets when its file is moved aside.
const LONGEST_SUFFIX: usize = ".superseded-20260101T000000Z-99".len();
/// The most bytes of a path, with the zero at its end.
const PATH_MAX: usize = 4096;

/// Proves that an output can be written at `path`, and that what is there can be moved or replaced. Leaves everything as it was.
pub(crate) fn check_output(what: &'static str, path: &Path) -> Result<(), FileError> {
    check_kind(what, path)?;
    let directory = directory_of(path);
    check_name(what, path, directory)?;
    temporary::sweep(directory);
    check_room(directory).map_err(|source| FileError::Unwritable { what, path: path.to_owned(), source })?;
    check_renameable(path).map_err(|source| FileError::NotReplaceable { what, path: path.to_owned(), source })
}

/// The same for files in a directory that need not be there yet: the nearest one that is there tells.
pub(crate) fn check_output_directory(what: &'static str, directory: &Path) -> Result<(), FileError> {
    devices::refuse(what, directory)?;
    let unwritable = |source| FileError::Unwritable { what, path: directory.to_owned(), source };
    let named = |path| if path == Path::new("") { Path::new(".") } else { path };
    let Some(there) = directory.ancestors().map(named).find(|path| path.is_dir()) else { return Ok(()) };
    let longest = name_max(there);
    if directory.iter().any(|name| name.len() > longest) || directory.as_os_str().len() + longest >= PATH_MAX {
        return Err(FileError::NameTooLong { what, path: directory.to_owned() });
    }
    temporary::sweep(there);
    check_room(there).map_err(unwritable)
}

/// A name must also be able to grow, or the file could never be moved aside.
fn check_name(what: &'static str, path: &Path, directory: &Path) -> Result<(), FileError> {
    let name = path.file_name().map_or(0, |name| name.len()) + LONGEST_SUFFIX;
    if name > name_max(directory) || path.as_os_str().len() + LONGEST_SUFFIX >= PATH_MAX {
        return Err(FileError::NameTooLong { what, path: path.to_owned() });
    }
    Ok(())
}

fn name_max(directory: &Path) -> usize {
    statvfs(directory)
        .ok()
        .and_then(|found| usize::try_from(found.f_namemax).ok())
        .filter(|most| *most > 0)
        .unwrap_or(255)
}

fn check_room(directory: &Path) -> io::Result<()> {
    tempfile::tempfile_in(directory)?.write_all(&[0; ROOM])
}

/// Whether a file can be renamed, without a moment in which it is not there. Its name is tried on a directory, which no file may
/// replace: the system says that only after it has found nothing else against it.
fn check_renameable(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    let directory = directory_of(path);
    check_attributes(directory, path)?;
    let target = temporary::momentary(directory)?;
    match fs::rename(path, target.path()) {
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::ISDIR | Errno::EXIST | Errno::NOTEMPTY | Errno::NOENT) => Ok(()),
            _ => Err(error),
        },
        // No system does this.
        Ok(()) => fs::rename(target.keep(), path),
    }
}

/// Mount points may look like files of the same system, and a directory that only grows keeps whatever is put into it.
#[cfg(target_os = "linux")]
fn check_attributes(directory: &Path, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let attributes = |path: &Path| {
        let found = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS).ok();
        found.map_or(StatxAttributes::empty(), |found| found.stx_attributes & found.stx_attributes_mask)
    };
    if attributes(path).contains(StatxAttributes::MOUNT_ROOT) {
        return Err(Errno::BUSY.into());
    }
    let fixed = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
    if attributes(path).intersects(fixed) || attributes(directory).intersects(fixed) {
        return Err(Errno::PERM.into());
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn check_attributes(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
