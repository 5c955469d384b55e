//! The address of a wallet: the last 20 bytes of Keccak-256 of the point, with the checksum of EIP-55 in the case of its letters.

use super::numbers::Numbers;
use super::{PublicKey, PublicKeyError};
use crate::material::KeySpec;
use crate::openssl_probe;

impl PublicKey {
    /// The address of a secp256k1 key, as in `0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed` (EIP-55); `None` for other keys.
    ///
    /// # Errors
    /// [`PublicKeyError::NoKeccak`] where the loaded OpenSSL lacks Keccak-256, which it has from 3.2 on.
    pub fn ethereum_address(&self) -> Result<Option<String>, PublicKeyError> {
        if self.spec != KeySpec::EccSecgP256k1 {
            return Ok(None);
        }
        let Numbers::Ec { x, y, .. } = self.numbers()? else { return Ok(None) };
        match address(&[x, y].concat(), keccak256) {
            Some(address) => Ok(Some(address)),
            None => Err(PublicKeyError::NoKeccak { openssl: openssl_probe::loaded().to_owned() }),
        }
    }
}

/// `point` is both coordinates.
fn address(point: &[u8], keccak: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<String> {
    checksummed(&hex::encode(keccak(point)?.get(12..)?), keccak)
}

/// The digits with the case that EIP-55 gives their letters.
fn checksummed(digits: &str, keccak: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<String> {
    let checksum = keccak(digits.as_bytes())?;
    let nibble = |index: usize| checksum[index / 2] >> (4 * (1 - index % 2)) & 0x0f;
    let cased = digits.char_indices().map(|(index, digit)| match nibble(index) {
        8.. => digit.to_ascii_uppercase(),
        _ => digit,
    });
    Some("0x".chars().chain(cased).collect())
}

/// Keccak-256 with the padding that it had before it became SHA-3 (FIPS 202 adds two bits).
#[cfg(openssl_has_providers)]
fn keccak256(bytes: &[u8]) -> Option<Vec<u8>> {
    use openssl::md::Md;
    use openssl::md_ctx::MdCtx;
    let digest = Md::fetch(None, "KECCAK-256", None).ok()?;
    let mut context = MdCtx::new().ok()?;
    context.digest_init(&digest).ok()?;
    context.digest_update(bytes).ok()?;
    let mut hash = vec![0; 32];
    context.digest_final(&mut hash).ok()?;
    Some(hash)
}

#[cfg(not(openssl_has_providers))]
fn keccak256(_: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::material::Curve;

    /// Keccak-f[1600] with one block of 136 bytes, to try the address where OpenSSL has no Keccak.
    fn keccak_of_one_block(bytes: &[u8]) -> Option<Vec<u8>> {
        let mut block = [0_u8; 200];
        block[..bytes.len()].copy_from_slice(bytes);
        block[bytes.len()] = 1;
        block[135] |= 0x80;
        let mut lanes = [[0_u64; 5]; 5];
        for (index, lane) in block.chunks(8).enumerate() {
            lanes[index % 5][index / 5] = u64::from_le_bytes(lane.try_into().unwrap());
        }
        let mut lfsr = 1_u8;
        for _ in 0..24 {
            let parity: [u64; 5] = std::array::from_fn(|x| lanes[x].iter().fold(0, |parity, lane| parity ^ lane));
            for (x, column) in lanes.iter_mut().enumerate() {
                column.iter_mut().for_each(|lane| *lane ^= parity[(x + 4) % 5] ^ parity[(x + 1) % 5].rotate_left(1));
            }
            let (mut x, mut y, mut moved) = (1, 0, lanes[1][0]);
            for step in 1..=24_u32 {
                (x, y) = (y, (2 * x + 3 * y) % 5);
                let next = lanes[x][y];
                lanes[x][y] = moved.rotate_left(step * (step + 1) / 2 % 64);
                moved = next;
            }
            let old = lanes;
            for (x, column) in lanes.iter_mut().enumerate() {
                let (one, two) = (&old[(x + 1) % 5], &old[(x + 2) % 5]);
                column.iter_mut().zip(one.iter().zip(two)).for_each(|(lane, (one, two))| *lane ^= !one & two);
            }
            for bit in 0..7 {
                if lfsr & 1 == 1 {
                    lanes[0][0] ^= 1 << ((1_u32 << bit) - 1);
                }
                lfsr = lfsr << 1 ^ if lfsr & 0x80 == 0 { 0 } else { 0x71 };
            }
        }
        Some((0..4).flat_map(|x| lanes[x][0].to_le_bytes()).collect())
    }

    /// The examples of EIP-55.
    #[test]
    fn the_case_of_the_letters_is_their_checksum() {
        for address in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            assert_eq!(checksummed(&address[2..].to_lowercase(), keccak_of_one_block).unwrap(), address);
        }
    }

    /// The public keys of the private numbers 1 and 2, which everybody knows.
    #[test]
    fn the_address_of_a_key_is_the_one_that_everybody_knows() {
        for (point, known) in [
            (
                "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
                "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
            ),
            (
                "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
                "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF",
            ),
        ] {
            let key = PublicKey::from_point(Curve::P256k1, &hex::decode(point).unwrap()).unwrap();
            let Numbers::Ec { x, y, .. } = key.numbers().unwrap() else { panic!() };
            assert_eq!(address(&[x, y].concat(), keccak_of_one_block).unwrap(), known);
            match keccak256(b"") {
                Some(_) => assert_eq!(key.ethereum_address().unwrap().unwrap(), known),
                None => assert!(matches!(key.ethereum_address(), Err(PublicKeyError::NoKeccak { .. }))),
            }
        }
    }
}
