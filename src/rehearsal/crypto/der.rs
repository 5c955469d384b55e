//! As much DER (X.690 §10) as tells a PKCS#8 private key (RFC 5958 §2) from its relatives.

/// An element and what follows it.
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) rest: &'a [u8],
}

/// The first element of `input`, if it is DER: short tags, definite lengths in the fewest bytes.
pub(crate) fn element(input: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), &rest[2..]),
        _ => return None,
    };
    let shortest = match first {
        0x81 => length > 0x7f,
        0x82 => length > 0xff,
        _ => true,
    };
    let (content, rest) = rest.split_at_checked(length).filter(|_| shortest && tag & 0x1f != 0x1f)?;
    Some(Element { tag, content, rest })
}

/// The parts of an unencrypted PKCS#8 private key.
pub(crate) struct Pkcs8<'a> {
    /// The parameters of the algorithm: for EC keys, the OID of a named curve or its whole description.
    pub(crate) parameters: Option<Element<'a>>,
    pub(crate) private_key: &'a [u8],
}

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Reads a PKCS#8 private key that fills `input` to its last byte, or up to the zero bytes that some tokens fill it up with to a multiple
/// of eight before AES-KWP (SoftHSM 2.6 does): whether AWS takes those is not known.
pub(crate) fn pkcs8(input: &[u8]) -> Option<Pkcs8<'_>> {
    let outer = element(input).filter(|outer| outer.tag == SEQUENCE && is_filled_up(outer.rest, input.len()))?;
    let version =
        element(outer.content).filter(|version| version.tag == INTEGER && matches!(version.content, [0] | [1]))?;
    let identifier = element(version.rest).filter(|identifier| identifier.tag == SEQUENCE)?;
    let algorithm = element(identifier.content).filter(|algorithm| algorithm.tag == OID)?;
    let private_key = element(identifier.rest).filter(|key| key.tag == OCTETS)?;
    Some(Pkcs8 { parameters: element(algorithm.rest), private_key: private_key.content })
}

fn is_filled_up(rest: &[u8], length: usize) -> bool {
    rest.is_empty() || rest.len() < 8 && length.is_multiple_of(8) && rest.iter().all(|byte| *byte == 0)
}

/// The version of an RSAPrivateKey (RFC 8017 §A.1.2): 0 with two primes, 1 with more.
pub(crate) fn rsa_version(private_key: &[u8]) -> Option<u8> {
    let sequence = element(private_key).filter(|sequence| sequence.tag == SEQUENCE)?;
    let version = element(sequence.content).filter(|version| version.tag == INTEGER)?;
    version.content.last().copied()
}
