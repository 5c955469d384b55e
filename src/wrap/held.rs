//! Key material at hand: bytes in memory, or a key that something else makes, holds and wraps.

use super::algorithm::{WrappingAlgorithm, WrappingKeySpec};
use super::error::WrapError;
use super::wrapping_key::WrappingKey;
use crate::explain::Explain;
use crate::material::{KeyMaterial, KeySpec, Places, TokenObject};

/// Key material at hand: [`KeyMaterial`] in memory, or a key in a token that is wrapped there.
pub trait Held: Send + Sync {
    /// The key spec that it fits.
    fn spec(&self) -> KeySpec;

    /// How many bytes are wrapped, where that is known beforehand.
    fn length(&self) -> Option<usize>;

    /// The bytes, where they are in memory.
    fn bytes(&self) -> Option<&KeyMaterial>;

    /// The files that it was read from.
    fn places(&self) -> &Places;

    /// The token that holds it, where one does.
    fn token(&self) -> Option<&TokenObject> {
        None
    }

    /// Refuses what would not be wrapped so, before KMS is asked for a wrapping key of that size.
    ///
    /// # Errors
    /// As [`WrappingAlgorithm::check`], and [`WrapError::Elsewhere`] for what the holder of the key says.
    fn check(&self, algorithm: WrappingAlgorithm, wrapping: WrappingKeySpec) -> Result<(), WrapError>;

    /// The public half as DER SubjectPublicKeyInfo (RFC 5280 §4.1); nothing for symmetric and HMAC keys, and where it is not known.
    ///
    /// # Errors
    /// What OpenSSL or the holder of the key says.
    fn public_key(&self) -> Result<Option<Vec<u8>>, Box<dyn Explain + Send + Sync>>;

    /// What the key computes of `message` with the digest of its key spec, where it is an HMAC key that its holder lets compute.
    ///
    /// # Errors
    /// What the holder of the key says.
    fn mac(&self, message: &[u8]) -> Result<Option<Vec<u8>>, Box<dyn Explain + Send + Sync>>;

    /// Wraps it as `ImportKeyMaterial` wants it.
    ///
    /// # Errors
    /// As [`wrap`](super::wrap()), and [`WrapError::Elsewhere`] for what the holder of the key says.
    fn wrap(&self, key: &WrappingKey, algorithm: WrappingAlgorithm) -> Result<Vec<u8>, WrapError>;

    /// What is odd about what it has wrapped, if anything: a sentence.
    fn caveat(&self) -> Option<&'static str> {
        None
    }

    /// How it is wrapped for an import that proves what the key holds: as `usual`, or as its holder can.
    fn proving_algorithm(&self, usual: WrappingAlgorithm) -> WrappingAlgorithm {
        usual
    }
}

/// Makes a new key that never leaves it but wrapped, as a token does.
pub trait MakesKey: Send + Sync {
    /// The key spec of the key that it makes.
    fn spec(&self) -> KeySpec;

    /// Refuses what would not be wrapped so, before anything is made.
    ///
    /// # Errors
    /// As [`Held::check`].
    fn check(&self, algorithm: WrappingAlgorithm, wrapping: WrappingKeySpec) -> Result<(), WrapError>;

    /// Refuses a name that is taken. A key that an earlier run has made for the key of KMS with that id is none that is in the way.
    ///
    /// # Errors
    /// [`WrapError::Elsewhere`] for what the maker of the key says.
    fn check_free(&self, key_id: Option<&str>) -> Result<(), WrapError>;

    /// Makes it for the key of KMS with that id, or finds the one that an earlier run has made for it: there is never a second.
    ///
    /// # Errors
    /// [`WrapError::Elsewhere`] for what the maker of the key says.
    fn make(&self, key_id: Option<&str>) -> Result<Box<dyn Held>, WrapError>;
}

impl Held for KeyMaterial {
    fn spec(&self) -> KeySpec {
        self.spec()
    }

    fn length(&self) -> Option<usize> {
        Some(self.byte_count())
    }

    fn bytes(&self) -> Option<&KeyMaterial> {
        Some(self)
    }

    fn places(&self) -> &Places {
        self.places()
    }

    fn check(&self, algorithm: WrappingAlgorithm, wrapping: WrappingKeySpec) -> Result<(), WrapError> {
        algorithm.check(self.spec(), wrapping, Some(self.byte_count()))
    }

    fn public_key(&self) -> Result<Option<Vec<u8>>, Box<dyn Explain + Send + Sync>> {
        KeyMaterial::public_key(self).map_err(|error| Box::new(error) as _)
    }

    /// The bytes are at hand, and whoever has them computes it.
    fn mac(&self, _: &[u8]) -> Result<Option<Vec<u8>>, Box<dyn Explain + Send + Sync>> {
        Ok(None)
    }

    fn wrap(&self, key: &WrappingKey, algorithm: WrappingAlgorithm) -> Result<Vec<u8>, WrapError> {
        super::wrap(self, key, algorithm)
    }
}
