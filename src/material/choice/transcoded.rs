//! Choices about binary bytes that a program took for text: the bytes before, or those that came of it.

use super::tried::{Choice, Tried, filters};
use crate::files::FileError;
use crate::files::damage::Damage;
use crate::files::damage::taken_for_text;
use crate::material::Format;
use crate::material::recognise::{Content, SECRETS, recognise};
use crate::secret::Secret;

/// Bytes that became Latin-1's characters in UTF-8 can be had back. Where characters were lost, only the rest can be the key.
pub(super) fn of_binary(tried: &Tried<'_>) -> Result<Vec<Choice>, FileError> {
    let found = recognise(tried.bytes.expose(), &SECRETS)?;
    let (Content::Text(text, _), Some(around)) = (&found.content, filters(&found.layers)) else {
        return Ok(Vec::new());
    };
    let Some(damage) = taken_for_text(text.expose()) else { return Ok(Vec::new()) };
    let mut choices = Vec::new();
    if let Damage::Transcoded { .. } = damage
        && let Some(shown) = tried.shows(before(text)?.expose())?
    {
        let meaning = shown.meaning("the key is the bytes before they were taken for text");
        let filter = format!("{around}iconv -f UTF-8 -t ISO-8859-1");
        choices.push(Choice::filtering(meaning, &filter, "bytes", shown.format));
    }
    if found.layers.is_empty() && !tried.spec.is_private_key() && tried.reads(text.expose(), Format::Raw)? {
        let meaning = format!("these {} bytes themselves are the key", text.len());
        choices.push(Choice::reading(meaning, Some(Format::Raw)));
    }
    Ok(choices)
}

/// The bytes whose characters these are: of each pair the low two bits of the first byte, and the low six of the second.
fn before(text: &Secret) -> Result<Secret, FileError> {
    let text = text.expose();
    let mut bytes = Secret::zeroed(text.len())?;
    let (mut at, mut length) = (0, 0);
    while let Some(first) = text.get(at) {
        let second = text.get(at + 1).filter(|_| *first >= 0xc0);
        bytes.expose_mut()[length] = second.map_or(*first, |second| (first & 0x03) << 6 | (second & 0x3f));
        at += 1 + usize::from(second.is_some());
        length += 1;
    }
    bytes.truncate(length);
    Ok(bytes)
}
