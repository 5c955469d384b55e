//! Text where bytes are needed, as [`recognise`] finds it, and conversions that leave their marks.

use std::fmt;

use super::name::Role;
use crate::error::FileError;
use crate::material::Container;
use crate::material::recognise::{Content, Layer, SECRETS, recognise};
use crate::secret::Secret;

/// The layers of text around bytes, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encoding(pub(crate) Vec<Layer>);

/// What text around bytes is, and the bytes in it where it is whole.
pub(crate) fn taken_off(bytes: &[u8], role: Role) -> Result<(Option<Encoding>, Option<Secret>), FileError> {
    let field = [role.field()];
    let found = recognise(bytes, if role.is_secret() { &SECRETS } else { &field })?;
    let mut layers = found.layers;
    let decoded = match found.content {
        Content::Bytes(bytes) | Content::Container(_, bytes) if !layers.is_empty() => Some(bytes),
        Content::Bytes(_) | Content::Container(..) => return Ok((None, None)),
        Content::Pem(blocks) => {
            layers.push(Layer::Pem);
            let wanted =
                |container: Option<Container>| container.is_some_and(|found| found.is_private() == role.is_secret());
            let index = blocks.iter().position(|block| wanted(block.container)).unwrap_or(0);
            blocks.into_iter().nth(index).map(|block| block.bytes)
        }
        Content::Broken(layer, _) => {
            layers.push(layer);
            None
        }
        Content::Text(text, _) if layers.is_empty() && text.expose().starts_with(b"{") => {
            layers.push(Layer::Json);
            None
        }
        Content::Text(..) => None,
    };
    Ok(((!layers.is_empty()).then_some(Encoding(layers)), decoded))
}

impl Encoding {
    /// Whether it is PEM and nothing around it.
    pub(crate) fn is_pem(&self) -> bool {
        self.0 == [Layer::Pem]
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [Layer::Json, ..] => f.write_str("a whole JSON reply"),
            [Layer::HexDump] => f.write_str("a hex dump"),
            [outer @ .., inner] => {
                write!(f, "{} text", inner.name())?;
                outer.iter().rev().try_for_each(|layer| write!(f, " in {}", layer.name()))
            }
            [] => f.write_str("text"),
        }
    }
}

/// A conversion that binary bytes do not survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Bytes that are no UTF-8 became U+FFFD.
    Replaced { count: usize },
    /// Each line feed got a carriage return.
    CarriageReturns { count: usize },
}

/// Whether a program has read the bytes as UTF-8 text: one U+FFFD in 20 bytes is not chance.
pub(crate) fn replaced(bytes: &[u8]) -> Option<Damage> {
    let count = bytes.windows(3).filter(|window| *window == [0xef, 0xbf, 0xbd]).count();
    (count >= 2 && count * 20 >= bytes.len()).then_some(Damage::Replaced { count })
}

/// The bytes before a text-mode transfer, if every line feed has a carriage return.
pub(crate) fn without_carriage_returns(bytes: &[u8]) -> Option<(Vec<u8>, Damage)> {
    let line_feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let count = bytes.windows(2).filter(|window| window == b"\r\n").count();
    if count == 0 || count != line_feeds {
        return None;
    }
    let mut before = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        if !(*byte == b'\r' && bytes.get(index + 1) == Some(&b'\n')) {
            before.push(*byte);
        }
    }
    Some((before, Damage::CarriageReturns { count }))
}

/// Bytes of a line end after `wanted` bytes: 1 for LF, 2 for CR LF.
pub(crate) fn newline_after(bytes: &[u8], wanted: usize) -> Option<usize> {
    match bytes.get(wanted..)? {
        b"\n" => Some(1),
        b"\r\n" => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], role: Role) -> Option<Vec<u8>> {
        taken_off(bytes, role).unwrap().1.map(|secret| secret.expose().to_vec())
    }

    #[test]
    fn each_encoding_is_named_and_taken_off() {
        let bytes: Vec<u8> = (0..48).map(|index| index * 5).collect();
        let plain = openssl::base64::encode_block(&bytes);
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&[0xff, 0xfe][..], &wide].concat();
        let cases: [(Vec<u8>, &str); 8] = [
            (hex::encode_upper(&bytes).into(), "hex text"),
            (format!("{plain}\n").into(), "base64 text"),
            (format!("{}\r\n{}\r\n", &plain[..32], &plain[32..]).into(), "base64 text"),
            (format!("\"{plain}\"\n").into(), "base64 text in quotation marks"),
            (format!("{{\"KeyId\": \"x\", \"PublicKey\": \"{plain}\"}}").into(), "a whole JSON reply"),
            (format!("-----BEGIN PUBLIC KEY-----\n{plain}\n-----END PUBLIC KEY-----\n").into(), "PEM text"),
            (wide, "base64 text in UTF-16"),
            (marked, "base64 text in UTF-16"),
        ];
        for (text, expected) in cases {
            assert_eq!(taken_off(&text, Role::PublicKey).unwrap().0.unwrap().to_string(), expected);
            assert_eq!(decoded(&text, Role::PublicKey).as_deref(), Some(&bytes[..]), "{expected}");
        }
    }

    #[test]
    fn binary_bytes_and_short_words_are_no_text() {
        let binary: Vec<u8> = (0..=255).collect();
        for bytes in [&binary[..], b"", b"\n", b"deadbeef", b"\"\"", b"{", &[0; 64], &[0xff, 0xfe]] {
            assert!(taken_off(bytes, Role::PublicKey).unwrap().1.is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn text_that_is_cut_off_is_named_and_not_taken_off() {
        let cases: [&[u8]; 4] = [
            b"-----BEGIN ",
            b"-----BEGIN PUBLIC KEY-----\nMII",
            b"{\"PublicKey\": 7}",
            b"abcdef0123456789abcdef0123456789a",
        ];
        for bytes in cases {
            assert!(
                taken_off(bytes, Role::PublicKey).unwrap().0.is_some() && decoded(bytes, Role::PublicKey).is_none(),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn text_conversions_leave_their_marks() {
        let bytes: Vec<u8> = (0..=255).collect();
        let lossy = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(replaced(lossy.as_bytes()), Some(Damage::Replaced { count: 128 }));
        assert_eq!(replaced(&bytes), None);
        let mut transferred = bytes.clone();
        transferred.insert(10, b'\r');
        assert_eq!(without_carriage_returns(&transferred), Some((bytes.clone(), Damage::CarriageReturns { count: 1 })));
        assert_eq!(without_carriage_returns(&bytes), None);
        assert_eq!(
            (newline_after(b"ab\n", 2), newline_after(b"ab\r\n", 2), newline_after(b"ab\n", 3)),
            (Some(1), Some(2), None)
        );
    }
}
