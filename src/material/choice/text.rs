//! Choices about text: the characters themselves, what they encode, or a part of them.

use super::{Choice, Tried, filters};
use crate::error::FileError;
use crate::material::Format;
use crate::material::raw::decoded;
use crate::material::recognise::{Content, SECRETS, is_text, recognise, strings, unescaped};

/// More lines than this are no list of keys.
const MOST_LINES: usize = 4;

/// Bytes with a line end behind them that may be no part of the key.
pub(super) fn of_newline(tried: &Tried<'_>) -> Result<Vec<Choice>, FileError> {
    let raw = tried.said == Some(Format::Raw);
    let found = if raw { None } else { Some(recognise(tried.bytes.expose(), &SECRETS)?) };
    let (bytes, layers) = match &found {
        Some(found) => match &found.content {
            Content::Bytes(inner) | Content::Container(_, inner) => (inner.expose(), found.layers.as_slice()),
            _ => return Ok(Vec::new()),
        },
        None => (tried.bytes.expose(), &[][..]),
    };
    let Some(filters) = filters(layers) else { return Ok(Vec::new()) };
    let (rest, _) = without_line_end(bytes);
    let length = rest.len();
    let mut choices = Vec::new();
    let formats = [Format::Auto, Format::Scalar, Format::Seed, Format::Raw];
    for format in formats.into_iter().filter(|format| !raw || *format == Format::Raw) {
        if tried.reads(rest, format)? {
            let filter = format!("{filters}head -c {length}");
            choices.push(Choice::filtering("the newline is no part of the key", &filter, "cut", said(format)));
            break;
        }
    }
    if !tried.spec.is_private_key() && tried.reads(bytes, Format::Raw)? {
        let meaning = "the newline is a byte of the key";
        choices.push(match layers {
            [] => Choice::reading(meaning, Some(Format::Raw)),
            _ => {
                let filter = filters.strip_suffix(" | ").unwrap_or(&filters);
                Choice::filtering(meaning, filter, "bytes", Some(Format::Raw))
            }
        });
    }
    Ok(choices)
}

/// Text of which nobody can know whether it is the key or encodes it.
pub(super) fn of_text(tried: &Tried<'_>) -> Result<Vec<Choice>, FileError> {
    let mut choices = Vec::new();
    if tried.said.is_some_and(|said| said != Format::Auto) && tried.reads(tried.bytes.expose(), Format::Auto)? {
        choices.push(Choice::reading("it is what it looks like", None));
    }
    let shows_itself = !choices.is_empty();
    for (format, meaning) in [(Format::Hex, "it is the key in hex"), (Format::Base64, "it is the key in base64")] {
        if !shows_itself && tried.said != Some(format) && tried.reads(tried.bytes.expose(), format)? {
            choices.push(Choice::reading(meaning, Some(format)));
        }
    }
    if let Some(format @ (Format::Hex | Format::Base64)) = tried.said
        && let Ok((inner, layers)) = decoded(tried.bytes, format)
        && let Some(filters) = filters(&layers)
        && is_text(inner.expose())
        && !tried.spec.is_private_key()
        && tried.reads(inner.expose(), Format::Raw)?
    {
        let (filter, meaning) = (filters.strip_suffix(" | ").unwrap_or(&filters), "the text in it is the key");
        choices.push(Choice::filtering(meaning, filter, "text", Some(Format::Raw)));
    }
    if is_text(tried.bytes.expose()) {
        choices.extend(parts(tried)?);
        choices.extend(characters(tried)?);
    }
    Ok(choices)
}

