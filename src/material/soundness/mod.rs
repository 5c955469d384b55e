//! Key material that is complete and fits its key spec, and that nobody should use.
//!
//! Only what shows at a glance: no test tells a random key from one of a bad generator. KMS's own checks are not published.

mod pattern;
mod rsa;
#[cfg(test)]
mod tests;
mod weakness;

use openssl::error::ErrorStack;
use zeroize::Zeroizing;

pub use self::weakness::Weakness;
use super::{KeyMaterial, MaterialKind};
use crate::secret::on_clean_stack;

impl KeyMaterial {
    /// What is weak about it, or forbidden by a standard (FIPS 186-5, CVE-2017-15361); usually nothing. A pattern that this names comes by
    /// chance less than once in 2^40 keys.
    pub fn weaknesses(&self) -> Vec<Weakness> {
        weaknesses(self)
    }
}

/// What is weak about `material`; usually nothing.
fn weaknesses(material: &KeyMaterial) -> Vec<Weakness> {
    on_clean_stack(|| match material.spec().kind() {
        MaterialKind::Symmetric | MaterialKind::Hmac { .. } => weak("the key material", material.expose()),
        // The key was read and checked before: OpenSSL can do it again.
        MaterialKind::Rsa { .. } => rsa::weaknesses(material).unwrap_or_default(),
        MaterialKind::Ec(_) | MaterialKind::Ed25519 => {
            secret_number(material).map(|number| weak("the private number", &number)).unwrap_or_default()
        }
    })
}

fn weak(what: &str, bytes: &[u8]) -> Vec<Weakness> {
    pattern::of(bytes).map(|pattern| Weakness::weak(what, &pattern)).into_iter().collect()
}

/// The scalar of an EC key, the seed of an Ed25519 key.
fn secret_number(material: &KeyMaterial) -> Option<Zeroizing<Vec<u8>>> {
    if material.spec().kind() == MaterialKind::Ed25519 {
        // RFC 8410 §7: the seed is the end of the PKCS#8 that `KeyMaterial` holds.
        let bytes = material.expose();
        return bytes.len().checked_sub(32).map(|start| Zeroizing::new(bytes[start..].to_vec()));
    }
    let number = || -> Result<Vec<u8>, ErrorStack> {
        let key = openssl::pkey::PKey::private_key_from_der(material.expose())?.ec_key()?;
        let length = key.group().order_bits().div_ceil(8);
        key.private_key().to_vec_padded(length.cast_signed())
    };
    number().ok().map(Zeroizing::new)
}
