//! Bytes that were plainly not drawn at random. Each pattern comes by chance less than once in 2^40 keys of 28 bytes or more.

use std::collections::BTreeSet;

/// The same byte so many times in a row, as padding leaves it.
const RUN: usize = 8;

/// What the bytes plainly are, as the end of a sentence; nothing if they may be random.
pub(super) fn of(bytes: &[u8]) -> Option<String> {
    let length = bytes.len();
    if length < 16 {
        return None;
    }
    if bytes.windows(2).all(|pair| pair[0] == pair[1]) {
        return Some("is one byte repeated".to_owned());
    }
    let step = bytes[1].wrapping_sub(bytes[0]);
    if bytes.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) {
        return Some("is a counter".to_owned());
    }
    if let Some(period) = (2..=length / 2).find(|period| bytes[*period..] == bytes[..length - period]) {
        return Some(format!("is {period} bytes repeated"));
    }
    if bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        return Some("is printable text".to_owned());
    }
    let distinct = bytes.iter().collect::<BTreeSet<_>>().len();
    if distinct <= length.min(128) / 4 {
        return Some(format!("has {distinct} different bytes only"));
    }
    if [0, 1].into_iter().any(|start| bytes.iter().skip(start).step_by(2).collect::<BTreeSet<_>>().len() == 1) {
        return Some("has the same byte in every second place".to_owned());
    }
    let longest = longest_run(bytes);
    (longest >= RUN).then(|| format!("has {longest} equal bytes in a row"))
}

fn longest_run(bytes: &[u8]) -> usize {
    bytes.chunk_by(|one, other| one == other).map(<[u8]>::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_patterns_are_named_and_random_bytes_are_not() {
        let counter: Vec<u8> = (0..32).collect();
        let down: Vec<u8> = (0..64).rev().map(|byte: u8| byte.wrapping_mul(3)).collect();
        let halves = [[7, 1, 9, 200, 4, 66, 8, 90, 31, 12, 13, 255, 0, 3, 5, 77]; 2].concat();
        let padded = [&halves[..20], &[0; 12]].concat();
        let wide: Vec<u8> = b"the quick brown fox jumps over it".iter().flat_map(|byte| [*byte, 0]).collect();
        let few = [
            [3, 9, 81, 9, 3, 3, 81, 9, 9, 3, 81, 81, 3, 9, 81, 3],
            [9, 9, 3, 81, 3, 81, 81, 9, 3, 3, 3, 81, 9, 81, 9, 9],
        ]
        .concat();
        let cases: [(&[u8], &str); 9] = [
            (&[0x41; 32], "is one byte repeated"),
            (&counter, "is a counter"),
            (&down, "is a counter"),
            (&halves, "is 16 bytes repeated"),
            (b"0123456789abcdef0123456789abcdeX", "is printable text"),
            (b"correct horse battery staple\r\n", "is printable text"),
            (&wide, "has the same byte in every second place"),
            (&few, "has 3 different bytes only"),
            (&padded, "has 12 equal bytes in a row"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(of(bytes).as_deref(), Some(expected), "{bytes:?}");
        }
        for length in [28, 32, 48, 64, 66, 128] {
            for _ in 0..2_000 {
                let mut bytes = vec![0; length];
                openssl::rand::rand_bytes(&mut bytes).unwrap();
                assert_eq!(of(&bytes), None, "{bytes:?}");
            }
        }
    }
}
