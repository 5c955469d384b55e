//! What was read although the file is not quite what the standards say.

use std::fmt;

use super::Container;

/// Something about a private key's file that was read leniently, or completed. `Display` says it in a sentence. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The PEM label names another container than the bytes are.
    Mislabelled {
        /// What the label says.
        label: Container,
        /// What the bytes are.
        found: Container,
    },
    /// The curve was spelled out, and its parameters are those of a named curve.
    CurveNamed {
        /// The curve's name.
        curve: String,
    },
    /// The primes, or the numbers of the Chinese remainder theorem, were missing and were computed.
    RsaNumbersComputed,
    /// The public key was missing and was computed.
    PublicKeyComputed,
    /// Bytes follow the key.
    BytesFollow {
        /// How many.
        count: usize,
    },
    /// It is no canonical DER, or breaks a rule of its container, and was read all the same.
    Lenient {
        /// What breaks the rule, as the end of "the file …".
        what: String,
    },
}

impl Note {
    /// Its stable name for machines, in snake case.
    pub const fn id(&self) -> &'static str {
        match self {
            Note::Mislabelled { .. } => "mislabelled",
            Note::CurveNamed { .. } => "curve_named",
            Note::RsaNumbersComputed => "rsa_numbers_computed",
            Note::PublicKeyComputed => "public_key_computed",
            Note::BytesFollow { .. } => "bytes_follow",
            Note::Lenient { .. } => "lenient",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Mislabelled { label, found } => {
                write!(f, "the PEM label says {}, and the content is {}", label.name(), found.with_article())
            }
            Note::CurveNamed { curve } => {
                write!(f, "the curve was spelled out; its parameters are those of {curve}, which is now named")
            }
            Note::RsaNumbersComputed => {
                f.write_str("the RSA key came without its primes or CRT numbers, and they were computed")
            }
            Note::PublicKeyComputed => f.write_str("the key came without its public half, which was computed"),
            Note::BytesFollow { count: 1 } => f.write_str("1 byte follows the key, and was left out"),
            Note::BytesFollow { count } => write!(f, "{count} bytes follow the key, and were left out"),
            Note::Lenient { what } => write!(f, "{what}; the key was read all the same and written anew"),
        }
    }
}
