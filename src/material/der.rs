//! Just enough DER (X.690 §8, definite lengths) to see what a blob is before OpenSSL parses it, and what OpenSSL does not tell:
//! a curve spelled out in parameters, and more than two primes.

/// One element: its tag, its contents, and what follows it.
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) contents: &'a [u8],
    pub(crate) rest: &'a [u8],
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Splits the first element off; nothing if the bytes are no DER.
pub(crate) fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, bytes) = bytes.split_first()?;
    let (&first, mut bytes) = bytes.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 || bytes.len() < count {
            return None;
        }
        length = bytes[..count].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        bytes = &bytes[count..];
    }
    (bytes.len() >= length).then(|| Element { tag, contents: &bytes[..length], rest: &bytes[length..] })
}

/// What is in an OCTET STRING (X.690 §8.7) that is all there is, of a length that keys have.
pub(crate) fn octet_string(bytes: &[u8]) -> Option<&[u8]> {
    let whole = element(bytes).filter(|whole| whole.tag == OCTET_STRING && whole.rest.is_empty())?;
    matches!(whole.contents.len(), 28 | 32 | 48 | 64 | 66 | 128).then_some(whole.contents)
}

/// Whether this is one SEQUENCE or SET, and nothing but whole elements is in it.
pub(crate) fn is_structure(bytes: &[u8]) -> bool {
    let Some(whole) = element(bytes).filter(|whole| matches!(whole.tag, SEQUENCE | SET) && whole.rest.is_empty())
    else {
        return false;
    };
    let mut reader = Reader::new(whole.contents);
    while reader.take_whole().is_some() {}
    reader.is_empty() && !whole.contents.is_empty()
}

/// Nesting that no container of a key reaches.
const DEPTH: usize = 16;

/// What is left of a run of elements.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// The contents of the next element, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let next = element(self.rest).filter(|next| next.tag == tag)?;
        self.rest = next.rest;
        Some(next.contents)
    }

    /// The next element whole: tag, length and contents.
    pub(crate) fn take_whole(&mut self) -> Option<&'a [u8]> {
        let next = element(self.rest)?;
        let whole = &self.rest[..self.rest.len() - next.rest.len()];
        self.rest = next.rest;
        Some(whole)
    }

    /// A run of elements inside a SEQUENCE or another constructed element.
    pub(crate) fn inside(&mut self, tag: u8) -> Option<Reader<'a>> {
        self.take(tag).map(Reader::new)
    }

    pub(crate) fn sequence(&mut self) -> Option<Reader<'a>> {
        self.inside(SEQUENCE)
    }

    /// The bytes of an INTEGER without its leading zeros, read as a positive number.
    pub(crate) fn number(&mut self) -> Option<&'a [u8]> {
        self.take(INTEGER).filter(|bytes| !bytes.is_empty()).map(without_leading_zeros)
    }

    /// An INTEGER that is small.
    pub(crate) fn small_number(&mut self) -> Option<u64> {
        let bytes = self.number()?;
        (bytes.len() <= 8).then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    pub(crate) fn oid(&mut self) -> Option<&'a [u8]> {
        self.take(OBJECT_IDENTIFIER)
    }

    /// The bits of a BIT STRING of whole bytes, and whether it says that some of them are unused.
    pub(crate) fn bits(&mut self) -> Option<(&'a [u8], bool)> {
        let (unused, bits) = self.take(BIT_STRING)?.split_first()?;
        Some((bits, *unused != 0))
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

pub(crate) fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

/// Whether lengths and INTEGERs are written as shortly as DER demands (X.690 §10.1, §8.3.2), all the way down.
pub(crate) fn is_minimal(bytes: &[u8]) -> bool {
    minimal_to(bytes, DEPTH)
}

fn minimal_to(mut bytes: &[u8], depth: usize) -> bool {
    while !bytes.is_empty() {
        let Some(next) = element(bytes) else { return false };
        let header = bytes.len() - next.rest.len() - next.contents.len();
        let needed = match next.contents.len() {
            0..0x80 => 2,
            0x80..0x100 => 3,
            0x100..0x1_0000 => 4,
            _ => 5,
        };
        let short = header <= needed;
        let integer = next.tag != INTEGER || !matches!(next.contents, [] | [0, 0..0x80, ..] | [0x80..=0xff, ..]);
        let inner = next.tag & 0x20 == 0 || (depth > 0 && minimal_to(next.contents, depth - 1));
        if !(short && integer && inner) {
            return false;
        }
        bytes = next.rest;
    }
    true
}

/// An OBJECT IDENTIFIER as people write it.
pub(crate) fn dotted(oid: &[u8]) -> String {
    if oid.len() > 32 {
        return format!("an identifier of {} bytes", oid.len());
    }
    let mut arcs: Vec<u128> = Vec::new();
    let mut arc: u128 = 0;
    for byte in oid {
        arc = arc.checked_shl(7).unwrap_or(0) | u128::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - first * 40]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    arcs.iter().map(u128::to_string).collect::<Vec<_>>().join(".")
}

/// Whether a PKCS#8 EC key names its curve (an OID) rather than spelling out its parameters (RFC 5480 §2.1.1).
pub(crate) fn names_its_curve(pkcs8: &[u8]) -> Option<bool> {
    let mut info = Reader::new(pkcs8).sequence()?;
    info.take(INTEGER)?;
    let mut algorithm = info.sequence()?;
    algorithm.oid()?;
    Some(algorithm.peek()? == OBJECT_IDENTIFIER)
}

/// Whether a PKCS#8 RSA key has exactly two primes: version 0 of RSAPrivateKey (RFC 8017 §A.1.2).
pub(crate) fn has_two_primes(pkcs8: &[u8]) -> Option<bool> {
    let mut info = Reader::new(pkcs8).sequence()?;
    info.take(INTEGER)?;
    info.sequence()?;
    Some(info.inside(OCTET_STRING)?.sequence()?.small_number()? == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_identifier_is_written_with_dots() {
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d]), "1.2.840.113549.1.5.13");
        assert_eq!(dotted(&[0x67, 0x81, 0x05]), "2.23.133");
    }

    #[test]
    fn lengths_and_numbers_longer_than_needed_are_seen_at_any_depth() {
        assert!(is_minimal(&[0x30, 3, 2, 1, 5]));
        assert!(!is_minimal(&[0x30, 0x81, 3, 2, 1, 5]));
        assert!(!is_minimal(&[0x30, 4, 2, 2, 0, 5]));
        assert!(!is_minimal(&[0x30, 3, 2, 1, 0x85]));
        assert!(is_minimal(&[0x30, 4, 2, 2, 0, 0x85]));
    }

    #[test]
    fn a_length_beyond_the_end_is_no_element() {
        assert!(element(&[0x30, 0x05, 1, 2]).is_none());
        assert!(element(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 1]).is_none());
        assert!(element(&[0x30, 0x80]).is_none());
        assert!(element(&[0x30]).is_none());
    }

    #[test]
    fn long_lengths_are_read() {
        let mut bytes = vec![0x04, 0x81, 200];
        bytes.extend([9; 203]);
        let element = element(&bytes).unwrap();
        assert_eq!((element.contents.len(), element.rest.len()), (200, 3));
    }
}
