//! What a verb writes and may write again: with `--force` only what looks like its earlier output is replaced. Anything else may be
//! the only copy of a key, and is moved aside.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use openssl::hash::{MessageDigest, hash};
use openssl::pkey::PKey;

use super::error::FileError;
use super::kind::{FileKind, JCEKS, JKS};
use super::only_copy::supersede;

/// A kind of file that a verb makes, with what an earlier one looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Wrapped key material: random bytes of a length that some wrapping gives.
    Blob,
    /// The DER of an RSA public key.
    PublicKey,
    /// A public key in one of the forms in which others take it: PEM, DER, JWK, a line of OpenSSH.
    PublicKeyForm,
    /// An import token: the one with that SHA-256 in hex, where a `parameters.json` names it, or random bytes of a token's length.
    Token(Option<String>),
    /// A `parameters.json`.
    Parameters,
    /// A JWK Set without private keys.
    JwkSet,
    /// A page about what expires.
    Page,
    /// Metrics about what expires.
    Metrics,
}

/// A file that was in the way, was not plainly earlier output, and was renamed to `NAME.superseded-<UTC>`. `Display` says so in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    what: &'static str,
    /// Where it was.
    pub from: PathBuf,
    /// Where it is.
    pub to: PathBuf,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no {} and is kept: it is now `{}`", self.from.display(), self.what, self.to.display())
    }
}

/// The most bytes that any of these files has.
const LIMIT: u64 = 64 * 1024;
/// More than a thousand keys of RSA_4096.
pub(crate) const JWK_SET_LIMIT: usize = 1024 * 1024;
/// How each page about what expires begins.
pub(crate) const PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"generator\" content=\"kms-byok ";
/// How all metrics about what expires begin.
const METRICS: &str = "# HELP kms_byok_seconds_until_key_material_expiration ";
/// The most and the least bytes of a token of KMS.
const TOKEN: std::ops::RangeInclusive<usize> = 512..=6144;

impl Output {
    /// As errors name it.
    pub fn what(&self) -> &'static str {
        match self {
            Output::Blob => "wrapped key material",
            Output::PublicKey => "wrapping public key",
            Output::PublicKeyForm => "public key",
            Output::Token(_) => "import token",
            Output::Parameters => "parameter file",
            Output::JwkSet => "JWK Set",
            Output::Page => "page about what expires",
            Output::Metrics => "metrics about what expires",
        }
    }

    /// Whether the file at `path` is recognisably an earlier output of this kind. A link is none: what it leads to is not known to be ours.
    pub fn is_at(&self, path: &Path) -> bool {
        let limit = if *self == Output::JwkSet { JWK_SET_LIMIT as u64 } else { LIMIT };
        // Of these the beginning tells enough, however many keys they have.
        let any_length = matches!(self, Output::Page | Output::Metrics);
        let is_file =
            fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && (found.len() <= limit || any_length));
        let mut bytes = Vec::new();
        is_file
            && fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).is_ok()
            && self.looks_like(&bytes)
    }

    fn looks_like(&self, bytes: &[u8]) -> bool {
        match self {
            Output::Blob => is_possible_length(bytes.len()) && is_random(bytes),
            Output::PublicKey => is_public_key(bytes),
            Output::PublicKeyForm => is_public_key_form(bytes),
            Output::Token(Some(known)) if sha256(bytes).as_ref() == Some(known) => true,
            Output::Token(_) => TOKEN.contains(&bytes.len()) && is_random(bytes),
            Output::Parameters => is_parameters(bytes),
            Output::JwkSet => is_jwk_set(bytes),
            Output::Page => bytes.starts_with(PAGE.as_bytes()),
            Output::Metrics => bytes.starts_with(METRICS.as_bytes()),
        }
    }

    /// Makes room for a new one: moves whatever is not an earlier one aside. Whether an earlier one stays there to be replaced.
    pub(super) fn make_room(&self, path: &Path) -> Result<(bool, Option<Moved>), FileError> {
        if self.is_at(path) {
            return Ok((true, None));
        }
        let moved = supersede(path)?.map(|to| Moved { what: self.what(), from: path.to_owned(), to });
        Ok((false, moved))
    }

    /// Takes an earlier one away that is of no use any more; anything else is moved aside.
    pub fn remove(&self, path: &Path) -> Result<Option<Moved>, FileError> {
        let (earlier, moved) = self.make_room(path)?;
        if earlier {
            let unwritable = |source| FileError::Unwritable { what: self.what(), path: path.to_owned(), source };
            fs::remove_file(path).map_err(unwritable)?;
        }
        Ok(moved)
    }
}

/// The bytes of a modulus of RSA_2048, RSA_3072 and RSA_4096: OAEP gives as many.
const MODULI: [usize; 3] = [256, 384, 512];

/// OAEP alone, or OAEP and then AES-KWP (RFC 5649) of a private key, which gives a multiple of 8.
fn is_possible_length(found: usize) -> bool {
    // More than any PKCS#8 key that KMS takes, wrapped for the largest wrapping key. The smallest one is Ed25519's 48 bytes, wrapped 56.
    const MOST: usize = 4096;
    let least = MODULI[0] + 56;
    MODULI.contains(&found) || (least..=MOST).contains(&found) && found.is_multiple_of(8)
}

fn is_public_key(bytes: &[u8]) -> bool {
    let key = PKey::public_key_from_der(bytes).and_then(|key| Ok((key.rsa()?.size(), key.public_key_to_der()?)));
    key.is_ok_and(|(size, der)| MODULI.contains(&(size as usize)) && der == bytes)
}

