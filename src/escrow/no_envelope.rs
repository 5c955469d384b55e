//! LibreSSL's CMS is not offered by the `openssl` crate: escrow files need OpenSSL.

use openssl::pkey::{PKey, Private};

use super::recipient::Recipient;
use crate::openssl_probe::OpenSslError;

pub(super) fn seal(_: &[u8], recipients: &[Recipient]) -> Result<Vec<u8>, OpenSslError> {
    let _ = recipients.iter().map(|recipient| (&recipient.certificate, recipient.kind)).count();
    Err(no_cms())
}

/// What came of opening an escrow file.
#[allow(dead_code)] // the same shape as where it can be opened
pub(super) enum Opened {
    Material(Vec<u8>),
    NotAnEnvelope,
    NotForThisKey,
}

pub(super) fn content_type(_: &[u8]) -> Option<Vec<u8>> {
    None
}

pub(super) fn open(_: &[u8], _: &PKey<Private>) -> Result<Opened, OpenSslError> {
    Err(no_cms())
}

fn no_cms() -> OpenSslError {
    OpenSslError::NoCms { found: openssl::version::version().to_owned() }
}
