//! The signing algorithms of each key spec (developer guide, "Key spec reference"), and how OpenSSL verifies them.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKeyRef, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};

use crate::material::{Curve, MaterialKind};

/// One of KMS's signing algorithms.
pub(super) struct Signing {
    /// KMS's name.
    pub(super) name: &'static str,
    scheme: Scheme,
}

type Digest = fn() -> MessageDigest;

enum Scheme {
    Pkcs1(Digest),
    /// The salt is as long as the digest, and MGF1 has the same digest.
    Pss(Digest),
    Ecdsa(Digest),
    Ed25519,
}

const fn algorithm(name: &'static str, scheme: Scheme) -> Signing {
    Signing { name, scheme }
}

static RSA: [Signing; 6] = [
    algorithm("RSASSA_PKCS1_V1_5_SHA_256", Scheme::Pkcs1(MessageDigest::sha256)),
    algorithm("RSASSA_PKCS1_V1_5_SHA_384", Scheme::Pkcs1(MessageDigest::sha384)),
    algorithm("RSASSA_PKCS1_V1_5_SHA_512", Scheme::Pkcs1(MessageDigest::sha512)),
    algorithm("RSASSA_PSS_SHA_256", Scheme::Pss(MessageDigest::sha256)),
    algorithm("RSASSA_PSS_SHA_384", Scheme::Pss(MessageDigest::sha384)),
    algorithm("RSASSA_PSS_SHA_512", Scheme::Pss(MessageDigest::sha512)),
];
static ECDSA_256: [Signing; 1] = [algorithm("ECDSA_SHA_256", Scheme::Ecdsa(MessageDigest::sha256))];
static ECDSA_384: [Signing; 1] = [algorithm("ECDSA_SHA_384", Scheme::Ecdsa(MessageDigest::sha384))];
static ECDSA_512: [Signing; 1] = [algorithm("ECDSA_SHA_512", Scheme::Ecdsa(MessageDigest::sha512))];
static ED25519: [Signing; 1] = [algorithm("ED25519_SHA_512", Scheme::Ed25519)];

/// Those of a key spec that OpenSSL verifies, the usual one first.
pub(super) fn signing(kind: MaterialKind) -> &'static [Signing] {
    match kind {
        MaterialKind::Rsa { .. } => &RSA,
        MaterialKind::Ec(Curve::P256 | Curve::P256k1) => &ECDSA_256,
        MaterialKind::Ec(Curve::P384) => &ECDSA_384,
        MaterialKind::Ec(Curve::P521) => &ECDSA_512,
        MaterialKind::Ed25519 => &ED25519,
        MaterialKind::Symmetric | MaterialKind::Hmac { .. } => &[],
    }
}

/// The algorithm of a key spec that is not verified here: Ed25519ph (RFC 8032 §5.1) is in OpenSSL from 3.2 on, by an interface that the
/// `openssl` crate does not have.
pub(super) fn not_verified(kind: MaterialKind) -> Option<&'static str> {
    (kind == MaterialKind::Ed25519).then_some("ED25519_PH_SHA_512")
}

impl Signing {
    /// Whether it is a signature of `message`. One that is no DER at all is an error to OpenSSL and a wrong signature to us.
    pub(super) fn verifies(&self, public: &PKeyRef<Public>, message: &[u8], signature: &[u8]) -> bool {
        self.verified(public, message, signature).unwrap_or(false)
    }

    fn verified(&self, public: &PKeyRef<Public>, message: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        match self.scheme {
            Scheme::Ed25519 => Verifier::new_without_digest(public)?.verify_oneshot(signature, message),
            Scheme::Pkcs1(digest) | Scheme::Ecdsa(digest) => {
                Verifier::new(digest(), public)?.verify_oneshot(signature, message)
            }
            Scheme::Pss(digest) => {
                let mut verifier = Verifier::new(digest(), public)?;
                verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
                verifier.set_rsa_mgf1_md(digest())?;
                verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
                verifier.verify_oneshot(signature, message)
            }
        }
    }
}
