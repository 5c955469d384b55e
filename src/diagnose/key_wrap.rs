//! Opens AES key wrap far enough to see which kind it is: the integrity value that comes out says so.
//!
//! Written out over single AES blocks, because OpenSSL's own unwrapping tells nothing of a value it did not expect, and clears bytes
//! behind the buffer when it refuses one (openssl#30663).

use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;

use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;
use crate::wrap::WrapError;

/// What the second half of a blob turned out to be.
pub(crate) enum KeyWrap {
    /// AES-KWP (RFC 5649), as KMS wants it.
    Padded(Secret),
    /// AES-KW (RFC 3394).
    Unpadded(Secret),
    /// Neither, or under another key.
    Unreadable,
}

/// The integrity check value of RFC 3394 §2.2.3.1.
const KW: [u8; 8] = [0xa6; 8];
/// The constant half of the alternative initial value of RFC 5649 §3; the other half is the length.
const KWP: [u8; 4] = [0xa6, 0x59, 0x59, 0xa6];
/// No blob that KMS takes has more.
const LIMIT: usize = 6144;

/// Undoes the wrapping function W (RFC 3394 §2.2.2, index based) under a key of 16, 24 or 32 bytes, and looks at the first 8 bytes.
pub(crate) fn open(key: &[u8], wrapped: &[u8]) -> Result<KeyWrap, WrapError> {
    let cipher = match key.len() {
        16 => Cipher::aes_128_ecb(),
        24 => Cipher::aes_192_ecb(),
        32 => Cipher::aes_256_ecb(),
        _ => return Ok(KeyWrap::Unreadable),
    };
    if wrapped.len() < 24 || wrapped.len() > LIMIT || !wrapped.len().is_multiple_of(8) {
        return Ok(KeyWrap::Unreadable);
    }
    let mut bytes = Secret::copy(wrapped)?;
    let mut block = Secret::zeroed(48)?;
    unwrap(cipher, key, bytes.expose_mut(), block.expose_mut()).map_err(OpenSslError::step("undo AES key wrap"))?;
    let (first, rest) = bytes.expose().split_at(8);
    if first == KW {
        return Ok(KeyWrap::Unpadded(Secret::copy(rest)?));
    }
    let length = first[4..].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let fits = length <= rest.len() && rest.len() - length < 8 && rest[length..].iter().all(|byte| *byte == 0);
    Ok(if first[..4] == KWP && fits { KeyWrap::Padded(Secret::copy(&rest[..length])?) } else { KeyWrap::Unreadable })
}

fn unwrap(
    cipher: &openssl::cipher::CipherRef,
    key: &[u8],
    bytes: &mut [u8],
    block: &mut [u8],
) -> Result<(), ErrorStack> {
    let mut context = CipherCtx::new()?;
    context.decrypt_init(Some(cipher), Some(key), None)?;
    context.set_padding(false);
    let count = bytes.len() / 8 - 1;
    let (input, output) = block.split_at_mut(16);
    for step in (1..=6 * count as u64).rev() {
        let at = 8 * ((step as usize - 1) % count + 1);
        input[..8].copy_from_slice(&bytes[..8]);
        input[..8].iter_mut().zip(step.to_be_bytes()).for_each(|(byte, counter)| *byte ^= counter);
        input[8..].copy_from_slice(&bytes[at..at + 8]);
        context.cipher_update(input, Some(&mut *output))?;
        bytes[..8].copy_from_slice(&output[..8]);
        bytes[at..at + 8].copy_from_slice(&output[8..16]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    /// RFC 3394 §4.6 and RFC 5649 §6.
    #[test]
    fn the_vectors_of_both_rfcs_open() {
        let key = hex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F");
        let wrapped = hex("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21");
        let KeyWrap::Unpadded(opened) = open(&key, &wrapped).unwrap() else { panic!("not recognised as KW") };
        assert_eq!(opened.expose(), hex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"));
        let key = hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
        let wrapped = hex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
        let KeyWrap::Padded(opened) = open(&key, &wrapped).unwrap() else { panic!("not recognised as KWP") };
        assert_eq!(opened.expose(), hex("c37b7e6492584340bed12207808941155068f738"));
    }

    #[test]
    fn anything_else_is_unreadable() {
        let wrapped = hex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
        for key in [vec![0; 32], vec![0; 24], vec![0; 16], vec![0; 5], vec![]] {
            assert!(matches!(open(&key, &wrapped).unwrap(), KeyWrap::Unreadable));
        }
        for length in [0, 8, 16, 25, 7000] {
            assert!(matches!(open(&[1; 32], &vec![0; length]).unwrap(), KeyWrap::Unreadable));
        }
    }
}
