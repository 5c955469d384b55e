//! How key material is wrapped.

use crate::material::KeySpec;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// How key material is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrapping {
    /// The wrapping algorithm.
    pub algorithm: WrappingAlgorithm,
    /// The size of the wrapping key.
    pub key_spec: WrappingKeySpec,
}

impl Wrapping {
    /// RSA_4096 with what is usual for a key spec: see [`WrappingAlgorithm::default_for`].
    pub fn default_for(spec: KeySpec) -> Self {
        Wrapping { algorithm: WrappingAlgorithm::default_for(spec), key_spec: WrappingKeySpec::Rsa4096 }
    }

    /// How bytes are wrapped that are imported a second time: as cheaply as can be.
    pub(crate) const OF_PROOFS: Wrapping =
        Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key_spec: WrappingKeySpec::Rsa2048 };
}
