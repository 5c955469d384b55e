//! The wrapping algorithms and wrapping key specs of `GetParametersForImport`, and what fits into what.

use std::fmt;

use crate::material::{KeySpec, MaterialKind};

/// How key material is wrapped (API reference, `GetParametersForImport`, `WrappingAlgorithm`); parses from KMS's name, as in
/// `RSAES_OAEP_SHA_256`. Both digests of OAEP are those in the name; RSA_AES_KEY_WRAP puts an AES-256 key in OAEP and the material under
/// that key with AES-KWP (RFC 5649).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // KMS's own names
pub enum WrappingAlgorithm {
    RsaesOaepSha256,
    RsaesOaepSha1,
    RsaAesKeyWrapSha256,
    RsaAesKeyWrapSha1,
}

/// The digest of OAEP and of its MGF1; KMS uses one for both, and an empty label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum OaepDigest {
    Sha256,
    Sha1,
}

/// The size of the RSA wrapping key (API reference, `GetParametersForImport`, `WrappingKeySpec`); parses from KMS's name, as in `RSA_4096`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum WrappingKeySpec {
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

impl WrappingAlgorithm {
    /// The wrapping algorithms of KMS that this crate speaks; RSAES_PKCS1_V1_5 and SM2PKE are not among them.
    pub const ALL: [WrappingAlgorithm; 4] = [
        WrappingAlgorithm::RsaesOaepSha256,
        WrappingAlgorithm::RsaesOaepSha1,
        WrappingAlgorithm::RsaAesKeyWrapSha256,
        WrappingAlgorithm::RsaAesKeyWrapSha1,
    ];

    /// The name KMS uses, as in `RSAES_OAEP_SHA_256`.
    pub const fn name(self) -> &'static str {
        match self {
            WrappingAlgorithm::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
            WrappingAlgorithm::RsaesOaepSha1 => "RSAES_OAEP_SHA_1",
            WrappingAlgorithm::RsaAesKeyWrapSha256 => "RSA_AES_KEY_WRAP_SHA_256",
            WrappingAlgorithm::RsaAesKeyWrapSha1 => "RSA_AES_KEY_WRAP_SHA_1",
        }
    }

    /// The digest of OAEP and MGF1.
    pub const fn digest(self) -> OaepDigest {
        match self {
            WrappingAlgorithm::RsaesOaepSha256 | WrappingAlgorithm::RsaAesKeyWrapSha256 => OaepDigest::Sha256,
            WrappingAlgorithm::RsaesOaepSha1 | WrappingAlgorithm::RsaAesKeyWrapSha1 => OaepDigest::Sha1,
        }
    }

    /// Whether an ephemeral AES key stands between the wrapping key and the material.
    pub const fn uses_aes_key_wrap(self) -> bool {
        matches!(self, WrappingAlgorithm::RsaAesKeyWrapSha256 | WrappingAlgorithm::RsaAesKeyWrapSha1)
    }

    /// The algorithm used when none is asked for: RSAES_OAEP_SHA_256, and RSA_AES_KEY_WRAP_SHA_256 for RSA private keys, which do not fit
    /// into OAEP.
    pub const fn default_for(spec: KeySpec) -> Self {
        match spec.kind() {
            MaterialKind::Rsa { .. } => WrappingAlgorithm::RsaAesKeyWrapSha256,
            _ => WrappingAlgorithm::RsaesOaepSha256,
        }
    }

    /// Length in bytes of what wrapping `material` bytes gives: the modulus for OAEP, and for RSA_AES_KEY_WRAP the material in whole blocks
    /// of 8 bytes and 8 bytes more behind it (RFC 5649 §4.1).
    pub const fn wrapped_length(self, wrapping: WrappingKeySpec, material: usize) -> usize {
        if self.uses_aes_key_wrap() { wrapping.bytes() + material.next_multiple_of(8) + 8 } else { wrapping.bytes() }
    }

    /// The largest OAEP payload in bytes: k − 2·hLen − 2 (RFC 8017 §7.1.1).
    pub const fn oaep_capacity(self, wrapping: WrappingKeySpec) -> usize {
        wrapping.bytes() - 2 * self.digest().bytes() - 2
    }
}

impl KeySpec {
    /// Length in bytes of the key material that `generate` makes: exact for raw bytes, OpenSSL's PKCS#8 for private keys, about for RSA.
    pub const fn usual_length(self) -> usize {
        match self {
            KeySpec::SymmetricDefault => 32,
            KeySpec::Hmac224 => 28,
            KeySpec::Hmac256 => 32,
            KeySpec::Hmac384 => 48,
            KeySpec::Hmac512 => 64,
            KeySpec::EccNistEdwards25519 => 48,
            KeySpec::EccSecgP256k1 => 135,
            KeySpec::EccNistP256 => 138,
            KeySpec::EccNistP384 => 185,
            KeySpec::EccNistP521 => 241,
            KeySpec::Rsa2048 => 1216,
            KeySpec::Rsa3072 => 1793,
            KeySpec::Rsa4096 => 2374,
        }
    }
}

impl OaepDigest {
    /// Length of a hash value in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            OaepDigest::Sha256 => 32,
            OaepDigest::Sha1 => 20,
        }
    }
}

impl WrappingKeySpec {
    /// Every wrapping key spec, smallest first.
    pub const ALL: [WrappingKeySpec; 3] =
        [WrappingKeySpec::Rsa2048, WrappingKeySpec::Rsa3072, WrappingKeySpec::Rsa4096];

    /// The name KMS uses, as in `RSA_4096`.
    pub const fn name(self) -> &'static str {
        match self {
            WrappingKeySpec::Rsa2048 => "RSA_2048",
            WrappingKeySpec::Rsa3072 => "RSA_3072",
            WrappingKeySpec::Rsa4096 => "RSA_4096",
        }
    }

    /// Bits of the modulus.
    pub const fn bits(self) -> u32 {
        match self {
            WrappingKeySpec::Rsa2048 => 2048,
            WrappingKeySpec::Rsa3072 => 3072,
            WrappingKeySpec::Rsa4096 => 4096,
        }
    }

    /// Length of the modulus in bytes, which is that of an OAEP ciphertext: 256, 384 or 512.
    pub const fn bytes(self) -> usize {
        self.bits() as usize / 8
    }

    /// The wrapping key spec with a modulus of that many bits; `None` for a size that KMS does not make.
    pub fn of_bits(bits: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|spec| spec.bits() == bits)
    }
}

impl fmt::Display for WrappingAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for WrappingKeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