/// One public key and nothing else, as the program itself writes it.
fn is_public_key_form(bytes: &[u8]) -> bool {
    let der = || PKey::public_key_from_der(bytes).and_then(|key| key.public_key_to_der());
    let pem = || PKey::public_key_from_pem(bytes).and_then(|key| key.public_key_to_pem());
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_openssh = matches!(*words, [kind, _] if kind.starts_with("ssh-") || kind.starts_with("ecdsa-sha2-"));
    der().is_ok_and(|der| der == bytes) || pem().is_ok_and(|pem| pem == bytes) || is_openssh || is_public_jwk(bytes)
}

fn is_public_jwk(bytes: &[u8]) -> bool {
    let members = ["kty", "crv", "n", "e", "x", "y", "use", "alg", "kid"];
    let jwk = serde_json::from_slice::<std::collections::BTreeMap<String, serde::de::IgnoredAny>>(bytes);
    jwk.is_ok_and(|jwk| jwk.contains_key("kty") && jwk.keys().all(|name| members.contains(&name.as_str())))
}

/// A set as the program writes it, or one for the same use: whoever verifies fetches it, so that no key in it is private or secret.
fn is_jwk_set(bytes: &[u8]) -> bool {
    let secret = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let is_public =
        |key: &serde_json::Value| key["kty"].is_string() && secret.iter().all(|name| key.get(name).is_none());
    let set = serde_json::from_slice::<serde_json::Value>(bytes).unwrap_or_default();
    set["keys"].as_array().is_some_and(|keys| keys.iter().all(is_public))
}

/// Whether bytes are random, as what RSA makes is: no text, no encoding of text, and nothing with a structure that can be seen. Of 256
/// random bytes 162 are different ones, give or take six; base64 has 65, and a private key in DER has its zeros.
fn is_random(bytes: &[u8]) -> bool {
    let mut seen = [0_usize; 256];
    for byte in bytes {
        seen[usize::from(*byte)] += 1;
    }
    let different = seen.iter().filter(|count| **count > 0).count();
    let most = seen.iter().max().copied().unwrap_or_default();
    let known = FileKind::of(bytes).is_some() || [JKS, JCEKS].iter().any(|beginning| bytes.starts_with(beginning));
    different >= 120 && most <= 12 + bytes.len() / 64 && !known && !is_der(bytes)
}

/// Whether bytes begin as a SEQUENCE of about their length does, also one that was cut or has something after it.
fn is_der(bytes: &[u8]) -> bool {
    let length = match bytes {
        [0x30, 0x80, tag, ..] => return [0x02, 0x06, 0x30].contains(tag),
        [0x30, 0x81, length, ..] => usize::from(*length),
        [0x30, 0x82, high, low, ..] | [0x30, 0x83, 0, high, low, ..] | [0x30, 0x84, 0, 0, high, low, ..] => {
            usize::from(u16::from_be_bytes([*high, *low]))
        }
        _ => return false,
    };
    (bytes.len() / 2..=bytes.len() * 2).contains(&length)
}

fn is_parameters(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return false };
    let named = ["key_arn", "public_key_sha256", "import_token_sha256", "valid_to"];
    value["version"].is_u64() && named.iter().all(|name| value[*name].is_string())
}

fn sha256(bytes: &[u8]) -> Option<String> {
    hash(MessageDigest::sha256(), bytes).ok().map(hex::encode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        openssl::rand::rand_bytes(&mut bytes).unwrap();
        if let Some(first) = bytes.first_mut() {
            *first = 0xa5; // no beginning of anything
        }
        bytes
    }

    #[test]
    fn a_blob_is_random_bytes_of_a_length_that_a_wrapping_gives() {
        for length in [256, 384, 512, 320, 1512, 2920] {
            for _ in 0..200 {
                assert!(Output::Blob.looks_like(&random(length)), "{length}");
            }
        }
        for length in [0, 16, 32, 48, 64, 255, 257, 300, 4104] {
            assert!(!Output::Blob.looks_like(&random(length)), "{length}");
        }
    }

    #[test]
    fn no_key_in_any_form_is_taken_for_a_blob_or_a_token() {
        for bits in [1024, 2048, 3072, 4096] {
            let key = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(bits).unwrap()).unwrap();
            let der = key.private_key_to_pkcs8().unwrap();
            let mut forms = vec![
                der.clone(),
                key.private_key_to_pem_pkcs8().unwrap(),
                key.rsa().unwrap().private_key_to_der().unwrap(),
                hex::encode(&der).into_bytes(),
                openssl::base64::encode_block(&der).into_bytes(),
                [b"Salted__".as_slice(), &random(der.len())].concat(),
            ];
            for form in &mut forms {
                // Also where it happens to have a length that fits.
                form.resize(form.len().next_multiple_of(8), form[form.len() - 1]);
                for output in
                    [Output::Blob, Output::Token(None), Output::PublicKey, Output::PublicKeyForm, Output::Parameters]
                {
                    assert!(!output.looks_like(form), "{bits} {output:?} {form:?}");
                }
            }
        }
    }

    #[test]
    fn a_token_is_the_one_that_is_named_or_has_its_length() {
        let short = random(46);
        assert!(!Output::Token(None).looks_like(&short));
        assert!(Output::Token(sha256(&short)).looks_like(&short));
        assert!(Output::Token(sha256(&short)).looks_like(&random(2000)));
        assert!(!Output::Token(sha256(&short)).looks_like(&random(64)));
    }
}
