//! Hex digits, and the dumps of `xxd` and `hexdump`.

use crate::files::FileError;
use crate::secret::Secret;

/// Fewer digits may be a word or a number.
const LEAST: usize = 32;

/// Digits of which nobody knows which bytes they stand for.
pub(crate) const WORDS: &str = "its bytes stand in words of some machine, or lines are left out";
pub(crate) const NUMBERS: &str = "its numbers have several bytes each, in the order of some machine";
pub(crate) const SINGLE_DIGITS: &str = "some of its groups have an odd number of digits";

/// How many hex digits `text` has if it has nothing else: `0x`, `\x`, brackets, what stands between bytes, and white space aside.
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

/// What may stand between bytes that are written one by one, as in `{0x12, 0x34}`, `12-34` and `\x12\x34`.
const BETWEEN_BYTES: &[u8] = b",;.-_\\";

/// Shows each digit's value; false where there is something else.
fn each_digit(text: &[u8], mut show: impl FnMut(u8)) -> bool {
    let text = within_brackets(text);
    let one_by_one = text.iter().any(|byte| BETWEEN_BYTES.contains(byte));
    if one_by_one && !are_bytes(text) {
        return false;
    }
    for word in words(text) {
        let (digits, _) = digits_of(word);
        if digits.is_empty() {
            return false;
        }
        if is_short(word) && word.len() < text.len() {
            show(0);
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

/// What is inside of one pair of brackets around the whole text, as programs have lists.
fn within_brackets(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    let text = text.strip_suffix(b";").unwrap_or(text).trim_ascii_end();
    match text {
        [b'{', inner @ .., b'}'] | [b'[', inner @ .., b']'] | [b'(', inner @ .., b')'] if are_bytes(inner) => inner,
        _ => text,
    }
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b':' || BETWEEN_BYTES.contains(byte);
    text.split(between).filter(|word| !word.is_empty())
}

/// The digits of a word, and whether `0x` or the `x` of `\x` before them says that they are hex.
fn digits_of(word: &[u8]) -> (&[u8], bool) {
    let digits = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X")).or_else(|| word.strip_prefix(b"x"));
    (digits.unwrap_or(word), digits.is_some())
}

/// A number among others whose leading zero is left out.
fn is_short(word: &[u8]) -> bool {
    matches!(word, [b'0', b'x' | b'X', _])
}

/// Whether there are such numbers.
pub(super) fn has_short_numbers(text: &[u8]) -> bool {
    let text = within_brackets(text);
    words(text).any(|word| is_short(word) && word.len() < text.len())
}

/// Whether each word is one byte, and some say that they are hex: a UUID has other groups, and decimal numbers have no letters.
fn are_bytes(text: &[u8]) -> bool {
    let is_byte = |word: &[u8]| digits_of(word).0.len() == 2 || is_short(word);
    let is_hex = |word: &[u8]| {
        let (digits, marked) = digits_of(word);
        marked || digits.iter().any(u8::is_ascii_alphabetic)
    };
    words(text).all(is_byte) && words(text).any(is_hex)
}

/// Why nobody knows which bytes the digits stand for. Only a line may end anywhere.
pub(super) fn problem(text: &[u8]) -> Option<&'static str> {
    let text = within_brackets(text);
    let numbers = words(text).filter(|word| digits_of(word).1).count();
    if numbers > 1 && words(text).any(|word| digits_of(word).0.len() > 2) {
        return Some(NUMBERS);
    }
    let odd = |word: &[u8]| digits_of(word).0.len() % 2 == 1 && !(is_short(word) && numbers > 1);
    let in_line = |line: &[u8]| words(line).count() > 1 && words(line).any(odd);
    text.split(|byte| *byte == b'\n').any(in_line).then_some(SINGLE_DIGITS)
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
