//! Recovery certificates: for whom a copy is encrypted.

use std::path::Path;

use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use openssl::x509::{X509, X509KeyUsage};
use serde::{Deserialize, Serialize};

use super::error::EscrowError;
use super::strength;
use crate::openssl_probe::OpenSslError;
use crate::{files, printable};

/// A certificate for which key material is encrypted: in date, allowed to receive keys, with an RSA key of 2048 bits or more or an EC key
/// of 224 bits or more.
pub struct Recipient {
    pub(super) certificate: X509,
    pub(super) kind: Kind,
    identity: RecipientIdentity,
}

/// Who can open an escrow file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RecipientIdentity {
    /// The subject, as in `CN = recovery 2026`, with printable characters only.
    pub subject: String,
    /// SHA-256 of the DER certificate, as 64 lower-case hex digits.
    pub sha256: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    Ec,
}

impl Recipient {
    /// Reads a file with one certificate, in PEM or DER. Who issued it is not looked at.
    ///
    /// # Errors
    /// [`EscrowError::NotACertificate`] and [`EscrowError::SeveralCertificates`] for other files, [`EscrowError::OutOfDate`],
    /// [`EscrowError::KeyUsage`] (RFC 5280 §4.2.1.3), [`EscrowError::CannotReceive`], [`EscrowError::WeakKey`] and
    /// [`EscrowError::WeakSignature`] for a certificate that must not receive keys, [`EscrowError::File`] for a file that cannot be read.
    pub fn read(path: &Path) -> Result<Self, EscrowError> {
        let bytes = files::read("recovery certificate", path, 64 * 1024)?;
        let not_a_certificate = |_| EscrowError::NotACertificate { path: path.to_owned() };
        let pem = bytes.trim_ascii_start().starts_with(b"-----BEGIN ");
        let mut certificates =
            if pem { X509::stack_from_pem(&bytes) } else { X509::from_der(&bytes).map(|only| vec![only]) }
                .map_err(not_a_certificate)?;
        match (certificates.pop(), certificates.len()) {
            (Some(certificate), 0) => Self::check(certificate, path),
            // Whether it is a chain or several people, only its owner knows.
            (Some(_), more) => Err(EscrowError::SeveralCertificates { path: path.to_owned(), found: more + 1 }),
            (None, _) => Err(EscrowError::NotACertificate { path: path.to_owned() }),
        }
    }

    /// Whether both certificates are for the same key.
    pub(crate) fn has_key_of(&self, other: &Recipient) -> bool {
        let key = |one: &Recipient| one.certificate.public_key().ok();
        matches!((key(self), key(other)), (Some(one), Some(other)) if one.public_eq(&other))
    }

    /// Whether the certificate is for that public key (DER SubjectPublicKeyInfo).
    pub(crate) fn has_public_key(&self, der: &[u8]) -> bool {
        let own = self.certificate.public_key();
        matches!((own, PKey::public_key_from_der(der)), (Ok(own), Ok(other)) if own.public_eq(&other))
    }

    fn check(certificate: X509, path: &Path) -> Result<Self, EscrowError> {
        let path = path.to_owned();
        let step = "look at the recovery certificate";
        let key = certificate.public_key().map_err(OpenSslError::step(step))?;
        let kind = match key.id() {
            Id::RSA => Kind::Rsa,
            Id::EC => Kind::Ec,
            _ => return Err(EscrowError::CannotReceive { path }),
        };
        strength::check(&certificate, &key, &path)?;
        let now = openssl::asn1::Asn1Time::days_from_now(0).map_err(OpenSslError::step(step))?;
        if certificate.not_before() > &*now || certificate.not_after() < &*now {
            let (from, to) = (certificate.not_before().to_string(), certificate.not_after().to_string());
            return Err(EscrowError::OutOfDate { path, from, to });
        }
        let (needed, name) = match kind {
            Kind::Rsa => (X509KeyUsage::KEY_ENCIPHERMENT, "keyEncipherment"),
            Kind::Ec => (X509KeyUsage::KEY_AGREEMENT, "keyAgreement"),
        };
        // Without the extension everything is allowed (RFC 5280 §4.2.1.3).
        if certificate.key_usage().is_some_and(|usage| !usage.contains(needed)) {
            return Err(EscrowError::KeyUsage { path, needed: name });
        }
        let digest = certificate.digest(MessageDigest::sha256()).map_err(OpenSslError::step(step))?;
        let identity = RecipientIdentity { subject: subject(&certificate), sha256: hex::encode(digest) };
        Ok(Recipient { certificate, kind, identity })
    }

    /// Whether its key is RSA, and not EC: the two take different parameters.
    pub fn is_rsa(&self) -> bool {
        self.kind == Kind::Rsa
    }

    /// Who it is, as reports name it.
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
