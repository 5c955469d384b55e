//! OpenSSH files of several keys: the format has them, and no program of OpenSSH takes them apart.

use std::ops::Range;

use super::openssh::{MAGIC, Wire};

/// A part of a file of one key.
pub(crate) enum Piece {
    /// The same for everybody.
    Made(Vec<u8>),
    /// From this place in the file of several.
    Copied(Range<usize>),
}

impl Piece {
    pub(crate) fn bytes<'a>(&'a self, file: &'a [u8]) -> &'a [u8] {
        match self {
            Piece::Made(bytes) => bytes,
            Piece::Copied(place) => &file[place.clone()],
        }
    }
}

/// The file of one of the keys, counted from 1; nothing if the file is encrypted, damaged, or has a type of key that is not known.
pub(crate) fn single_key(file: &[u8], number: usize) -> Option<Vec<Piece>> {
    let mut wire = Wire::new(file.strip_prefix(MAGIC)?);
    let at = |wire: &Wire<'_>| file.len() - wire.rest.len();
    if wire.string()? != b"none" {
        return None;
    }
    let (_kdf, _options) = (wire.string()?, wire.string()?);
    let count_at = at(&wire);
    let count = usize::try_from(wire.number()?).ok()?;
    if !(1..=count).contains(&number) {
        return None;
    }
    let (mut public, mut kind) = (0..0, &b""[..]);
    for index in 1..=count {
        let begin = at(&wire);
        let blob = wire.string()?;
        if index == number {
            (public, kind) = (begin..at(&wire), Wire::new(blob).string()?);
        }
    }
    wire.number()?;
    let checks = at(&wire)..at(&wire) + 8;
    wire.rest = wire.rest.get(8..)?;
    for _ in 1..number {
        skip(&mut wire)?;
    }
    let begin = at(&wire);
    if skip(&mut wire)? != kind {
        return None;
    }
    let private = begin..at(&wire);
    let length = 8 + private.len();
    let padding: Vec<u8> = (1..).take(length.next_multiple_of(8) - length).collect();
    let section = u32::try_from(length + padding.len()).ok()?;
    let header = [&file[..count_at], &1_u32.to_be_bytes()].concat();
    Some(vec![
        Piece::Made(header),
        Piece::Copied(public),
        Piece::Made(section.to_be_bytes().to_vec()),
        Piece::Copied(checks),
        Piece::Copied(private),
        Piece::Made(padding),
    ])
}

/// Passes over a private key and its comment, and says of what type it is.
fn skip<'a>(wire: &mut Wire<'a>) -> Option<&'a [u8]> {
    let kind = wire.string()?;
    let strings = match kind {
        b"ssh-rsa" => 6,
        b"ssh-dss" => 5,
        b"ssh-ed25519" => 2,
        _ if kind.starts_with(b"ecdsa-sha2-") => 3,
        _ => return None,
    };
    for _ in 0..=strings {
        wire.string()?;
    }
    Some(kind)
}
