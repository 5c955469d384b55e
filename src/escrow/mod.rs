//! Keeping a copy safely: key material encrypted for recovery certificates as CMS (RFC 5652, RFC 5083).
//!
//! AWS keeps no backup of imported key material. [`seal`] makes an escrow file that each [`Recipient`] can open alone, with [`open`] here
//! or with `openssl cms -decrypt -inform DER` anywhere.

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

/// Encrypts key material for all recipients and gives the DER of the CMS: AuthEnvelopedData with AES-256-GCM on OpenSSL 3.0 and newer,
/// EnvelopedData with AES-256-CBC below.
///
/// # Errors
/// [`EscrowError::NoRecipient`] without a recipient, [`EscrowError::OpenSsl`] where OpenSSL has no CMS (LibreSSL) or fails.
pub fn seal(material: &[u8], recipients: &[Recipient]) -> Result<Vec<u8>, EscrowError> {
    if recipients.is_empty() {
        return Err(EscrowError::NoRecipient);
    }
    Ok(on_clean_stack(|| envelope::seal(material, recipients))?)
}

/// An escrow file as it was read: the DER of a CMS envelope. Anybody who has the certificate can make one: nothing in it says who did.
pub struct EscrowFile {
    bytes: Vec<u8>,
    path: PathBuf,
}

impl EscrowFile {
    /// Reads a file of at most 256 KiB. What is in it is looked at when it is opened.
    ///
    /// # Errors
    /// [`EscrowError::File`] for a file that cannot be read, is empty or too large.
    pub fn read(path: &Path) -> Result<Self, EscrowError> {
        Ok(EscrowFile { bytes: files::read("escrow file", path, LIMIT)?, path: path.to_owned() })
    }

    /// Whether a change to it would be noticed: AuthEnvelopedData (RFC 5083) has a tag, EnvelopedData has none.
    pub fn is_authenticated(&self) -> bool {
        envelope::content_type(&self.bytes).as_deref() == Some(AUTH_ENVELOPED_DATA)
    }

    /// Whether it is a CMS envelope at all.
    #[cfg(feature = "fleet")]
    pub(crate) fn is_envelope(&self) -> bool {
        let kind = envelope::content_type(&self.bytes);
        kind.is_some_and(|kind| kind == AUTH_ENVELOPED_DATA || kind == ENVELOPED_DATA)
    }

    /// Opens it with the private key of one recipient, and gives the bytes that were sealed.
    ///
    /// # Errors
    /// As [`open_bytes`].
    pub fn open(&self, recipient_key: &PKey<Private>) -> Result<Secret, EscrowError> {
        open_bytes(&self.bytes, &self.path, recipient_key)
    }
}

/// id-ct-authEnvelopedData (RFC 5083 §2.1): 1.2.840.113549.1.9.16.1.23.
const AUTH_ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17];

/// id-envelopedData (RFC 5652 §6.1): 1.2.840.113549.1.7.3.
#[cfg(feature = "fleet")]
const ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];

/// Reads an escrow file and opens it with the private key of one recipient.
///
/// # Errors
/// As [`EscrowFile::read`] and [`open_bytes`].
pub fn open(path: &Path, recipient_key: &PKey<Private>) -> Result<Secret, EscrowError> {
    EscrowFile::read(path)?.open(recipient_key)
}

/// Opens an escrow file whose bytes are at hand; `path` names it in errors.
///
/// # Errors
/// [`EscrowError::NotAnEnvelope`] for bytes that are no CMS envelope, [`EscrowError::CannotOpen`] where the key is of no recipient or the
/// file was changed, [`EscrowError::OpenSsl`] where OpenSSL has no CMS or fails.
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
