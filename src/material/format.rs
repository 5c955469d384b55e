//! The ways in which key material is written down.

use std::fmt;
use std::str::FromStr;

use crate::error::MaterialError;

/// How key material is encoded in a file or on standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Format {
    Raw,
    Hex,
    Base64,
    Pem,
    Der,
}

impl Format {
    /// Every format, as `--material-format` takes them.
    pub const ALL: [Format; 5] = [Format::Raw, Format::Hex, Format::Base64, Format::Pem, Format::Der];

    /// The word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Hex => "hex",
            Format::Base64 => "base64",
            Format::Pem => "pem",
            Format::Der => "der",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = MaterialError;

    fn from_str(text: &str) -> Result<Self, MaterialError> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| MaterialError::UnknownFormat { name: text.to_owned() })
    }
}
