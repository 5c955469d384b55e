//! A new key in the token: kept there, sensitive, and extractable, so that it may leave it wrapped. Nothing that bears its name is touched.

use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::types::Ulong;

use super::super::protocol::{Object, Reply};
use super::super::token_error::TokenError;
use super::super::uri;
use super::object::{name, spec_named};
use super::session::Session;
use crate::material::{Curve, KeySpec, MaterialKind};

impl Session {
    /// Refuses a name that is taken, and a key that the token cannot make. The key with that id, which an earlier run has made for the
    /// same key of KMS, is found.
    pub(super) fn vacancy(&mut self, spec: &str, id: Option<&str>) -> Result<Option<Object>, TokenError> {
        let known = spec_named(spec)?;
        let class = self.class_of(known)?;
        let there = self.matching(None)?;
        let Some(first) = there.first().copied() else {
            return self.check_makes(known).map(|()| None);
        };
        if let [key] = *self.matching(Some(class))?
            && id.is_some_and(|id| self.describe(key).id == id)
        {
            return self.find(spec).map(Some);
        }
        Err(TokenError::Exists { token: self.token.label.clone(), object: name(&self.describe(first)) })
    }

    /// Makes it, or finds the one with that id.
    pub(super) fn make(&mut self, spec: &str, id: Option<&str>) -> Result<Reply, TokenError> {
        if let Some(found) = self.vacancy(spec, id)? {
            return Ok(Reply::Found(found));
        }
        let named = match self.uri.get(uri::Attribute::Id) {
            Some(id) => id.to_vec(),
            None => match id.and_then(|id| hex::decode(id).ok()) {
                Some(id) => id,
                None => random_id()?,
            },
        };
        self.generate(spec_named(spec)?, named)?;
        self.find(spec).map(Reply::Made)
    }

    fn generate(&self, spec: KeySpec, id: Vec<u8>) -> Result<(), TokenError> {
        let label = self.uri.get(uri::Attribute::Object).unwrap_or_default().to_vec();
        let named = [Attribute::Token(true), Attribute::Label(label), Attribute::Id(id)];
        let kept = [Attribute::Private(true), Attribute::Sensitive(true), Attribute::Extractable(true)];
        let with = |more: &[Attribute]| [&named, &kept[..], more].concat();
        let public = |more: &[Attribute]| [&named[..], &[Attribute::Private(false)], more].concat();
        let session = self.calls.call("C_OpenSession", || self.module.open_rw_session(self.slot))?;
        let secret = |mechanism: Mechanism<'_>, more: &[Attribute]| {
            self.calls.call("C_GenerateKey", || session.generate_key(&mechanism, &with(more)).map(drop))
        };
        let pair = |mechanism: Mechanism<'_>, of_public: &[Attribute], of_private: &[Attribute]| {
            let (public, private) = (public(of_public), with(of_private));
            self.calls.call("C_GenerateKeyPair", || session.generate_key_pair(&mechanism, &public, &private).map(drop))
        };
        let length = |bytes: usize| Attribute::ValueLen(Ulong::new(bytes as u64));
        let signs = [Attribute::Sign(true), Attribute::Derive(true)];
        match spec.kind() {
            MaterialKind::Symmetric => {
                secret(Mechanism::AesKeyGen, &[length(32), Attribute::Encrypt(true), Attribute::Decrypt(true)])
            }
            MaterialKind::Hmac { minimum } => secret(
                Mechanism::GenericSecretKeyGen,
                &[length(minimum), Attribute::Sign(true), Attribute::Verify(true)],
            ),
            MaterialKind::Rsa { bits } => pair(
                Mechanism::RsaPkcsKeyPairGen,
                &[
                    Attribute::ModulusBits(Ulong::new(bits.into())),
                    Attribute::PublicExponent(vec![1, 0, 1]),
                    Attribute::Verify(true),
                    Attribute::Encrypt(true),
                ],
                &[Attribute::Sign(true), Attribute::Decrypt(true)],
            ),
            MaterialKind::Ec(curve) => pair(
                Mechanism::EccKeyPairGen,
                &[Attribute::EcParams(parameters(curve)), Attribute::Verify(true)],
                &signs,
            ),
            MaterialKind::Ed25519 => pair(
                Mechanism::EccEdwardsKeyPairGen,
                &[Attribute::EcParams(b"\x13\x0cedwards25519".to_vec()), Attribute::Verify(true)],
                &signs[..1],
            ),
        }
    }

    /// Whether the token has the mechanism that makes it.
    fn check_makes(&self, spec: KeySpec) -> Result<(), TokenError> {
        let (mechanism, named, bits) = match spec.kind() {
            MaterialKind::Symmetric => (Mechanism::AesKeyGen, "CKM_AES_KEY_GEN", None),
            MaterialKind::Hmac { .. } => (Mechanism::GenericSecretKeyGen, "CKM_GENERIC_SECRET_KEY_GEN", None),
            MaterialKind::Rsa { bits } => (Mechanism::RsaPkcsKeyPairGen, "CKM_RSA_PKCS_KEY_PAIR_GEN", Some(bits)),
            MaterialKind::Ec(_) => (Mechanism::EccKeyPairGen, "CKM_EC_KEY_PAIR_GEN", None),
            MaterialKind::Ed25519 => (Mechanism::EccEdwardsKeyPairGen, "CKM_EC_EDWARDS_KEY_PAIR_GEN", None),
        };
        let kind = mechanism.mechanism_type();
        let told = self.calls.attempt("C_GetMechanismInfo", || self.module.get_mechanism_info(self.slot, kind));
        let told = told.ok().filter(|told| told.generate() || told.generate_key_pair());
        let lacking = match (told, bits) {
            (None, _) => format!("it does not have {named}"),
            (Some(told), Some(bits)) if (told.max_key_size() as u64) < u64::from(bits) => {
                format!("its {named} makes keys of at most {} bits", told.max_key_size())
            }
            _ => return Ok(()),
        };
        Err(TokenError::CannotMake { token: self.token.label.clone(), spec: spec.name().to_owned(), lacking })
    }
}

/// The DER OBJECT IDENTIFIER of a curve: RFC 5480 §2.1.1.1, and SEC 2 §A.2.1 for secp256k1.
fn parameters(curve: Curve) -> Vec<u8> {
    let object: &[u8] = match curve {
        Curve::P256 => &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        Curve::P384 => &[0x06, 5, 0x2b, 0x81, 0x04, 0x00, 0x22],
        Curve::P521 => &[0x06, 5, 0x2b, 0x81, 0x04, 0x00, 0x23],
        Curve::P256k1 => &[0x06, 5, 0x2b, 0x81, 0x04, 0x00, 0x0a],
    };
    object.to_vec()
}

/// Both halves of a pair bear it.
fn random_id() -> Result<Vec<u8>, TokenError> {
    let mut id = vec![0; 16];
    openssl::rand::rand_bytes(&mut id).map_err(|error| openssl("draw random bytes", &error))?;
    Ok(id)
}

fn openssl(step: &str, error: &openssl::error::ErrorStack) -> TokenError {
    TokenError::OpenSsl { step: step.to_owned(), because: error.to_string() }
}
