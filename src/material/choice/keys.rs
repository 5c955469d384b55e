//! Choices about files with more than one key in them.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::tried::{Choice, filters};
use crate::files::FileError;
use crate::material::MaterialError;
use crate::material::container::{Piece, single_key};
use crate::material::der::element;
use crate::material::recognise::{Block, Content, Layer, SECRETS, recognise};
use crate::material::{Container, Format, KeySpec, NamedKey};
use crate::quoted::quoted;
use crate::secret::Secret;

/// More keys than this are not all named.
const MOST: usize = 8;

/// What the key is to be.
pub(super) struct Wanted<'a> {
    /// Nothing where any private key may do.
    pub(super) spec: Option<KeySpec>,
    /// Whether bytes are such a key.
    pub(super) fits: &'a dyn Fn(&[u8]) -> Result<bool, FileError>,
}

/// Each of the keys that `error` counts.
pub(super) fn of_several(
    bytes: &Secret,
    error: &MaterialError,
    passphrase: Option<&Path>,
    wanted: &Wanted<'_>,
) -> Result<Vec<Choice>, FileError> {
    let found = recognise(bytes.expose(), &SECRETS)?;
    let Some(filters) = filters(&found.layers) else { return Ok(Vec::new()) };
    let parts = match (error, &found.content) {
        (MaterialError::SeveralBlocks { .. }, Content::Pem(blocks)) => of_blocks(blocks, found.folded, wanted)?,
        (MaterialError::SeveralKeys { container, keys, .. }, content) => {
            of_container(*container, keys, content, passphrase, wanted)?
        }
        _ => Vec::new(),
    };
    let choice = |(number, meaning, filter): (usize, String, String)| {
        Choice::filtering(meaning, &format!("{filters}{filter}"), &format!("key{number}"), None)
    };
    Ok(parts.into_iter().map(choice).collect())
}

/// The number of a key, what it is called, and the filter that takes it out of the file.
type Part = (usize, String, String);

/// Each private key among the blocks of a PEM text.
fn of_blocks(blocks: &[Block], folded: bool, wanted: &Wanted<'_>) -> Result<Vec<Part>, FileError> {
    let private = |container: Option<Container>| container.is_none_or(Container::is_private);
    let keys = blocks.iter().enumerate().filter(|(_, block)| private(block.container)).take(MOST);
    let mut parts = Vec::new();
    let cut = if folded { folded_block } else { block };
    for (number, (index, key)) in (1..).zip(keys) {
        if (wanted.fits)(key.bytes.expose())? {
            parts.push((number, format!("you mean number {number}"), cut(index + 1)));
        }
    }
    Ok(parts)
}

/// A filter that keeps one block of PEM, with what follows it; each line has one mark at most.
fn block(number: usize) -> String {
    format!("awk '/-----BEGIN /{{n++}} n=={number}'")
}

