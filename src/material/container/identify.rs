//! Tells containers apart by their structure. What is cut off is still told, so that it can be called damaged.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Container, openssh, point, wif};
use crate::files::{FileKind, JCEKS, JKS};
use crate::material::der::{BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, element};

impl Container {
    /// What `bytes` are, by their structure: DER or another binary container, or text that is no PEM. `None` if they are none that is
    /// known.
    pub fn identify(bytes: &[u8]) -> Option<Container> {
        binary(bytes).or_else(|| der(bytes)).or_else(|| text(bytes.trim_ascii()))
    }

    /// What text is: `00…` is hex, and not a SEQUENCE of DER that begins with the same two bytes.
    pub(crate) fn identify_text(characters: &[u8]) -> Option<Container> {
        text(characters.trim_ascii())
    }
}

fn binary(bytes: &[u8]) -> Option<Container> {
    match bytes {
        _ if bytes.starts_with(JKS) => Some(Container::Jks),
        _ if bytes.starts_with(JCEKS) => Some(Container::Jceks),
        [7, 2, 0, 0, 0, 0xa4 | 0x24, 0, 0, b'R', b'S', b'A', b'2', ..] => Some(Container::WindowsKey),
        [6, 2, 0, 0, 0, 0xa4 | 0x24, 0, 0, b'R', b'S', b'A', b'1', ..] => Some(Container::BarePublicKey),
        [0x1e, 0xf1, 0xb5, 0xb0, 0, 0, 0, 0, ..] => Some(Container::WindowsKey),
        _ if bytes.starts_with(openssh::MAGIC) => Some(openssh::kind(bytes)),
        _ if openssh::is_public_blob(bytes) || point::is_uncompressed(bytes) => Some(Container::BarePublicKey),
        _ => pgp(bytes).or_else(|| FileKind::of(bytes).map(Container::Other)),
    }
}

/// The first packet of OpenPGP data (RFC 9580 §4.2): a session key for a passphrase (§5.3.1) of the usual ciphers and hashes, or a key
/// (§5.5) of a length that no raw key has.
fn pgp(bytes: &[u8]) -> Option<Container> {
    if let [0x8c | 0xc3, 0x0d, 4, 1..=13, 3, 1..=14, ..] = bytes {
        return Some(Container::Pgp);
    }
    if bytes.len() <= 128 {
        return None;
    }
    let (tag, header) = match bytes[0] {
        first @ 0x80..=0xbf => ((first >> 2) & 0x0f, [2, 3, 5, 1][usize::from(first & 3)]),
        first @ 0xc0..=0xff => (first & 0x3f, [2, 3, 6][usize::from(bytes[1] >= 192) + usize::from(bytes[1] == 255)]),
        _ => return None,
    };
    // A key's version and algorithm; those of a session key for a public key (§5.1) have its id between them.
    let at = |offset: usize| bytes.get(header + offset);
    let key = matches!((at(0), at(5)), (Some(4 | 6), Some(1..=3 | 16..=19 | 22 | 25..=28)));
    let session_key = matches!((at(0), at(9)), (Some(3), Some(1..=3 | 16 | 18 | 25)));
    match tag {
        1 if session_key => Some(Container::Pgp),
        5 if key => Some(Container::PgpPrivateKey),
        6 if key => Some(Container::PgpPublicKey),
        _ => None,
    }
}

fn der(bytes: &[u8]) -> Option<Container> {
    if bytes.first() == Some(&OBJECT_IDENTIFIER) {
        let whole = element(bytes).filter(|oid| oid.rest.is_empty())?;
        let named = openssl::asn1::Asn1Object::from_str(&crate::material::der::dotted(whole.contents)).ok()?;
        return openssl::ec::EcGroup::from_curve_name(named.nid()).is_ok().then_some(Container::EcParameters);
    }
    let inside = contents(bytes)?;
    // PFX in BER, as some writers still do it: version 3, then ContentInfo.
    if inside.starts_with(&[INTEGER, 1, 3, SEQUENCE]) {
        return Some(Container::Pkcs12);
    }
    let first = element(inside)?;
    // The second element may be cut off: its tag is enough.
    match (first.tag, *first.rest.first()?) {
        (INTEGER, SEQUENCE) => after_version(first.rest),
        (INTEGER, INTEGER) => integers(first.contents, first.rest),
        (INTEGER, OCTET_STRING) if first.contents.len() == 1 => Some(Container::Sec1),
        (SEQUENCE, OCTET_STRING) if starts_with_oid(first.contents) => Some(Container::EncryptedPkcs8),
        (SEQUENCE, BIT_STRING) if starts_with_oid(first.contents) => Some(Container::PublicKey),
        (SEQUENCE, SEQUENCE) => signed(first.contents),
        (OBJECT_IDENTIFIER, 0xa0) if [PKCS7, CMS].iter().any(|of| first.contents.starts_with(of)) => {
            Some(Container::Cms)
        }
        _ => None,
    }
}

const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
/// Content types that came with S/MIME (1.2.840.113549.1.9.16.1), as AuthEnvelopedData (RFC 5083 §2.1).
const CMS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01];
const FIELD_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01];

/// What is in the outer SEQUENCE, as far as there is something: the length may promise more than the file has, or be left open (BER).
fn contents(bytes: &[u8]) -> Option<&[u8]> {
    let (&[tag, length], rest) = bytes.split_first_chunk::<2>()?;
    if tag != SEQUENCE {
        return None;
    }
    let count = match length {
        0..=0x80 => 0,
        0x81..=0x84 => usize::from(length & 0x7f),
        _ => return None,
    };
    rest.get(count..)
}

