//! The ciphertext of symmetric keys: it names its key and its key material, and holds together with its encryption context.

use openssl::rand::rand_bytes;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use zeroize::Zeroizing;

use super::Plaintext;
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::key::KeyMaterial;
use crate::rehearsal::state::key_id::KeyId;

/// The bytes that the base64 of KMS's own ciphertexts begins with (`AQICAHh`).
const MAGIC: [u8; 5] = [1, 2, 2, 0, 0x78];
const KEY: usize = 17;
const MATERIAL: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;
const HEADER: usize = MAGIC.len() + KEY + MATERIAL + NONCE;

/// What a ciphertext says about itself before it is opened.
pub(crate) struct Sealed<'a> {
    pub(crate) key: KeyId,
    pub(crate) material: [u8; 32],
    blob: &'a [u8],
}

/// AES-256-GCM under the key material; header and encryption context are authenticated.
pub(crate) fn seal(
    key: KeyId,
    material: &KeyMaterial,
    context: &[(&str, &str)],
    plaintext: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let bytes = material.bytes.as_ref().ok_or_else(|| Refusal::internal("no key material"))?;
    let mut blob = Vec::with_capacity(HEADER + plaintext.len() + TAG);
    blob.extend(MAGIC);
    blob.extend(key.bytes());
    blob.extend(material.id);
    let mut nonce = [0; NONCE];
    rand_bytes(&mut nonce)?;
    blob.extend(nonce);
    let mut tag = [0; TAG];
    let aad = authenticated(&blob, context);
    blob.extend(encrypt_aead(Cipher::aes_256_gcm(), bytes, Some(&nonce), &aad, plaintext, &mut tag)?);
    blob.extend(tag);
    Ok(blob)
}

/// Reads the header; `None` if it is no ciphertext of this service.
pub(crate) fn read(blob: &[u8]) -> Option<Sealed<'_>> {
    let header = blob.get(..HEADER).filter(|header| header.starts_with(&MAGIC) && blob.len() >= HEADER + TAG)?;
    let (key, rest) = header[MAGIC.len()..].split_at(KEY);
    Some(Sealed { key: KeyId::of_bytes(key)?, material: rest[..MATERIAL].try_into().ok()?, blob })
}

impl Sealed<'_> {
    /// The plaintext, or `None` if anything about it was changed.
    pub(crate) fn open(&self, material: &KeyMaterial, context: &[(&str, &str)]) -> Option<Plaintext> {
        let bytes = material.bytes.as_ref()?;
        let (header, sealed) = self.blob.split_at_checked(HEADER)?;
        let (sealed, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;
        let nonce = &header[HEADER - NONCE..];
        let aad = authenticated(header, context);
        decrypt_aead(Cipher::aes_256_gcm(), bytes, Some(nonce), &aad, sealed, tag).ok().map(Zeroizing::new)
    }
}

fn authenticated(header: &[u8], context: &[(&str, &str)]) -> Vec<u8> {
    let mut aad = header.to_vec();
    for text in context.iter().flat_map(|(key, value)| [key, value]) {
        aad.extend((text.len() as u64).to_be_bytes());
        aad.extend(text.as_bytes());
    }
    aad
}
