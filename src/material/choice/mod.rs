//! The ways out of a doubt about key material. Each was tried on the bytes before it is offered, so that none is refused afterwards.

mod foreign;
mod keys;
mod numbers;
mod structure;
mod text;
mod transcoded;
mod tried;

use std::path::Path;

use openssl::pkey::{PKey, Private};

pub use self::tried::Choice;
use self::tried::Tried;
use super::private_key::read_any_private_key;
use super::{Format, KeySpec, NoPassphrase};
use crate::files::FileError;
use crate::material::MaterialError;
use crate::secret::{Secret, on_clean_stack};

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
            MaterialError::ForeignContainer { container, .. } => foreign::of_foreign(&tried, *container),
            MaterialError::WrongLength { .. } => text::of_tail(&tried),
            MaterialError::TrailingNewline { .. } => text::of_newline(&tried),
            MaterialError::NotEncodedText { .. }
            | MaterialError::EncodedLength { .. }
            | MaterialError::EncodingContradicted { .. }
            | MaterialError::Ambiguous { .. } => {
                let binary = [transcoded::of_binary(&tried)?, structure::of_structure(&tried)?].concat();
                Ok([binary, text::of_text(&tried)?].concat())
            }
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
        Err(MaterialError::PassphraseNeeded) => Ok(true),
        Err(MaterialError::File(error)) => Err(error),
        Err(_) => Ok(false),
    };
    on_clean_stack(|| keys::of_several(bytes, error, passphrase, &keys::Wanted { spec: None, fits: &fits }))
}
