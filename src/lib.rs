//! Bring your own key into AWS KMS with the system's OpenSSL.

mod error;
pub mod material;
mod talk;
pub mod wrap;

pub use error::{Error, FileError, MaterialError, OpenSslError, WrapError};
pub use talk::{Silent, Talk};
