//! Text where bytes are needed: what the aws CLI, PEM tools, hex dumps and shells leave in files.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::name::Role;
use crate::error::FileError;
use crate::secret::Secret;

/// A way of writing bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Pem,
    /// The aws CLI's whole reply.
    Json,
    Hex,
    Base64,
    /// As `--query` without `--output text` prints it.
    QuotedBase64,
    /// Base64 as PowerShell's `>` writes it.
    Utf16Base64,
}

/// Fewer characters may be bytes that happen to be letters.
const LEAST: usize = 16;

/// Whatever a tool left out or added at the end, the bytes are readable.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Encoding {
    /// Names the text encoding of bytes that should be binary.
    pub(crate) fn recognise(bytes: &[u8]) -> Option<Self> {
        let text = bytes.trim_ascii();
        if text.starts_with(b"-----BEGIN") {
            return Some(Encoding::Pem);
        }
        if text.starts_with(b"{") && text.ends_with(b"}") && text.is_ascii() {
            return Some(Encoding::Json);
        }
        if let Some(narrow) = narrowed(bytes) {
            return is_base64(narrow.trim_ascii()).then_some(Encoding::Utf16Base64);
        }
        match text {
            [b'"', inner @ .., b'"'] if is_base64(inner) => Some(Encoding::QuotedBase64),
            _ if is_hex(text) => Some(Encoding::Hex),
            _ if is_base64(text) => Some(Encoding::Base64),
            _ => None,
        }
    }

    /// Takes the encoding off; nothing where the text is cut off or does not hold what the role needs.
    pub(crate) fn decode(self, bytes: &[u8], role: Role) -> Result<Option<Secret>, FileError> {
        let text = bytes.trim_ascii();
        match self {
            Encoding::Hex => {
                let dense = dense(text);
                let mut decoded = Secret::zeroed(dense.len() / 2)?;
                Ok(hex::decode_to_slice(&*dense, decoded.expose_mut()).is_ok().then_some(decoded))
            }
            Encoding::Base64 => base64(text),
            Encoding::QuotedBase64 => base64(&text[1..text.len() - 1]),
            Encoding::Utf16Base64 => narrowed(bytes).map_or(Ok(None), |narrow| base64(narrow.trim_ascii())),
            Encoding::Pem => pem_body(text).map_or(Ok(None), base64),
            // Nobody writes a secret as JSON, and a parsed reply is not wiped.
            Encoding::Json if role.is_secret() => Ok(None),
            Encoding::Json => match serde_json::from_slice::<serde_json::Value>(text) {
                Ok(reply) => reply[role.field()].as_str().map_or(Ok(None), |text| base64(text.as_bytes())),
                Err(_) => Ok(None),
            },
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Pem => "PEM text",
            Encoding::Json => "a whole JSON reply",
            Encoding::Hex => "hex text",
            Encoding::Base64 => "base64 text",
            Encoding::QuotedBase64 => "base64 text in quotation marks",
            Encoding::Utf16Base64 => "base64 text in UTF-16",
        })
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

fn is_hex(text: &[u8]) -> bool {
    text.len() >= LEAST && text.iter().all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace())
}

fn is_base64(text: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    text.len() >= LEAST && text.iter().all(|byte| letter(byte) || byte.is_ascii_whitespace())
}

fn dense(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut dense = Zeroizing::new(Vec::with_capacity(text.len()));
    dense.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
    dense
}

fn base64(text: &[u8]) -> Result<Option<Secret>, FileError> {
    let dense = dense(text);
    let mut decoded = Secret::zeroed(base64::decoded_len_estimate(dense.len()))?;
    let Ok(length) = LENIENT.decode_slice(&*dense, decoded.expose_mut()) else { return Ok(None) };
    decoded.truncate(length);
    Ok(Some(decoded))
}

/// What stands between the first pair of PEM lines (RFC 7468 §2).
fn pem_body(text: &[u8]) -> Option<&[u8]> {
    let begin = text.iter().position(|byte| *byte == b'\n')? + 1;
    let end = text.windows(9).position(|window| window == b"-----END ")?;
    text.get(begin..end)
}

/// UTF-16 text of ASCII characters as ASCII: with a byte order mark, or with every second byte zero.
fn narrowed(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (marked, rest) = match bytes {
        [0xff, 0xfe, rest @ ..] => (Some(0), rest),
        [0xfe, 0xff, rest @ ..] => (Some(1), rest),
        rest => (None, rest),
    };
    let (pairs, []) = rest.as_chunks::<2>() else { return None };
    let all = |low: usize| pairs.iter().all(|pair| pair[1 - low] == 0 && pair[low].is_ascii() && pair[low] != 0);
    let low = marked.or_else(|| [0, 1].into_iter().find(|low| all(*low)))?;
    let narrow = pairs.iter().map(|pair| pair[low]).collect();
    (!pairs.is_empty() && all(low)).then_some(Zeroizing::new(narrow))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], role: Role) -> Option<Vec<u8>> {
        let encoding = Encoding::recognise(bytes)?;
        encoding.decode(bytes, role).unwrap().map(|secret| secret.expose().to_vec())
    }

    #[test]
    fn each_encoding_is_named_and_taken_off() {
        let bytes: Vec<u8> = (0..48).map(|index| index * 5).collect();
        let plain = openssl::base64::encode_block(&bytes);
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&[0xff, 0xfe][..], &wide].concat();
        let cases: [(Vec<u8>, Encoding); 8] = [
            (hex::encode_upper(&bytes).into(), Encoding::Hex),
            (format!("{plain}\n").into(), Encoding::Base64),
            (format!("{}\r\n{}\r\n", &plain[..32], &plain[32..]).into(), Encoding::Base64),
            (format!("\"{plain}\"\n").into(), Encoding::QuotedBase64),
            (format!("{{\"KeyId\": \"x\", \"PublicKey\": \"{plain}\"}}").into(), Encoding::Json),
            (format!("-----BEGIN PUBLIC KEY-----\n{plain}\n-----END PUBLIC KEY-----\n").into(), Encoding::Pem),
            (wide, Encoding::Utf16Base64),
            (marked, Encoding::Utf16Base64),
        ];
        for (text, expected) in cases {
            assert_eq!(Encoding::recognise(&text), Some(expected));
            assert_eq!(decoded(&text, Role::PublicKey).as_deref(), Some(&bytes[..]), "{expected}");
        }
    }

    #[test]
    fn binary_bytes_and_short_words_are_no_text() {
        let binary: Vec<u8> = (0..=255).collect();
        for bytes in [&binary[..], b"", b"\n", b"deadbeef", b"\"\"", b"{", &[0; 64], &[0xff, 0xfe]] {
            assert_eq!(Encoding::recognise(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn text_that_is_cut_off_is_named_and_not_taken_off() {
        let cases: [&[u8]; 4] =
            [b"-----BEGIN ", b"-----BEGIN PUBLIC KEY-----\nMII", b"{\"PublicKey\": 7}", b"abcdef0123456789a"];
        for bytes in cases {
            assert!(Encoding::recognise(bytes).is_some() && decoded(bytes, Role::PublicKey).is_none(), "{bytes:?}");
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
