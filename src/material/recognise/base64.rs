//! Base64 of both alphabets (RFC 4648 §4, §5), padded or not, in lines.

use super::Layer;

/// Fewer characters may be a word.
const LEAST: usize = 16;

pub(super) enum Judged {
    /// Its layer, and how many characters it has.
    Encoded(Layer, usize),
    /// Of the alphabet, and words may be too.
    Letters,
    /// Of the alphabet, and of that of base58, which a key in it fills as well.
    Base58,
    Other,
}

/// What text says about itself by its characters. Words have spaces between them; base64 has both cases, and digits or signs: of 40
/// random characters, all are of one case once in 10^9 times, and none is a digit or sign once in 4,000 times.
pub(super) fn judge(text: &[u8]) -> Judged {
    let dense = || text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let has = |kind: fn(&u8) -> bool| dense().any(kind);
    let count = dense().count();
    let padding = dense().rev().take_while(|byte| **byte == b'=').count();
    let (standard, url) = (has(|byte| matches!(byte, b'+' | b'/')), is_url(text));
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let ours = dense().take(count - padding).all(letter) && padding <= 2 && !(standard && url);
    let in_lines = text.split(|byte| *byte == b'\n').all(|line| !line.trim_ascii().iter().any(u8::is_ascii_whitespace));
    if !ours || !in_lines || count < LEAST {
        return Judged::Other;
    }
    let cases = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let other = has(u8::is_ascii_digit) || standard || url || padding > 0;
    // An alphabet of words, numbers and hyphens (a UUID, a passphrase of words) is not base64url's by itself.
    // Of 43 characters that base64 may have, more are base64 than base58; those that it cannot have are not cut off.
    let cut = count == 43 && !matches!(dense().next_back(), Some(last) if b"AEIMQUYcgkosw048".contains(last));
    // Keys of 32 and 64 bytes, and of wallets, have these lengths in base58; in base64 they would be of 33, 65, 66 and 83 bytes.
    let foreign = has(|byte| matches!(byte, b'0' | b'O' | b'I' | b'l')) || standard || url || padding > 0;
    if cases && !foreign && (cut || matches!(count, 44 | 87 | 88 | 111)) {
        Judged::Base58
    } else if cases && other {
        Judged::Encoded(if url { Layer::Base64Url } else { Layer::Base64 }, count)
    } else {
        Judged::Letters
    }
}

pub(super) fn is_url(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'-' | b'_'))
}
