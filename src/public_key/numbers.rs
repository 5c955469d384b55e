//! The numbers that a public key consists of.

use openssl::bn::BigNumContext;
use openssl::ec::PointConversionForm;
use openssl::error::ErrorStack;

use super::{PublicKey, PublicKeyError};
use crate::material::{Curve, MaterialKind};
use crate::openssl_probe::OpenSslError;

/// A public key, taken apart. Numbers are big-endian.
pub(super) enum Numbers {
    /// Without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// Both coordinates in the full length of the field.
    Ec { curve: Curve, x: Vec<u8>, y: Vec<u8> },
    /// The encoded point of RFC 8032 §5.1.5.
    Ed25519 { x: Vec<u8> },
}

impl PublicKey {
    pub(super) fn numbers(&self) -> Result<Numbers, PublicKeyError> {
        Ok(self.taken_apart().map_err(OpenSslError::step("look at the public key"))?)
    }

    fn taken_apart(&self) -> Result<Numbers, ErrorStack> {
        match self.spec.kind() {
            MaterialKind::Rsa { .. } => {
                let rsa = self.key.rsa()?;
                Ok(Numbers::Rsa { n: rsa.n().to_vec(), e: rsa.e().to_vec() })
            }
            MaterialKind::Ec(curve) => {
                let ec = self.key.ec_key()?;
                let mut context = BigNumContext::new()?;
                let point = ec.public_key().to_bytes(ec.group(), PointConversionForm::UNCOMPRESSED, &mut context)?;
                let (x, y) = point[1..].split_at(point.len() / 2);
                Ok(Numbers::Ec { curve, x: x.to_vec(), y: y.to_vec() })
            }
            _ => Ok(Numbers::Ed25519 { x: self.der[super::ED25519_SPKI.len()..].to_vec() }),
        }
    }
}
