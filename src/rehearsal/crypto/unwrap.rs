//! Opens wrapped key material with a private key. The only place where anything is unwrapped.

use openssl::error::ErrorStack;
use openssl::md::Md;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use zeroize::Zeroizing;

use super::Plaintext;
use crate::wrap::{OaepDigest, WrappingAlgorithm};

/// The key material, or `None` for whatever does not open: the reason is nobody's business, as with KMS.
pub(crate) fn unwrap(algorithm: WrappingAlgorithm, key: &PKey<Private>, wrapped: &[u8]) -> Option<Plaintext> {
    let modulus = key.size();
    if !algorithm.uses_aes_key_wrap() {
        return (wrapped.len() == modulus).then(|| oaep(algorithm.digest(), key, wrapped).ok()).flatten();
    }
    let (wrapped_key, wrapped_material) = wrapped.split_at_checked(modulus)?;
    let aes_key = oaep(algorithm.digest(), key, wrapped_key).ok()?;
    if aes_key.len() != 32 || wrapped_material.len() < 16 || !wrapped_material.len().is_multiple_of(8) {
        return None;
    }
    key_unwrap(&aes_key, wrapped_material).ok()
}

/// RSAES-OAEP (RFC 8017 §7.1.2) with one hash for the digest and for MGF1, and an empty label.
pub(crate) fn oaep(digest: OaepDigest, key: &PKey<Private>, sealed: &[u8]) -> Result<Plaintext, ErrorStack> {
    let digest = match digest {
        OaepDigest::Sha256 => Md::sha256(),
        OaepDigest::Sha1 => Md::sha1(),
    };
    let mut context = PkeyCtx::new(key)?;
    context.decrypt_init()?;
    context.set_rsa_padding(Padding::PKCS1_OAEP)?;
    context.set_rsa_oaep_md(digest)?;
    context.set_rsa_mgf1_md(digest)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(key.size()));
    context.decrypt_to_vec(sealed, &mut plain)?;
    Ok(plain)
}

/// AES-256 key unwrap with padding (RFC 5649 §4.2).
#[cfg(openssl_has_key_wrap)]
fn key_unwrap(aes_key: &[u8], wrapped: &[u8]) -> Result<Plaintext, ErrorStack> {
    use openssl::cipher::Cipher;
    use openssl::cipher_ctx::{CipherCtx, CipherCtxFlags};

    let mut context = CipherCtx::new()?;
    context.set_flags(CipherCtxFlags::FLAG_WRAP_ALLOW);
    context.decrypt_init(Some(Cipher::aes_256_wrap_pad()), Some(aes_key), None)?;
    // libcrypto clears 8 bytes past an exactly sized buffer when the integrity check fails (openssl#30663).
    let mut plain = Zeroizing::new(vec![0; wrapped.len() + 16]);
    let length = context.cipher_update(wrapped, Some(&mut plain))?;
    plain.truncate(length);
    Ok(plain)
}

/// LibreSSL has no such cipher.
#[cfg(not(openssl_has_key_wrap))]
fn key_unwrap(_: &[u8], _: &[u8]) -> Result<Plaintext, ErrorStack> {
    Err(ErrorStack::get())
}
