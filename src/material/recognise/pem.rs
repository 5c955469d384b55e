//! PEM however it is folded (RFC 7468, RFC 1421): with text around it, indented, in one line.

use super::Layer;
use super::content::{Block, Content};
use crate::files::FileError;
use crate::material::{Container, base64};
use crate::secret::Secret;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

pub(super) fn is_pem(bytes: &[u8]) -> bool {
    find(bytes, BEGIN).is_some() || find(bytes, END).is_some()
}

/// Whether several blocks begin in one line.
pub(super) fn is_folded(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n')
        .any(|line| find(line, BEGIN).is_some_and(|begin| find(&line[begin + BEGIN.len()..], BEGIN).is_some()))
}

/// All blocks of a text.
pub(super) fn content(text: &[u8]) -> Result<Content, FileError> {
    let broken = |problem| Ok(Content::Broken(Layer::Pem, problem));
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(begin) = find(rest, BEGIN) {
        let after = &rest[begin + BEGIN.len()..];
        let Some(label_end) = find(after, b"-----") else { return broken("its first line is cut off") };
        let label = std::str::from_utf8(&after[..label_end]).unwrap_or_default();
        let inside = &after[label_end + 5..];
        let Some(end) = find(inside, END) else { return broken("its `-----END` line is missing") };
        match block(label, inside[..end].trim_ascii())? {
            Some(block) => blocks.push(block),
            None => return broken("what is between its first and last line is not whole base64"),
        }
        rest = &inside[end + END.len()..];
    }
    if blocks.is_empty() { broken("its `-----BEGIN` line is missing") } else { Ok(Content::Pem(blocks)) }
}

fn block(label: &str, inside: &[u8]) -> Result<Option<Block>, FileError> {
    if let Some(header) = find(inside, b"DEK-Info:") {
        return encrypted(label, &inside[header..]);
    }
    let claimed = Container::of_label(label);
    // OpenPGP's armor has headers and a checksum, SSH2's has headers; neither is read.
    if matches!(claimed, Some(Container::PgpPrivateKey | Container::PgpPublicKey | Container::Pgp)) {
        return Ok(Some(Block { container: claimed, bytes: Secret::copy(inside)? }));
    }
    let Some(bytes) = base64::decode(inside, false)? else { return Ok(None) };
    let container = match claimed {
        Some(Container::OpenSsh) => Container::identify(bytes.expose()).or(claimed),
        Some(_) => claimed,
        None => Container::identify(bytes.expose()),
    };
    Ok(Some(Block { container, bytes }))
}

/// Writes the block anew, with its lines where RFC 1421 wants them.
fn encrypted(label: &str, inside: &[u8]) -> Result<Option<Block>, FileError> {
    let value = inside[b"DEK-Info:".len()..].trim_ascii_start();
    let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    let (info, body) = value.split_at(end);
    let first = format!("-----BEGIN {label}-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: ");
    let last = format!("\n-----END {label}-----\n");
    let parts = [first.as_bytes(), info, b"\n\n", body.trim_ascii(), last.as_bytes()];
    let mut bytes = Secret::zeroed(parts.iter().map(|part| part.len()).sum())?;
    let mut at = 0;
    for part in parts {
        bytes.expose_mut()[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    Ok(Some(Block { container: Some(Container::EncryptedTraditional), bytes }))
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}
