//! The parts of the text of a URI, and the percent-encoding (RFC 3986 §2.1) that they are written in.

use super::super::error::Pkcs11Error;

/// Names and values, as they are written.
pub(super) fn pairs(part: &str, between: char) -> Result<Vec<(&str, &str)>, Pkcs11Error> {
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
pub(super) fn decoded(name: &str, value: &str, not_allowed: &str) -> Result<Vec<u8>, Pkcs11Error> {
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

pub(super) fn twice(name: &str) -> Pkcs11Error {
    not_a_uri(format!("it has `{name}` twice"))
}

pub(super) fn not_a_uri(problem: impl Into<String>) -> Pkcs11Error {
    Pkcs11Error::NotAUri { problem: problem.into() }
}
