//! Key material that is complete and fits its key spec, and that nobody should use.
//!
//! Only what shows at a glance: no test tells a random key from one of a bad generator. KMS's own checks are not published.

mod pattern;
mod rsa;
#[cfg(test)]
mod tests;

use std::fmt;

use openssl::error::ErrorStack;
use zeroize::Zeroizing;

use super::{KeyMaterial, MaterialKind};
use crate::secret::on_clean_stack;

/// Something about key material that makes it weak, or that a standard forbids. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    id: &'static str,
    cause: String,
}

impl Weakness {
    /// Its stable name for machines: `weak_material` or `forbidden_key`.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    fn weak(what: &str, pattern: &str) -> Self {
        Weakness { id: "weak_material", cause: format!("{what} {pattern}, and whoever guesses that has the key") }
    }

    /// Of a private key that breaks FIPS 186-5.
    fn forbidden(cause: &str, section: &str) -> Self {
        let cause = format!("{cause}, which FIPS 186-5 §{section} forbids: KMS may refuse it, and others may break it");
        Weakness { id: "forbidden_key", cause }
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

/// What is weak about `material`; usually nothing.
pub(crate) fn weaknesses(material: &KeyMaterial) -> Vec<Weakness> {
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
