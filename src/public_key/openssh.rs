//! A public key as OpenSSH writes it: one line of the type, and the key in base64 (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::numbers::Numbers;
use super::{PublicKey, PublicKeyError};
use crate::material::Curve;

const CURVES: [(Curve, &str, &str); 3] = [
    (Curve::P256, "ecdsa-sha2-nistp256", "nistp256"),
    (Curve::P384, "ecdsa-sha2-nistp384", "nistp384"),
    (Curve::P521, "ecdsa-sha2-nistp521", "nistp521"),
];
const RSA: &str = "ssh-rsa";
const ED25519: &str = "ssh-ed25519";

impl PublicKey {
    /// The line without a comment, as in `ssh-ed25519 AAAA…`; `None` for secp256k1, which OpenSSH does not have.
    ///
    /// # Errors
    /// [`PublicKeyError::OpenSsl`] where OpenSSL fails.
    pub fn openssh(&self) -> Result<Option<String>, PublicKeyError> {
        let Some(blob) = self.openssh_blob()? else { return Ok(None) };
        let mut reader = Reader(&blob);
        let kind = String::from_utf8_lossy(reader.string().unwrap_or_default()).into_owned();
        Ok(Some(format!("{kind} {}", BASE64_STANDARD.encode(&blob))))
    }

    pub(super) fn openssh_blob(&self) -> Result<Option<Vec<u8>>, PublicKeyError> {
        let mut blob = Vec::new();
        match self.numbers()? {
            Numbers::Rsa { n, e } => {
                put(&mut blob, &[RSA.as_bytes()]);
                for number in [e, n] {
                    // An mpint has a zero before it where its highest bit is set (RFC 4251 §5).
                    let zero: &[u8] = if number.first().is_some_and(|byte| *byte >= 0x80) { &[0] } else { &[] };
                    put(&mut blob, &[zero, &number]);
                }
            }
            Numbers::Ec { curve, x, y } => {
                let Some((_, kind, name)) = CURVES.iter().find(|(known, ..)| *known == curve) else { return Ok(None) };
                put(&mut blob, &[kind.as_bytes()]);
                put(&mut blob, &[name.as_bytes()]);
                put(&mut blob, &[&[4], &x, &y]);
            }
            Numbers::Ed25519 { x } => {
                put(&mut blob, &[ED25519.as_bytes()]);
                put(&mut blob, &[&x]);
            }
        }
        Ok(Some(blob))
    }

    /// The key in a line; options before it and a comment behind it are passed over. Nothing for a type that is not read.
    pub(super) fn from_openssh(line: &str) -> Option<Result<Self, PublicKeyError>> {
        let mut words = line.split_whitespace();
        let kind = words.find(|word| is_kind(word))?;
        let blob = BASE64_STANDARD.decode(words.next()?).ok()?;
        let mut reader = Reader(&blob);
        if reader.string()? != kind.as_bytes() {
            return None;
        }
        Some(match kind {
            RSA => {
                let (e, n) = (reader.string()?, reader.string()?);
                PublicKey::from_rsa_numbers(n, e)
            }
            ED25519 => PublicKey::from_ed25519(reader.string()?.try_into().ok()?),
            _ => {
                let (curve, ..) = CURVES.iter().find(|(_, known, _)| *known == kind)?;
                reader.string()?;
                PublicKey::from_point(*curve, reader.string()?)
            }
        })
    }
}

fn is_kind(word: &str) -> bool {
    word == RSA || word == ED25519 || CURVES.iter().any(|(_, kind, _)| *kind == word)
}

/// A string is its length in four bytes and itself (RFC 4251 §5).
fn put(blob: &mut Vec<u8>, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    blob.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    parts.iter().for_each(|part| blob.extend_from_slice(part));
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn string(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let string = rest.get(..length)?;
        self.0 = &rest[length..];
        Some(string)
    }
}
