//! Characters, and what editors and shells put around them.

use super::Layer;
use crate::files::FileError;
use crate::secret::Secret;

/// Whether bytes are text. 28 random bytes are so once in 10^9 times.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    !bytes.is_empty() && std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(control))
}

/// What stands behind UTF-8's byte order mark, if it is text.
pub(super) fn without_mark(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(b"\xef\xbb\xbf").filter(|rest| is_text(rest))
}

/// UTF-16 text of ASCII characters as ASCII: with a byte order mark, or with every second byte zero.
pub(super) fn narrowed(bytes: &[u8]) -> Result<Option<Secret>, FileError> {
    let (marked, rest) = match bytes {
        [0xff, 0xfe, rest @ ..] => (Some(0), rest),
        [0xfe, 0xff, rest @ ..] => (Some(1), rest),
        rest => (None, rest),
    };
    let (pairs, []) = rest.as_chunks::<2>() else { return Ok(None) };
    let letter = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let all = |low: usize| pairs.iter().all(|pair| pair[1 - low] == 0 && letter(pair[low]));
    let Some(low) = marked.or_else(|| [0, 1].into_iter().find(|low| all(*low))) else { return Ok(None) };
    if pairs.is_empty() || !all(low) {
        return Ok(None);
    }
    let mut narrow = Secret::zeroed(pairs.len())?;
    for (to, pair) in narrow.expose_mut().iter_mut().zip(pairs) {
        *to = pair[low];
    }
    Ok(Some(narrow))
}

/// What stands between a pair of quotation marks, with its escapes undone.
pub(super) fn without_quotes(text: &[u8]) -> Result<Option<(Layer, Secret)>, FileError> {
    let inner = match text {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] if !inner.is_empty() => inner,
        _ => return Ok(None),
    };
    let quote = text[0];
    let mut escaped = false;
    for byte in inner {
        if *byte == quote && !escaped {
            return Ok(None);
        }
        escaped = *byte == b'\\' && !escaped;
    }
    Ok(Some((Layer::Quotes, unescape(inner)?)))
}

/// The text with its escapes undone, if there is a `\n` in it that should be a line end.
pub(super) fn unescaped(text: &[u8]) -> Result<Option<Secret>, FileError> {
    if !text.windows(2).any(|pair| pair == br"\n") {
        return Ok(None);
    }
    unescape(text).map(Some)
}

/// Undoes the escapes of JSON (RFC 8259 §7) as far as they stand for ASCII; others stay as they are.
pub(super) fn unescape(text: &[u8]) -> Result<Secret, FileError> {
    let mut plain = Secret::zeroed(text.len())?;
    let (mut at, mut length) = (0, 0);
    while at < text.len() {
        let (byte, used) = match &text[at..] {
            [b'\\', b'n', ..] => (b'\n', 2),
            [b'\\', b'r', ..] => (b'\r', 2),
            [b'\\', b't', ..] => (b'\t', 2),
            [b'\\', same @ (b'"' | b'\\' | b'/' | b'\''), ..] => (*same, 2),
            [b'\\', b'u', b'0', b'0', high, low, ..] => match (nibble(*high), nibble(*low)) {
                (Some(high @ 0..=7), Some(low)) => (high << 4 | low, 6),
                _ => (b'\\', 1),
            },
            rest => (rest[0], 1),
        };
        plain.expose_mut()[length] = byte;
        length += 1;
        at += used;
    }
    plain.truncate(length);
    Ok(plain)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// `NAME=value`, as files of environment variables have it.
pub(super) fn is_assignment(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"export ").unwrap_or(text);
    let name =
        text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')).count();
    let rest = text[name..].trim_ascii_start();
    // What is only padding behind a text is none of a name.
    name > 0 && name < 64 && matches!(rest, [b'=' | b':', value @ ..] if value.iter().any(|byte| *byte != b'='))
}
