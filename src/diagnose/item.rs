//! One file as it was found: never more than [`LIMIT`] bytes, and as carefully kept as if it held a key. It may.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::name::{Name, Role};
use crate::files::FileError;
use crate::material::encoding::{Encoding, taken_off};
use crate::secret::Secret;

/// The most bytes read of any file. KMS takes 6144; base64 and JSON of that fit too.
pub const LIMIT: usize = 64 * 1024;

/// A file in its role, and what it holds once a text encoding is taken off.
pub(crate) struct Item {
    pub(crate) name: Name,
    bytes: Secret,
    encoding: Option<Encoding>,
    decoded: Option<Secret>,
    pub(crate) modified: Option<SystemTime>,
}

impl Item {
    /// Reads a file that the user has named.
    pub(crate) fn read(role: Role, path: &Path) -> Result<Self, FileError> {
        let bytes = Secret::read_file(role.words(), path, LIMIT)?;
        Self::new(Name::of(role, path), bytes, modified(path))
    }

    /// Reads a file of a directory that somebody else may have filled: a pipe in it would wait for ever.
    pub(crate) fn read_in_directory(role: Role, path: &Path) -> Result<Self, FileError> {
        let what = role.words();
        let found = fs::metadata(path).map_err(|source| FileError::reading(what, path.to_owned(), source))?;
        if !found.is_file() && !found.is_dir() {
            let source = std::io::Error::other("not a regular file");
            return Err(FileError::Unreadable { what, path: path.to_owned(), source });
        }
        Self::read(role, path)
    }

    /// Bytes that were never in a file.
    pub(crate) fn in_memory(role: Role, bytes: &[u8]) -> Result<Self, FileError> {
        Ok(Item {
            name: Name::unnamed(role),
            bytes: Secret::copy(bytes)?,
            encoding: None,
            decoded: None,
            modified: None,
        })
    }

    pub(crate) fn new(name: Name, bytes: Secret, modified: Option<SystemTime>) -> Result<Self, FileError> {
        let (encoding, decoded) = taken_off(bytes.expose(), name.role.wanted())?;
        Ok(Item { name, bytes, encoding, decoded, modified })
    }

    /// The bytes of the file.
    pub(crate) fn raw(&self) -> &Secret {
        &self.bytes
    }

    /// What the bytes are for, with a text encoding taken off.
    pub(crate) fn content(&self) -> &[u8] {
        self.decoded.as_ref().unwrap_or(&self.bytes).expose()
    }

    /// The text encoding, if the file has one.
    pub(crate) fn encoding(&self) -> Option<&Encoding> {
        self.encoding.as_ref()
    }

    /// What looks like an encoding is none.
    pub(crate) fn take_as_it_is(&mut self) {
        (self.encoding, self.decoded) = (None, None);
    }

    /// Whether the encoding could be taken off.
    pub(crate) fn is_decoded(&self) -> bool {
        self.decoded.is_some()
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
