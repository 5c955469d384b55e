//! The ways out of a doubt about key material. Each was tried on the bytes before it is offered, so that none is refused afterwards.

mod keys;
mod text;

use std::path::Path;

use openssl::pkey::{PKey, Private};

use super::recognise::Layer;
use super::{Format, KeySpec, NoPassphrase, private_key, raw, read_any_private_key};
use crate::files::FileError;
use crate::files::{free, name_in_command, with_suffix};
use crate::lifecycle::error::Error;
use crate::material::MaterialError;
use crate::secret::{Secret, on_clean_stack};

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

/// A command of a shell that reads `FILE` and writes `FILE.ending`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Conversion {
    command: String,
    ending: String,
}

impl Choice {
    fn reading(meaning: impl Into<String>, format: Option<Format>) -> Self {
        Choice { meaning: meaning.into(), conversion: None, format }
    }

    /// `filter` reads the file on its standard input. What it writes is a secret.
    fn filtering(meaning: impl Into<String>, filter: &str, ending: &str, format: Option<Format>) -> Self {
        let command = format!("(umask 077 && < FILE {filter} > FILE.{ending})");
        Choice::converting(meaning, command, ending, format)
    }

    fn converting(meaning: impl Into<String>, command: String, ending: &str, format: Option<Format>) -> Self {
        let conversion = Some(Conversion { command, ending: ending.to_owned() });
        Choice { meaning: meaning.into(), conversion, format }
    }

    /// When it is the right one, after "if".
    pub fn meaning(&self) -> &str {
        &self.meaning
    }

    /// What `--material-format` has to say, where nothing else has to be done.
    pub fn format_alone(&self) -> Option<Format> {
        self.format.filter(|_| self.conversion.is_none())
    }

    /// The whole command for a file. `again` gives the command that reads another file, with a format where one has to be said.
    pub fn command(&self, file: &Path, again: impl FnOnce(&Path, Option<Format>) -> Option<String>) -> Option<String> {
        let Some(Conversion { command, ending }) = &self.conversion else { return again(file, self.format) };
        let made = free(&with_suffix(file, ending));
        Some(format!("{} && {}", name_in_command(command, file), again(&made, self.format)?))
    }
}

/// The choices that `bytes` leave, which were refused with `error`. `passphrase` is the file with the passphrase, where there is one.
pub fn choices(
    bytes: &Secret,
    spec: KeySpec,
    said: Option<Format>,
    error: &MaterialError,
    passphrase: Option<&Path>,
) -> Result<Vec<Choice>, FileError> {
    on_clean_stack(|| {
        let tried = Tried { bytes, spec, said };
        match error {
            MaterialError::SeveralBlocks { .. } | MaterialError::SeveralKeys { .. } => {
                let fits = |bytes: &[u8]| tried.reads(bytes, Format::Auto);
                keys::of_several(bytes, error, passphrase, &keys::Wanted { spec: Some(spec), fits: &fits })
            }
            MaterialError::BareNumber { format, .. } => {
                Ok(vec![Choice::reading("that is your public key", Some(*format))])
            }
            MaterialError::HalvesDisagree { public_keys, .. } => keys::of_halves(bytes, public_keys),
            MaterialError::WrongLength { .. } => text::of_tail(&tried),
            MaterialError::TrailingNewline { .. } => text::of_newline(&tried),
            MaterialError::NotEncodedText { .. }
            | MaterialError::EncodedLength { .. }
            | MaterialError::EncodingContradicted { .. }
            | MaterialError::Ambiguous { .. } => text::of_text(&tried),
            _ => Ok(Vec::new()),
        }
    })
}

/// The choices that a file of several private keys leaves where one of any type is wanted. `fits` looks at each.
pub fn choices_of_any_key(
    bytes: &Secret,
    error: &MaterialError,
    passphrase: Option<&Path>,
    fits: impl Fn(&PKey<Private>) -> bool,
) -> Result<Vec<Choice>, FileError> {
    let fits = |bytes: &[u8]| match read_any_private_key(&Secret::copy(bytes)?, &mut NoPassphrase) {
        Ok(key) => Ok(fits(&key)),
        Err(Error::Material(MaterialError::PassphraseNeeded)) => Ok(true),
        Err(Error::File(error)) => Err(error),
        Err(_) => Ok(false),
    };
    on_clean_stack(|| keys::of_several(bytes, error, passphrase, &keys::Wanted { spec: None, fits: &fits }))
}

/// The file in doubt, and what it is to be.
struct Tried<'a> {
    bytes: &'a Secret,
    spec: KeySpec,
    said: Option<Format>,
}

/// How bytes show themselves to be a key.
struct Shown {
    /// What has to be said besides.
    format: Option<Format>,
    /// The public key of a bare number, by which its owner knows it.
    public_key: Option<String>,
}

impl Shown {
    /// When it is the key, after "if".
    fn meaning(&self, meaning: &str) -> String {
        match &self.public_key {
            Some(public_key) => format!("{meaning}, and `{public_key}` is your public key"),
            None => meaning.to_owned(),
        }
    }
}

impl Tried<'_> {
    /// How bytes show themselves to be a key of the spec; nothing where they do not.
    fn shows(&self, bytes: &[u8]) -> Result<Option<Shown>, FileError> {
        match self.read(bytes, Format::Auto) {
            Ok(()) | Err(Error::Material(MaterialError::PassphraseNeeded)) => {
                Ok(Some(Shown { format: None, public_key: None }))
            }
            Err(Error::Material(MaterialError::BareNumber { format, public_key, .. })) => {
                Ok(Some(Shown { format: Some(format), public_key: Some(public_key) }))
            }
            Err(Error::File(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Whether bytes are read as key material of the spec. A passphrase can be given.
    fn reads(&self, bytes: &[u8], format: Format) -> Result<bool, FileError> {
        match self.read(bytes, format) {
            Ok(()) | Err(Error::Material(MaterialError::PassphraseNeeded)) => Ok(true),
            Err(Error::File(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }

    fn read(&self, bytes: &[u8], format: Format) -> Result<(), Error> {
        let bytes = Secret::copy(bytes)?;
        if bytes.expose().trim_ascii().is_empty() {
            return Err(MaterialError::Empty.into());
        }
        match self.spec.is_private_key() {
            true => private_key::read(&bytes, self.spec, format, &mut NoPassphrase),
            false => raw::read(&bytes, self.spec, format),
        }
        .map(|_| ())
    }
}

/// What a shell has to take off before the innermost text or bytes; nothing where no command does it safely.
fn filters(layers: &[Layer]) -> Option<String> {
    let safe = |layer: &Layer| !matches!(layer, Layer::Escaped | Layer::Pem);
    layers.iter().all(safe).then(|| layers.iter().map(|layer| layer.filter() + " | ").collect())
}
