//! The choice about a container that a filter of a shell makes readable.

use super::tried::{Choice, Tried, filters};
use crate::files::FileError;
use crate::material::Container;
use crate::material::container::{Converter, converter};
use crate::material::recognise::{Content, SECRETS, recognise};

/// Its conversion. Whether the key fits is seen afterwards; a container of another kind of key has been refused before.
pub(super) fn of_foreign(tried: &Tried<'_>, container: Container) -> Result<Vec<Choice>, FileError> {
    let found = recognise(tried.bytes.expose(), &SECRETS)?;
    let (Content::Container(_, inner), Some(filters)) = (&found.content, filters(&found.layers)) else {
        return Ok(Vec::new());
    };
    let Some(Converter { filter, ending, format, meaning }) = converter(container, inner.expose()) else {
        return Ok(Vec::new());
    };
    Ok(vec![Choice::filtering(meaning, &format!("{filters}{filter}"), ending, format)])
}
