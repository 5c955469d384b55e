//! Choices about text: the characters themselves, what they encode, or a part of them.

use super::numbers;
use super::tried::{Choice, Shown, Tried, filters};
use crate::files::FileError;
use crate::material::Format;
use crate::material::raw::decoded;
use crate::material::recognise::{Content, Layer, SECRETS, Way, described, is_text, recognise, strings, unescaped};
use crate::secret::Secret;

/// More lines than this are not all looked at.
const MOST_LINES: usize = 64;

/// More keys than this are not all offered.
const MOST_KEYS: usize = 4;

/// More members than this are not all looked at.
const MOST_MEMBERS: usize = 64;

/// Bytes with line ends or zero bytes behind them, as many as make them too long.
pub(super) fn of_tail(tried: &Tried<'_>) -> Result<Vec<Choice>, FileError> {
    let bytes = tried.bytes.expose();
    let (Some(last), None) = (bytes.last(), tried.said) else { return Ok(Vec::new()) };
    let kept = bytes.iter().rposition(|byte| !matches!(byte, 0 | b'\r' | b'\n')).map_or(0, |at| at + 1);
    for length in (kept..bytes.len()).rev() {
        if tried.reads(&bytes[..length], Format::Auto)? {
            let what = if *last == 0 { "zero bytes" } else { "line ends" };
            let meaning = format!("the {what} at its end are not part of the key");
            return Ok(vec![Choice::filtering(meaning, &format!("head -c {length}"), "cut", None)]);
        }
    }
    Ok(Vec::new())
}

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
    let shown = match raw {
        true if tried.reads(rest, Format::Raw)? => Some(Shown { format: Some(Format::Raw), public_key: None }),
        true => None,
        false => tried.shows(rest)?,
    };
    if let Some(shown) = shown {
        let filter = format!("{filters}head -c {length}");
        let meaning = shown.meaning("the newline is not part of the key");
        choices.push(Choice::filtering(meaning, &filter, "cut", shown.format));
    } else if !raw && !tried.spec.is_private_key() && tried.reads(rest, Format::Raw)? {
        let filter = format!("{filters}head -c {length}");
        choices.push(Choice::filtering("the newline is not part of the key", &filter, "cut", Some(Format::Raw)));
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
    for source in sources(tried)? {
        choices.extend(parts(tried, &source)?);
        choices.extend(characters(tried, &source)?);
    }
    Ok(choices)
}

/// Text that may be the key, and how a shell gets at it.
struct Source {
    text: Secret,
    /// What takes off what is around it.
    filters: String,
    /// What that is, after "characters"; nothing for the file itself.
    inside: Option<String>,
    /// Whether hex or base64 was taken off, which `--material-format` says as well.
    is_decoded: bool,
}

/// The text inside of what is around it, and the file as it stands, where that is not JSON.
fn sources(tried: &Tried<'_>) -> Result<Vec<Source>, FileError> {
    let found = recognise(tried.bytes.expose(), &SECRETS)?;
    let mut sources = Vec::new();
    // What takes quotation marks off would take those inside off too.
    let quoted = |text: &Secret| text.expose().iter().any(|byte| b"\"'\\".contains(byte));
    if let (Content::Text(text, _), Some(filters), false) =
        (&found.content, filters(&found.layers), found.layers.is_empty())
        && !(found.layers.contains(&Layer::Quotes) && quoted(text))
    {
        let (text, inside) = (Secret::copy(text.expose())?, Some(described(&found.layers)));
        let around = |layer: &Layer| matches!(layer, Layer::Bom | Layer::Utf16 | Layer::Quotes | Layer::Json(_));
        sources.push(Source { text, filters, inside, is_decoded: !found.layers.iter().all(around) });
    }
    let json = found.layers.iter().any(|layer| matches!(layer, Layer::Json(_)));
    if is_text(tried.bytes.expose()) && (!json || sources.is_empty()) {
        sources.push(Source {
            text: Secret::copy(tried.bytes.expose())?,
            filters: String::new(),
            inside: None,
            is_decoded: false,
        });
    }
    Ok(sources)
}

/// The characters themselves, without the line end that an editor adds, or with it.
fn characters(tried: &Tried<'_>, source: &Source) -> Result<Vec<Choice>, FileError> {
    let bytes = source.text.expose();
    let (text, ends) = without_line_end(bytes);
    let mut choices = Vec::new();
    if tried.spec.is_private_key() || source.is_decoded {
        return Ok(choices);
    }
    let said = tried.said == Some(Format::Raw);
    if tried.reads(text, Format::Raw)? {
        let cut = format!("{}head -c {}", source.filters, text.len());
        match &source.inside {
            Some(around) => {
                let meaning = format!("the {} characters in {around} are the key", text.len());
                choices.push(Choice::filtering(meaning, &cut, "text", Some(Format::Raw)));
            }
            None => {
                let meaning = format!("these {} characters themselves are the key", text.len());
                match ends {
                    true => choices.push(Choice::filtering(meaning, &cut, "cut", Some(Format::Raw))),
                    false if said => {}
                    false => choices.push(Choice::reading(meaning, Some(Format::Raw))),
                }
            }
        }
    }
    if ends && source.inside.is_none() && !said && tried.reads(bytes, Format::Raw)? {
        choices.push(Choice::reading("the key is these characters with their line end", Some(Format::Raw)));
    }
    Ok(choices)
}

