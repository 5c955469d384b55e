//! The name of a key in a token (RFC 7512), as in `pkcs11:token=ceremony;object=payments?pin-source=file:/run/pin`.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

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

/// Where the PIN is: a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinSource(PathBuf);

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

/// The attributes that RFC 7512 has for the query.
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
        self.pin_source.as_ref().map(|PinSource(path)| &**path)
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

impl PinSource {
    /// `file:` with a path, as in RFC 7512 §2.4 and RFC 8089, or an absolute path alone.
    fn of(value: &[u8]) -> Result<Self, Pkcs11Error> {
        let path = match value.strip_prefix(b"file:") {
            Some(rest) => match rest.strip_prefix(b"//") {
                Some(rest) => rest.strip_prefix(b"localhost").filter(|rest| rest.starts_with(b"/")).unwrap_or(rest),
                None => rest,
            },
            None => value,
        };
        let has_host = value.starts_with(b"file://") && !path.starts_with(b"/");
        let is_alone = !value.starts_with(b"file:") && !value.starts_with(b"/");
        if path.is_empty() || has_host || is_alone {
            return Err(Pkcs11Error::PinSource);
        }
        Ok(PinSource(OsString::from_vec(path.to_vec()).into()))
    }
}

/// The numbers of a version, the second of which may be left out.
pub(super) fn version(text: &str) -> Option<(u8, Option<u8>)> {
    match text.split_once('.') {
        Some((major, minor)) => Some((major.parse().ok()?, Some(minor.parse().ok()?))),
        None => Some((text.parse().ok()?, None)),
    }
}

/// Names and values, as they are written.
fn pairs(part: &str, between: char) -> Result<Vec<(&str, &str)>, Pkcs11Error> {
    let mut found = Vec::new();
    for pair in part.split(between).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| not_a_uri(format!("a part of it is no `name=value` between two `{between}`")))?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            return Err(not_a_uri("the name of an attribute has other characters than letters, digits, `-` and `_`"));
        }
        found.push((name, value));
    }
    Ok(found)
}

/// A value with the percent-encoding taken off. `not_allowed` are characters that have a meaning of their own there.
fn decoded(name: &str, value: &str, not_allowed: &str) -> Result<Vec<u8>, Pkcs11Error> {
    let mut bytes = Vec::new();
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        if first == '%' {
            let digits = rest.get(1..3).and_then(|digits| hex::decode(digits).ok());
            bytes.extend(
                digits.ok_or_else(|| not_a_uri(format!("a `%` in its `{name}` is not followed by two hex digits")))?,
            );
            rest = &rest[3..];
            continue;
        }
        let encoded = || first.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        if !first.is_ascii_graphic() || "\"<>\\^`{}".contains(first) || not_allowed.contains(first) {
            return Err(not_a_uri(format!("a character of its `{name}` must be written {}", encoded())));
        }
        bytes.push(first as u8);
        rest = &rest[1..];
    }
    Ok(bytes)
}

/// Whether an attribute that the path does not know is one of the query.
fn in_query(name: &str) -> bool {
    matches!(name, "pin-source" | "module-path" | "module-name")
}

fn twice(name: &str) -> Pkcs11Error {
    not_a_uri(format!("it has `{name}` twice"))
}

