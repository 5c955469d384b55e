//! SHA-256 of what everybody may see: public keys, tokens, wrapped key material.

use openssl::hash::{MessageDigest, hash};

use super::error::ParametersError;
use crate::openssl_probe::OpenSslError;

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> Result<String, OpenSslError> {
    Ok(hex::encode(hash(MessageDigest::sha256(), bytes).map_err(OpenSslError::step("compute a SHA-256"))?))
}

/// Compares a fingerprint with the one that came by another way; colons and upper case do not count.
pub fn check_fingerprint(found: &str, expected: &str) -> Result<(), ParametersError> {
    let plain: String = expected.trim().chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
    if plain.len() != 64 || !plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ParametersError::NotAFingerprint { given: expected.to_owned() });
    }
    if found == plain {
        return Ok(());
    }
    Err(ParametersError::UnexpectedPublicKey { found: found.to_owned(), expected: plain })
}
