//! AES key wrap with padding (RFC 5649); KMS uses it with AES-256.

use crate::openssl_probe::OpenSslError;

/// Wraps `plaintext` under `key`; the result has `ceil8(n) + 8` bytes.
#[cfg(openssl_has_key_wrap)]
pub(crate) fn wrap(plaintext: &[u8], key: &[u8]) -> Result<Vec<u8>, OpenSslError> {
    use openssl::cipher::Cipher;
    use openssl::cipher_ctx::{CipherCtx, CipherCtxFlags};

    let step = "wrap with AES-KWP";
    let mut context = CipherCtx::new().map_err(OpenSslError::step(step))?;
    // OpenSSL 1.1 refuses key-wrap ciphers without the flag; 3.x ignores it.
    context.set_flags(CipherCtxFlags::FLAG_WRAP_ALLOW);
    let cipher = match key.len() {
        16 => Cipher::aes_128_wrap_pad(),
        24 => Cipher::aes_192_wrap_pad(),
        _ => Cipher::aes_256_wrap_pad(),
    };
    context.encrypt_init(Some(cipher), Some(key), None).map_err(OpenSslError::step(step))?;
    let mut wrapped = vec![0; plaintext.len().next_multiple_of(8) + 16];
    // All output comes from this one call; there is nothing to finalize.
    let length = context.cipher_update(plaintext, Some(&mut wrapped)).map_err(OpenSslError::step(step))?;
    wrapped.truncate(length);
    Ok(wrapped)
}

/// LibreSSL has no such cipher.
#[cfg(not(openssl_has_key_wrap))]
pub(crate) fn wrap(_: &[u8], _: &[u8]) -> Result<Vec<u8>, OpenSslError> {
    Err(OpenSslError::NoKeyWrap { algorithm: "RSA_AES_KEY_WRAP", found: openssl::version::version().to_owned() })
}

/// Opens what [`wrap`] gives under an AES-256 key; nothing where it is not that.
#[cfg(openssl_has_key_wrap)]
#[cfg(feature = "pkcs11")]
pub(crate) fn unwrap(wrapped: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    use openssl::cipher::Cipher;
    use openssl::cipher_ctx::{CipherCtx, CipherCtxFlags};

    let mut context = CipherCtx::new().ok()?;
    context.set_flags(CipherCtxFlags::FLAG_WRAP_ALLOW);
    context.decrypt_init(Some(Cipher::aes_256_wrap_pad()), Some(key), None).ok()?;
    let mut opened = vec![0; wrapped.len() + 16];
    let length = context.cipher_update(wrapped, Some(&mut opened)).ok()?;
    opened.truncate(length);
    Some(opened)
}

/// LibreSSL cannot tell.
#[cfg(not(openssl_has_key_wrap))]
#[cfg(feature = "pkcs11")]
pub(crate) fn unwrap(_: &[u8], _: &[u8]) -> Option<Vec<u8>> {
    None
}
