//! Reads the padding of a block that one raw private operation has laid bare.
//!
//! Not left to OpenSSL, which decrypts PKCS#1 v1.5 from 3.2 on to random bytes rather than to an error, and says of OAEP only that it
//! did not open. Every hash is tried each time, and every scan looks at all bytes. The private key is a throw-away one all the same:
//! that of a KMS wrapping key never leaves KMS.

use openssl::error::ErrorStack;
use openssl::hash::{Hasher, MessageDigest};
use openssl::memcmp;
use openssl::pkey::Private;
use openssl::rsa::{Padding, Rsa};
use zeroize::Zeroize;

use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;
use crate::wrap::WrapError;

/// The hashes that OAEP is found with in practice, and those that somebody may have taken for SHA-256 or better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}

/// What a block turned out to be.
pub(crate) enum Block {
    /// RSAES-OAEP (RFC 8017 §7.1.2).
    Oaep { hash: Hash, mgf1: Hash, has_label: bool, payload: Secret },
    /// RSAES-PKCS1-v1_5 (RFC 8017 §7.2.2).
    Pkcs1 { payload: Secret },
    /// Zeros and then the payload: no padding at all.
    Bare { payload: Secret },
    /// What any block looks like that was encrypted for another key, and one with a hash that is not tried.
    Unreadable,
}

impl Hash {
    const ALL: [Hash; 11] = [
        Hash::Sha1,
        Hash::Sha224,
        Hash::Sha256,
        Hash::Sha384,
        Hash::Sha512,
        Hash::Sha512_224,
        Hash::Sha512_256,
        Hash::Sha3_224,
        Hash::Sha3_256,
        Hash::Sha3_384,
        Hash::Sha3_512,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Hash::Sha1 => "SHA-1",
            Hash::Sha224 => "SHA-224",
            Hash::Sha256 => "SHA-256",
            Hash::Sha384 => "SHA-384",
            Hash::Sha512 => "SHA-512",
            Hash::Sha512_224 => "SHA-512/224",
            Hash::Sha512_256 => "SHA-512/256",
            Hash::Sha3_224 => "SHA3-224",
            Hash::Sha3_256 => "SHA3-256",
            Hash::Sha3_384 => "SHA3-384",
            Hash::Sha3_512 => "SHA3-512",
        }
    }

    /// By name where not every OpenSSL and LibreSSL has it: what the loaded one lacks or forbids is not tried.
    fn digest(self) -> Option<MessageDigest> {
        let by_name = |name| {
            let digest = MessageDigest::from_name(name)?;
            openssl::hash::hash(digest, b"").is_ok().then_some(digest)
        };
        match self {
            Hash::Sha1 => Some(MessageDigest::sha1()),
            Hash::Sha224 => Some(MessageDigest::sha224()),
            Hash::Sha256 => Some(MessageDigest::sha256()),
            Hash::Sha384 => Some(MessageDigest::sha384()),
            Hash::Sha512 => Some(MessageDigest::sha512()),
            Hash::Sha512_224 => by_name("SHA512-224"),
            Hash::Sha512_256 => by_name("SHA512-256"),
            Hash::Sha3_224 => by_name("SHA3-224"),
            Hash::Sha3_256 => by_name("SHA3-256"),
            Hash::Sha3_384 => by_name("SHA3-384"),
            Hash::Sha3_512 => by_name("SHA3-512"),
        }
    }

    fn loaded() -> Vec<(Hash, MessageDigest)> {
        Hash::ALL.into_iter().filter_map(|hash| Some((hash, hash.digest()?))).collect()
    }
}

/// m = c^d mod n (RFC 8017 §5.1.2), as many bytes as the modulus has; nothing for a number that no such key has made.
pub(crate) fn raw(key: &Rsa<Private>, block: &[u8]) -> Result<Option<Secret>, WrapError> {
    let length = key.size() as usize;
    let modulus = key.n().to_vec();
    if block.len() != length || modulus.len() != length || block >= &modulus[..] {
        return Ok(None);
    }
    let mut opened = Secret::zeroed(length)?;
    let written = key.private_decrypt(block, opened.expose_mut(), Padding::NONE);
    let written = written.map_err(OpenSslError::step("use the private key"))?;
    // Without padding the result has the length of the modulus.
    if written != length {
        return Ok(None);
    }
    Ok(Some(opened))
}