fn starts_with_oid(sequence: &[u8]) -> bool {
    element(sequence).is_some_and(|first| first.tag == OBJECT_IDENTIFIER)
}

/// PrivateKeyInfo, or curve parameters, which begin alike.
fn after_version(rest: &[u8]) -> Option<Container> {
    let mut reader = Reader::new(rest);
    let oid = reader.sequence()?.oid()?;
    if oid.starts_with(FIELD_TYPE) {
        return Some(Container::EcParameters);
    }
    let _ = reader.take(OCTET_STRING);
    let mut public = false;
    while let Some(next) = reader.take_whole() {
        public |= matches!(next.first(), Some(0x81 | 0xa1));
    }
    Some(if public { Container::Pkcs8V2 } else { Container::Pkcs8 })
}

/// RSA and DSA keys and parameters are all integers; their number tells them apart.
fn integers(first: &[u8], rest: &[u8]) -> Option<Container> {
    let mut reader = Reader::new(rest);
    let mut sizes = Vec::new();
    while let Some(number) = reader.number() {
        sizes.push(number.len());
    }
    let whole = reader.is_empty();
    match (first, sizes.as_slice()) {
        // p, q, g, y, x: q has 160 to 256 bits, where an RSA key has its public exponent.
        ([0], [_, 20..=32, _, _, _]) if whole => Some(Container::Dsa),
        ([0 | 1], _) => Some(Container::Pkcs1),
        // e is 3 at least and odd, a generator of Diffie-Hellman mostly 2 or 5.
        (_, [1..=32]) if whole && !matches!(rest, [_, 1, 2 | 5]) => Some(Container::PublicKey),
        (_, [_] | [_, _]) if whole && first.len() > 32 => Some(Container::Parameters),
        _ => None,
    }
}

/// Certificates, requests and revocation lists are all "what is signed, how, signature".
fn signed(signed: &[u8]) -> Option<Container> {
    let mut reader = Reader::new(signed);
    if reader.peek() == Some(0xa0) {
        return Some(Container::Certificate);
    }
    if reader.peek() == Some(SEQUENCE) {
        return Some(Container::RevocationList);
    }
    reader.take(INTEGER)?;
    let second = reader.sequence()?;
    let third = reader.sequence()?;
    if second.peek() != Some(OBJECT_IDENTIFIER) {
        return (third.peek() == Some(SEQUENCE)).then_some(Container::CertificateRequest);
    }
    match reader.peek() {
        Some(0x17 | 0x18) => Some(Container::RevocationList),
        Some(SEQUENCE) => Some(Container::Certificate),
        _ => None,
    }
}

fn text(text: &[u8]) -> Option<Container> {
    match text {
        [b'{', ..] => json(text),
        [b'<', ..] => xml(text),
        _ if text.starts_with(b"PuTTY-User-Key-File-") => Some(Container::Putty),
        _ if text.starts_with(b"---- BEGIN SSH2 PUBLIC KEY ----") => Some(Container::OpenSshPublicKey),
        _ if openssh::is_public_line(text) => Some(Container::OpenSshPublicKey),
        _ if wif::is_wif(text) => Some(Container::Wif),
        _ if tr31(text) => Some(Container::Tr31),
        _ if text.starts_with(Container::KEY_COMPONENT.as_bytes()) => Some(Container::KeyComponent),
        _ => None,
    }
}

/// The members that tell kinds of JSON apart; their values are passed over and not copied.
#[derive(Deserialize)]
struct Shape {
    kty: Option<IgnoredAny>,
    keys: Option<Vec<KeyShape>>,
    #[serde(alias = "Crypto")]
    crypto: Option<IgnoredAny>,
    version: Option<IgnoredAny>,
    ciphertext: Option<IgnoredAny>,
    pubkey: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct KeyShape {
    kty: Option<IgnoredAny>,
}

fn json(text: &[u8]) -> Option<Container> {
    let shape: Shape = serde_json::from_slice(text).ok()?;
    if shape.kty.is_some() {
        return Some(Container::Jwk);
    }
    if shape.keys.is_some_and(|keys| !keys.is_empty() && keys.iter().all(|key| key.kty.is_some())) {
        return Some(Container::JwkSet);
    }
    if shape.crypto.is_some() && shape.pubkey.is_some() {
        return Some(Container::ValidatorKeystore);
    }
    let keystore = shape.crypto.is_some() && shape.version.is_some();
    (keystore || (shape.ciphertext.is_some() && shape.version.is_some())).then_some(Container::WalletKeystore)
}

fn xml(text: &[u8]) -> Option<Container> {
    let has = |tag: &[u8]| text.windows(tag.len()).any(|window| window == tag);
    if !has(b"<RSAKeyValue") || !has(b"<Modulus>") {
        return None;
    }
    Some(if has(b"<D>") || has(b"<P>") { Container::XmlKey } else { Container::XmlPublicKey })
}

/// A key block's header: version, length in four digits that is the text's own, usage, algorithm, mode (ANSI X9.143 §5).
fn tr31(text: &[u8]) -> bool {
    let [b'A' | b'B' | b'C' | b'D' | b'E', rest @ ..] = text else { return false };
    let digits =
        |range: std::ops::Range<usize>| rest.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let length = rest.get(..4).and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|n| n.parse().ok());
    digits(0..4)
        && length == Some(text.len())
        && text.len() >= 40
        && rest.get(4).is_some_and(u8::is_ascii_uppercase)
        && rest.get(5).is_some_and(u8::is_ascii_alphanumeric)
        && digits(11..13)
        && text.iter().all(u8::is_ascii_alphanumeric)
}