/// The same where a line has several marks.
fn folded_block(number: usize) -> String {
    let index = number + 1;
    format!(r#"tr '\r\n' '  ' | awk '{{split($0, b, "-----BEGIN "); print "-----BEGIN " b[{index}]}}'"#)
}

/// Each private key of a container that holds several.
fn of_container(
    container: Container,
    keys: &[NamedKey],
    content: &Content,
    passphrase: Option<&Path>,
    wanted: &Wanted<'_>,
) -> Result<Vec<Part>, FileError> {
    let mut parts = Vec::new();
    for (number, key) in (1..).zip(keys).take(MOST) {
        let filter = match (container, content) {
            (Container::JwkSet, Content::Container(_, set)) => {
                let Some(place) = fitting_member(wanted, set, number)? else { continue };
                format!("tr -d '[:space:]' | tail -c +{} | head -c {}", place.start + 1, place.len())
            }
            (Container::OpenSsh, Content::Pem(blocks)) => {
                let [Block { bytes, .. }] = blocks.as_slice() else { continue };
                let Some(filter) = single_openssh(wanted, bytes, number)? else { continue };
                format!("{} | {filter}", Layer::Pem.filter())
            }
            (Container::OpenSsh, Content::Container(_, bytes)) => {
                let Some(filter) = single_openssh(wanted, bytes, number)? else { continue };
                // A shell redirects the input of a command before its name, but not that of a group.
                format!("cat | {filter}")
            }
            // The key stays encrypted with the passphrase of the file; without a file for it, openssl asks.
            (Container::Pkcs12, Content::Container(..)) if wanted.spec.is_none() || key.spec == wanted.spec => {
                let words = passphrase.map(passphrase_words).unwrap_or_default();
                format!("openssl pkcs12 -nocerts{words} | {}", block(number))
            }
            (_, Content::Container(_, all)) if container.is_der() && container != Container::Pkcs12 => {
                let Some(place) = element_at(all.expose(), number) else { continue };
                if !(wanted.fits)(&all.expose()[place.clone()])? {
                    continue;
                }
                format!("tail -c +{} | head -c {}", place.start + 1, place.len())
            }
            _ => continue,
        };
        parts.push((number, format!("you mean {}", key.name), filter));
    }
    Ok(parts)
}

/// Where the DER element of this number is, counted from 1, in elements that follow each other.
fn element_at(bytes: &[u8], number: usize) -> Option<Range<usize>> {
    let mut begin = 0;
    for _ in 1..number {
        begin = bytes.len() - element(&bytes[begin..])?.rest.len();
    }
    Some(begin..bytes.len() - element(&bytes[begin..])?.rest.len())
}

/// OpenSSL takes the second line for `-passout` where both name the same path, so that one is written differently.
fn passphrase_words(path: &Path) -> String {
    let again = Path::new(if path.is_absolute() { "/." } else { "." }).join(path.strip_prefix("/").unwrap_or(path));
    let word = |path: &Path| quoted([OsStr::new("file:"), path.as_os_str()].into_iter().collect::<OsString>());
    format!(" -passin {} -passout {}", word(path), word(&again))
}

/// The members of a JWK that make it a secret one (RFC 7518 §6).
#[derive(Deserialize)]
struct Secrets {
    d: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
}

/// Where in a JWK Set without white space the secret key of this number is, if it fits the key spec.
fn fitting_member(wanted: &Wanted<'_>, set: &Secret, number: usize) -> Result<Option<Range<usize>>, FileError> {
    let secret = |json: &[u8]| {
        serde_json::from_slice::<Secrets>(json).is_ok_and(|key| key.d.is_some() || key.k.is_some() || key.p.is_some())
    };
    let dense = without_white_space(set.expose())?;
    let all = objects(dense.expose());
    let Some(place) = all.into_iter().filter(|place| secret(&dense.expose()[place.clone()])).nth(number - 1) else {
        return Ok(None);
    };
    Ok((wanted.fits)(&dense.expose()[place.clone()])?.then_some(place))
}

/// As `tr` leaves it.
fn without_white_space(text: &[u8]) -> Result<Secret, FileError> {
    let mut dense = Secret::zeroed(text.len())?;
    let mut length = 0;
    for byte in text.iter().filter(|byte| !matches!(byte, b' ' | 9..=13)) {
        dense.expose_mut()[length] = *byte;
        length += 1;
    }
    dense.truncate(length);
    Ok(dense)
}

/// What makes a file of one key out of an OpenSSH file of several, which `ssh-keygen` does not read; nothing if the key does not fit.
fn single_openssh(wanted: &Wanted<'_>, bytes: &Secret, number: usize) -> Result<Option<String>, FileError> {
    let Some(pieces) = single_key(bytes.expose(), number) else { return Ok(None) };
    let mut single = Secret::zeroed(pieces.iter().map(|piece| piece.bytes(bytes.expose()).len()).sum())?;
    let (mut filter, mut at, mut length) = (String::new(), 0, 0);
    for piece in &pieces {
        let part = piece.bytes(bytes.expose());
        single.expose_mut()[length..length + part.len()].copy_from_slice(part);
        length += part.len();
        // `head` may read more of a pipe than it writes; dd does not, a byte at a time.
        filter.push_str(&match piece {
            Piece::Made(made) => {
                format!("printf '{}'; ", made.iter().map(|byte| format!("\\{byte:03o}")).collect::<String>())
            }
            Piece::Copied(place) => {
                let (skip, count) = (place.start - at, place.len());
                at = place.end;
                format!("dd bs=1 skip={skip} count={count} 2>/dev/null; ")
            }
        });
    }
    Ok((wanted.fits)(single.expose())?.then(|| format!("{{ {filter}}}")))
}

/// Where the objects in the first array of a JSON object are.
fn objects(json: &[u8]) -> Vec<Range<usize>> {
    let (mut found, mut depth, mut begin, mut quoted, mut escaped) = (Vec::new(), 0_usize, 0, false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            b'{' if !quoted => {
                depth += 1;
                if depth == 2 {
                    begin = at;
                }
            }
            b'}' if !quoted => {
                if depth == 2 {
                    found.push(begin..at + 1);
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
    }
    found
}

/// 64 bytes of which either half may be the seed: only the second, where the first is its public key.
pub(super) fn of_halves(bytes: &Secret, public_keys: &[String; 2]) -> Result<Vec<Choice>, FileError> {
    let found = recognise(bytes.expose(), &SECRETS)?;
    let (Content::Bytes(inner), Some(filters)) = (&found.content, filters(&found.layers)) else {
        return Ok(Vec::new());
    };
    let turned = hex::encode(&inner.expose()[..32]) == public_keys[1];
    let halves = [("head", &public_keys[0]), ("tail", &public_keys[1])];
    let choice = |(filter, public): (&str, &String)| {
        let meaning = format!("`{public}` is your public key");
        Choice::filtering(meaning, &format!("{filters}{filter} -c 32"), "seed", Some(Format::Seed))
    };
    Ok(halves.into_iter().skip(usize::from(turned)).map(choice).collect())
}
