//! Where the PIN is.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::super::error::Pkcs11Error;

/// Where the PIN is: a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PinSource(PathBuf);

impl PinSource {
    /// `file:` with a path, as in RFC 7512 §2.4 and RFC 8089, or an absolute path alone.
    pub(super) fn of(value: &[u8]) -> Result<Self, Pkcs11Error> {
        let path = match value.strip_prefix(b"file:") {
            Some(rest) => match rest.strip_prefix(b"//") {
                Some(rest) => rest.strip_prefix(b"localhost").filter(|rest| rest.starts_with(b"/")).unwrap_or(rest),
                None => rest,
            },
            None => value,
        };
        let has_host = value.starts_with(b"file://") && !path.starts_with(b"/");
        let is_alone = !value.starts_with(b"file:") && !value.starts_with(b"/");
        if path.is_empty() || has_host || is_alone {
            return Err(Pkcs11Error::PinSource);
        }
        Ok(PinSource(OsString::from_vec(path.to_vec()).into()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}
