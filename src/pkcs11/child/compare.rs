//! What proofs compare with: the public half of a private key in the token, and what an HMAC key computes.

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey};
use openssl::rsa::Rsa;

use super::super::token_error::TokenError;
use super::calls::refused;
use super::session::Session;
use crate::material::{Curve, KeySpec, MaterialKind};

impl Session {
    /// The public half as DER SubjectPublicKeyInfo: what the private key says of it, or the public key beside it. Nothing where the token
    /// does not tell it.
    pub(super) fn public_half(&self) -> Option<Vec<u8>> {
        let (spec, key) = self.key?;
        let told = match self.attribute(key, AttributeType::PublicKeyInfo) {
            // Some tokens have it, and nothing in it.
            Some(Attribute::PublicKeyInfo(der)) => PKey::public_key_from_der(&der).ok(),
            _ => None,
        };
        let told = told.and_then(|key| key.public_key_to_der().ok());
        told.or_else(|| self.computed(spec, key)).or_else(|| self.computed(spec, self.beside(key)?))
    }

    fn computed(&self, spec: KeySpec, key: ObjectHandle) -> Option<Vec<u8>> {
        match spec.kind() {
            MaterialKind::Rsa { .. } => {
                let Some(Attribute::Modulus(modulus)) = self.attribute(key, AttributeType::Modulus) else {
                    return None;
                };
                let Some(Attribute::PublicExponent(exponent)) = self.attribute(key, AttributeType::PublicExponent)
                else {
                    return None;
                };
                rsa(&modulus, &exponent).ok()
            }
            MaterialKind::Ec(curve) => ec(curve, &self.point(key, 1 + 2 * curve.order_bytes())?).ok(),
            MaterialKind::Ed25519 => {
                let key = PKey::public_key_from_raw_bytes(&self.point(key, 32)?, Id::ED25519).ok()?;
                key.public_key_to_der().ok()
            }
            _ => None,
        }
    }

    /// CKA_EC_POINT is a point in an OCTET STRING (PKCS#11 2.40, current mechanisms §2.3.3); some tokens leave that out.
    fn point(&self, key: ObjectHandle, length: usize) -> Option<Vec<u8>> {
        let Some(Attribute::EcPoint(point)) = self.attribute(key, AttributeType::EcPoint) else { return None };
        let header = point.len().checked_sub(length)?;
        match (header, point.first()) {
            (0, _) => Some(point),
            (2 | 3, Some(0x04)) => Some(point[header..].to_vec()),
            _ => None,
        }
    }

    /// The public key with the same CKA_ID, where there is one.
    fn beside(&self, key: ObjectHandle) -> Option<ObjectHandle> {
        let Some(Attribute::Id(id)) = self.attribute(key, AttributeType::Id) else { return None };
        if id.is_empty() {
            return None;
        }
        let template = [Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Id(id)];
        let found = self.calls.attempt("C_FindObjects", || self.session.find_objects(&template)).ok()?;
        match &*found {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The HMAC of a message with the digest of the key's spec; nothing where the token does not compute with this key.
    pub(super) fn mac(&self, message: &[u8]) -> Result<Option<Vec<u8>>, TokenError> {
        let Some((spec, key)) = self.key else { return Ok(None) };
        let mechanism = match spec {
            KeySpec::Hmac224 => Mechanism::Sha224Hmac,
            KeySpec::Hmac256 => Mechanism::Sha256Hmac,
            KeySpec::Hmac384 => Mechanism::Sha384Hmac,
            KeySpec::Hmac512 => Mechanism::Sha512Hmac,
            _ => return Ok(None),
        };
        match self.calls.attempt("C_Sign", || self.session.sign(&mechanism, key, message)) {
            Ok(mac) => Ok(Some(mac)),
            Err(Error::Pkcs11(
                RvError::KeyFunctionNotPermitted
                | RvError::KeyTypeInconsistent
                | RvError::KeySizeRange
                | RvError::MechanismInvalid
                | RvError::FunctionNotSupported,
                _,
            )) => Ok(None),
            Err(error) => Err(refused("C_Sign", &error)),
        }
    }
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let key = Rsa::from_public_components(BigNum::from_slice(modulus)?, BigNum::from_slice(exponent)?)?;
    PKey::from_rsa(key)?.public_key_to_der()
}

fn ec(curve: Curve, point: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let group = EcGroup::from_curve_name(curve.nid())?;
    let point = EcPoint::from_bytes(&group, point, &mut *BigNumContext::new()?)?;
    PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)?.public_key_to_der()
}
