//! All forms of a public key together: what the report of every asymmetric key has.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::fingerprints::Fingerprints;
use super::jwk::Jwk;
use super::{PublicKey, PublicKeyError};
use crate::material::KeyUsage;

/// A public key in each form in which others take it, and its fingerprints.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Forms {
    /// PEM of the SubjectPublicKeyInfo (RFC 7468 §13), with a line end behind it.
    pub pem: String,
    /// The same DER in base64 (RFC 4648 §4), in one line.
    pub der: String,
    /// The JWK; its `kid` is the thumbprint (RFC 7638).
    pub jwk: Jwk,
    /// The line of OpenSSH, without a comment; `None` for secp256k1, which OpenSSH does not have.
    pub openssh: Option<String>,
    /// SHA-256 in each form in which it is shown.
    pub fingerprints: Fingerprints,
    /// The address with the checksum of EIP-55; `None` for other curves than secp256k1, and where OpenSSL has no Keccak.
    pub ethereum_address: Option<String>,
    /// Why there is no address although the curve has them.
    #[serde(skip)]
    pub no_address: Option<String>,
}

impl Forms {
    /// The forms of a key with that usage. An address that the loaded OpenSSL cannot compute is no error: `no_address` says why.
    ///
    /// # Errors
    /// [`PublicKeyError::OpenSsl`] where OpenSSL fails.
    pub fn of(public: &PublicKey, usage: KeyUsage) -> Result<Self, PublicKeyError> {
        let (ethereum_address, no_address) = match public.ethereum_address() {
            Err(error @ PublicKeyError::NoKeccak { .. }) => (None, Some(error.to_string())),
            address => (address?, None),
        };
        Ok(Forms {
            pem: public.pem()?,
            der: BASE64_STANDARD.encode(public.der()),
            jwk: public.jwk(usage)?,
            openssh: public.openssh()?,
            fingerprints: public.fingerprints()?,
            ethereum_address,
            no_address,
        })
    }
}
