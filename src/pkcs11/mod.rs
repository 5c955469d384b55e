//! A key in a token that speaks PKCS#11: a HSM, a smart card, SoftHSM. Its bytes never leave the token but wrapped for KMS's public key.
//!
//! The maker's module is foreign code that is loaded into the process which calls it. So it is loaded in a process of its own, which
//! [`serve`] is: without credentials of AWS, without the run's memory, and whatever it crashes or hangs in is its own. [`TokenKey`] is the
//! key on this side: it is [`Held`](crate::wrap::Held) as key material in memory is, and is wrapped where it lies.
//!
//! The key is named by a [`Uri`] of RFC 7512. The PIN comes from a file that only the module's process reads, or through a pipe from
//! whoever types it. It is tried once: tokens lock themselves.

mod abilities;
mod child;
mod connection;
mod error;
mod frame;
mod key;
mod launch;
mod maker;
mod protocol;
mod token;
mod token_error;
mod uri;

pub use self::abilities::{Abilities, Ability};
pub use self::child::serve;
pub use self::error::Pkcs11Error;
pub use self::key::TokenKey;
pub use self::launch::Launch;
pub use self::maker::TokenMaker;
pub use self::token::{AskPin, Login};
pub use self::token_error::TokenError;
pub use self::uri::Uri;
