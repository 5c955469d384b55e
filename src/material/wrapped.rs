//! Wrapped key material where key material itself is wanted: what KMS takes already, and nothing that is wrapped again.

use crate::files::FileKind;

/// Bytes and names of the wrapping keys.
const SIZES: [(usize, &str); 3] = [(256, "RSA_2048"), (384, "RSA_3072"), (512, "RSA_4096")];

/// Of 256 random bytes, fewer than these are different once in 10^3 times, and more often in any text, number or image.
const LEAST_DIFFERENT: usize = 140;

/// What wrapping makes bytes of this length and look; nothing where none does.
pub(super) fn made(bytes: &[u8]) -> Option<String> {
    let length = bytes.len();
    if !looks_random(bytes) {
        return None;
    }
    if let Some((_, wrapping)) = SIZES.into_iter().find(|(size, _)| *size == length) {
        return Some(format!("OAEP with {wrapping}"));
    }
    // AES-KWP adds 8 bytes, and fills up to a multiple of 8 (RFC 5649 §4.1).
    let carried = |size: usize| length.checked_sub(size + 8).filter(|carried| carried.is_multiple_of(8));
    let found = SIZES.into_iter().find_map(|(size, wrapping)| Some((carried(size).filter(is_usual)?, wrapping)));
    found.map(|(carried, wrapping)| format!("RSA_AES_KEY_WRAP of {carried} bytes with {wrapping}"))
}

/// Symmetric and HMAC keys, EC and RSA private keys in PKCS#8, rounded up.
fn is_usual(carried: &usize) -> bool {
    matches!(carried, 16..=152 | 184..=192 | 240..=248 | 1184..=1296 | 1760..=1872 | 2336..=2448)
}

/// Whether bytes are as mixed as what a cipher gives, and begin like no file that is known.
fn looks_random(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let different = seen.iter().filter(|seen| **seen).count();
    let known = FileKind::of(bytes).is_some() || matches!(bytes, [0x30, 0x80..=0x84, ..]);
    different >= LEAST_DIFFERENT && !known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrapping_makes_is_told_by_its_length_and_look() {
        let mut random = vec![0; 4096];
        openssl::rand::rand_bytes(&mut random).unwrap();
        for (length, expected) in [
            (256, Some("OAEP with RSA_2048")),
            (384, Some("OAEP with RSA_3072")),
            (512, Some("OAEP with RSA_4096")),
            (296, Some("RSA_AES_KEY_WRAP of 32 bytes with RSA_2048")),
            (424, Some("RSA_AES_KEY_WRAP of 32 bytes with RSA_3072")),
            (552, Some("RSA_AES_KEY_WRAP of 32 bytes with RSA_4096")),
            (256 + 8 + 1224, Some("RSA_AES_KEY_WRAP of 1224 bytes with RSA_2048")),
            (255, None),
            (300, None),
            (1842, None),
            (4096, None),
        ] {
            random[0] = 0x77;
            assert_eq!(made(&random[..length]).as_deref(), expected, "{length}");
        }
        assert_eq!(made(&[&b"Salted__"[..], &random[..248]].concat()), None);
        let text: Vec<u8> = b"the quick brown fox ".iter().copied().cycle().take(256).collect();
        assert_eq!(made(&text), None);
    }
}