/// The value of `NAME=value`, a member of JSON, a list of numbers, or one of a few lines.
fn parts(tried: &Tried<'_>, source: &Source) -> Result<Vec<Choice>, FileError> {
    let Ok(text) = std::str::from_utf8(source.text.expose()) else { return Ok(Vec::new()) };
    let made = |shown: &Shown, meaning: &str, filter: &str, ending: &str| {
        let filter = format!("{}{filter}", source.filters);
        Choice::filtering(shown.meaning(meaning), &filter, ending, shown.format)
    };
    let mut choices = Vec::new();
    if text.trim_start().starts_with(['{', '[']) && !strings(source.text.expose()).is_empty() {
        for (shown, name, filter) in members(tried, source.text.expose())? {
            choices.push(made(&shown, &format!("its member {name} is the key"), &filter, "value"));
        }
        if !choices.is_empty() {
            return Ok(choices);
        }
    }
    if let Some((shown, meaning, filter)) = numbers::list(tried, text)? {
        return Ok(vec![made(&shown, &meaning, &filter, "bytes")]);
    }
    let lines: Vec<&str> = text.lines().collect();
    let written = lines.iter().filter(|line| !line.trim().is_empty()).count();
    for (index, line) in lines.iter().enumerate().filter(|_| (2..=MOST_LINES).contains(&written)) {
        let number = index + 1;
        let ending = format!("line{number}");
        if let Some(shown) = tried.shows(line.as_bytes())? {
            choices.push(made(&shown, &format!("line {number} is the key"), &format!("sed -n {number}p"), &ending));
        } else if let Some((shown, filter)) = value_of(tried, line)? {
            let meaning = format!("the value in line {number} is the key");
            choices.push(made(&shown, &meaning, &format!("sed -n '{number}{{{filter};p;}}'"), &ending));
        }
    }
    // More are no list of keys.
    if choices.len() > MOST_KEYS {
        choices.clear();
    }
    if written != 1 {
        return Ok(choices);
    }
    if let Some((shown, filter)) = value_of(tried, text)? {
        choices.push(made(&shown, "the value behind the name is the key", &format!("sed '{filter}'"), "value"));
    } else if let Some((shown, filter)) = value(text).map_or(Ok(None), |rest| value_of(tried, rest))? {
        // `APP_KEY=base64:…` has two names before it.
        let filter = format!("sed '{VALUE}; {filter}'");
        choices.push(made(&shown, "the value behind the names is the key", &filter, "value"));
    }
    Ok(choices)
}

/// How the value in a line shows itself to be a key, and what takes off what is before it.
fn value_of(tried: &Tried<'_>, line: &str) -> Result<Option<(Shown, &'static str)>, FileError> {
    let item = line.trim_start().strip_prefix("- ").map(|rest| (rest, ITEM));
    for (rest, filter) in item.into_iter().chain(value(line).map(|rest| (rest, VALUE))) {
        if let Some(shown) = tried.shows(rest.as_bytes())? {
            return Ok(Some((shown, filter)));
        }
    }
    Ok(None)
}

/// The members of a JSON object that show themselves to be a key, each with its name and what takes its value out.
fn members<'a>(tried: &Tried<'_>, json: &'a [u8]) -> Result<Vec<(Shown, &'a str, String)>, FileError> {
    let mut found = Vec::new();
    let all = strings(json);
    for (name, written, depth) in all.iter().take(MOST_MEMBERS) {
        // Deeper in, the name alone leads to it.
        let times = all.iter().filter(|(other, ..)| other == name).count();
        if *depth > 1 && times > 1 {
            continue;
        }
        let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(byte));
        let Some(name) = std::str::from_utf8(name).ok().filter(|name| plain && name.len() <= 64) else { continue };
        let Some(value) = unescaped(written)? else { continue };
        if let Some(shown) = tried.shows(value.expose())? {
            found.push((shown, name, Way::of(json, name, written, *depth > 1).filter(name)));
        }
    }
    Ok(found)
}

/// What takes the mark of a list item off a line.
const ITEM: &str = "s/^[[:space:]]*-[[:space:]]*//";

/// What takes a name and the sign behind it off a line.
const VALUE: &str = "s/^[^=:]*[=:][[:space:]]*//";

fn value(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(['=', ':'])?;
    let named = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-$ \t\"'".contains(&byte));
    let line = value.trim().lines().next()?;
    (named && !name.trim().is_empty()).then_some(line)
}

/// The bytes before the last line end, and whether there is one.
fn without_line_end(bytes: &[u8]) -> (&[u8], bool) {
    match bytes {
        [start @ .., b'\r', b'\n'] | [start @ .., b'\n'] => (start, true),
        _ => (bytes, false),
    }
}
