//! Keeping a copy safely: key material encrypted for recovery certificates as CMS (RFC 5652, RFC 5083).
//!
//! AWS keeps no backup of imported key material. What is written here opens with `openssl cms -decrypt` and the recovery key.

#[cfg(openssl_has_cms)]
mod envelope;
#[cfg(not(openssl_has_cms))]
#[path = "no_envelope.rs"]
mod envelope;
mod error;
mod strength;

pub use self::error::EscrowError;
use std::path::{Path, PathBuf};

use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::x509::{X509, X509KeyUsage};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;
use crate::openssl_probe::OpenSslError;
use crate::printable;
use crate::secret::{Secret, on_clean_stack};

/// The most bytes of an escrow file: four RSA_4096 recipients and an RSA_4096 key stay far below.
const LIMIT: usize = 256 * 1024;

/// A certificate for which key material is encrypted: in date, and allowed to receive keys.
pub struct Recipient {
    certificate: X509,
    kind: Kind,
    identity: RecipientIdentity,
}

/// Who can open an escrow file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientIdentity {
    /// The subject, as in `CN = recovery 2026`.
    pub subject: String,
    /// SHA-256 of the DER certificate, in hex.
    pub sha256: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    Ec,
}

impl Recipient {
    /// Reads a PEM or DER certificate and refuses one that must not receive keys.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = files::read("recovery certificate", path, 64 * 1024)?;
        let not_a_certificate = |_| EscrowError::NotACertificate { path: path.to_owned() };
        let pem = bytes.trim_ascii_start().starts_with(b"-----BEGIN ");
        let mut certificates =
            if pem { X509::stack_from_pem(&bytes) } else { X509::from_der(&bytes).map(|only| vec![only]) }
                .map_err(not_a_certificate)?;
        match (certificates.pop(), certificates.len()) {
            (Some(certificate), 0) => Self::check(certificate, path),
            // Whether it is a chain or several people, only its owner knows.
            (Some(_), more) => Err(EscrowError::SeveralCertificates { path: path.to_owned(), found: more + 1 }.into()),
            (None, _) => Err(EscrowError::NotACertificate { path: path.to_owned() }.into()),
        }
    }

    fn check(certificate: X509, path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let step = "look at the recovery certificate";
        let key = certificate.public_key().map_err(OpenSslError::step(step))?;
        let kind = match key.id() {
            Id::RSA => Kind::Rsa,
            Id::EC => Kind::Ec,
            _ => return Err(EscrowError::CannotReceive { path }.into()),
        };
        strength::check(&certificate, &key, &path)?;
        let now = openssl::asn1::Asn1Time::days_from_now(0).map_err(OpenSslError::step(step))?;
        if certificate.not_before() > &*now || certificate.not_after() < &*now {
            let (from, to) = (certificate.not_before().to_string(), certificate.not_after().to_string());
            return Err(EscrowError::OutOfDate { path, from, to }.into());
        }
        let (needed, name) = match kind {
            Kind::Rsa => (X509KeyUsage::KEY_ENCIPHERMENT, "keyEncipherment"),
            Kind::Ec => (X509KeyUsage::KEY_AGREEMENT, "keyAgreement"),
        };
        // Without the extension everything is allowed (RFC 5280 §4.2.1.3).
        if certificate.key_usage().is_some_and(|usage| !usage.contains(needed)) {
            return Err(EscrowError::KeyUsage { path, needed: name }.into());
        }
        let digest = certificate.digest(MessageDigest::sha256()).map_err(OpenSslError::step(step))?;
        let identity = RecipientIdentity { subject: subject(&certificate), sha256: hex::encode(digest) };
        Ok(Recipient { certificate, kind, identity })
    }

    /// Whether its key is RSA, and not EC: the two take different parameters.
    pub fn is_rsa(&self) -> bool {
        self.kind == Kind::Rsa
    }

    /// Who it is.
    pub fn identity(&self) -> &RecipientIdentity {
        &self.identity
    }
}

/// The subject in the order of the certificate; printable characters only, because it is shown.
fn subject(certificate: &X509) -> String {
    let parts = certificate.subject_name().entries().map(|entry| {
        let name = entry.object().nid().short_name().unwrap_or("?");
        let value = entry.data().to_string().unwrap_or_else(|_| "?".to_owned());
        format!("{name} = {}", printable::line(&value))
    });
    let text = parts.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "(no subject)".to_owned() } else { text }
}

/// Encrypts key material for all recipients: AuthEnvelopedData with AES-256-GCM on OpenSSL 3.0 and newer, EnvelopedData with
/// AES-256-CBC below. DER.
pub fn seal(material: &[u8], recipients: &[Recipient]) -> Result<Vec<u8>, Error> {
    if recipients.is_empty() {
        return Err(EscrowError::NoRecipient.into());
    }
    Ok(on_clean_stack(|| envelope::seal(material, recipients))?)
}

/// An escrow file as it was read. Anybody who has the certificate can make one: nothing in it says who did.
pub struct EscrowFile {
    bytes: Vec<u8>,
    path: PathBuf,
}

impl EscrowFile {
    /// Reads it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Ok(EscrowFile { bytes: files::read("escrow file", path, LIMIT)?, path: path.to_owned() })
    }

    /// Whether a change to it would be noticed: AuthEnvelopedData (RFC 5083) has a tag, EnvelopedData has none.
    pub fn is_authenticated(&self) -> bool {
        envelope::content_type(&self.bytes).as_deref() == Some(AUTH_ENVELOPED_DATA)
    }

    /// Opens it with the private key of one recipient.
    pub fn open(&self, recipient_key: &PKey<Private>) -> Result<Secret, Error> {
        open_bytes(&self.bytes, &self.path, recipient_key)
    }
}

/// id-ct-authEnvelopedData (RFC 5083 §2.1): 1.2.840.113549.1.9.16.1.23.
const AUTH_ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17];

/// Opens an escrow file with the private key of one recipient.
pub fn open(path: &Path, recipient_key: &PKey<Private>) -> Result<Secret, Error> {
    EscrowFile::read(path)?.open(recipient_key)
}

/// The same with the bytes of the file at hand; `path` names it in errors.
pub fn open_bytes(bytes: &[u8], path: &Path, recipient_key: &PKey<Private>) -> Result<Secret, Error> {
    let path = path.to_owned();
    match on_clean_stack(|| envelope::open(bytes, recipient_key))? {
        envelope::Opened::Material(bytes) => Ok(Secret::take(bytes)?),
        envelope::Opened::NotAnEnvelope => Err(EscrowError::NotAnEnvelope { path }.into()),
        envelope::Opened::NotForThisKey => Err(EscrowError::CannotOpen { path }.into()),
    }
}

#[cfg(all(test, openssl_has_cms))]
mod tests;
