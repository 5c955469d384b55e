//! What a run and the module's process say to each other. Neither ever says a byte of a key or of a PIN.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::token_error::TokenError;

/// No PIN is nearly as long.
pub(super) const PIN_LIMIT: usize = 1024;

/// What the run asks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Load the module, and find the one token that the URI names.
    Open { module: PathBuf, uri: String },
    /// Log in, once. A PIN that was typed follows the frame in so many raw bytes.
    Login { typed: Option<usize> },
    /// Find the one key, and see that it may be wrapped as a key of that spec.
    Find { spec: String },
    /// See whether the token wraps it by that algorithm, with a key that guards nothing.
    Try { algorithm: String },
    /// Wrap it for that public key, in DER as hex digits.
    Wrap { algorithm: String, public_key: String },
    /// Log out and end.
    Close,
}

/// What the module's process says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// It is about to call that function of the module. If nothing comes after it, that is where the module has crashed or hangs.
    Calling(String),
    /// The token is found.
    Opened { token: String, serial: String, pin: Pin },
    /// It has logged in.
    LoggedIn,
    /// The key is found.
    Found(Object),
    /// The token wraps so, by these mechanisms.
    Tried { mechanisms: String },
    /// The wrapped key, as hex digits.
    Wrapped(String),
    /// It has logged out.
    Closed,
    /// Something is wrong.
    Failed(TokenError),
}

/// Where the PIN comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Pin {
    /// The token wants none.
    NotNeeded,
    /// It is typed on the token itself.
    OnToken,
    /// The file in the URI has it.
    File,
    /// Somebody must be asked.
    Ask,
}

/// A key in a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Object {
    /// Its CKA_LABEL.
    pub(super) label: String,
    /// Its CKA_ID as hex digits.
    pub(super) id: String,
    /// How many bytes it has, where that is known: secret keys.
    pub(super) length: Option<usize>,
}
