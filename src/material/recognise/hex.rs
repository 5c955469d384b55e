//! Hex digits, and the dumps of `xxd` and `hexdump`.

use crate::files::FileError;
use crate::secret::Secret;

/// Fewer digits may be a word or a number.
const LEAST: usize = 32;

/// How many hex digits `text` has if it has nothing else: `0x`, colons, commas and white space aside.
pub(super) fn digits(text: &[u8]) -> Option<usize> {
    let marked = text.starts_with(b"0x") || text.starts_with(b"0X") || text.contains(&b':');
    any_digits(text).filter(|count| *count >= LEAST || (marked && *count >= LEAST / 4))
}

/// The same for any number of digits.
pub(super) fn any_digits(text: &[u8]) -> Option<usize> {
    let mut count = 0;
    each_digit(text, |_| count += 1).then_some(count)
}

pub(super) fn decode(text: &[u8], count: usize) -> Result<Secret, FileError> {
    let mut bytes = Secret::zeroed(count / 2)?;
    let mut index = 0;
    let target = bytes.expose_mut();
    each_digit(text, |digit| {
        if let Some(byte) = target.get_mut(index / 2) {
            *byte = *byte << 4 | digit;
        }
        index += 1;
    });
    Ok(bytes)
}

/// Whether dashes stand between single bytes, as .NET writes them: a UUID has other groups.
fn is_dashed(text: &[u8]) -> bool {
    text.contains(&b'-') && text.trim_ascii().split(|byte| *byte == b'-').all(|group| group.len() == 2)
}

/// Shows each digit's value; false where there is something else.
fn each_digit(text: &[u8], mut show: impl FnMut(u8)) -> bool {
    let dashes = is_dashed(text);
    let separator = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b':' | b',') || (dashes && *byte == b'-');
    // Commas go between numbers that say that they are hex.
    if text.contains(&b',') && !text.windows(2).any(|pair| pair.eq_ignore_ascii_case(b"0x")) {
        return false;
    }
    for word in text.split(separator) {
        let digits = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X")).unwrap_or(word);
        if digits.is_empty() && !word.is_empty() {
            return false;
        }
        for digit in digits {
            match char::from(*digit).to_digit(16).map(u8::try_from) {
                Some(Ok(value)) => show(value),
                _ => return false,
            }
        }
    }
    true
}

/// Whether there are decimal digits only. Hex of text may have no letters: of 32 random pairs of digits, all are characters once in 10^7
/// times.
pub(super) fn is_decimal(text: &[u8]) -> bool {
    // Nothing is collected: a list that grows would leave pieces of the key behind.
    let digits = || text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let characters =
        digits().step_by(2).all(|first| matches!(first, b'2'..=b'7')) && digits().count().is_multiple_of(2);
    digits().all(|byte| byte.is_ascii_digit()) && digits().any(|byte| byte != b'0') && !characters
}

/// Whether nearly all characters are hex digits: with a mistake in it, hex is of base64's alphabet, which looks so once in 10^8 times.
pub(super) fn is_nearly(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")).unwrap_or(text);
    let count = digits.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
    let others = digits.iter().filter(|byte| !byte.is_ascii_whitespace() && !byte.is_ascii_hexdigit());
    let others: Vec<&u8> = others.collect();
    count >= LEAST && others.len() * 8 <= count && others.iter().all(|byte| byte.is_ascii_alphanumeric())
}

/// What a text with offsets is.
pub(super) enum Dump {
    Bytes(Secret),
    /// A dump, but of words in the order of some machine, or with offsets that do not fit.
    Unread,
    None,
}

/// A dump of xxd or of `hexdump -C`, or of od: `0000000 30 31 …`, where the offsets are octal, decimal or hex.
pub(super) fn dump(text: &[u8]) -> Result<Dump, FileError> {
    if let Some(bytes) = with_columns(text)? {
        return Ok(Dump::Bytes(bytes));
    }
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    let mut words = first.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let offset =
        words.next().is_some_and(|word| (6..=8).contains(&word.len()) && word.iter().all(|byte| *byte == b'0'));
    let lengths: Vec<usize> = words.map(<[u8]>::len).collect();
    if !offset || lengths.is_empty() || lengths.iter().all(|length| (6..=8).contains(length)) {
        return Ok(Dump::None);
    }
    for radix in [8, 10, 16] {
        if let Some(bytes) = with_offsets(text, radix)? {
            return Ok(Dump::Bytes(bytes));
        }
    }
    Ok(Dump::Unread)
}

/// Lines of an offset and of bytes; the last has an offset only.
fn with_offsets(text: &[u8], radix: u32) -> Result<Option<Secret>, FileError> {
    let mut bytes = Secret::zeroed(text.len() / 2)?;
    let mut length = 0;
    for line in text.split(|byte| *byte == b'\n') {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let offset = words.next().and_then(|word| std::str::from_utf8(word).ok());
        if offset.and_then(|offset| usize::from_str_radix(offset, radix).ok()) != Some(length) {
            return Ok(None);
        }
        for word in words {
            let Some(target) = bytes.expose_mut().get_mut(length) else { return Ok(None) };
            if ::hex::decode_to_slice(word, std::slice::from_mut(target)).is_err() {
                return Ok(None);
            }
            length += 1;
        }
    }
    bytes.truncate(length);
    Ok((length > 0).then_some(bytes))
}

/// The bytes of a dump with offsets: `00000000: 3031 …  01` of xxd, `00000000  30 31 …  |01|` of hexdump.
fn with_columns(text: &[u8]) -> Result<Option<Secret>, FileError> {
    let mut bytes = Secret::zeroed(text.len() / 2)?;
    let mut length = 0;
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        let Some((offset, rest)) = offset(line) else { return Ok(None) };
        if offset != length {
            return Ok(None);
        }
        let mut before = 0;
        for word in columns(rest).split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
            if word.len() % 2 == 1 || before >= 16 {
                return Ok(None);
            }
            for pair in word.chunks(2) {
                let Some(target) = bytes.expose_mut().get_mut(length) else { return Ok(None) };
                if ::hex::decode_to_slice(pair, std::slice::from_mut(target)).is_err() {
                    return Ok(None);
                }
                length += 1;
                before += 1;
            }
        }
    }
    bytes.truncate(length);
    Ok((length > 0).then_some(bytes))
}

/// An offset of 7 digits or more at the beginning of a line.
fn offset(line: &[u8]) -> Option<(usize, &[u8])> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (offset, rest) = line.split_at(digits);
    let rest = match rest {
        [b':', b' ', rest @ ..] | [b' ', b' ', rest @ ..] => rest,
        [] => rest,
        _ => return None,
    };
    let offset = std::str::from_utf8(offset).ok().filter(|_| (7..=8).contains(&digits))?;
    Some((usize::from_str_radix(offset, 16).ok()?, rest))
}

/// A line without its column of characters, which two spaces or a bar set off.
fn columns(rest: &[u8]) -> &[u8] {
    // hexdump has two spaces in its middle too: its column begins with a bar.
    if let Some(bar) = rest.windows(3).position(|three| three == b"  |") {
        return &rest[..bar];
    }
    let end = rest.windows(2).position(|pair| pair == b"  ").unwrap_or(rest.len());
    &rest[..end]
}
