//! A public key as a JSON Web Key (RFC 7517, RFC 7518 §6, RFC 8037, RFC 8812).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::numbers::Numbers;
use super::thumbprint::{Members, thumbprint};
use super::{PublicKey, PublicKeyError};
use crate::material::{Curve, KeySpec, KeyUsage, MaterialKind};

/// A public JWK, with `kty`, the key's numbers, `use`, `alg` and `kid`. It serializes to JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Jwk {
    #[serde(flatten)]
    members: Members,
    /// `sig` or `enc` (RFC 7517 §4.2).
    #[serde(rename = "use")]
    usage: &'static str,
    /// The algorithm (RFC 7517 §4.4), as in `ES256`.
    alg: &'static str,
    /// The thumbprint (RFC 7638).
    kid: String,
}

impl Jwk {
    /// The thumbprint (RFC 7638): SHA-256 in base64url without padding, 43 characters.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that tokens are signed with by such a key, or that keys are encrypted or agreed with, as in `ES256`.
    pub fn alg(&self) -> &'static str {
        self.alg
    }
}

impl PublicKey {
    /// The JWK of a key with that usage; `kid` is its thumbprint.
    ///
    /// # Errors
    /// [`PublicKeyError::OpenSsl`] where OpenSSL fails.
    pub fn jwk(&self, usage: KeyUsage) -> Result<Jwk, PublicKeyError> {
        let members = self.members()?;
        let kid = thumbprint(&members)?;
        let alg = algorithm(self.spec, usage);
        let usage = if usage == KeyUsage::SignVerify { "sig" } else { "enc" };
        Ok(Jwk { members, usage, alg, kid })
    }

    fn members(&self) -> Result<Members, PublicKeyError> {
        let text = |bytes: Vec<u8>| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Ok(match self.numbers()? {
            Numbers::Rsa { n, e } => Members::Rsa { n: text(n), e: text(e) },
            Numbers::Ec { curve, x, y } => Members::Ec { crv: curve_name(curve), x: text(x), y: text(y) },
            Numbers::Ed25519 { x } => Members::Okp { crv: "Ed25519", x: text(x) },
        })
    }

    /// The key in a JWK, with or without members beside it.
    pub(super) fn from_jwk(jwk: &Written) -> Result<Self, JwkProblem> {
        if jwk.is_private() {
            return Err(JwkProblem::Private);
        }
        let bytes = |name, member: &Option<String>| {
            let text = member.as_deref().ok_or(JwkProblem::Missing(name))?;
            BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| JwkProblem::NotBase64(name))
        };
        let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => PublicKey::from_rsa_numbers(&bytes("n", &jwk.n)?, &bytes("e", &jwk.e)?),
            ("EC", Some(name)) => {
                let curve = Curve::ALL.into_iter().find(|curve| curve_name(*curve) == name).ok_or(JwkProblem::Unfit)?;
                PublicKey::from_point(curve, &[vec![4], bytes("x", &jwk.x)?, bytes("y", &jwk.y)?].concat())
            }
            ("OKP", Some("Ed25519")) => {
                let x = bytes("x", &jwk.x)?.try_into().map_err(|_| JwkProblem::NotAKey)?;
                PublicKey::from_ed25519(&x)
            }
            _ => return Err(JwkProblem::Unfit),
        };
        key.map_err(|error| match error {
            PublicKeyError::Unfit => JwkProblem::Unfit,
            _ => JwkProblem::NotAKey,
        })
    }
}

/// Why a JWK is no public key that KMS could have.
pub(super) enum JwkProblem {
    Private,
    Unfit,
    Missing(&'static str),
    NotBase64(&'static str),
    NotAKey,
}

/// A JWK as somebody wrote it. The members of private keys are only noticed.
#[derive(Deserialize)]
pub(super) struct Written {
    pub(super) kty: String,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<serde::de::IgnoredAny>,
    p: Option<serde::de::IgnoredAny>,
    k: Option<serde::de::IgnoredAny>,
}

impl Written {
    /// Whether it holds what is secret.
    pub(super) fn is_private(&self) -> bool {
        self.d.is_some() || self.p.is_some() || self.k.is_some()
    }
}

/// As RFC 7518 §6.2.1.1 and RFC 8812 §3.1 name it.
const fn curve_name(curve: Curve) -> &'static str {
    match curve {
        Curve::P256 => "P-256",
        Curve::P384 => "P-384",
        Curve::P521 => "P-521",
        Curve::P256k1 => "secp256k1",
    }
}

/// RSA keys sign with more than one algorithm: RS256 is what services of JWTs take unless they say otherwise.
const fn algorithm(spec: KeySpec, usage: KeyUsage) -> &'static str {
    match (spec.kind(), usage) {
        (MaterialKind::Rsa { .. }, KeyUsage::SignVerify) => "RS256",
        (MaterialKind::Rsa { .. }, _) => "RSA-OAEP-256",
        (MaterialKind::Ec(_), KeyUsage::KeyAgreement) => "ECDH-ES",
        (MaterialKind::Ec(Curve::P256), _) => "ES256",
        (MaterialKind::Ec(Curve::P384), _) => "ES384",
        (MaterialKind::Ec(Curve::P521), _) => "ES512",
        (MaterialKind::Ec(Curve::P256k1), _) => "ES256K",
        _ => "EdDSA",
    }
}
