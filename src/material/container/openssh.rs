//! OpenSSH's own format (PROTOCOL.key of OpenSSH), as far as it is not encrypted: OpenSSL has no bcrypt, and does not read it at all.

use openssl::nid::Nid;

use super::rsa::{self, Numbers};
use super::{Container, NamedKey, Note, ec, foreign, lacking};
use crate::material::MaterialError;
use crate::material::base64;
use crate::material::der::without_leading_zeros;
use crate::secret::Secret;

pub(super) const MAGIC: &[u8] = b"openssh-key-v1\0";
const BEGIN: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &[u8] = b"-----END OPENSSH PRIVATE KEY-----";

/// Whether a file in the binary form is encrypted.
pub(super) fn kind(bytes: &[u8]) -> Container {
    let cipher = Wire::new(&bytes[MAGIC.len()..]).string();
    if cipher.is_none_or(|cipher| cipher == b"none") { Container::OpenSsh } else { Container::EncryptedOpenSsh }
}

/// A line of `authorized_keys` or of a `.pub` file.
pub(super) fn is_public_line(text: &[u8]) -> bool {
    let mut words = text.split(u8::is_ascii_whitespace);
    words.next().is_some_and(is_public_kind) && words.next().is_some_and(|blob| blob.starts_with(b"AAAA"))
}

