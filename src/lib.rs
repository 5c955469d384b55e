//! Bring your own key into AWS KMS with the system's OpenSSL.

mod error;
pub mod files;
pub mod material;
pub mod moment;
pub mod openssl_probe;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
mod secret;
mod talk;
pub mod wrap;

#[cfg(feature = "rehearsal")]
pub use error::RehearsalError;
pub use error::{
    CeremonyError, Error, ExpiryError, FileError, MaterialError, OpenSslError, ParametersError, UsageError, WrapError,
};
pub use secret::Secret;
pub use talk::{Silent, Talk};
