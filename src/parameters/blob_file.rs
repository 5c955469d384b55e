//! A file that should hold wrapped key material: what it is instead, with the command that fixes it.

use std::path::Path;

use super::error::ParametersError;
use crate::file_checks::fixes::{self, Place};
use crate::file_checks::wrapped_blob::{LIMIT, Making, Strange, is_private_key, is_public_key};
use crate::files::damage::Damage;
use crate::material::encoding::{Encoding, Wanted, taken_off};
use crate::material::recognise::is_text;
use crate::material::{Container, KeySpec};
use crate::wrap::WrapError;

/// As errors name it.
pub(crate) const BLOB: &str = "wrapped key material";
/// As errors name it.
pub(crate) const TOKEN: &str = "import token";

/// Whether this is too short for a token of KMS, and for one in hex or base64: emulators of KMS give a few letters or digits.
pub(crate) fn is_foreign_token(bytes: &[u8]) -> bool {
    bytes.len() <= 64 && !bytes.is_empty() && bytes.iter().all(u8::is_ascii_graphic)
}

/// Refuses a file that is text, too long, or a key in the clear; `what` is [`BLOB`] or [`TOKEN`].
pub(crate) fn check_kind(what: &'static str, path: &Path, bytes: &[u8], place: Place) -> Result<(), ParametersError> {
    let owned = || path.to_owned();
    let field = if what == BLOB { "EncryptedKeyMaterial" } else { "ImportToken" };
    let (encoding, decoded) = taken_off(bytes, Wanted::Field(field))?;
    let inner = decoded.as_ref().map_or(bytes, |secret| secret.expose());
    let key_text = || is_text(inner) && Container::identify(inner).is_some_and(Container::is_private);
    if is_private_key(inner) || key_text() {
        return Err(match what {
            BLOB => WrapError::InTheClear { found: "a private key in the clear" }.into(),
            _ => ParametersError::IsPrivateKey { what, path: owned() },
        });
    }
    let text = encoding.as_ref().map(Encoding::to_string).or_else(|| is_text(bytes).then(|| "text".to_owned()));
    if let Some(found) = text {
        // Whatever is in it, a public key is not what was asked for.
        let whole = encoding.filter(|_| decoded.is_some() && !is_public_key(inner));
        let command = whole.map(|encoding| fixes::decode(Some(path), &encoding, place));
        return Err(match (what, place) {
            (BLOB, Place::Fixed) => WrapError::WrappedText { found, command }.into(),
            _ => ParametersError::Encoded { what, path: owned(), found, command },
        });
    }
    if bytes.len() > LIMIT {
        return Err(ParametersError::TooLong { what, path: owned(), found: bytes.len(), limit: LIMIT });
    }
    if is_public_key(bytes) {
        return Err(ParametersError::IsPublicKey { what, path: owned() });
    }
    Ok(())
}

/// Refuses wrapped key material that cannot have been made so.
pub(crate) fn check(path: &Path, bytes: &[u8], making: &Making, place: Place) -> Result<(), ParametersError> {
    let Some(strange) = making.strange(bytes) else { return Ok(()) };
    let found = bytes.len();
    let error = match (&strange, strange.made()) {
        (Strange::Newline { extra, wanted }, _) => {
            let command = fixes::cut(Some(path), *wanted, place);
            WrapError::WrappedNewline { found, extra: *extra, wanted: *wanted, command }
        }
        (Strange::Damaged(damage), _) => {
            let fixed = matches!(damage, Damage::CarriageReturns { .. });
            let command = fixed.then(|| fixes::without_carriage_returns(Some(path), place));
            WrapError::WrappedDamaged { damage: damage.to_string(), command }
        }
        (Strange::KeyInTheClear, _) => WrapError::InTheClear { found: "32 bytes, as a symmetric key has" },
        (Strange::KeyWrap { .. }, Some(made)) => WrapError::WrappedByKeyWrap { found, made, needed: needed(making) },
        (_, Some(made)) => WrapError::WrappedOtherwise { found, made, needed: needed(making) },
        (_, None) => length(found, making),
    };
    Err(error.into())
}

/// What is needed, after "and".
fn needed(making: &Making) -> String {
    match (making.algorithm, making.wrapping, making.spec) {
        (Some(algorithm), Some(wrapping), _) => format!("the parameters are for {algorithm} with {wrapping}"),
        (_, _, Some(spec)) if !spec.is_private_key() => format!("KMS takes {spec} key material under OAEP alone"),
        (_, _, Some(KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096)) => {
            "KMS takes RSA private keys only under RSA_AES_KEY_WRAP".to_owned()
        }
        _ => "a private key in PKCS#8 is longer".to_owned(),
    }
}

fn length(found: usize, making: &Making) -> WrapError {
    let (_, expected) = making.expected();
    match (making.algorithm, making.wrapping, making.spec) {
        (Some(algorithm), Some(wrapping), _) => WrapError::WrappedLength { algorithm, wrapping, found, expected },
        (_, _, spec) => {
            let spec = spec.unwrap_or(KeySpec::SymmetricDefault);
            let either = spec.is_private_key() && !making.is_key_wrap().unwrap_or(false);
            let expected = match either {
                true => "at least 312, a multiple of 8; OAEP alone gives 256, 384 or 512".to_owned(),
                false => expected,
            };
            WrapError::ImpossibleLength { spec, found, expected }
        }
    }
}
