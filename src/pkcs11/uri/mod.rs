//! The name of a key in a token (RFC 7512), as in `pkcs11:token=ceremony;object=payments?pin-source=file:/run/pin`.

mod pin_source;
#[cfg(test)]
mod tests;
mod text;

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use self::pin_source::PinSource;
use self::text::{decoded, not_a_uri, pairs, twice};
use super::error::Pkcs11Error;

/// The name of a key in a token (RFC 7512). It parses from text, and shows as the text that it was: there is never a PIN in it.
///
/// What it does not say matches everything (RFC 7512 §2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    text: String,
    path: Vec<(Attribute, Vec<u8>)>,
    pin_source: Option<PinSource>,
    module_path: Option<PathBuf>,
    module_name: Option<String>,
    ignored: Vec<String>,
}

/// The attributes of the path (RFC 7512 §2.3), by what they are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Attribute {
    // The token, by its CK_TOKEN_INFO.
    Token,
    Manufacturer,
    Serial,
    Model,
    // The module, by its CK_INFO.
    LibraryManufacturer,
    LibraryDescription,
    LibraryVersion,
    // The slot, by its CK_SLOT_INFO and its number.
    SlotManufacturer,
    SlotDescription,
    SlotId,
    // The object: CKA_LABEL, CKA_CLASS and CKA_ID.
    Object,
    Type,
    Id,
}

/// What `type` may say.
const TYPES: [&str; 5] = ["public", "private", "cert", "secret-key", "data"];

/// The attribute of the query that has the PIN itself.
const SECRET: &str = "pin-value";

impl Uri {
    /// The value of an attribute of the path, where it is said.
    pub(super) fn get(&self, attribute: Attribute) -> Option<&[u8]> {
        self.path.iter().find(|(name, _)| *name == attribute).map(|(_, value)| &**value)
    }

    /// Its label, where it is said and is text.
    pub fn object(&self) -> Option<String> {
        self.get(Attribute::Object).map(|label| String::from_utf8_lossy(label).into_owned())
    }

    /// The file with the PIN.
    pub fn pin_source(&self) -> Option<&Path> {
        self.pin_source.as_ref().map(PinSource::path)
    }

    /// The module that it names: a file, or a directory with the name of a file in it.
    pub fn module(&self) -> Option<PathBuf> {
        match (&self.module_path, &self.module_name) {
            (Some(path), Some(name)) if path.is_dir() => {
                let files = [format!("lib{name}.so"), format!("{name}.so"), format!("lib{name}.dylib"), name.clone()];
                files
                    .iter()
                    .map(|file| path.join(file))
                    .find(|file| file.exists())
                    .or_else(|| Some(path.join(&files[0])))
            }
            (Some(path), _) => Some(path.clone()),
            (None, _) => None,
        }
    }

    /// The attributes of its query that mean nothing here; RFC 7512 §2.5 has them ignored.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The text that it was read from.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Uri {
    type Err = Pkcs11Error;

    fn from_str(text: &str) -> Result<Self, Pkcs11Error> {
        let scheme = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("pkcs11:"));
        let rest =
            scheme.map(|scheme| &text[scheme.len()..]).ok_or_else(|| not_a_uri("it does not begin with `pkcs11:`"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        // First of all: whatever else is wrong, nothing repeats a text with a PIN in it.
        let is_pin = |pair: &str| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case(SECRET));
        if path.split(';').chain(query.split(['&', ';'])).any(is_pin) {
            return Err(Pkcs11Error::PinInUri);
        }
        let mut uri = Uri {
            text: text.to_owned(),
            path: Vec::new(),
            pin_source: None,
            module_path: None,
            module_name: None,
            ignored: Vec::new(),
        };
        for (name, value) in pairs(path, ';')? {
            uri.add_to_path(name, value)?;
        }
        for (name, value) in pairs(query, '&')? {
            uri.add_to_query(name, value)?;
        }
        Ok(uri)
    }
}

impl Uri {
    fn add_to_path(&mut self, name: &str, value: &str) -> Result<(), Pkcs11Error> {
        let attribute: Attribute =
            name.parse().map_err(|_| Pkcs11Error::UnknownAttribute { name: name.to_owned(), known: in_query(name) })?;
        if self.get(attribute).is_some() {
            return Err(twice(name));
        }
        let value = decoded(name, value, "/?#|")?;
        let text = std::str::from_utf8(&value);
        match attribute {
            Attribute::Id => {}
            _ if text.is_err() => return Err(not_a_uri(format!("its `{name}` is not UTF-8"))),
            Attribute::Type if !text.is_ok_and(|text| TYPES.contains(&text)) => {
                return Err(not_a_uri(format!("its `type` is none of {}", TYPES.join(", "))));
            }
            Attribute::SlotId if text.is_ok_and(|text| text.parse::<u64>().is_err()) => {
                return Err(not_a_uri("its `slot-id` is not a number"));
            }
            Attribute::LibraryVersion if text.is_ok_and(|text| version(text).is_none()) => {
                return Err(not_a_uri("its `library-version` is not written as in `2.6`"));
            }
            _ => {}
        }
        self.path.push((attribute, value));
        Ok(())
    }

    fn add_to_query(&mut self, name: &str, value: &str) -> Result<(), Pkcs11Error> {
        let value = decoded(name, value, "#")?;
        match name {
            "pin-source" if self.pin_source.is_some() => return Err(twice(name)),
            "pin-source" => self.pin_source = Some(PinSource::of(&value)?),
            "module-path" if self.module_path.is_some() => return Err(twice(name)),
            "module-path" => self.module_path = Some(OsString::from_vec(value).into()),
            "module-name" if self.module_name.is_some() => return Err(twice(name)),
            "module-name" => {
                let text = String::from_utf8(value).ok().filter(|text| !text.is_empty() && !text.contains('/'));
                self.module_name = Some(text.ok_or_else(|| not_a_uri("its `module-name` is not the name of a file"))?);
            }
            other if other.parse::<Attribute>().is_ok() => {
                return Err(not_a_uri(format!("`{name}` stands behind the `?`, and belongs before it")));
            }
            other => self.ignored.push(other.to_owned()),
        }
        Ok(())
    }
}

/// The numbers of a version, the second of which may be left out.
pub(super) fn version(text: &str) -> Option<(u8, Option<u8>)> {
    match text.split_once('.') {
        Some((major, minor)) => Some((major.parse().ok()?, Some(minor.parse().ok()?))),
        None => Some((text.parse().ok()?, None)),
    }
}

/// Whether an attribute that the path does not know is one of the query.
fn in_query(name: &str) -> bool {
    matches!(name, "pin-source" | "module-path" | "module-name")
}
