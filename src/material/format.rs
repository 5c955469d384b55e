//! The ways in which key material is written down.

use std::fmt;

/// How key material is encoded in a file or on standard input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// What the file shows itself to be, if there is no doubt about it.
    #[default]
    Auto,
    /// The bytes as they are, also where they are text.
    Raw,
    /// Hex digits.
    Hex,
    /// Base64 of either alphabet.
    Base64,
    /// The bare private number of an EC key, big-endian.
    Scalar,
    /// The bare seed of an Ed25519 key.
    Seed,
    /// A private key in PEM.
    Pem,
    /// A private key in DER.
    Der,
    /// A JSON Web Key.
    Jwk,
    /// A PKCS#12 file.
    Pkcs12,
    /// OpenSSH's own private key format.
    OpenSsh,
}

impl Format {
    /// Every format, as `--material-format` takes them.
    pub const ALL: [Format; 11] = [
        Format::Auto,
        Format::Raw,
        Format::Hex,
        Format::Base64,
        Format::Scalar,
        Format::Seed,
        Format::Pem,
        Format::Der,
        Format::Jwk,
        Format::Pkcs12,
        Format::OpenSsh,
    ];

    /// The word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Auto => "auto",
            Format::Raw => "raw",
            Format::Hex => "hex",
            Format::Base64 => "base64",
            Format::Scalar => "scalar",
            Format::Seed => "seed",
            Format::Pem => "pem",
            Format::Der => "der",
            Format::Jwk => "jwk",
            Format::Pkcs12 => "pkcs12",
            Format::OpenSsh => "openssh",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
