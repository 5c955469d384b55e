//! Base64 inside of containers, decoded from one secret place into another.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::files::FileError;
use crate::secret::Secret;

/// Decodes base64 in lines; nothing if it is none.
pub(super) fn base64(text: &[u8]) -> Result<Option<Secret>, FileError> {
    let mut dense = Secret::zeroed(text.len())?;
    let mut length = 0;
    for byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        dense.expose_mut()[length] = *byte;
        length += 1;
    }
    dense.truncate(length);
    decode(&STANDARD, dense.expose())
}

/// Decodes base64url without padding, as JOSE writes it (RFC 7515 §2); nothing if it is none, or padded, or has other characters.
pub(super) fn base64url(text: &[u8]) -> Result<Option<Secret>, FileError> {
    decode(&URL_SAFE_NO_PAD, text)
}

fn decode(engine: &impl Engine, text: &[u8]) -> Result<Option<Secret>, FileError> {
    let mut bytes = Secret::zeroed(base64::decoded_len_estimate(text.len()))?;
    let Ok(written) = engine.decode_slice(text, bytes.expose_mut()) else { return Ok(None) };
    bytes.truncate(written);
    Ok(Some(bytes))
}
