//! The key specs of KMS that accept imported key material, and the reason for each that does not.
//! Source: AWS KMS API reference, `CreateKey`; developer guide, "Requirements for imported key material".

use std::fmt;

/// A KMS key spec into which key material can be imported; parses from KMS's name, as in `ECC_NIST_P256`. Other names are
/// [`MaterialError::UnknownKeySpec`](super::MaterialError::UnknownKeySpec), or
/// [`MaterialError::KeySpecNotImportable`](super::MaterialError::KeySpecNotImportable) where KMS has such keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the variants are KMS's own names
pub enum KeySpec {
    SymmetricDefault,
    Hmac224,
    Hmac256,
    Hmac384,
    Hmac512,
    Rsa2048,
    Rsa3072,
    Rsa4096,
    EccNistP256,
    EccNistP384,
    EccNistP521,
    EccSecgP256k1,
    EccNistEdwards25519,
}

/// What kind of thing the key material of a key spec is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaterialKind {
    /// Raw random bytes, exactly 32: an AES-256 key.
    Symmetric,
    /// Raw random bytes of `minimum` to 128 bytes.
    Hmac {
        /// Bytes of the digest, which is the least KMS takes and what `generate` makes.
        minimum: usize,
    },
    /// A PKCS#8 RSA private key.
    Rsa {
        /// Bits of the modulus.
        bits: u32,
    },
    /// A PKCS#8 EC private key on a named curve.
    Ec(Curve),
    /// A PKCS#8 Ed25519 private key.
    Ed25519,
}

/// The named curves of KMS's EC key specs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Curve {
    P256,
    P384,
    P521,
    P256k1,
}

/// What a KMS key may be used for; fixed when the key is created. Parses from KMS's name, as in `SIGN_VERIFY`: other text is
/// [`MaterialError::UnknownKeyUsage`](super::MaterialError::UnknownKeyUsage).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum KeyUsage {
    EncryptDecrypt,
    SignVerify,
    GenerateVerifyMac,
    KeyAgreement,
}

/// The largest HMAC key that KMS imports, in bytes.
pub(crate) const HMAC_MAXIMUM: usize = 128;

impl KeySpec {
    /// Every key spec that accepts imported key material.
    pub const ALL: [KeySpec; 13] = [
        KeySpec::SymmetricDefault,
        KeySpec::Hmac224,
        KeySpec::Hmac256,
        KeySpec::Hmac384,
        KeySpec::Hmac512,
        KeySpec::Rsa2048,
        KeySpec::Rsa3072,
        KeySpec::Rsa4096,
        KeySpec::EccNistP256,
        KeySpec::EccNistP384,
        KeySpec::EccNistP521,
        KeySpec::EccSecgP256k1,
        KeySpec::EccNistEdwards25519,
    ];

    /// The name KMS uses, as in `ECC_NIST_P256`.
    pub const fn name(self) -> &'static str {
        match self {
            KeySpec::SymmetricDefault => "SYMMETRIC_DEFAULT",
            KeySpec::Hmac224 => "HMAC_224",
            KeySpec::Hmac256 => "HMAC_256",
            KeySpec::Hmac384 => "HMAC_384",
            KeySpec::Hmac512 => "HMAC_512",
            KeySpec::Rsa2048 => "RSA_2048",
            KeySpec::Rsa3072 => "RSA_3072",
            KeySpec::Rsa4096 => "RSA_4096",
            KeySpec::EccNistP256 => "ECC_NIST_P256",
            KeySpec::EccNistP384 => "ECC_NIST_P384",
            KeySpec::EccNistP521 => "ECC_NIST_P521",
            KeySpec::EccSecgP256k1 => "ECC_SECG_P256K1",
            KeySpec::EccNistEdwards25519 => "ECC_NIST_EDWARDS25519",
        }
    }

    /// What its key material is.
    pub const fn kind(self) -> MaterialKind {
        match self {
            KeySpec::SymmetricDefault => MaterialKind::Symmetric,
            KeySpec::Hmac224 => MaterialKind::Hmac { minimum: 28 },
            KeySpec::Hmac256 => MaterialKind::Hmac { minimum: 32 },
            KeySpec::Hmac384 => MaterialKind::Hmac { minimum: 48 },
            KeySpec::Hmac512 => MaterialKind::Hmac { minimum: 64 },
            KeySpec::Rsa2048 => MaterialKind::Rsa { bits: 2048 },
            KeySpec::Rsa3072 => MaterialKind::Rsa { bits: 3072 },
            KeySpec::Rsa4096 => MaterialKind::Rsa { bits: 4096 },
            KeySpec::EccNistP256 => MaterialKind::Ec(Curve::P256),
            KeySpec::EccNistP384 => MaterialKind::Ec(Curve::P384),
            KeySpec::EccNistP521 => MaterialKind::Ec(Curve::P521),
            KeySpec::EccSecgP256k1 => MaterialKind::Ec(Curve::P256k1),
            KeySpec::EccNistEdwards25519 => MaterialKind::Ed25519,
        }
    }

    /// Whether its key material is a private key (PKCS#8) rather than raw bytes.
    pub const fn is_private_key(self) -> bool {
        !matches!(self.kind(), MaterialKind::Symmetric | MaterialKind::Hmac { .. })
    }

    /// The key usages KMS allows for it (developer guide, "Key spec reference"), the default of this crate first.
    pub const fn usages(self) -> &'static [KeyUsage] {
        match self.kind() {
            MaterialKind::Symmetric => &[KeyUsage::EncryptDecrypt],
            MaterialKind::Hmac { .. } => &[KeyUsage::GenerateVerifyMac],
            MaterialKind::Rsa { .. } => &[KeyUsage::SignVerify, KeyUsage::EncryptDecrypt],
            MaterialKind::Ec(Curve::P256k1) | MaterialKind::Ed25519 => &[KeyUsage::SignVerify],
            MaterialKind::Ec(_) => &[KeyUsage::SignVerify, KeyUsage::KeyAgreement],
        }
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl KeyUsage {
    /// The name KMS uses, as in `SIGN_VERIFY`.
    pub const fn name(self) -> &'static str {
        match self {
            KeyUsage::EncryptDecrypt => "ENCRYPT_DECRYPT",
            KeyUsage::SignVerify => "SIGN_VERIFY",
            KeyUsage::GenerateVerifyMac => "GENERATE_VERIFY_MAC",
            KeyUsage::KeyAgreement => "KEY_AGREEMENT",
        }
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Curve {
    /// Every curve.
    pub(crate) const ALL: [Curve; 4] = [Curve::P256, Curve::P384, Curve::P521, Curve::P256k1];

    /// How many bytes a private number of the curve has.
    pub(crate) const fn order_bytes(self) -> usize {
        match self {
            Curve::P256 | Curve::P256k1 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    /// The name OpenSSL uses, as in `prime256v1`.
    pub const fn openssl_name(self) -> &'static str {
        match self {
            Curve::P256 => "prime256v1",
            Curve::P384 => "secp384r1",
            Curve::P521 => "secp521r1",
            Curve::P256k1 => "secp256k1",
        }
    }
}
