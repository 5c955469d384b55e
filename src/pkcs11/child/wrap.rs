//! Wrapping in the token: straight under KMS's public key, or with an AES key between them that the token makes and forgets.

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::types::Ulong;
use openssl::pkey::HasPublic;
use openssl::rsa::RsaRef;

use super::super::token_error::TokenError;
use super::algorithms;
use super::mechanism::{self, RsaAesKeyWrap};
use super::session::Session;
use super::way::{Found, Way};
use crate::wrap::WrappingKey;

impl Session {
    /// Wraps the key that was found for that public key, which is checked as always.
    pub(super) fn wrap(&self, algorithm: &str, public_key: &str) -> Result<Vec<u8>, TokenError> {
        let Found { way, .. } = self.way(algorithm)?;
        let algorithm = algorithms::named(algorithm)?;
        let cannot = |problem: String| TokenError::CannotWrap {
            token: self.token.label.clone(),
            algorithm: algorithm.name().to_owned(),
            lacking: problem,
        };
        let der = hex::decode(public_key).map_err(|_| cannot("the wrapping key is no hex".to_owned()))?;
        let key = WrappingKey::from_der(&der).map_err(|error| cannot(error.to_string()))?;
        let rsa = key.rsa().map_err(|error| cannot(error.to_string()))?;
        let Some((_, target)) = self.key else { return Err(cannot("no key was found before".to_owned())) };
        let wrapping = self.public_key(&rsa)?;
        let wrapped = self.wrap_by(way, wrapping, target);
        let _ = self.calls.attempt("C_DestroyObject", || self.session.destroy_object(wrapping));
        wrapped.map_err(|failed| super::calls::refused("C_WrapKey", &failed))
    }

    /// KMS's public key as an object of this session.
    pub(super) fn public_key<T: HasPublic>(&self, rsa: &RsaRef<T>) -> Result<ObjectHandle, TokenError> {
        let template = [
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::KeyType(KeyType::RSA),
            Attribute::Token(false),
            Attribute::Private(false),
            Attribute::Modulus(rsa.n().to_vec()),
            Attribute::PublicExponent(rsa.e().to_vec()),
            Attribute::Encrypt(true),
            Attribute::Wrap(true),
        ];
        self.calls.call("C_CreateObject", || self.session.create_object(&template))
    }

    /// Wraps in the way that was tried before.
    pub(super) fn wrap_by(
        &self,
        way: Way,
        wrapping: ObjectHandle,
        target: ObjectHandle,
    ) -> cryptoki::error::Result<Vec<u8>> {
        match way {
            Way::Oaep(digest) => self.wrapped(&Mechanism::RsaPkcsOaep(mechanism::oaep(digest)), wrapping, target),
            Way::RsaAesKeyWrap(digest) => {
                let oaep = mechanism::oaep(digest);
                let parameters = RsaAesKeyWrap::new(&oaep);
                self.wrapped(&parameters.mechanism(), wrapping, target)
            }
            Way::TwoSteps(digest, key_wrap) => {
                let ephemeral = self.aes_key(true, true)?;
                let both = self
                    .wrapped(&Mechanism::RsaPkcsOaep(mechanism::oaep(digest)), wrapping, ephemeral)
                    .and_then(|first| {
                        Ok([first, self.wrapped(&mechanism::bare(key_wrap.number), ephemeral, target)?].concat())
                    });
                let _ = self.calls.attempt("C_DestroyObject", || self.session.destroy_object(ephemeral));
                both
            }
        }
    }

    fn wrapped(
        &self,
        mechanism: &Mechanism<'_>,
        wrapping: ObjectHandle,
        target: ObjectHandle,
    ) -> cryptoki::error::Result<Vec<u8>> {
        self.calls.attempt("C_WrapKey", || self.session.wrap_key(mechanism, wrapping, target))
    }

    /// A new AES-256 key of this session, which may leave the token.
    pub(super) fn aes_key(&self, sensitive: bool, wraps: bool) -> cryptoki::error::Result<ObjectHandle> {
        let more = if wraps { Some(Attribute::Wrap(true)) } else { None };
        self.secret_key((Mechanism::AesKeyGen, KeyType::AES), 32, sensitive, more)
    }

    /// A new secret of this session of so many bytes, which may leave the token.
    pub(super) fn generic_secret(&self, length: usize, sensitive: bool) -> cryptoki::error::Result<ObjectHandle> {
        self.secret_key((Mechanism::GenericSecretKeyGen, KeyType::GENERIC_SECRET), length, sensitive, None)
    }

    fn secret_key(
        &self,
        (mechanism, kind): (Mechanism<'_>, KeyType),
        length: usize,
        sensitive: bool,
        more: Option<Attribute>,
    ) -> cryptoki::error::Result<ObjectHandle> {
        let mut template = vec![
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(kind),
            Attribute::Token(false),
            Attribute::ValueLen(Ulong::new(length as u64)),
            Attribute::Sensitive(sensitive),
            Attribute::Extractable(true),
        ];
        template.extend(more);
        self.calls.attempt("C_GenerateKey", || self.session.generate_key(&mechanism, &template))
    }
}