fn not_a_uri(problem: impl Into<String>) -> Pkcs11Error {
    Pkcs11Error::NotAUri { problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Uri {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str) -> String {
        text.parse::<Uri>().map(|uri| format!("{uri:?}")).unwrap_err().to_string()
    }

    /// The examples of RFC 7512 §3, but for those with a PIN in them.
    #[test]
    fn the_examples_of_the_rfc_are_read() {
        assert_eq!(read("pkcs11:").path, []);
        assert_eq!(read("pkcs11:object=my-pubkey;type=public").object().unwrap(), "my-pubkey");
        let uri = read("pkcs11:object=my-key;type=private?pin-source=file:/etc/token");
        assert_eq!(uri.pin_source(), Some(Path::new("/etc/token")));
        let uri = read(
            "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;\
             object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
        );
        assert_eq!(uri.get(Attribute::Token), Some(&b"The Software PKCS#11 Softtoken"[..]));
        assert_eq!(uri.get(Attribute::Manufacturer), Some(&b"Snake Oil, Inc."[..]));
        assert_eq!(uri.get(Attribute::Id), Some(&[0x69, 0x95, 0x3e, 0x5c, 0xf4, 0xbd, 0xec, 0x91][..]));
        assert_eq!(uri.get(Attribute::Serial), Some(&b""[..]));
        let uri = read("pkcs11:slot-description=Sun%20Metaslot;slot-manufacturer=a;slot-id=327;library-version=3.1");
        assert_eq!(uri.get(Attribute::SlotId), Some(&b"327"[..]));
        let uri = read(
            "pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;library-version=1.23",
        );
        assert_eq!(uri.get(Attribute::LibraryVersion), Some(&b"1.23"[..]));
        let uri = read("PKCS11:object=a?module-name=mypkcs11&module-path=/opt/lib&x-vendor=1");
        assert_eq!(uri.module(), Some("/opt/lib".into()));
        assert_eq!(uri.ignored(), ["x-vendor"]);
        assert_eq!(uri.to_string(), "PKCS11:object=a?module-name=mypkcs11&module-path=/opt/lib&x-vendor=1");
    }

    #[test]
    fn a_directory_and_a_name_are_the_module_that_lies_there() {
        let directory = std::env::temp_dir().join(format!("kms-byok-uri-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("hsm.so"), "").unwrap();
        let module =
            |name: &str| read(&format!("pkcs11:?module-path={}&module-name={name}", directory.display())).module();
        assert_eq!(module("hsm"), Some(directory.join("hsm.so")));
        assert_eq!(module("other"), Some(directory.join("libother.so")));
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_pin_is_read_from_a_file_only() {
        for (source, path) in [
            ("file:/run/pin", "/run/pin"),
            ("file:///run/pin", "/run/pin"),
            ("file://localhost/run/pin", "/run/pin"),
            ("file:pin", "pin"),
            ("/run/pin", "/run/pin"),
            ("file:/run/a%20b", "/run/a b"),
        ] {
            assert_eq!(read(&format!("pkcs11:?pin-source={source}")).pin_source(), Some(Path::new(path)), "{source}");
        }
        for source in ["|/usr/bin/pin", "https://x/pin", "file://host/pin", "file:", "", "pin", "env:PIN"] {
            assert_eq!(
                refused(&format!("pkcs11:?pin-source={source}")),
                Pkcs11Error::PinSource.to_string(),
                "{source}"
            );
        }
    }

    #[test]
    fn a_pin_in_the_text_is_refused_before_anything_else_and_repeated_nowhere() {
        for text in [
            "pkcs11:object=a?pin-value=1234",
            "pkcs11:object=a?pin-source=file:/a&PIN-VALUE=1234",
            "pkcs11:object=a;pin-value=1234",
            "pkcs11:nonsense=b;pin-value=1234;=?&",
            "pkcs11:object=a?pin-value",
        ] {
            let error = text.parse::<Uri>().unwrap_err();
            assert!(matches!(error, Pkcs11Error::PinInUri), "{text}");
            assert!(!format!("{error:?} {error}").contains("1234"));
        }
    }

    #[test]
    fn what_is_no_name_of_rfc_7512_is_refused_with_its_place() {
        for (text, problem) in [
            ("object=a", "it does not begin with `pkcs11:`"),
            ("pkcs11:object", "a part of it is no `name=value` between two `;`"),
            ("pkcs11:object=a;object=b", "it has `object` twice"),
            ("pkcs11:object=my key", "a character of its `object` must be written %20"),
            ("pkcs11:object=a/b", "a character of its `object` must be written %2F"),
            ("pkcs11:object=\u{e9}", "a character of its `object` must be written %C3%A9"),
            ("pkcs11:object=%4", "a `%` in its `object` is not followed by two hex digits"),
            ("pkcs11:object=%zz", "a `%` in its `object` is not followed by two hex digits"),
            ("pkcs11:object=%FF", "its `object` is not UTF-8"),
            ("pkcs11:type=key", "its `type` is none of public, private, cert, secret-key, data"),
            ("pkcs11:slot-id=one", "its `slot-id` is not a number"),
            ("pkcs11:library-version=1.2.3", "its `library-version` is not written as in `2.6`"),
            ("pkcs11:object=a?token=b", "`token` stands behind the `?`, and belongs before it"),
            ("pkcs11:a b=c", "the name of an attribute has other characters than letters, digits, `-` and `_`"),
            ("pkcs11:?module-name=a%2Fb", "its `module-name` is not the name of a file"),
            ("pkcs11:?pin-source=file:/a&pin-source=file:/b", "it has `pin-source` twice"),
        ] {
            assert_eq!(refused(text), format!("the PKCS#11 URI cannot be read: {problem}"), "{text}");
        }
    }

    /// RFC 7512 §2.5: such a URI matches nothing.
    #[test]
    fn an_attribute_of_the_path_that_nobody_knows_is_refused_by_its_name() {
        assert_eq!(
            refused("pkcs11:x-vendor=1"),
            "the PKCS#11 URI has an attribute `x-vendor`, which RFC 7512 does not have"
        );
        let error = "pkcs11:object=a;pin-source=file:/pin".parse::<Uri>().unwrap_err();
        assert!(matches!(error, Pkcs11Error::UnknownAttribute { known: true, .. }));
    }
}
