//! The value of a flag that names a file with a secret. People give the secret itself there, so a value that names no file is forgotten
//! at once: no error, answer, record or hint can repeat it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use kms_byok::FileError;

/// What `--material`, `--passphrase-file` and their like were given.
#[derive(Clone)]
pub(crate) enum KeyFile {
    /// `-`.
    Stdin,
    /// A path that may be repeated: there is something, or it leads into a directory that exists.
    At(PathBuf),
    /// Anything else, which may be a secret. The value is gone.
    Unknown { length: usize, kind: &'static str },
}

/// How clap reads it.
pub(crate) fn parser() -> impl TypedValueParser<Value = KeyFile> {
    OsStringValueParser::new().map(KeyFile::of)
}

impl KeyFile {
    fn of(value: OsString) -> Self {
        let path = PathBuf::from(value);
        if path.as_os_str() == "-" {
            return KeyFile::Stdin;
        }
        let leads_somewhere = || path.as_os_str().as_bytes().contains(&b'/') && path.parent().is_some_and(Path::is_dir);
        if path.symlink_metadata().is_ok() || (leads_somewhere() && !ends_like_a_key(&path)) {
            return KeyFile::At(path);
        }
        let text = path.as_os_str().to_string_lossy();
        KeyFile::Unknown { length: text.chars().count(), kind: kind(&text) }
    }

    /// The path of a file to read; nothing for standard input.
    pub(crate) fn path(&self, flag: &'static str) -> Result<Option<&Path>, FileError> {
        match self {
            KeyFile::Stdin => Ok(None),
            KeyFile::At(path) => Ok(Some(path)),
            KeyFile::Unknown { length, kind } => Err(FileError::NamesNoFile { flag, length: *length, kind }),
        }
    }

    /// The same where standard input is no choice.
    pub(crate) fn file(&self, flag: &'static str) -> Result<&Path, FileError> {
        Ok(self.path(flag)?.unwrap_or(Path::new("-")))
    }

    /// The path, if it may be repeated.
    pub(crate) fn known(&self) -> Option<&Path> {
        match self {
            KeyFile::At(path) => Some(path),
            KeyFile::Stdin | KeyFile::Unknown { .. } => None,
        }
    }
}

/// Whether a path is the word for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A key in base64 may begin with a slash, or have one behind the name of a directory.
fn ends_like_a_key(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.len() >= 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=_-".contains(&byte))
}

/// What the value looks like, in words that give nothing of it away.
fn kind(text: &str) -> &'static str {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    if text.contains("-----BEGIN") {
        "characters of PEM text"
    } else if text.trim_start().starts_with('{') {
        "characters of JSON"
    } else if digits.len() >= 16 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        "characters of hex"
    } else if text.len() >= 22 && text.chars().all(base64) {
        "characters of base64's alphabet"
    } else {
        "characters"
    }
}
