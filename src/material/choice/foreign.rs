//! The choice about a container that a filter of a shell makes readable.

use super::tried::{Choice, Tried, filters};
use crate::files::FileError;
use crate::material::container::{Converter, converter};
use crate::material::recognise::{Content, SECRETS, recognise};
use crate::material::{Container, Curve, Format, MaterialKind};

/// Its conversion. Whether the key fits is seen afterwards, but a bare number is of its curve only.
pub(super) fn of_foreign(tried: &Tried<'_>, container: Container) -> Result<Vec<Choice>, FileError> {
    let found = recognise(tried.bytes.expose(), &SECRETS)?;
    let (Content::Container(_, inner), Some(filters)) = (&found.content, filters(&found.layers)) else {
        return Ok(Vec::new());
    };
    let Some(Converter { filter, ending, format, meaning }) = converter(container, inner.expose()) else {
        return Ok(Vec::new());
    };
    let fits = match (container, format) {
        (Container::XmlKey | Container::WindowsKey, _) => matches!(tried.spec.kind(), MaterialKind::Rsa { .. }),
        (_, Some(Format::Scalar)) => matches!(tried.spec.kind(), MaterialKind::Ec(Curve::P256k1)),
        _ => true,
    };
    let choice = || Choice::filtering(meaning, &format!("{filters}{filter}"), ending, format);
    Ok(if fits { vec![choice()] } else { Vec::new() })
}
