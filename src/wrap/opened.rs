//! What was wrapped for the throw-away key of the self-tests is opened again: the answer that whoever wraps elsewhere must give.

use openssl::md::Md;
use openssl::pkey::PKey;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;

use super::algorithm::OaepDigest;
use super::known_answers::throw_away_key;
use super::kwp;
use crate::secret::Secret;

/// Opens OAEP with that digest in both places, and with none else; nothing where it is not that.
pub(crate) fn oaep_for_throw_away_key(wrapped: &[u8], digest: OaepDigest) -> Option<Secret> {
    let key = PKey::from_rsa(throw_away_key()?).ok()?;
    let md = match digest {
        OaepDigest::Sha256 => Md::sha256(),
        OaepDigest::Sha1 => Md::sha1(),
    };
    let mut context = PkeyCtx::new(&key).ok()?;
    context.decrypt_init().ok()?;
    context.set_rsa_padding(Padding::PKCS1_OAEP).ok()?;
    context.set_rsa_oaep_md(md).ok()?;
    context.set_rsa_mgf1_md(md).ok()?;
    let mut opened = Vec::new();
    context.decrypt_to_vec(wrapped, &mut opened).ok()?;
    Secret::take(opened).ok()
}

/// The same of OAEP of an AES-256 key, followed by AES-KWP (RFC 5649) under that key.
pub(crate) fn key_wrap_for_throw_away_key(wrapped: &[u8], digest: OaepDigest) -> Option<Secret> {
    let (first, second) = wrapped.split_at_checked(256)?;
    let ephemeral = oaep_for_throw_away_key(first, digest).filter(|key| key.len() == 32)?;
    kwp::unwrap(second, ephemeral.expose()).and_then(|opened| Secret::take(opened).ok())
}
