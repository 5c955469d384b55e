//! Bring your own key into AWS KMS with the system's OpenSSL.

pub mod ceremony;
pub mod diagnose;
pub mod doctor;
mod error;
pub mod escrow;
pub mod files;
pub mod kms;
pub mod material;
pub mod moment;
pub mod openssl_probe;
pub mod proof;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
mod secret;
mod talk;
pub mod wrap;

#[cfg(feature = "rehearsal")]
pub use error::RehearsalError;
pub use error::{
    CeremonyError, Defect, EndpointError, Error, EscrowError, ExpiryError, FileError, HealthError, KmsError, LifeError,
    MaterialError, OpenSslError, ParametersError, Reason, Refusal, UsageError, WrapError, hint_of,
};
pub use secret::{Protection, Secret, protect_process};
pub use talk::{Silent, Talk};
