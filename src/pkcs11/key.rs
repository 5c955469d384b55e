//! A key in a token, as the run has it: it can be wrapped, and cannot be looked at.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use super::error::Pkcs11Error;
use super::launch::Launch;
use super::protocol::{Object, Pin, Reply, Request};
use super::token_error::TokenError;
use super::uri::Uri;
use crate::explain::Explain;
use crate::files::FileError;
use crate::material::{KeyMaterial, KeySpec, Places, TokenObject};
use crate::secret::Secret;
use crate::wrap::{Held, WrapError, WrappingAlgorithm, WrappingKey, WrappingKeySpec};

/// Asks somebody for the PIN of the token of that name; nothing where there is nobody to ask.
pub type AskPin<'a> = &'a mut dyn FnMut(&str) -> Result<Option<Secret>, FileError>;

/// A key in a token. The module's process lives as long as it.
pub struct TokenKey {
    spec: KeySpec,
    object: TokenObject,
    length: Option<usize>,
    places: Places,
    connection: Mutex<Connection>,
}

impl TokenKey {
    /// Loads the module in a process of its own, logs into the token, and finds the key: one that may leave the token wrapped, and fits
    /// `spec`. `module` is the file of the token's maker; where it is `None`, the URI says it.
    ///
    /// # Errors
    /// [`Pkcs11Error::NoModule`], [`Pkcs11Error::TwoModules`] and [`Pkcs11Error::ModuleMissing`] for the module, [`Pkcs11Error::Crashed`]
    /// and [`Pkcs11Error::Hung`] for what it does, [`Pkcs11Error::NoPin`] where nobody can be asked, and [`Pkcs11Error::Token`] for what
    /// the token says.
    pub fn open(
        launch: &Launch,
        module: Option<&Path>,
        uri: &Uri,
        spec: KeySpec,
        pin: AskPin<'_>,
    ) -> Result<Self, Pkcs11Error> {
        let module = module_file(module, uri)?;
        let mut connection = Connection::start(launch, &module)?;
        let opened = connection.ask(&Request::Open { module: module.clone(), uri: uri.to_string() }, None)?;
        let Reply::Opened { token, serial, pin: wanted } = opened else { return Err(Pkcs11Error::Nonsense) };
        log_in(&mut connection, wanted, &token, pin)?;
        let Reply::Found(Object { label, id, length }) =
            connection.ask(&Request::Find { spec: spec.name().to_owned() }, None)?
        else {
            return Err(Pkcs11Error::Nonsense);
        };
        let (module, uri) = (module.display().to_string(), uri.to_string());
        let object = TokenObject { module, uri, token, serial, object: label, id };
        Ok(TokenKey { spec, object, length, places: Places::default(), connection: Mutex::new(connection) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries the PIN once.
fn log_in(connection: &mut Connection, wanted: Pin, token: &str, ask: AskPin<'_>) -> Result<(), Pkcs11Error> {
    let typed = match wanted {
        Pin::NotNeeded => return Ok(()),
        Pin::OnToken | Pin::File => None,
        Pin::Ask => Some(ask(token)?.ok_or_else(|| Pkcs11Error::NoPin { token: token.to_owned() })?),
    };
    let request = Request::Login { typed: typed.as_ref().map(Secret::len) };
    match connection.ask(&request, typed.as_ref())? {
        Reply::LoggedIn => Ok(()),
        _ => Err(Pkcs11Error::Nonsense),
    }
}

/// The one file that is loaded, by its whole path: nothing is looked for on the way that the system loads libraries from.
fn module_file(given: Option<&Path>, uri: &Uri) -> Result<PathBuf, Pkcs11Error> {
    let found = |module: &Path| {
        module.canonicalize().map_err(|source| Pkcs11Error::ModuleMissing { module: module.to_owned(), source })
    };
    match (given, uri.module()) {
        (None, None) => Err(Pkcs11Error::NoModule),
        (Some(given), None) => found(given),
        (None, Some(named)) => found(&named),
        (Some(given), Some(named)) if found(given)? == found(&named)? => found(given),
        (Some(given), Some(named)) => Err(Pkcs11Error::TwoModules { given: given.to_owned(), named }),
    }
}

impl Held for TokenKey {
    fn spec(&self) -> KeySpec {
        self.spec
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

    /// What this token can do is tried with a key that guards nothing.
    fn check(&self, algorithm: WrappingAlgorithm, wrapping: WrappingKeySpec) -> Result<(), WrapError> {
        if self.spec.is_private_key() && !algorithm.uses_aes_key_wrap() {
            return Err(elsewhere(TokenError::PrivateKeyOverOaep { algorithm: algorithm.name().to_owned() }));
        }
        algorithm.check(self.spec, wrapping, self.length)?;
        match self.connection().ask(&Request::Try { algorithm: algorithm.name().to_owned() }, None) {
            Ok(Reply::Tried { .. }) => Ok(()),
            Ok(_) => Err(elsewhere(Pkcs11Error::Nonsense)),
            Err(error) => Err(elsewhere(error)),
        }
    }

    fn public_key(&self) -> Result<Option<Vec<u8>>, Box<dyn Explain + Send + Sync>> {
        Ok(None)
    }

    fn mac(&self, _: &[u8]) -> Result<Option<Vec<u8>>, Box<dyn Explain + Send + Sync>> {
        Ok(None)
    }

    fn wrap(&self, key: &WrappingKey, algorithm: WrappingAlgorithm) -> Result<Vec<u8>, WrapError> {
        self.check(algorithm, key.spec())?;
        let request = Request::Wrap { algorithm: algorithm.name().to_owned(), public_key: hex::encode(key.der()) };
        let wrapped = match self.connection().ask(&request, None).map_err(elsewhere)? {
            Reply::Wrapped(digits) => hex::decode(digits).map_err(|_| elsewhere(Pkcs11Error::Nonsense))?,
            _ => return Err(elsewhere(Pkcs11Error::Nonsense)),
        };
        crate::wrap::check_length(wrapped.len(), algorithm, key.spec(), self.length)?;
        Ok(wrapped)
    }
}

fn elsewhere(error: impl Into<Pkcs11Error>) -> WrapError {
    WrapError::Elsewhere(Box::new(error.into()))
}
