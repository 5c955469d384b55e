//! A session with the one token that the URI names.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::UserType;
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::RawAuthPin;

use super::super::protocol::{PIN_LIMIT, Pin, Reply};
use super::super::token_error::TokenError;
use super::super::uri::{Attribute, Uri, version};
use super::calls::{Calls, refused};
use super::way::Found;
use crate::explain::Explain;
use crate::material::KeySpec;
use crate::secret::Secret;

/// A token that is open, and what was found in it.
pub(super) struct Session {
    pub(super) calls: Rc<Calls>,
    pub(super) module: Pkcs11,
    pub(super) slot: Slot,
    pub(super) uri: Uri,
    pub(super) token: Token,
    /// Dropped before the module is.
    pub(super) session: cryptoki::session::Session,
    /// The key, once it is found.
    pub(super) key: Option<(KeySpec, ObjectHandle)>,
    /// How the token wraps by the algorithms that were tried.
    pub(super) ways: RefCell<BTreeMap<&'static str, Found>>,
}

/// What is needed of a token's description.
pub(super) struct Token {
    pub(super) label: String,
    serial: String,
    pin: Pin,
    locked: bool,
    last_try: bool,
    lengths: (usize, usize),
}

impl Session {
    /// Loads the module, and opens a session with the one token that the URI names.
    pub(super) fn open(calls: Rc<Calls>, path: &Path, uri: &str) -> Result<Self, TokenError> {
        let uri: Uri = uri.parse().map_err(|_| not_a_module(path, "the URI cannot be read".to_owned()))?;
        let module = calls.attempt("dlopen", || Pkcs11::new(path)).map_err(|error| unloadable(path, &error))?;
        let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        calls.call("C_Initialize", || module.initialize(arguments))?;
        let slot = the_slot(&calls, &module, &uri)?;
        let info = calls.call("C_GetTokenInfo", || module.get_token_info(slot))?;
        let token = Token::of(&info, &uri);
        let session = calls.call("C_OpenSession", || module.open_ro_session(slot))?;
        Ok(Session { calls, module, slot, uri, token, session, key: None, ways: RefCell::default() })
    }

    /// What the run is told of it.
    pub(super) fn opened(&self) -> Reply {
        Reply::Opened { token: self.token.label.clone(), serial: self.token.serial.clone(), pin: self.token.pin }
    }

    /// Tries the PIN, once. A token that may lock itself is not touched.
    pub(super) fn log_in(&self, typed: Option<&Secret>) -> Result<(), TokenError> {
        let token = self.token.label.clone();
        if self.token.locked {
            return Err(TokenError::PinLocked { token });
        }
        if self.token.last_try {
            return Err(TokenError::PinLastTry { token });
        }
        let from_file = match self.token.pin {
            Pin::File => Some(self.pin_in_file()?),
            _ => None,
        };
        let result = match from_file.as_ref().or(typed) {
            Some(pin) => {
                let (found, (least, most)) = (pin.len(), self.token.lengths);
                if found < least || (most > 0 && found > most) {
                    return Err(TokenError::PinLength { token, found, least, most });
                }
                // The crate takes bytes in a box of its own, which it wipes.
                let bytes = RawAuthPin::new(Box::new(pin.expose().to_vec()));
                self.calls.attempt("C_Login", || self.session.login_with_raw(UserType::User, &bytes))
            }
            None => self.calls.attempt("C_Login", || self.session.login(UserType::User, None)),
        };
        match result {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(TokenError::PinWrong { token, locked: true }),
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _)) => {
                let now = self.calls.attempt("C_GetTokenInfo", || self.module.get_token_info(self.slot));
                Err(TokenError::PinWrong { token, locked: now.is_ok_and(|now| now.user_pin_locked()) })
            }
            Err(error) => Err(refused("C_Login", &error)),
        }
    }

    /// The PIN, without the line end that an editor puts there.
    fn pin_in_file(&self) -> Result<Secret, TokenError> {
        let path = self.uri.pin_source().unwrap_or(Path::new(""));
        let mut pin = Secret::read_file("PIN file", path, PIN_LIMIT).map_err(|error| TokenError::PinFile {
            file: path.display().to_string(),
            because: error.because().unwrap_or_else(|| error.to_string()),
        })?;
        let text = pin.expose();
        let length = text.strip_suffix(b"\n").map_or(text.len(), |text| text.strip_suffix(b"\r").unwrap_or(text).len());
        pin.truncate(length);
        Ok(pin)
    }

    /// Logs out, which takes everything with it that was made here.
    pub(super) fn close(self) -> Result<(), TokenError> {
        let Session { calls, module, session, .. } = self;
        let _ = calls.attempt("C_Logout", || session.logout());
        let _ = calls.attempt("C_CloseSession", || session.close());
        calls.call("C_Finalize", || module.finalize())
    }
}

