//! Which key it is: a public key in the forms in which other systems take it, and the fingerprints by which they show it.
//!
//! This module knows OpenSSL and no AWS. Everything here is public: nothing is secret, nothing is wiped.

mod error;
mod ethereum;
mod file;
mod fingerprints;
mod forms;
mod jwk;
mod jwks;
mod numbers;
mod openssh;
mod thumbprint;

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{Asn1Flag, EcGroup, EcKey, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, PKeyRef, Public};
use openssl::rsa::Rsa;

pub use self::error::PublicKeyError;
pub use self::file::{ForeignKey, PublicKeyFile};
pub use self::fingerprints::Fingerprints;
pub use self::forms::Forms;
pub use self::jwk::Jwk;
pub use self::jwks::{Jwks, KeptJwks, NotKept};
use crate::material::{KeySpec, MaterialKind, is_ed25519};
use crate::openssl_probe::OpenSslError;

/// The public half of a key of one of KMS's asymmetric key specs: RSA, EC or Ed25519. Two are equal where they are the same key.
#[derive(Clone, Debug)]
pub struct PublicKey {
    key: PKey<Public>,
    der: Vec<u8>,
    spec: KeySpec,
}

/// Two are equal if they are the same key, however either was written.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

const STEP: &str = "read the public key";

impl PublicKey {
    /// Reads DER SubjectPublicKeyInfo (RFC 5280 §4.1), as GetPublicKey answers it.
    ///
    /// # Errors
    /// [`PublicKeyError::OpenSsl`] for bytes that OpenSSL does not read, [`PublicKeyError::Unfit`] for a key of a type or size that KMS has
    /// no key spec for.
    pub fn from_der(der: &[u8]) -> Result<Self, PublicKeyError> {
        let key = PKey::public_key_from_der(der).map_err(OpenSslError::step(STEP))?;
        PublicKey::of(&key)
    }

    /// From a key that OpenSSL has read, in whatever encoding.
    pub(crate) fn of(key: &PKeyRef<Public>) -> Result<Self, PublicKeyError> {
        let key = canonical(key).map_err(OpenSslError::step(STEP))?;
        let Some(spec) = key.as_deref().and_then(spec_of) else { return Err(PublicKeyError::Unfit) };
        let key = key.ok_or(PublicKeyError::Unfit)?;
        let der = key.public_key_to_der().map_err(OpenSslError::step("write the public key"))?;
        Ok(PublicKey { key, der, spec })
    }

    /// From the modulus and the exponent of an RSA key.
    fn from_rsa_numbers(n: &[u8], e: &[u8]) -> Result<Self, PublicKeyError> {
        let key = || -> Result<_, ErrorStack> {
            PKey::from_rsa(Rsa::from_public_components(BigNum::from_slice(n)?, BigNum::from_slice(e)?)?)
        };
        PublicKey::of(&*key().map_err(OpenSslError::step(STEP))?)
    }

    /// From a point in any of the forms of SEC 1 §2.3.3; one that is not on the curve is refused.
    fn from_point(curve: crate::material::Curve, point: &[u8]) -> Result<Self, PublicKeyError> {
        let key = || -> Result<_, ErrorStack> {
            let group = EcGroup::from_curve_name(curve.nid())?;
            let point = openssl::ec::EcPoint::from_bytes(&group, point, &mut *BigNumContext::new()?)?;
            PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)
        };
        PublicKey::of(&*key().map_err(OpenSslError::step(STEP))?)
    }

    /// From the 32 bytes of an Ed25519 key (RFC 8032 §5.1.5).
    fn from_ed25519(point: &[u8; 32]) -> Result<Self, PublicKeyError> {
        PublicKey::from_der(&[&ED25519_SPKI[..], point].concat())
    }

    /// The key spec whose key it is.
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// DER SubjectPublicKeyInfo, as OpenSSL writes it.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The same in PEM (RFC 7468 §13), with a line end behind it.
    ///
    /// # Errors
    /// [`PublicKeyError::OpenSsl`] where OpenSSL fails.
    pub fn pem(&self) -> Result<String, PublicKeyError> {
        let pem = self.key.public_key_to_pem().map_err(OpenSslError::step("write the public key"))?;
        Ok(String::from_utf8_lossy(&pem).into_owned())
    }

    pub(crate) fn openssl(&self) -> &PKeyRef<Public> {
        &self.key
    }
}

/// SubjectPublicKeyInfo of Ed25519 before its 32 bytes (RFC 8410 §4).
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The key as KMS writes it: an RSA key without restrictions, a named curve, an uncompressed point. Nothing for another type.
fn canonical(key: &PKeyRef<Public>) -> Result<Option<PKey<Public>>, ErrorStack> {
    match key.id() {
        Id::RSA | Id::RSA_PSS => {
            let rsa = key.rsa()?;
            let rsa = Rsa::from_public_components(rsa.n().to_owned()?, rsa.e().to_owned()?)?;
            PKey::from_rsa(rsa).map(Some)
        }
        Id::EC => {
            let ec = key.ec_key()?;
            let Some(curve) = ec.group().curve_name() else { return Ok(None) };
            let mut group = EcGroup::from_curve_name(curve)?;
            group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
            let mut context = BigNumContext::new()?;
            let point = ec.public_key().to_bytes(ec.group(), PointConversionForm::UNCOMPRESSED, &mut context)?;
            let point = openssl::ec::EcPoint::from_bytes(&group, &point, &mut context)?;
            PKey::from_ec_key(EcKey::from_public_key(&group, &point)?).map(Some)
        }
        id if is_ed25519(id) => PKey::public_key_from_der(&key.public_key_to_der()?).map(Some),
        _ => Ok(None),
    }
}

fn spec_of(key: &PKeyRef<Public>) -> Option<KeySpec> {
    KeySpec::ALL.into_iter().find(|spec| match spec.kind() {
        MaterialKind::Rsa { bits } => key.id() == Id::RSA && key.bits() == bits,
        MaterialKind::Ec(curve) => key.ec_key().is_ok_and(|ec| ec.group().curve_name() == Some(curve.nid())),
        MaterialKind::Ed25519 => is_ed25519(key.id()),
        MaterialKind::Symmetric | MaterialKind::Hmac { .. } => false,
    })
}
