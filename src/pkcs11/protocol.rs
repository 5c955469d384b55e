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
    /// See whether the name is free for a new key of that spec. A key that bears that id, in hex digits, was made for the same key of KMS.
    Vacant { spec: String, id: Option<String> },
    /// Make it, or find the one with that id.
    Make { spec: String, id: Option<String> },
    /// Tell its public half.
    PublicKey,
    /// Compute an HMAC of that message, in hex digits.
    Mac { message: String },
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
    /// The token wraps so, by these mechanisms; and whether it fills what it wraps up with zero bytes.
    Tried { mechanisms: String, fills_up: bool },
    /// The name is free, or the key that is to be made is there.
    Vacant,
    /// It is made.
    Made(Object),
    /// The wrapped key, the public half in DER or the HMAC, as hex digits; nothing where the token does not tell it.
    Bytes(Option<String>),
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