impl Token {
    fn of(info: &TokenInfo, uri: &Uri) -> Self {
        let pin = match (info.login_required(), info.protected_authentication_path(), uri.pin_source()) {
            (false, ..) => Pin::NotNeeded,
            (true, true, _) => Pin::OnToken,
            (true, false, Some(_)) => Pin::File,
            (true, false, None) => Pin::Ask,
        };
        Token {
            label: info.label().trim_end().to_owned(),
            serial: info.serial_number().trim_end().to_owned(),
            pin,
            locked: info.user_pin_locked(),
            last_try: info.user_pin_final_try(),
            lengths: (info.min_pin_length(), info.max_pin_length()),
        }
    }
}

/// The slot of the one token that fits.
fn the_slot(calls: &Calls, module: &Pkcs11, uri: &Uri) -> Result<Slot, TokenError> {
    let library = calls.call("C_GetInfo", || module.get_library_info())?;
    let is_version = |wanted: &[u8]| {
        let (major, minor) = std::str::from_utf8(wanted).ok().and_then(version).unwrap_or_default();
        let is = library.library_version();
        is.major() == major && minor.is_none_or(|minor| is.minor() == minor)
    };
    let is_library = is(uri, Attribute::LibraryManufacturer, library.manufacturer_id())
        && is(uri, Attribute::LibraryDescription, library.library_description())
        && uri.get(Attribute::LibraryVersion).is_none_or(is_version);
    let (mut fitting, mut all) = (Vec::new(), Vec::new());
    for slot in calls.call("C_GetSlotList", || module.get_slots_with_token())? {
        let info = match calls.attempt("C_GetTokenInfo", || module.get_token_info(slot)) {
            Err(Error::Pkcs11(RvError::TokenNotPresent | RvError::TokenNotRecognized, _)) => continue,
            info => info.map_err(|error| refused("C_GetTokenInfo", &error))?,
        };
        if !info.token_initialized() {
            continue;
        }
        let name = format!("`{}` (serial {})", info.label().trim_end(), info.serial_number().trim_end());
        all.push(name.clone());
        let of_slot = calls.call("C_GetSlotInfo", || module.get_slot_info(slot))?;
        let fits = is_library
            && is(uri, Attribute::Token, info.label())
            && is(uri, Attribute::Manufacturer, info.manufacturer_id())
            && is(uri, Attribute::Serial, info.serial_number())
            && is(uri, Attribute::Model, info.model())
            && is(uri, Attribute::SlotManufacturer, of_slot.manufacturer_id())
            && is(uri, Attribute::SlotDescription, of_slot.slot_description())
            && is(uri, Attribute::SlotId, &slot.id().to_string());
        if fits {
            fitting.push((slot, name));
        }
    }
    match &*fitting {
        [(slot, _)] => Ok(*slot),
        [] => Err(TokenError::NoToken { there: all }),
        several => Err(TokenError::SeveralTokens { there: several.iter().map(|(_, name)| name.clone()).collect() }),
    }
}

/// Fields of PKCS#11 are filled up with blanks.
fn is(uri: &Uri, attribute: Attribute, value: &str) -> bool {
    uri.get(attribute).is_none_or(|wanted| wanted.trim_ascii_end() == value.trim_end().as_bytes())
}

fn unloadable(path: &Path, error: &Error) -> TokenError {
    let because = match error {
        Error::LibraryLoading(error) => error.to_string(),
        Error::MissingSymbol(name) => format!("it has no function {name}"),
        other => super::calls::code(other),
    };
    not_a_module(path, because)
}

fn not_a_module(path: &Path, because: String) -> TokenError {
    TokenError::NotAModule { module: path.display().to_string(), because }
}
