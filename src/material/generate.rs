//! New key material from OpenSSL's random generator.

use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::{Curve, KeySpec, MaterialKind};
use crate::material::MaterialError;
use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;

pub(super) fn generate(spec: KeySpec) -> Result<Secret, MaterialError> {
    let key = match spec.kind() {
        MaterialKind::Symmetric | MaterialKind::Hmac { .. } => {
            return random(spec.usual_length());
        }
        MaterialKind::Rsa { bits } => {
            Rsa::generate(bits).and_then(PKey::from_rsa).map_err(OpenSslError::step("make an RSA key"))?
        }
        MaterialKind::Ec(curve) => ec(curve).map_err(OpenSslError::step("make an EC key"))?,
        MaterialKind::Ed25519 => ed25519()?,
    };
    Ok(Secret::take(key.private_key_to_pkcs8().map_err(OpenSslError::step("write the private key as PKCS#8"))?)?)
}

/// Whole blocks are drawn: of a broken one, OpenSSL's generator keeps the bytes until it is asked again.
fn random(length: usize) -> Result<Secret, MaterialError> {
    let mut bytes = Secret::zeroed(length.next_multiple_of(16))?;
    openssl::rand::rand_bytes(bytes.expose_mut()).map_err(OpenSslError::step("draw random bytes"))?;
    bytes.truncate(length);
    Ok(bytes)
}

fn ec(curve: Curve) -> Result<PKey<Private>, openssl::error::ErrorStack> {
    let mut group = EcGroup::from_curve_name(curve.nid())?;
    group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
    PKey::from_ec_key(EcKey::generate(&group)?)
}

#[cfg(openssl_has_ed25519)]
fn ed25519() -> Result<PKey<Private>, MaterialError> {
    Ok(PKey::generate_ed25519().map_err(OpenSslError::step("make an Ed25519 key"))?)
}

#[cfg(not(openssl_has_ed25519))]
fn ed25519() -> Result<PKey<Private>, MaterialError> {
    Err(OpenSslError::NoEd25519 { found: openssl::version::version().to_owned() }.into())
}

impl Curve {
    pub(crate) fn nid(self) -> Nid {
        match self {
            Curve::P256 => Nid::X9_62_PRIME256V1,
            Curve::P384 => Nid::SECP384R1,
            Curve::P521 => Nid::SECP521R1,
            Curve::P256k1 => Nid::SECP256K1,
        }
    }
}
