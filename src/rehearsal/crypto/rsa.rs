//! RSA's part in Encrypt and Decrypt.

use openssl::md::Md;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;

use super::{Plaintext, unwrap};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::key::Key;
use crate::wrap::OaepDigest;

/// RSAES-OAEP under the key's public half.
pub(crate) fn encrypt(key: &Key, algorithm: &str, plaintext: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (digest, length) = match algorithm {
        "RSAES_OAEP_SHA_1" => (Md::sha1(), 20),
        _ => (Md::sha256(), 32),
    };
    let public = key.private_key()?;
    let most = public.size() - 2 * length - 2; // RFC 8017 §7.1.1
    if plaintext.len() > most {
        return Err(Refusal::validation(format!(
            "Algorithm {algorithm} and key spec {} cannot encrypt data larger than {most} bytes.",
            key.spec
        )));
    }
    let mut context = PkeyCtx::new(&public)?;
    context.encrypt_init()?;
    context.set_rsa_padding(Padding::PKCS1_OAEP)?;
    context.set_rsa_oaep_md(digest)?;
    context.set_rsa_mgf1_md(digest)?;
    let mut blob = Vec::new();
    context.encrypt_to_vec(plaintext, &mut blob)?;
    Ok(blob)
}

pub(crate) fn decrypt(key: &Key, algorithm: &str, blob: &[u8]) -> Option<Plaintext> {
    let digest = if algorithm == "RSAES_OAEP_SHA_1" { OaepDigest::Sha1 } else { OaepDigest::Sha256 };
    unwrap::oaep(digest, &key.private_key().ok()?, blob).ok()
}
