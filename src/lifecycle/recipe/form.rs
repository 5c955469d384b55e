//! What is left of a file of key material when the text around it is taken off.

use crate::material::{Curve, KeySpec, MaterialKind};

pub(super) enum Form {
    /// The bytes themselves.
    Raw,
    /// A private key that `openssl pkcs8` reads, in `PEM` or `DER`.
    Key {
        form: &'static str,
        explicit_curve: bool,
    },
    Pkcs12,
    OpenSsh,
    /// A JWK with the numbers of an RSA key.
    RsaJwk,
    /// An Ed25519 seed.
    Seed,
    /// An EC scalar of that many bytes, with its curve as an element of ECPrivateKey (RFC 5915).
    Scalar {
        bytes: usize,
        curve: Vec<u8>,
    },
    /// What it is that no command reads.
    Unreadable(String),
}

/// A bare number of that many bytes under its own format; a seed with its public half says what it is.
pub(super) fn bare(bytes: usize, spec: KeySpec, said: bool) -> Form {
    let scalar = |oid: &[u8]| {
        let curve = [&[0xa0, oid.len() as u8 + 2, 6, oid.len() as u8][..], oid].concat();
        Form::Scalar { bytes, curve }
    };
    match (spec.kind(), said) {
        (MaterialKind::Ed25519, _) if bytes == 64 => Form::Seed,
        (MaterialKind::Ed25519, true) if bytes == 32 => Form::Seed,
        (MaterialKind::Ec(Curve::P256), true) => scalar(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
        (MaterialKind::Ec(Curve::P256k1), true) => scalar(&[0x2b, 0x81, 4, 0, 0x0a]),
        (MaterialKind::Ec(Curve::P384), true) => scalar(&[0x2b, 0x81, 4, 0, 0x22]),
        (MaterialKind::Ec(Curve::P521), true) => scalar(&[0x2b, 0x81, 4, 0, 0x23]),
        _ => Form::Unreadable("bytes that are not a private key by themselves".to_owned()),
    }
}
