//! How key material is wrapped. Wrapping happens here and nowhere else; this module knows OpenSSL and no AWS.
//!
//! [`WrappingKey`] is the public key that KMS gives, [`WrappingAlgorithm`] says how it is used, and [`wrap()`] makes the blob that
//! ImportKeyMaterial takes.

mod algorithm;
mod error;
mod held;
mod known_answers;
mod kwp;
mod oaep;
#[cfg(feature = "pkcs11")]
mod opened;
mod rules;
mod wrapping_key;

pub use self::algorithm::{OaepDigest, WrappingAlgorithm, WrappingKeySpec};
pub use self::error::WrapError;
pub use self::held::{Held, MakesKey};
pub(crate) use self::known_answers::known_answers;
pub(crate) use self::known_answers::throw_away_key;
pub(crate) use self::oaep::encrypt as oaep;
#[cfg(feature = "pkcs11")]
pub(crate) use self::opened::{key_wrap_for_throw_away_key, oaep_for_throw_away_key};
pub use self::wrapping_key::WrappingKey;
pub(crate) use self::wrapping_key::{Weakness, small_factor, weakness};
use crate::material::KeyMaterial;
use crate::openssl_probe::OpenSslError;
use crate::secret::{Secret, on_clean_stack};

/// Wraps `material` for `key` as `ImportKeyMaterial` wants it (AWS KMS developer guide, "Encrypt key material"). The answer is the raw
/// blob: 256 to 512 bytes for OAEP, up to some 2.9 KB for RSA private keys. Two calls give two different blobs.
///
/// ```
/// use kms_byok::material::{KeyMaterial, KeySpec};
/// use kms_byok::wrap::{self, WrappingAlgorithm, WrappingKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let rsa = openssl::rsa::Rsa::generate(2048)?;
/// # let public_key = openssl::pkey::PKey::from_rsa(rsa)?.public_key_to_der()?;
/// let material = KeyMaterial::generate(KeySpec::SymmetricDefault)?;
/// let key = WrappingKey::from_der(&public_key)?;
/// let wrapped = wrap::wrap(&material, &key, WrappingAlgorithm::RsaesOaepSha256)?;
/// assert_eq!(wrapped.len(), 256);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// What KMS would refuse is refused here first, as [`WrappingAlgorithm::check`] does; [`WrapError::OpenSsl`] where OpenSSL fails or has no
/// AES key wrap, [`WrapError::File`] where there is no memory for the ephemeral key.
pub fn wrap(material: &KeyMaterial, key: &WrappingKey, algorithm: WrappingAlgorithm) -> Result<Vec<u8>, WrapError> {
    algorithm.check(material.spec(), key.spec(), Some(material.byte_count()))?;
    let wrapped = on_clean_stack(|| match algorithm.uses_aes_key_wrap() {
        true => rsa_aes_key_wrap(material.expose(), key, algorithm),
        false => Ok(oaep::encrypt(material.expose(), key.public(), algorithm.digest())?),
    })?;
    check_length(wrapped.len(), algorithm, key.spec(), Some(material.byte_count()))?;
    Ok(wrapped)
}

/// `OAEP(random AES-256 key)` followed by `AES-KWP(material)`, as PKCS#11's CKM_RSA_AES_KEY_WRAP.
fn rsa_aes_key_wrap(material: &[u8], key: &WrappingKey, algorithm: WrappingAlgorithm) -> Result<Vec<u8>, WrapError> {
    let mut ephemeral = Secret::zeroed(32)?;
    openssl::rand::rand_bytes(ephemeral.expose_mut()).map_err(OpenSslError::step("draw random bytes"))?;
    let wrapped_material = kwp::wrap(material, ephemeral.expose())?;
    let mut wrapped = oaep::encrypt(ephemeral.expose(), key.public(), algorithm.digest())?;
    wrapped.extend_from_slice(&wrapped_material);
    Ok(wrapped)
}

/// Refuses a blob that cannot be what `algorithm` makes: `material` is the length of the key material, where known.
pub(crate) fn check_length(
    found: usize,
    algorithm: WrappingAlgorithm,
    wrapping: WrappingKeySpec,
    material: Option<usize>,
) -> Result<(), WrapError> {
    let (fits, expected) = match material {
        _ if !algorithm.uses_aes_key_wrap() => (found == wrapping.bytes(), wrapping.bytes().to_string()),
        Some(material) => {
            let exact = algorithm.wrapped_length(wrapping, material);
            (found == exact, exact.to_string())
        }
        // The smallest PKCS#8 key KMS takes is Ed25519's 48 bytes; AES-KWP gives multiples of 8.
        None => {
            let least = algorithm.wrapped_length(wrapping, 48);
            (found >= least && found.is_multiple_of(8), format!("at least {least}, a multiple of 8"))
        }
    };
    if fits { Ok(()) } else { Err(WrapError::WrappedLength { algorithm, wrapping, found, expected }) }
}

#[cfg(test)]
mod tests;
