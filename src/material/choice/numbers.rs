//! Lists of numbers, as programs and JSON have them: each is a byte.

use super::tried::{Shown, Tried};
use crate::files::FileError;
use crate::secret::Secret;

/// Makes bytes of decimal numbers, which may be negative as Java's are; they are in no argument of a process.
const FROM_DECIMALS: &str = r#"tr -cs '0-9-' '\n' | while read -r byte || [ -n "$byte" ]; do [ -z "$byte" ] || printf %b "\\0$(printf %03o "$((byte & 255))")"; done"#;

/// A shorter list is no key.
const LEAST: usize = 32;

/// The brackets of a list, what they are called, and what takes off what is around them.
const BRACKETS: [(char, char, &str, &str); 3] = [
    ('{', '}', "braces", r"tr '\r\n' '  ' | sed 's/^.*{//; s/}.*//'"),
    ('[', ']', "brackets", r"tr '\r\n' '  ' | sed 's/^.*\[//; s/\].*//'"),
    ('(', ')', "parentheses", r"tr '\r\n' '  ' | sed 's/^.*(//; s/).*//'"),
];

/// How a list in `text` shows itself to be a key, when that is right, and the filter that makes it readable.
pub(super) fn list(tried: &Tried<'_>, text: &str) -> Result<Option<(Shown, String, String)>, FileError> {
    for (open, close, name, filter) in BRACKETS {
        let mut found = None;
        let lists = text.split(open).skip(1).filter_map(|rest| rest.split_once(close));
        for (inner, _) in lists.filter(|(inner, _)| inner.len() >= LEAST) {
            let shown = numbers(tried, inner)?;
            // One key before another list is not the one that the filter takes.
            if shown.is_some() && found.is_some() {
                return Ok(None);
            }
            found = shown;
        }
        if let Some((shown, more)) = found {
            return Ok(Some((shown, format!("the numbers in its {name} are the key"), format!("{filter}{more}"))));
        }
    }
    let all = decimals(tried, text)?;
    Ok(all.map(|shown| (shown, "these numbers are the key".to_owned(), FROM_DECIMALS.to_owned())))
}

/// How numbers show themselves to be a key, and what has to be done with them besides.
fn numbers(tried: &Tried<'_>, text: &str) -> Result<Option<(Shown, String)>, FileError> {
    if let Some(shown) = decimals(tried, text)? {
        return Ok(Some((shown, format!(" | {FROM_DECIMALS}"))));
    }
    let hex = |byte: u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace() || b"xX,".contains(&byte);
    let shown = if text.bytes().all(hex) { tried.shows(text.as_bytes())? } else { None };
    Ok(shown.map(|shown| (shown, String::new())))
}

/// Decimal numbers of one byte each, between commas or spaces.
fn decimals(tried: &Tried<'_>, text: &str) -> Result<Option<Shown>, FileError> {
    let mut bytes = Secret::zeroed(text.len())?;
    let mut length = 0;
    for word in text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()) {
        let plain = word == "0" || !word.starts_with(['0', '+']) && !word.starts_with("-0");
        let Some(number) = word.parse().ok().filter(|number: &i16| plain && (-128..=255).contains(number)) else {
            return Ok(None);
        };
        bytes.expose_mut()[length] = (number & 0xff) as u8;
        length += 1;
    }
    bytes.truncate(length);
    if length < 16 { Ok(None) } else { tried.shows(bytes.expose()) }
}
