//! A parameter set without `parameters.json`: the files of the documented recipe, or of the zip that the AWS console gives.

use std::fs;
use std::path::{Path, PathBuf};

use super::names::{ENCRYPTED_FILE, PARAMETERS_FILE, PUBLIC_KEY_FILE, TOKEN_FILE};
use crate::files::FileError;

/// How the console names the public key in its zip; an id follows.
const CONSOLE_PUBLIC_KEY: &str = "wrappingKey_";
/// How it names the import token.
const CONSOLE_TOKEN: &str = "importToken_";

/// Where the files of such a set are. Nothing says for which key they are, or for which algorithm.
pub struct BareDirectory {
    /// The wrapping public key.
    pub public_key: PathBuf,
    /// The import token.
    pub import_token: PathBuf,
    /// The wrapped key material, which may not be there yet.
    pub encrypted: PathBuf,
}

impl BareDirectory {
    /// Finds the files by either name; nothing where there is a `parameters.json`, or neither file.
    pub fn find(directory: &Path) -> Result<Option<Self>, FileError> {
        if directory.join(PARAMETERS_FILE).exists() {
            return Ok(None);
        }
        let (public_key, import_token) = (public_key_in(directory)?, import_token_in(directory)?);
        if !public_key.exists() && !import_token.exists() {
            return Ok(None);
        }
        Ok(Some(BareDirectory { public_key, import_token, encrypted: directory.join(ENCRYPTED_FILE) }))
    }
}

/// The wrapping public key of a directory, under the recipe's name or the console's.
pub(crate) fn public_key_in(directory: &Path) -> Result<PathBuf, FileError> {
    named(directory, PUBLIC_KEY_FILE, CONSOLE_PUBLIC_KEY, "wrapping public key")
}

/// The import token of a directory, under the recipe's name or the console's.
pub(crate) fn import_token_in(directory: &Path) -> Result<PathBuf, FileError> {
    named(directory, TOKEN_FILE, CONSOLE_TOKEN, "import token")
}

/// What the files of a set are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    PublicKey,
    ImportToken,
    Encrypted,
}

/// What a file is by its name, the recipe's or the console's.
pub(crate) fn kind_of(path: &Path) -> Option<FileKind> {
    match path.file_name()?.to_str()? {
        PUBLIC_KEY_FILE => Some(FileKind::PublicKey),
        TOKEN_FILE => Some(FileKind::ImportToken),
        ENCRYPTED_FILE => Some(FileKind::Encrypted),
        name if name.starts_with(CONSOLE_PUBLIC_KEY) => Some(FileKind::PublicKey),
        name if name.starts_with(CONSOLE_TOKEN) => Some(FileKind::ImportToken),
        _ => None,
    }
}

/// The file of that name, else the one whose name begins so. Two of them would be a guess.
fn named(directory: &Path, name: &str, prefix: &str, what: &'static str) -> Result<PathBuf, FileError> {
    let usual = directory.join(name);
    if usual.exists() {
        return Ok(usual);
    }
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let begins = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(begins).collect();
    match (found.pop(), found.pop()) {
        (Some(_), Some(_)) => Err(FileError::SeveralOfOneKind { what, directory: directory.to_owned() }),
        (Some(one), None) => Ok(one),
        _ => Ok(usual),
    }
}
