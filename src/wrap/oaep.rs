//! RSAES-OAEP (RFC 8017 §7.1) through `PkeyCtx`.

use openssl::md::{Md, MdRef};
use openssl::pkey::{PKeyRef, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;

use super::OaepDigest;
use crate::openssl_probe::OpenSslError;

/// Encrypts `payload` with RSAES-OAEP, `digest` for the digest and for MGF1, and an empty label.
///
/// Padding and both digests are set each time: OpenSSL's default is SHA-1, which KMS answers with InvalidCiphertext. OpenSSL 1.1
/// insists on this order.
pub(crate) fn encrypt(payload: &[u8], key: &PKeyRef<Public>, digest: OaepDigest) -> Result<Vec<u8>, OpenSslError> {
    let mut context = PkeyCtx::new(key).map_err(OpenSslError::step("use the wrapping key"))?;
    context.encrypt_init().map_err(OpenSslError::step("start encrypting"))?;
    context
        .set_rsa_padding(Padding::PKCS1_OAEP)
        .and_then(|()| context.set_rsa_oaep_md(digest.md()))
        .and_then(|()| context.set_rsa_mgf1_md(digest.md()))
        .map_err(OpenSslError::step("select OAEP and its digests"))?;
    let mut wrapped = Vec::new();
    context.encrypt_to_vec(payload, &mut wrapped).map_err(OpenSslError::step("wrap the key material"))?;
    Ok(wrapped)
}

impl OaepDigest {
    fn md(self) -> &'static MdRef {
        match self {
            OaepDigest::Sha256 => Md::sha256(),
            OaepDigest::Sha1 => Md::sha1(),
        }
    }
}