fn is_public_kind(kind: &[u8]) -> bool {
    const KINDS: [&[u8]; 5] = [b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-", b"rsa-sha2-"];
    KINDS.iter().any(|known| kind.starts_with(known))
}

/// What the second word of such a line holds: its kind, of that length.
pub(super) fn is_public_blob(bytes: &[u8]) -> bool {
    let kind = Wire::new(bytes).need().unwrap_or_default();
    kind.len() < 64 && is_public_kind(kind)
}

/// The key in such a file, which is PEM text or what is in it.
pub(super) fn read(bytes: &Secret, notes: &mut Vec<Note>) -> Result<Secret, MaterialError> {
    let decoded = decode(bytes.expose())?;
    let bytes = decoded.as_ref().map_or(bytes.expose(), Secret::expose);
    if !bytes.starts_with(MAGIC) {
        return Err(damaged("it does not begin with `openssh-key-v1`"));
    }
    if kind(bytes) == Container::EncryptedOpenSsh {
        return Err(foreign::refusal(Container::EncryptedOpenSsh));
    }
    let mut wire = Wire::new(&bytes[MAGIC.len()..]);
    let (_cipher, _kdf, _options) = (wire.need()?, wire.need()?, wire.need()?);
    let count = wire.number().ok_or_else(cut_off)?;
    if count == 0 {
        return Err(damaged("it says that it holds no key"));
    }
    if count != 1 {
        let keys = (1..=count.min(8)).map(|number| NamedKey::new(format!("number {number}"))).collect();
        return Err(MaterialError::SeveralKeys { container: Container::OpenSsh, keys });
    }
    let (public, private) = (wire.need()?, wire.need()?);
    private_section(public, private, notes)
}

/// The bytes of a PEM block; nothing if they are not in one.
fn decode(text: &[u8]) -> Result<Option<Secret>, MaterialError> {
    let Some(begin) = find(text, BEGIN) else { return Ok(None) };
    let body = &text[begin + BEGIN.len()..];
    let end = find(body, END).ok_or_else(|| damaged("its END line is missing"))?;
    Ok(Some(base64::decode(&body[..end], false)?.ok_or_else(|| damaged("it is not whole base64"))?))
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

fn damaged(problem: &str) -> MaterialError {
    MaterialError::Damaged { container: Container::OpenSsh, problem: problem.to_owned() }
}

fn cut_off() -> MaterialError {
    damaged("it is cut off")
}

fn inconsistent() -> MaterialError {
    MaterialError::Inconsistent { problem: "its public key is not its private key's" }
}

fn private_section(public: &[u8], section: &[u8], notes: &mut Vec<Note>) -> Result<Secret, MaterialError> {
    let mut wire = Wire::new(section);
    let (one, other) = (wire.number().ok_or_else(cut_off)?, wire.number().ok_or_else(cut_off)?);
    if one != other {
        return Err(damaged("its two check numbers differ"));
    }
    let mut outside = Wire::new(public);
    let kind = wire.need()?;
    if outside.need()? != kind {
        return Err(inconsistent());
    }
    let key = match kind {
        b"ssh-rsa" => rsa(&mut wire, &mut outside)?,
        b"ecdsa-sha2-nistp256" => ecdsa(&mut wire, &mut outside, Nid::X9_62_PRIME256V1, notes)?,
        b"ecdsa-sha2-nistp384" => ecdsa(&mut wire, &mut outside, Nid::SECP384R1, notes)?,
        b"ecdsa-sha2-nistp521" => ecdsa(&mut wire, &mut outside, Nid::SECP521R1, notes)?,
        b"ssh-ed25519" => ed25519(&mut wire, &mut outside)?,
        kind => return Err(unread(kind)),
    };
    let _comment = wire.need()?;
    let padding = wire.rest;
    if !padding.iter().zip(1_u8..).all(|(byte, count)| *byte == count) || padding.len() > 255 {
        return Err(damaged("its padding is not 1, 2, 3, …"));
    }
    Ok(key)
}

fn unread(kind: &[u8]) -> MaterialError {
    let kind = String::from_utf8_lossy(kind).into_owned();
    let form = if kind.starts_with("sk-") {
        format!("`{kind}` is a handle of a FIDO token, and the private key never leaves the token")
    } else if let Some(error) = lacking::of_name(&kind) {
        return error;
    } else {
        let shown: String = kind.chars().filter(|character| character.is_ascii_graphic()).take(64).collect();
        format!("its key type is `{shown}`")
    };
    MaterialError::UnreadableForm { container: Container::OpenSsh, form, command: None }
}

fn rsa(wire: &mut Wire<'_>, outside: &mut Wire<'_>) -> Result<Secret, MaterialError> {
    let (n, e, d) = (wire.positive()?, wire.positive()?, wire.positive()?);
    let (qi, p, q) = (wire.positive()?, wire.positive()?, wire.positive()?);
    if outside.positive()? != e || outside.positive()? != n {
        return Err(inconsistent());
    }
    let (pkcs8, _) = rsa::pkcs8(&Numbers { n, e, d, p, q, qi, ..Numbers::default() })?;
    Ok(pkcs8)
}

fn ecdsa(
    wire: &mut Wire<'_>,
    outside: &mut Wire<'_>,
    curve: Nid,
    notes: &mut Vec<Note>,
) -> Result<Secret, MaterialError> {
    let (name, point, scalar) = (wire.need()?, wire.need()?, wire.positive()?);
    if outside.need()? != name || outside.need()? != point {
        return Err(inconsistent());
    }
    // SSH writes numbers without their leading zeros (RFC 4251 §5), so a short one is no sign of damage.
    let mut padded = Secret::zeroed(66)?;
    let length = match curve {
        Nid::X9_62_PRIME256V1 => 32,
        Nid::SECP384R1 => 48,
        _ => 66,
    };
    let Some(start) = usize::checked_sub(length, scalar.len()) else {
        return Err(MaterialError::ScalarOutOfRange);
    };
    padded.expose_mut()[start..length].copy_from_slice(scalar);
    padded.truncate(length);
    ec::pkcs8(Container::OpenSsh, curve, padded.expose(), Some(point), notes)
}

fn ed25519(wire: &mut Wire<'_>, outside: &mut Wire<'_>) -> Result<Secret, MaterialError> {
    let (public, private) = (wire.need()?, wire.need()?);
    if outside.need()? != public || private.get(32..) != Some(public) {
        return Err(inconsistent());
    }
    ec::ed25519(Container::OpenSsh, &private[..32], Some(public))
}

/// SSH's own encoding (RFC 4251 §5).
pub(super) struct Wire<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Wire<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Wire { rest }
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*bytes))
    }

    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    fn need(&mut self) -> Result<&'a [u8], MaterialError> {
        self.string().ok_or_else(cut_off)
    }

    fn positive(&mut self) -> Result<&'a [u8], MaterialError> {
        self.need().map(without_leading_zeros)
    }
}
