//! AES-CMAC (NIST SP 800-38B, RFC 4493) with OpenSSL's AES. The openssl crate has OpenSSL's own CMAC from version 1.1.0 on only, and of
//! LibreSSL none.

use openssl::error::ErrorStack;
use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

const BLOCK: usize = 16;
type Block = Zeroizing<[u8; BLOCK]>;

/// The CMAC of `message` with an AES key of 16, 24 or 32 bytes.
pub(super) fn cmac(key: &[u8], message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let mut aes = Aes::new(key)?;
    let whole = doubled(&*aes.encrypt(&[0; BLOCK])?);
    let (blocks, end) = match message.len() {
        0 => (0, 0),
        length => ((length - 1) / BLOCK, (length - 1) % BLOCK + 1),
    };
    let (before, last) = message.split_at(blocks * BLOCK);
    let mut state = Block::default();
    for block in before.chunks(BLOCK) {
        mix(&mut state, block);
        state = aes.encrypt(&state)?;
    }
    mix(&mut state, last);
    if end == BLOCK {
        mix(&mut state, &*whole);
    } else {
        state[end] ^= 0x80;
        mix(&mut state, &*doubled(&whole));
    }
    Ok(aes.encrypt(&state)?.to_vec())
}

/// AES of one block.
struct Aes(Crypter);

impl Aes {
    fn new(key: &[u8]) -> Result<Self, ErrorStack> {
        let cipher = match key.len() {
            16 => Cipher::aes_128_ecb(),
            24 => Cipher::aes_192_ecb(),
            _ => Cipher::aes_256_ecb(),
        };
        let mut crypter = Crypter::new(cipher, Mode::Encrypt, key, None)?;
        crypter.pad(false);
        Ok(Aes(crypter))
    }

    fn encrypt(&mut self, block: &[u8; BLOCK]) -> Result<Block, ErrorStack> {
        let mut out = Zeroizing::new([0; 2 * BLOCK]);
        self.0.update(block, &mut *out)?;
        let mut encrypted = Block::default();
        encrypted.copy_from_slice(&out[..BLOCK]);
        Ok(encrypted)
    }
}

fn mix(state: &mut [u8; BLOCK], with: &[u8]) {
    state.iter_mut().zip(with).for_each(|(byte, other)| *byte ^= other);
}

/// Twice the block in the field of 2^128 elements.
fn doubled(block: &[u8; BLOCK]) -> Block {
    let number = u128::from_be_bytes(*block);
    let carry = if number >> 127 == 1 { 0x87 } else { 0 };
    Zeroizing::new((number << 1 ^ carry).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message of all examples of RFC 4493 §4 and NIST SP 800-38B appendix D; each takes its beginning.
    const MESSAGE: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

    const KEYS: [(&str, [(usize, &str); 4]); 3] = [
        // RFC 4493 §4, which are SP 800-38B's D.1.
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            [
                (0, "bb1d6929e95937287fa37d129b756746"),
                (16, "070a16b46b4d4144f79bdd9dd04a287c"),
                (40, "dfa66747de9ae63030ca32611497c827"),
                (64, "51f0bebf7e3b9d92fc49741779363cfe"),
            ],
        ),
        // SP 800-38B D.2.
        (
            "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
            [
                (0, "d17ddf46adaacde531cac483de7a9367"),
                (16, "9e99a7bf31e710900662f65e617c5184"),
                (40, "8a1de5be2eb31aad089a82e6ee908b0e"),
                (64, "a1d5df0eed790f794d77589659f39a11"),
            ],
        ),
        // SP 800-38B D.3.
        (
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            [
                (0, "028962f61b7bf89efc6b551f4667d983"),
                (16, "28a7023f452e8f82bd4bf28d8c37c35c"),
                (40, "aaf3d8f1de5640c232f5b169b9c911e6"),
                (64, "e1992190549f6ed5696a2c056c315410"),
            ],
        ),
    ];

    #[test]
    fn the_vectors_of_nist_sp_800_38b_and_of_rfc_4493_come_out() {
        let message = hex::decode(MESSAGE).unwrap();
        for (key, answers) in KEYS {
            for (length, answer) in answers {
                let computed = cmac(&hex::decode(key).unwrap(), &message[..length]).unwrap();
                assert_eq!(hex::encode(computed), answer, "{key}, {length} bytes");
            }
        }
    }
}
