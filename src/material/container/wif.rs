//! The wallet import format: base58 with a checksum, so that chance never looks like it.

use openssl::sha::sha256;
use zeroize::Zeroizing;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Whether `text` is a private key as wallets write it: a version byte, 32 bytes, perhaps a 1, and four bytes of SHA-256 twice.
pub(super) fn is_wif(text: &[u8]) -> bool {
    if !(50..=53).contains(&text.len()) {
        return false;
    }
    let Some(bytes) = decode(text) else { return false };
    // 37 bytes, or 38 with the mark of a compressed public key, at the end of the buffer.
    [37, 38].into_iter().any(|length| {
        let (leading, bytes) = bytes.split_at(bytes.len() - length);
        let (payload, checksum) = bytes.split_at(length - 4);
        leading.iter().all(|byte| *byte == 0)
            && (length == 37 || payload.last() == Some(&1))
            && sha256(&sha256(payload))[..4] == *checksum
    })
}

/// A base58 number in 40 big-endian bytes.
fn decode(text: &[u8]) -> Option<Zeroizing<[u8; 40]>> {
    let mut number = Zeroizing::new([0_u8; 40]);
    for character in text {
        let digit = ALPHABET.iter().position(|known| known == character)?;
        let mut carry = u32::try_from(digit).ok()?;
        for byte in number.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Bitcoin wiki, and its compressed form; both are public.
    #[test]
    fn a_key_of_a_wallet_is_told_by_its_checksum() {
        assert!(is_wif(b"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"));
        assert!(is_wif(b"KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617"));
        assert!(!is_wif(b"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK"));
        assert!(!is_wif(b"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"));
    }
}
