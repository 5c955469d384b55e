//! Choices about bytes that may have the key in them: those in an OCTET STRING, or all of them.

use super::tried::{Choice, Tried, filters};
use crate::files::FileError;
use crate::material::raw::may_hold_a_key;
use crate::material::recognise::{Content, SECRETS, recognise};
use crate::material::{Format, der};

/// The bytes in an OCTET STRING, where they are a key, and all of them, where they may be one too.
pub(super) fn of_structure(tried: &Tried<'_>) -> Result<Vec<Choice>, FileError> {
    let found = recognise(tried.bytes.expose(), &SECRETS)?;
    let (Content::Bytes(bytes), Some(around)) = (&found.content, filters(&found.layers)) else {
        return Ok(Vec::new());
    };
    let inside = der::octet_string(bytes.expose());
    let mut choices = Vec::new();
    if inside.is_none() && may_hold_a_key(bytes.expose()).is_none() {
        return Ok(choices);
    }
    if let Some(inside) = inside
        && let Some(shown) = tried.shows(inside)?
    {
        let meaning = shown.meaning(&format!("the {} bytes in it are the key", inside.len()));
        let filter = format!("{around}tail -c {}", inside.len());
        choices.push(Choice::filtering(meaning, &filter, "bytes", shown.format));
    }
    if !tried.spec.is_private_key() && tried.reads(bytes.expose(), Format::Raw)? {
        let meaning = format!("all {} bytes are the key", bytes.len());
        choices.push(match around.strip_suffix(" | ") {
            Some(filter) => Choice::filtering(meaning, filter, "all", Some(Format::Raw)),
            None => Choice::reading(meaning, Some(Format::Raw)),
        });
    }
    Ok(choices)
}
