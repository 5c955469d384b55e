//! The ways in which key material is written down.

use std::fmt;

/// How key material is encoded in a file or on standard input. It parses from its name, as in `hex`: other text is
/// [`MaterialError::UnknownFormat`](super::MaterialError::UnknownFormat).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// What the file shows itself to be, if there is no doubt about it.
    #[default]
    Auto,
    /// The bytes as they are, also where they are text.
    Raw,
    /// Hex digits of either case, also with `0x`, colons or white space.
    Hex,
    /// Base64 of either alphabet (RFC 4648 §4, §5), padded or not, in one line or several.
    Base64,
    /// The bare private number of an EC key, big-endian: 32, 48 or 66 bytes by the curve.
    Scalar,
    /// The bare seed of an Ed25519 key: 32 bytes (RFC 8032 §5.1.5).
    Seed,
    /// A private key in PEM (RFC 7468).
    Pem,
    /// A private key in DER: PKCS#8, PKCS#1 or SEC1.
    Der,
    /// A JSON Web Key (RFC 7517).
    Jwk,
    /// A PKCS#12 file (RFC 7292).
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

    /// The name that it parses from, as in `base64`.
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
