//! Bring your own key into AWS KMS with the system's OpenSSL.

mod error;
pub mod material;
pub mod openssl_probe;
mod secret;
mod talk;
pub mod wrap;

pub use error::{Error, FileError, MaterialError, OpenSslError, WrapError};
pub use secret::Secret;
pub use talk::{Silent, Talk};