/// Names the padding: OAEP with each hash and each hash of MGF1, then PKCS#1 v1.5, then none.
pub(crate) fn read(block: &Secret) -> Result<Block, WrapError> {
    let mut found = Block::Unreadable;
    let hashes = Hash::loaded();
    for (mgf1, mask) in hashes.iter().copied() {
        // A label hides which hash of its length was used. That of MGF1 comes first: it is the likeliest.
        let others = hashes.iter().copied().filter(|(hash, _)| *hash != mgf1);
        for (hash, digest) in std::iter::once((mgf1, mask)).chain(others) {
            let opened = oaep(block, digest, mask)?;
            if let Some((has_label, payload)) = opened
                && (!has_label || matches!(found, Block::Unreadable))
            {
                found = Block::Oaep { hash, mgf1, has_label, payload };
            }
        }
    }
    let pkcs1 = pkcs1(block)?;
    let bare = bare(block)?;
    Ok(match (found, pkcs1, bare) {
        (Block::Unreadable, Some(payload), _) => Block::Pkcs1 { payload },
        (Block::Unreadable, None, Some(payload)) => Block::Bare { payload },
        (found, ..) => found,
    })
}

/// A run of zeros of this length is no chance: 2^-64.
const ZEROS: usize = 8;

/// EME-OAEP decoding (RFC 8017 §7.1.2 step 3). True if only the label is not the empty one.
fn oaep(block: &Secret, hash: MessageDigest, mgf1: MessageDigest) -> Result<Option<(bool, Secret)>, WrapError> {
    let length = hash.size();
    let step = OpenSslError::step("compute MGF1");
    let bytes = block.expose();
    if bytes.len() < 2 * length + 2 {
        return Ok(None);
    }
    let (masked_seed, masked_data) = bytes[1..].split_at(length);
    let mut seed = Secret::copy(masked_seed)?;
    let mut data = Secret::copy(masked_data)?;
    let unmasked = mask(seed.expose_mut(), data.expose(), mgf1)
        .and_then(|()| mask(data.expose_mut(), seed.expose(), mgf1))
        .and_then(|()| openssl::hash::hash(hash, b""));
    let empty_label = unmasked.map_err(step)?;
    let (label, rest) = data.expose().split_at(length);
    let same_label = memcmp::eq(label, &empty_label);
    let (well_formed, start) = separator(rest);
    let well_formed = well_formed & (bytes[0] == 0);
    if !well_formed || !(same_label || start > ZEROS) {
        return Ok(None);
    }
    Ok(Some((!same_label, Secret::copy(&rest[start..])?)))
}

/// Whether zeros and a 1 lead the bytes, and where what follows begins. Looks at all bytes.
fn separator(bytes: &[u8]) -> (bool, usize) {
    let (mut searching, mut foreign, mut start) = (1usize, 0usize, 0usize);
    for (index, byte) in bytes.iter().enumerate() {
        let byte = usize::from(*byte);
        // 1 where byte is 0, or 1, without a branch.
        let is_zero = (byte.wrapping_sub(1) >> 8) & 1;
        let is_one = ((byte ^ 1).wrapping_sub(1) >> 8) & 1;
        start |= (index + 1) * (searching & is_one);
        foreign |= searching & (1 ^ (is_zero | is_one));
        searching &= 1 ^ is_one;
    }
    (searching == 0 && foreign == 0, start)
}

/// XORs MGF1 of `seed` (RFC 8017 §B.2.1) into `target`.
fn mask(target: &mut [u8], seed: &[u8], hash: MessageDigest) -> Result<(), ErrorStack> {
    for (counter, chunk) in target.chunks_mut(hash.size()).enumerate() {
        let mut hasher = Hasher::new(hash)?;
        hasher.update(seed)?;
        hasher.update(&(counter as u32).to_be_bytes())?;
        let mut output = hasher.finish()?;
        chunk.iter_mut().zip(output.iter()).for_each(|(byte, mask)| *byte ^= mask);
        output.zeroize();
    }
    Ok(())
}

/// EME-PKCS1-v1_5 decoding (RFC 8017 §7.2.2 step 3): 00 02, at least eight bytes that are not zero, 00, and the payload.
fn pkcs1(block: &Secret) -> Result<Option<Secret>, WrapError> {
    let Some((head, rest)) = block.expose().split_at_checked(2) else { return Ok(None) };
    let end = first(rest, |byte| byte == 0);
    let well_formed = (head == [0, 2]) & (end >= 8) & (end < rest.len());
    if well_formed { Ok(Some(Secret::copy(&rest[end + 1..])?)) } else { Ok(None) }
}

/// A short number, as `rsa_padding_mode:none` makes of key material with zeros before it.
fn bare(block: &Secret) -> Result<Option<Secret>, WrapError> {
    let bytes = block.expose();
    let start = first(bytes, |byte| byte != 0);
    if start >= ZEROS && start < bytes.len() { Ok(Some(Secret::copy(&bytes[start..])?)) } else { Ok(None) }
}

/// The index of the first such byte, or the length. Looks at all bytes.
fn first(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().enumerate().rev().fold(bytes.len(), |found, (index, byte)| if is(*byte) { index } else { found })
}

#[cfg(test)]
mod tests;
