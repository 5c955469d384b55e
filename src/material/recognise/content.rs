//! What is inside of the layers of text.

use super::layer::Layer;
use crate::material::Container;
use crate::secret::Secret;

/// What is inside of the layers.
pub(crate) enum Content {
    /// Binary bytes.
    Bytes(Secret),
    /// Text or bytes in a form that is known.
    Container(Container, Secret),
    /// PEM blocks.
    Pem(Vec<Block>),
    /// Text that is no encoding of anything.
    Text(Secret, Plain),
    /// Text of an alphabet that is known and that cannot be decoded.
    Broken(Layer, &'static str),
}

/// Kinds of text that encode nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// `NAME=value`.
    Assignment,
    /// JSON that is no key and no reply.
    Json,
    /// Letters of base64's alphabet that may as well be words.
    Letters,
    /// Decimal digits: of 64 random hex digits, none is a letter once in 10^13 times.
    Decimal,
    /// Of the alphabet of base58, in the length of a key.
    Base58,
    /// Any other.
    Words,
    /// Binary bytes that were taken for characters of Latin-1.
    Transcoded,
    /// Binary bytes that were read as UTF-8: what was none became U+FFFD.
    Replaced,
    /// More layers than anybody writes.
    Layered,
}

impl Content {
    /// What it is, after "the key material is".
    pub(crate) fn words(&self) -> String {
        match self {
            Content::Bytes(_) => "binary".to_owned(),
            Content::Container(container, _) => container.with_article(),
            Content::Pem(_) => "PEM".to_owned(),
            Content::Text(_, kind) => kind.words().to_owned(),
            Content::Broken(layer, _) => format!("damaged {}", layer.name()),
        }
    }
}

impl Plain {
    /// What it is, after "the key material is".
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Plain::Assignment => "an assignment of a value to a name",
            Plain::Json => "JSON that is neither a JWK nor a reply with a key",
            Plain::Letters => "letters that may be words",
            Plain::Decimal => "a number of decimal digits",
            Plain::Base58 => "letters that may be base58 or base64",
            Plain::Words => "text in no known encoding",
            Plain::Transcoded => "binary that was taken for text and written as UTF-8",
            Plain::Replaced => "binary that was read as UTF-8 text, and has lost bytes",
            Plain::Layered => "text in more layers than anybody writes",
        }
    }
}

/// One block.
pub(crate) struct Block {
    /// What its label claims; the bytes decide in the end.
    pub(crate) container: Option<Container>,
    /// What is in it: DER, or OpenSSH's binary form; an encrypted traditional key as PEM text, because its headers belong to it.
    pub(crate) bytes: Secret,
}
