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

/// The contents of the first element, if it has that tag.
fn inside(bytes: &[u8], tag: u8) -> Option<Element<'_>> {
    element(bytes).filter(|element| element.tag == tag)
}

/// What a DER blob is, as far as private keys are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Pkcs8,
    EncryptedPkcs8,
    /// RSAPrivateKey (RFC 8017 §A.1.2).
    Pkcs1,
    /// ECPrivateKey (RFC 5915).
    Sec1,
    PublicKey,
    Certificate,
}

/// Tells containers apart by their first elements.
pub(crate) fn container(bytes: &[u8]) -> Option<Container> {
    let outer = inside(bytes, SEQUENCE)?;
    let first = element(outer.contents)?;
    let second = element(first.rest)?;
    match (first.tag, second.tag) {
        (INTEGER, SEQUENCE) => Some(Container::Pkcs8),
        (INTEGER, INTEGER) => Some(Container::Pkcs1),
        (INTEGER, OCTET_STRING) => Some(Container::Sec1),
        (SEQUENCE, OCTET_STRING) => Some(Container::EncryptedPkcs8),
        (SEQUENCE, BIT_STRING) => Some(Container::PublicKey),
        (SEQUENCE, SEQUENCE) => Some(Container::Certificate),
        _ => None,
    }
}

/// Whether a PKCS#8 EC key names its curve (an OID) rather than spelling out its parameters (RFC 5480 §2.1.1).
pub(crate) fn names_its_curve(pkcs8: &[u8]) -> Option<bool> {
    let version = inside(inside(pkcs8, SEQUENCE)?.contents, INTEGER)?;
    let algorithm = inside(version.rest, SEQUENCE)?;
    let parameters = element(inside(algorithm.contents, OBJECT_IDENTIFIER)?.rest)?;
    Some(parameters.tag == OBJECT_IDENTIFIER)
}

/// Whether a PKCS#8 RSA key has exactly two primes: version 0 of RSAPrivateKey (RFC 8017 §A.1.2).
pub(crate) fn has_two_primes(pkcs8: &[u8]) -> Option<bool> {
    let version = inside(inside(pkcs8, SEQUENCE)?.contents, INTEGER)?;
    let algorithm = inside(version.rest, SEQUENCE)?;
    let key = inside(algorithm.rest, OCTET_STRING)?;
    let key_version = inside(inside(key.contents, SEQUENCE)?.contents, INTEGER)?;
    Some(key_version.contents == [0])
}

#[cfg(test)]
mod tests {
    use super::*;

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