/// The characters themselves, without the line end that an editor adds, or with it.
fn characters(tried: &Tried<'_>) -> Result<Vec<Choice>, FileError> {
    let bytes = tried.bytes.expose();
    let (text, ends) = without_line_end(bytes);
    let mut choices = Vec::new();
    if tried.spec.is_private_key() {
        return Ok(choices);
    }
    if tried.reads(text, Format::Raw)? {
        let meaning = format!("these {} characters themselves are the key", text.len());
        let filter = format!("head -c {}", text.len());
        choices.push(match ends {
            true => Choice::filtering(meaning, &filter, "cut", Some(Format::Raw)),
            false => Choice::reading(meaning, Some(Format::Raw)),
        });
    }
    if ends && tried.reads(bytes, Format::Raw)? {
        choices.push(Choice::reading("the key is these characters with their line end", Some(Format::Raw)));
    }
    Ok(choices)
}

/// The value of `NAME=value`, a member of JSON, or one of a few lines.
fn parts(tried: &Tried<'_>) -> Result<Vec<Choice>, FileError> {
    let Ok(text) = std::str::from_utf8(tried.bytes.expose()) else { return Ok(Vec::new()) };
    let mut choices = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let written = lines.iter().filter(|line| !line.trim().is_empty()).count();
    for (index, line) in lines.iter().enumerate().filter(|_| (2..=MOST_LINES).contains(&written)) {
        let number = index + 1;
        if let Some(format) = shown(tried, line.as_bytes())? {
            let (filter, ending) = (format!("sed -n {number}p"), format!("line{number}"));
            let meaning = format!("line {number} is the key");
            choices.push(Choice::filtering(meaning, &filter, &ending, said(format)));
        } else if let Some(format) = value(line).map_or(Ok(None), |value| shown(tried, value.as_bytes()))? {
            let (filter, ending) = (format!("sed -n '{number}{{{VALUE};p;}}'"), format!("line{number}"));
            let meaning = format!("the value in line {number} is the key");
            choices.push(Choice::filtering(meaning, &filter, &ending, said(format)));
        }
    }
    if text.trim_start().starts_with('{') {
        choices.extend(members(tried)?);
    } else if written == 1
        && let Some(value) = value(text)
        && let Some(format) = shown(tried, value.as_bytes())?
    {
        let filter = format!("sed '{VALUE}'");
        choices.push(Choice::filtering("the value behind the name is the key", &filter, "value", said(format)));
    }
    Ok(choices)
}

/// The members of a JSON object that show themselves to be a key.
fn members(tried: &Tried<'_>) -> Result<Vec<Choice>, FileError> {
    let mut choices = Vec::new();
    for (name, value) in strings(tried.bytes.expose()) {
        let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(byte));
        let Some(name) = std::str::from_utf8(name).ok().filter(|name| plain && name.len() <= 64) else { continue };
        let Some(value) = unescaped(value)? else { continue };
        if let Some(format) = shown(tried, value.expose())? {
            let (filter, meaning) = (format!("jq -j '.\"{name}\"'"), format!("its member {name} is the key"));
            choices.push(Choice::filtering(meaning, &filter, "value", said(format)));
        }
    }
    Ok(choices)
}

/// What takes a name and the sign behind it off a line.
const VALUE: &str = "s/^[^=:]*[=:][[:space:]]*//";

fn value(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(['=', ':'])?;
    let named = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.- \t\"'".contains(&byte));
    let line = value.trim().lines().next()?;
    (named && !name.trim().is_empty()).then_some(line)
}

/// The format in which a part shows itself to be a key; nothing where it is none.
fn shown(tried: &Tried<'_>, text: &[u8]) -> Result<Option<Format>, FileError> {
    for format in [Format::Auto, Format::Scalar, Format::Seed] {
        if tried.reads(text, format)? {
            return Ok(Some(format));
        }
    }
    Ok(None)
}

fn said(format: Format) -> Option<Format> {
    (format != Format::Auto).then_some(format)
}

/// The bytes before the last line end, and whether there is one.
fn without_line_end(bytes: &[u8]) -> (&[u8], bool) {
    match bytes {
        [start @ .., b'\r', b'\n'] | [start @ .., b'\n'] => (start, true),
        _ => (bytes, false),
    }
}
