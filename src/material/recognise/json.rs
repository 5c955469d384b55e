//! JSON around keys: replies of the aws CLI, service accounts. It is read in place, so that no value is copied to memory that is not
//! wiped.

use super::layer::Member;
use super::member::Way;
use super::text::unescape;
use crate::files::FileError;
use crate::secret::Secret;

/// Members that hold key material, of KMS, Secrets Manager, Parameter Store, Kubernetes and service accounts.
pub(crate) const SECRETS: [&str; 8] = [
    "Plaintext",
    "PrivateKeyPlaintext",
    "SecretString",
    "SecretBinary",
    "private_key",
    "PrivateKey",
    "Value",
    "tls.key",
];

/// Whether text is an object, or the beginning of one.
pub(super) fn is_object(text: &[u8]) -> bool {
    text.strip_prefix(b"{").is_some_and(|rest| matches!(rest.trim_ascii_start().first(), None | Some(b'"' | b'}')))
}

/// The one member among `members` that is there, and its value with its escapes undone.
pub(super) fn member(json: &[u8], members: &[&'static str]) -> Result<Option<(Member, Secret)>, FileError> {
    let all = strings(json);
    let mut wanted = all.iter().filter_map(|(name, text, depth)| {
        let name = members.iter().find(|member| member.as_bytes() == *name)?;
        let way = Way::of(json, name, text, *depth > 1);
        Some((Member { name, way }, *text))
    });
    let (Some((member, text)), None) = (wanted.next(), wanted.next()) else { return Ok(None) };
    Ok(unescaped(text)?.map(|value| (member, value)))
}

/// The names and values of all strings in JSON, as they are written, and how deep they are; nothing where it is no JSON.
pub(crate) fn strings(json: &[u8]) -> Vec<(&[u8], &[u8], usize)> {
    let mut found = Vec::new();
    if serde_json::from_slice::<serde::de::IgnoredAny>(json).is_err() {
        return found;
    }
    let mut rest = json;
    let mut depth = 0_usize;
    while let Some((string, after)) = next_string(rest) {
        let before = &rest[..rest.len() - after.len() - string.len() - 2];
        depth = before.iter().fold(depth, |depth, byte| match byte {
            b'{' | b'[' => depth + 1,
            b'}' | b']' => depth.saturating_sub(1),
            _ => depth,
        });
        rest = after;
        let value = after.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        if let Some(value) = value.filter(|value| value.starts_with(b"\""))
            && let Some((text, after)) = next_string(value)
        {
            rest = after;
            found.push((string, text, depth));
        }
    }
    found
}

/// A string of JSON with its escapes undone.
pub(crate) fn unescaped(text: &[u8]) -> Result<Option<Secret>, FileError> {
    if text.is_empty() { Ok(None) } else { unescape(text).map(Some) }
}

/// The next string, without its quotation marks, and what follows it.
fn next_string(json: &[u8]) -> Option<(&[u8], &[u8])> {
    let begin = json.iter().position(|byte| *byte == b'"')? + 1;
    let mut escaped = false;
    let end = json[begin..].iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    Some((&json[begin..begin + end], &json[begin + end + 1..]))
}
