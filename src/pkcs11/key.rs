//! A key in a token, as the run has it: it can be wrapped, and cannot be looked at.

use std::sync::OnceLock;

use super::error::Pkcs11Error;
use super::protocol::{Object, Reply, Request};
use super::token::{Login, Token, elsewhere};
use super::token_error::TokenError;
use crate::explain::Explain;
use crate::material::{KeyMaterial, KeySpec, Places, TokenObject};
use crate::wrap::{Held, WrapError, WrappingAlgorithm, WrappingKey, WrappingKeySpec};

/// A key in a token. The module's process lives as long as it.
pub struct TokenKey {
    token: Token,
    object: TokenObject,
    length: Option<usize>,
    places: Places,
    /// The algorithm that was asked for, which the token can do.
    checked: OnceLock<WrappingAlgorithm>,
    allow_sha1: bool,
}

impl TokenKey {
    /// Loads the module in a process of its own, logs into the token, and finds the key: one that may leave the token wrapped, and fits
    /// `spec`.
    ///
    /// # Errors
    /// [`Pkcs11Error::NoModule`], [`Pkcs11Error::TwoModules`] and [`Pkcs11Error::ModuleMissing`] for the module, [`Pkcs11Error::Crashed`]
    /// and [`Pkcs11Error::Hung`] for what it does, [`Pkcs11Error::NoPin`] where nobody can be asked, and [`Pkcs11Error::Token`] for what
    /// the token says.
    pub fn open(login: Login<'_>, spec: KeySpec) -> Result<Self, Pkcs11Error> {
        let token = Token::open(login, spec)?;
        match token.ask(&Request::Find { spec: spec.name().to_owned() })? {
            Reply::Found(found) => Ok(TokenKey::of(token, &found, false)),
            _ => Err(Pkcs11Error::Nonsense),
        }
    }

    /// One that the module's process has found or made.
    pub(super) fn of(token: Token, found: &Object, made: bool) -> Self {
        let object = token.object(found, made);
        let (places, checked) = (Places::default(), OnceLock::new());
        TokenKey { token, object, length: found.length, places, checked, allow_sha1: false }
    }

    /// With SHA-1 in OAEP for the import that proves what the key holds, where the token has nothing else.
    pub fn allow_sha1(self, allow: bool) -> Self {
        TokenKey { allow_sha1: allow, ..self }
    }
}

impl Held for TokenKey {
    fn spec(&self) -> KeySpec {
        self.token.spec
    }

    fn length(&self) -> Option<usize> {
        self.length
    }

    fn bytes(&self) -> Option<&KeyMaterial> {
        None
    }

    fn places(&self) -> &Places {
        &self.places
    }

    fn token(&self) -> Option<&TokenObject> {
        Some(&self.object)
    }

    fn check(&self, algorithm: WrappingAlgorithm, wrapping: WrappingKeySpec) -> Result<(), WrapError> {
        self.token.check(algorithm, wrapping, self.length)?;
        let _ = self.checked.set(algorithm);
        Ok(())
    }

    fn public_key(&self) -> Result<Option<Vec<u8>>, Box<dyn Explain + Send + Sync>> {
        if !self.token.spec.is_private_key() {
            return Ok(None);
        }
        self.token.bytes(&Request::PublicKey).map_err(|error| Box::new(error) as _)
    }

    fn mac(&self, message: &[u8]) -> Result<Option<Vec<u8>>, Box<dyn Explain + Send + Sync>> {
        self.token.bytes(&Request::Mac { message: hex::encode(message) }).map_err(|error| Box::new(error) as _)
    }

    fn wrap(&self, key: &WrappingKey, algorithm: WrappingAlgorithm) -> Result<Vec<u8>, WrapError> {
        self.token.check(algorithm, key.spec(), self.length)?;
        let request = Request::Wrap { algorithm: algorithm.name().to_owned(), public_key: hex::encode(key.der()) };
        let wrapped = self.token.bytes(&request).and_then(|wrapped| wrapped.ok_or(Pkcs11Error::Nonsense));
        let wrapped = wrapped.map_err(elsewhere)?;
        let _ = self.checked.set(algorithm);
        crate::wrap::check_length(wrapped.len(), algorithm, key.spec(), self.length)?;
        Ok(wrapped)
    }

    fn caveat(&self) -> Option<&'static str> {
        self.token.caveat()
    }

    /// What was asked for goes again. Where nothing was, a token that does OAEP with SHA-1 only does that, if it is allowed.
    fn proving_algorithm(&self, usual: WrappingAlgorithm) -> WrappingAlgorithm {
        if let Some(checked) = self.checked.get() {
            return *checked;
        }
        match self.token.can_wrap(usual) {
            Err(Pkcs11Error::Token(TokenError::OaepSha1Only { .. })) if self.allow_sha1 => {
                WrappingAlgorithm::RsaesOaepSha1
            }
            _ => usual,
        }
    }
}
