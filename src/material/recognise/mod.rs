//! What a file is: the layers of text around its bytes, and what the bytes are. The alphabet and the structure decide, never a length
//! that happens to fit.

mod base64;
mod content;
mod hex;
mod json;
mod layer;
mod member;
mod pem;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use self::content::{Block, Content, Plain};
pub(crate) use self::hex::{NUMBERS, SINGLE_DIGITS, WORDS};
pub(crate) use self::json::{SECRETS, strings, unescaped};
pub(crate) use self::layer::{Layer, Member, described, ids};
pub(crate) use self::member::Way;
pub(crate) use self::text::is_text;
use super::Container;
use super::base64::decode as decode_base64;
use crate::files::FileError;
use crate::files::damage::{Damage, taken_for_text};
use crate::secret::Secret;

/// Text in text in text: nobody writes more of it than this.
const MOST_LAYERS: usize = 8;

/// A file, with its layers of text taken off.
pub(crate) struct Recognised {
    /// Outermost first.
    pub(crate) layers: Vec<Layer>,
    pub(crate) content: Content,
    /// How long the innermost text was, without the white space around and inside of it; 0 where there is none.
    pub(crate) characters: usize,
    /// Whether several PEM blocks begin in one line.
    pub(crate) folded: bool,
}

/// Takes layers off until there are none. `members` are the JSON members whose value counts.
pub(crate) fn recognise(bytes: &[u8], members: &[&'static str]) -> Result<Recognised, FileError> {
    let mut found =
        Recognised { layers: Vec::new(), content: Content::Bytes(Secret::copy(bytes)?), characters: 0, folded: false };
    for _ in 0..MOST_LAYERS {
        let Content::Bytes(inner) = &found.content else { return Ok(found) };
        let step = step(inner.expose(), members)?;
        found.folded = pem::is_folded(inner.expose());
        match step {
            Step::Layer(layer, inner, characters) => {
                found.layers.push(layer);
                if characters > 0 {
                    found.characters = characters;
                }
                found.content = Content::Bytes(inner);
            }
            Step::Content(content) => {
                found.content = content;
                return Ok(found);
            }
            Step::Binary => return Ok(found),
        }
    }
    if let Content::Bytes(inner) = &found.content
        && text::is_text(inner.expose())
    {
        found.content = Content::Text(Secret::copy(inner.expose())?, Plain::Layered);
    }
    Ok(found)
}

enum Step {
    /// A layer was taken off: what is in it, and how many characters wrote it.
    Layer(Layer, Secret, usize),
    Content(Content),
    Binary,
}

fn step(bytes: &[u8], members: &[&'static str]) -> Result<Step, FileError> {
    if let Some(narrow) = text::narrowed(bytes)? {
        return Ok(Step::Layer(Layer::Utf16, narrow, 0));
    }
    if let Some(rest) = text::without_mark(bytes) {
        return Ok(Step::Layer(Layer::Bom, Secret::copy(rest)?, 0));
    }
    let pem = pem::is_pem(bytes);
    if !pem && !text::is_text(bytes) {
        let content = |content| Ok(Step::Content(content));
        return match (Container::identify(bytes), taken_for_text(bytes)) {
            // DER that begins with ASCII characters is still told from what came of it.
            (_, Some(Damage::Transcoded { .. })) => plain(bytes, Plain::Transcoded),
            (Some(container), _) => content(Content::Container(container, Secret::copy(bytes)?)),
            (None, Some(_)) => plain(bytes, Plain::Replaced),
            (None, None) => Ok(Step::Binary),
        };
    }
    let trimmed = bytes.trim_ascii();
    if let Some((quotes, inner)) = text::without_quotes(trimmed)? {
        return Ok(Step::Layer(quotes, inner, 0));
    }
    if let Some(container) = Container::identify_text(trimmed).filter(|_| !pem || trimmed.starts_with(b"{")) {
        return Ok(Step::Content(Content::Container(container, Secret::copy(trimmed)?)));
    }
    if json::is_object(trimmed) {
        return Ok(match json::member(trimmed, members)? {
            Some(value) => Step::Layer(Layer::Json(value.0), value.1, 0),
            None => plain(trimmed, Plain::Json)?,
        });
    }
    if pem {
        return match text::unescaped(trimmed)? {
            Some(inner) => Ok(Step::Layer(Layer::Escaped, inner, 0)),
            None => Ok(Step::Content(pem::content(trimmed)?)),
        };
    }
    encoded(trimmed)
}

/// Hex, a dump, or base64; or nothing of the kind.
fn encoded(text: &[u8]) -> Result<Step, FileError> {
    match hex::dump(text)? {
        hex::Dump::Bytes(bytes) => {
            let characters = bytes.len() * 2;
            return Ok(Step::Layer(Layer::HexDump, bytes, characters));
        }
        hex::Dump::Unread => {
            return Ok(Step::Content(Content::Broken(Layer::HexDump, hex::WORDS)));
        }
        hex::Dump::None => {}
    }
    match hex::digits(text) {
        Some(_) if hex::is_decimal(text) => return plain(text, Plain::Decimal),
        Some(count) => {
            let odd = (count % 2 == 1).then_some("its number of digits is odd, so some are missing");
            return Ok(match hex::problem(text).or(odd) {
                Some(problem) => Step::Content(Content::Broken(Layer::Hex, problem)),
                None => Step::Layer(hex_layer(text), hex::decode(text, count)?, count),
            });
        }
        None if hex::is_nearly(text) => {
            return Ok(Step::Content(Content::Broken(Layer::Hex, "some of its characters are no hex digits")));
        }
        None => {}
    }
    Ok(match base64::judge(text) {
        base64::Judged::Encoded(layer, count) => match decode_base64(text, layer == Layer::Base64Url)? {
            Some(bytes) => Step::Layer(layer, bytes, count),
            None => Step::Content(Content::Broken(layer, "it is cut off, or has extra characters")),
        },
        base64::Judged::Letters => plain(text, Plain::Letters)?,
        base64::Judged::Base58 => plain(text, Plain::Base58)?,
        base64::Judged::Other if text::is_assignment(text) => plain(text, Plain::Assignment)?,
        base64::Judged::Other => plain(text, Plain::Words)?,
    })
}

fn hex_layer(text: &[u8]) -> Layer {
    if hex::has_short_numbers(text) { Layer::HexNumbers } else { Layer::Hex }
}

fn plain(text: &[u8], kind: Plain) -> Result<Step, FileError> {
    Ok(Step::Content(Content::Text(Secret::copy(text)?, kind)))
}

/// What comes of an encoding that the user insists on.
pub(crate) enum Insisted {
    Decoded(Secret, Vec<Layer>),
    Broken(Layer, &'static str),
    /// What the text is instead.
    Other(String),
}

/// Takes off what is around `wanted` (hex or base64), and then that, unless the characters show that it is something else.
pub(crate) fn insist(bytes: &[u8], wanted: Layer) -> Result<Insisted, FileError> {
    let fits = |layer: Layer| match wanted {
        Layer::Hex => matches!(layer, Layer::Hex | Layer::HexNumbers | Layer::HexDump),
        _ => matches!(layer, Layer::Base64 | Layer::Base64Url),
    };
    let mut layers = Vec::new();
    let mut text = Secret::copy(bytes)?;
    for _ in 0..MOST_LAYERS {
        text = match step(text.expose(), &SECRETS)? {
            Step::Layer(layer, inner, _) if fits(layer) => {
                layers.push(layer);
                return Ok(Insisted::Decoded(inner, layers));
            }
            Step::Layer(layer @ (Layer::Bom | Layer::Utf16 | Layer::Quotes | Layer::Json(_)), inner, _) => {
                layers.push(layer);
                inner
            }
            Step::Layer(layer, ..) => return Ok(Insisted::Other(layer.name().to_owned())),
            Step::Content(Content::Broken(layer, problem)) if fits(layer) => {
                return Ok(Insisted::Broken(layer, problem));
            }
            // Too short or too plain to be recognised, but the user knows.
            Step::Content(Content::Text(text, kind)) => {
                let Some((layer, inner)) = decode(text.expose(), wanted)? else {
                    return Ok(Insisted::Other(kind.words().to_owned()));
                };
                layers.push(layer);
                return Ok(Insisted::Decoded(inner, layers));
            }
            Step::Content(content) => return Ok(Insisted::Other(content.words())),
            Step::Binary => return Ok(Insisted::Other("binary".to_owned())),
        };
    }
    Ok(Insisted::Other("text in many layers".to_owned()))
}

fn decode(text: &[u8], wanted: Layer) -> Result<Option<(Layer, Secret)>, FileError> {
    if wanted == Layer::Hex {
        return match hex::any_digits(text) {
            Some(count) if count % 2 == 0 && count > 0 && hex::problem(text).is_none() => {
                Ok(Some((hex_layer(text), hex::decode(text, count)?)))
            }
            _ => Ok(None),
        };
    }
    let url = base64::is_url(text);
    let layer = if url { Layer::Base64Url } else { Layer::Base64 };
    Ok(decode_base64(text, url)?.map(|bytes| (layer, bytes)))
}
