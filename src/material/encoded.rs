//! Hex and base64, decoded from one secret into another.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Format;
use crate::error::{Error, MaterialError};
use crate::secret::Secret;

/// Decodes hex or base64 text; line breaks and surrounding white space do not count.
pub(crate) fn decode(text: &Secret, format: Format) -> Result<Secret, Error> {
    let mut dense = Secret::zeroed(text.len())?;
    let mut length = 0;
    for byte in text.expose().iter().filter(|byte| !byte.is_ascii_whitespace()) {
        dense.expose_mut()[length] = *byte;
        length += 1;
    }
    dense.truncate(length);
    if dense.is_empty() {
        return Err(MaterialError::Empty.into());
    }
    match format {
        Format::Hex => {
            let mut bytes = Secret::zeroed(length / 2)?;
            hex::decode_to_slice(dense.expose(), bytes.expose_mut()).map_err(|error| not_hex(&error, length))?;
            Ok(bytes)
        }
        _ => {
            let mut bytes = Secret::zeroed(base64::decoded_len_estimate(length))?;
            let written =
                STANDARD.decode_slice(dense.expose(), bytes.expose_mut()).map_err(|_| MaterialError::NotDecodable {
                    format,
                    problem: "it is cut off, or has characters outside A-Z a-z 0-9 + / =".to_owned(),
                })?;
            bytes.truncate(written);
            Ok(bytes)
        }
    }
}

// The decoder's own error would show a character of the key.
fn not_hex(error: &hex::FromHexError, length: usize) -> MaterialError {
    let problem = match error {
        hex::FromHexError::InvalidHexCharacter { index, .. } => {
            format!("character {} is none of 0-9 a-f A-F", index + 1)
        }
        _ => format!("{length} is an odd number of characters"),
    };
    MaterialError::NotDecodable { format: Format::Hex, problem }
}

/// Whether `bytes` are text that encodes `wanted` bytes (any even length from `wanted` on, where `at_least`).
pub(crate) fn looks_encoded(bytes: &[u8], fits: impl Fn(usize) -> bool) -> Option<(usize, Format)> {
    let text = bytes.trim_ascii_end();
    let length = text.len();
    let hex = length.is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit);
    if hex && fits(length / 2) {
        return Some((length, Format::Hex));
    }
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = &text[..length - padding];
    let base64 = length.is_multiple_of(4)
        && padding <= 2
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    (base64 && length > 0 && fits(length / 4 * 3 - padding)).then_some((length, Format::Base64))
}
