//! Keeping a copy safely: key material encrypted for recovery certificates as CMS (RFC 5652, RFC 5083).
//!
//! AWS keeps no backup of imported key material. What is written here opens with `openssl cms -decrypt` and the recovery key.

#[cfg(openssl_has_cms)]
mod envelope;
#[cfg(not(openssl_has_cms))]
#[path = "no_envelope.rs"]
mod envelope;
mod error;
mod recipient;
mod strength;

pub use self::error::EscrowError;
pub use self::recipient::{Recipient, RecipientIdentity};
use std::path::{Path, PathBuf};

use openssl::pkey::{PKey, Private};

use crate::files;
use crate::secret::{Secret, on_clean_stack};

/// The most bytes of an escrow file: four RSA_4096 recipients and an RSA_4096 key stay far below.
const LIMIT: usize = 256 * 1024;

/// Encrypts key material for all recipients: AuthEnvelopedData with AES-256-GCM on OpenSSL 3.0 and newer, EnvelopedData with
/// AES-256-CBC below. DER.
pub fn seal(material: &[u8], recipients: &[Recipient]) -> Result<Vec<u8>, EscrowError> {
    if recipients.is_empty() {
        return Err(EscrowError::NoRecipient);
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
    pub fn read(path: &Path) -> Result<Self, EscrowError> {
        Ok(EscrowFile { bytes: files::read("escrow file", path, LIMIT)?, path: path.to_owned() })
    }

    /// Whether a change to it would be noticed: AuthEnvelopedData (RFC 5083) has a tag, EnvelopedData has none.
    pub fn is_authenticated(&self) -> bool {
        envelope::content_type(&self.bytes).as_deref() == Some(AUTH_ENVELOPED_DATA)
    }

    /// Opens it with the private key of one recipient.
    pub fn open(&self, recipient_key: &PKey<Private>) -> Result<Secret, EscrowError> {
        open_bytes(&self.bytes, &self.path, recipient_key)
    }
}

/// id-ct-authEnvelopedData (RFC 5083 §2.1): 1.2.840.113549.1.9.16.1.23.
const AUTH_ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17];

/// Opens an escrow file with the private key of one recipient.
pub fn open(path: &Path, recipient_key: &PKey<Private>) -> Result<Secret, EscrowError> {
    EscrowFile::read(path)?.open(recipient_key)
}

/// The same with the bytes of the file at hand; `path` names it in errors.
pub fn open_bytes(bytes: &[u8], path: &Path, recipient_key: &PKey<Private>) -> Result<Secret, EscrowError> {
    let path = path.to_owned();
    match on_clean_stack(|| envelope::open(bytes, recipient_key))? {
        envelope::Opened::Material(bytes) => Ok(Secret::take(bytes)?),
        envelope::Opened::NotAnEnvelope => Err(EscrowError::NotAnEnvelope { path }),
        envelope::Opened::NotForThisKey => Err(EscrowError::CannotOpen { path }),
    }
}

#[cfg(all(test, openssl_has_cms))]
mod tests;
