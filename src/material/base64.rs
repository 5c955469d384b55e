//! Base64, decoded from one secret place into another.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::files::FileError;
use crate::secret::Secret;

const PADDED_OR_NOT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const NEVER_PADDED: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone);

/// Decodes base64 of RFC 4648 §4, or of §5 (`url`), in lines, padded or not; nothing where it is none, characters are missing, or the
/// last one has bits that no encoder sets.
pub(super) fn decode(text: &[u8], url: bool) -> Result<Option<Secret>, FileError> {
    let mut dense = Secret::zeroed(text.len())?;
    let mut length = 0;
    for byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        dense.expose_mut()[length] = *byte;
        length += 1;
    }
    dense.truncate(length);
    let alphabet = if url { URL_SAFE } else { STANDARD };
    decoded(&GeneralPurpose::new(&alphabet, PADDED_OR_NOT), dense.expose())
}

/// Decodes base64url without padding, as JOSE writes it (RFC 7515 §2); nothing if it is none, or padded, or has other characters.
pub(super) fn decode_jose(text: &[u8]) -> Result<Option<Secret>, FileError> {
    decoded(&GeneralPurpose::new(&URL_SAFE, NEVER_PADDED), text)
}

fn decoded(engine: &GeneralPurpose, text: &[u8]) -> Result<Option<Secret>, FileError> {
    let mut bytes = Secret::zeroed(base64::decoded_len_estimate(text.len()))?;
    let Ok(written) = engine.decode_slice(text, bytes.expose_mut()) else { return Ok(None) };
    bytes.truncate(written);
    Ok((written > 0).then_some(bytes))
}
