//! The fingerprints by which other systems show a public key.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use openssl::hash::{MessageDigest, hash};
use serde::Serialize;

use super::{PublicKey, PublicKeyError};
use crate::openssl_probe::OpenSslError;

/// SHA-256 of the public key, in each form in which it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Fingerprints {
    /// Of the SubjectPublicKeyInfo, as 64 lower-case hex digits: what `openssl pkey -pubin -outform DER | sha256sum` shows.
    pub spki_sha256: String,
    /// The same in base64, as GitHub shows the key of an App.
    pub spki_sha256_base64: String,
    /// The same as a pin of curl (`--pinnedpubkey`), as in `sha256//…=`; RFC 7469 has the part after the slashes as `pin-sha256`.
    pub certificate_pin: String,
    /// Of the OpenSSH form, as `ssh-keygen -l` shows it: `SHA256:` and base64 without padding. `None` for secp256k1, which OpenSSH does not
    /// have.
    pub ssh_sha256: Option<String>,
}

impl PublicKey {
    /// All fingerprints of the key.
    ///
    /// # Errors
    /// [`PublicKeyError::OpenSsl`] where OpenSSL fails.
    pub fn fingerprints(&self) -> Result<Fingerprints, PublicKeyError> {
        let digest = sha256(&self.der)?;
        let base64 = BASE64_STANDARD.encode(&digest);
        let ssh = match self.openssh_blob()? {
            Some(blob) => Some(format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(sha256(&blob)?))),
            None => None,
        };
        Ok(Fingerprints {
            spki_sha256: hex::encode(&digest),
            certificate_pin: format!("sha256//{base64}"),
            spki_sha256_base64: base64,
            ssh_sha256: ssh,
        })
    }
}

pub(super) fn sha256(bytes: &[u8]) -> Result<Vec<u8>, OpenSslError> {
    let digest = hash(MessageDigest::sha256(), bytes).map_err(OpenSslError::step("hash the public key"))?;
    Ok(digest.to_vec())
}
