//! A way out that was tried on the bytes.

use crate::files::FileError;
use crate::files::{free, with_suffix};
use crate::material::MaterialError;
use crate::material::recognise::Layer;
use crate::material::{Format, KeySpec, NoPassphrase, private_key, raw};
use crate::quoted::quoted;
use crate::secret::Secret;
use std::path::Path;

/// One way to read key material that may be read in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// When it is the right one, after "if".
    meaning: String,
    /// What makes another file out of this one; nothing where the file is read as it is.
    conversion: Option<Conversion>,
    /// What `--material-format` then says; nothing where the file shows it.
    format: Option<Format>,
}

/// What a shell makes of the file on its standard input, and what is put behind the name of the file that it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Conversion {
    filter: String,
    ending: String,
}

impl Choice {
    pub(super) fn reading(meaning: impl Into<String>, format: Option<Format>) -> Self {
        Choice { meaning: meaning.into(), conversion: None, format }
    }

    /// `filter` reads the file on its standard input. What it writes is a secret.
    pub(super) fn filtering(meaning: impl Into<String>, filter: &str, ending: &str, format: Option<Format>) -> Self {
        let conversion = Some(Conversion { filter: filter.to_owned(), ending: ending.to_owned() });
        Choice { meaning: meaning.into(), conversion, format }
    }

    /// When it is the right one, after "if".
    pub fn meaning(&self) -> &str {
        &self.meaning
    }

    /// The whole command for a file, or for `-`, which is standard input. `again` gives the command that reads another file, with a
    /// format where one has to be said.
    pub fn command(&self, file: &Path, again: impl FnOnce(&Path, Option<Format>) -> Option<String>) -> Option<String> {
        let Some(Conversion { filter, ending }) = &self.conversion else { return again(file, self.format) };
        if file.as_os_str() == "-" {
            return Some(format!("{filter} | {}", again(file, self.format)?));
        }
        let made = free(&with_suffix(file, ending));
        let (from, to) = (quoted(file), quoted(&made));
        Some(format!("(umask 077 && < {from} {filter} > {to}) && {}", again(&made, self.format)?))
    }
}

/// The file in doubt, and what it is to be.
pub(super) struct Tried<'a> {
    pub(super) bytes: &'a Secret,
    pub(super) spec: KeySpec,
    pub(super) said: Option<Format>,
}

/// How bytes show themselves to be a key.
pub(super) struct Shown {
    /// What has to be said besides.
    pub(super) format: Option<Format>,
    /// The public key of a bare number, by which its owner knows it.
    pub(super) public_key: Option<String>,
}

impl Shown {
    /// When it is the key, after "if".
    pub(super) fn meaning(&self, meaning: &str) -> String {
        match &self.public_key {
            Some(public_key) => format!("{meaning}, and `{public_key}` is your public key"),
            None => meaning.to_owned(),
        }
    }
}

impl Tried<'_> {
    /// How bytes show themselves to be a key of the spec; nothing where they do not.
    pub(super) fn shows(&self, bytes: &[u8]) -> Result<Option<Shown>, FileError> {
        match self.read(bytes, Format::Auto) {
            Ok(()) | Err(MaterialError::PassphraseNeeded) => Ok(Some(Shown { format: None, public_key: None })),
            Err(MaterialError::BareNumber { format, public_key, .. }) => {
                Ok(Some(Shown { format: Some(format), public_key: Some(public_key) }))
            }
            Err(MaterialError::File(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Whether bytes are read as key material of the spec. A passphrase can be given.
    pub(super) fn reads(&self, bytes: &[u8], format: Format) -> Result<bool, FileError> {
        match self.read(bytes, format) {
            Ok(()) | Err(MaterialError::PassphraseNeeded) => Ok(true),
            Err(MaterialError::File(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }

    pub(super) fn read(&self, bytes: &[u8], format: Format) -> Result<(), MaterialError> {
        let bytes = Secret::copy(bytes)?;
        if bytes.expose().trim_ascii().is_empty() {
            return Err(MaterialError::Empty);
        }
        match self.spec.is_private_key() {
            true => private_key::read(&bytes, self.spec, format, &mut NoPassphrase),
            false => raw::read(&bytes, self.spec, format),
        }
        .map(|_| ())
    }
}

/// What a shell has to take off before the innermost text or bytes; nothing where no command does it safely.
pub(super) fn filters(layers: &[Layer]) -> Option<String> {
    let safe = |layer: &Layer| !matches!(layer, Layer::Escaped | Layer::Pem);
    layers.iter().all(safe).then(|| layers.iter().map(|layer| layer.filter() + " | ").collect())
}
