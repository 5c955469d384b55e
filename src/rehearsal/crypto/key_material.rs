//! Whether unwrapped bytes are key material for a key spec. AWS's own rules, as the developer guide lists them under "Requirements
//! for imported key material"; nothing of the product's own checks is used.

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::der;
use crate::material::{Curve, KeySpec, MaterialKind};

/// Raw bytes of the right length, or an unencrypted DER PKCS#8 private key of the right kind, without anything after it.
pub(crate) fn fits(spec: KeySpec, material: &[u8]) -> bool {
    match spec.kind() {
        MaterialKind::Symmetric => material.len() == 32,
        MaterialKind::Hmac { minimum } => (minimum..=128).contains(&material.len()),
        MaterialKind::Rsa { bits } => is_rsa(bits, material).unwrap_or(false),
        MaterialKind::Ec(curve) => is_ec(curve, material).unwrap_or(false),
        MaterialKind::Ed25519 => {
            der::pkcs8(material).is_some() && private_key(material).is_some_and(|key| is_ed25519(&key))
        }
    }
}

/// The private key in checked key material.
pub(crate) fn private_key(material: &[u8]) -> Option<PKey<Private>> {
    PKey::private_key_from_pkcs8(material).ok()
}

fn is_rsa(bits: u32, material: &[u8]) -> Option<bool> {
    let container = der::pkcs8(material)?;
    let two_primes = der::rsa_version(container.private_key)? == 0;
    let rsa = private_key(material)?.rsa().ok()?;
    Some(two_primes && rsa.n().num_bits() == bits as i32 && agrees_with_itself(&rsa)?)
}

/// n = p·q, and both halves of the exponent undo e. Whether p and q are prime would take too long to ask each time.
fn agrees_with_itself(rsa: &Rsa<Private>) -> Option<bool> {
    let (p, q) = (rsa.p()?, rsa.q()?);
    let mut context = BigNumContext::new().ok()?;
    let mut product = BigNum::new().ok()?;
    product.checked_mul(p, q, &mut context).ok()?;
    let mut undoes = |exponent: &BigNumRef, prime: &BigNumRef| -> Option<bool> {
        let mut order = prime.to_owned().ok()?;
        order.sub_word(1).ok()?;
        let mut one = BigNum::new().ok()?;
        one.mod_mul(rsa.e(), exponent, &order, &mut context).ok()?;
        Some(one == BigNum::from_u32(1).ok()?)
    };
    let halves = undoes(rsa.dmp1()?, p)? && undoes(rsa.dmq1()?, q)? && undoes(rsa.d(), p)? && undoes(rsa.d(), q)?;
    Some(product == *rsa.n() && halves)
}

#[cfg(openssl_has_ed25519)]
fn is_ed25519(key: &PKey<Private>) -> bool {
    key.id() == openssl::pkey::Id::ED25519
}

#[cfg(not(openssl_has_ed25519))]
fn is_ed25519(_: &PKey<Private>) -> bool {
    false
}

fn is_ec(curve: Curve, material: &[u8]) -> Option<bool> {
    let named = der::pkcs8(material)?.parameters?.tag == der::OID;
    let key = private_key(material)?.ec_key().ok()?;
    Some(named && key.group().curve_name() == Some(nid(curve)) && key.check_key().is_ok())
}

/// The curve as OpenSSL numbers it.
pub(crate) fn nid(curve: Curve) -> Nid {
    match curve {
        Curve::P256 => Nid::X9_62_PRIME256V1,
        Curve::P384 => Nid::SECP384R1,
        Curve::P521 => Nid::SECP521R1,
        Curve::P256k1 => Nid::SECP256K1,
    }
}
