//! A token that is logged in to, in the module's process.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::connection::Connection;
use super::error::Pkcs11Error;
use super::launch::Launch;
use super::protocol::{Object, Pin, Reply, Request};
use super::token_error::TokenError;
use super::uri::Uri;
use crate::files::FileError;
use crate::material::{KeySpec, TokenObject};
use crate::secret::Secret;
use crate::wrap::{WrapError, WrappingAlgorithm, WrappingKeySpec};

/// Asks somebody for the PIN of the token of that name; nothing where there is nobody to ask.
pub type AskPin<'a> = &'a mut dyn FnMut(&str) -> Result<Option<Secret>, FileError>;

/// How a token is reached: its module, in a process that is started so, the token among those of the module, and its PIN.
pub struct Login<'a> {
    /// How the module's process is started.
    pub launch: &'a Launch,
    /// The file of the token's maker; where it is `None`, the URI says it.
    pub module: Option<&'a Path>,
    /// The token, and the key in it.
    pub uri: &'a Uri,
    /// Asked where the PIN is to be typed.
    pub pin: AskPin<'a>,
}

/// A token that is logged in to. The module's process lives as long as it, and as the keys that were found in it.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) spec: KeySpec,
    /// Its names, without a key's.
    pub(super) names: TokenObject,
    connection: Arc<Mutex<Connection>>,
    /// Whether the way that was tried last fills up with zero bytes.
    pub(super) fills_up: Arc<AtomicBool>,
}

impl Token {
    /// Loads the module in a process of its own, finds the one token that the URI names, and logs in.
    pub(super) fn open(Login { launch, module, uri, pin }: Login<'_>, spec: KeySpec) -> Result<Self, Pkcs11Error> {
        let module = module_file(module, uri)?;
        let mut connection = Connection::start(launch, &module)?;
        let opened = connection.ask(&Request::Open { module: module.clone(), uri: uri.to_string() }, None)?;
        let Reply::Opened { token, serial, pin: wanted } = opened else { return Err(Pkcs11Error::Nonsense) };
        log_in(&mut connection, wanted, &token, pin)?;
        let (module, uri) = (module.display().to_string(), uri.to_string());
        let names = TokenObject { module, uri, token, serial, ..TokenObject::default() };
        Ok(Token { spec, names, connection: Arc::new(Mutex::new(connection)), fills_up: Arc::default() })
    }

    pub(super) fn ask(&self, request: &Request) -> Result<Reply, Pkcs11Error> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).ask(request, None)
    }

    /// Asks for bytes.
    pub(super) fn bytes(&self, request: &Request) -> Result<Option<Vec<u8>>, Pkcs11Error> {
        match self.ask(request)? {
            Reply::Bytes(digits) => digits.map(hex::decode).transpose().map_err(|_| Pkcs11Error::Nonsense),
            _ => Err(Pkcs11Error::Nonsense),
        }
    }

    /// Which key of it that is.
    pub(super) fn object(&self, found: &Object, made: bool) -> TokenObject {
        TokenObject { object: found.label.clone(), id: found.id.clone(), made, ..self.names.clone() }
    }

    /// What this token can do is tried with a key that guards nothing.
    pub(super) fn check(
        &self,
        algorithm: WrappingAlgorithm,
        wrapping: WrappingKeySpec,
        length: Option<usize>,
    ) -> Result<(), WrapError> {
        if self.spec.is_private_key() && !algorithm.uses_aes_key_wrap() {
            return Err(elsewhere(TokenError::PrivateKeyOverOaep { algorithm: algorithm.name().to_owned() }));
        }
        algorithm.check(self.spec, wrapping, length)?;
        self.can_wrap(algorithm).map(drop).map_err(elsewhere)
    }

    /// By which mechanisms it wraps.
    pub(super) fn can_wrap(&self, algorithm: WrappingAlgorithm) -> Result<String, Pkcs11Error> {
        match self.ask(&Request::Try { algorithm: algorithm.name().to_owned() })? {
            Reply::Tried { mechanisms, fills_up } => {
                self.fills_up.store(fills_up, Ordering::Relaxed);
                Ok(mechanisms)
            }
            _ => Err(Pkcs11Error::Nonsense),
        }
    }
}

impl Token {
    /// What is odd about how it wraps.
    pub(super) fn caveat(&self) -> Option<&'static str> {
        (self.spec.is_private_key() && self.fills_up.load(Ordering::Relaxed)).then_some(FILLS_UP)
    }
}

const FILLS_UP: &str = "the token fills the private key up with zero bytes before AES-KWP, and RFC 5649 does that itself and takes them off again: whether AWS takes such a key is not known";

pub(super) fn elsewhere(error: impl Into<Pkcs11Error>) -> WrapError {
    WrapError::Elsewhere(Box::new(error.into()))
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
