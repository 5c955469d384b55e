//! Bring your own key into AWS KMS with the system's OpenSSL.
//!
//! A KMS key of origin EXTERNAL is made empty and waits for [`material`]. KMS hands out a wrapping public key and an import token,
//! which belong together with the key, its spec and the algorithm: a [`parameters::ParameterSet`] holds them as one value. [`mod@wrap`]
//! encrypts the material for that public key, with OpenSSL and both OAEP digests set, and ImportKeyMaterial brings it in. Nothing that
//! is asked afterwards is taken for granted: a [`mod@proof`] says what KMS's answers show, and what they cannot show.
//!
//! Each stage is a type with the evidence of the one before, and each room of the crate can be used alone: [`mod@wrap`] knows OpenSSL and no
//! AWS, [`kms`] knows AWS and nothing of wrapping, [`lifecycle`] knows the order of things. Secrets live in [`Secret`] from birth to
//! wrap and are wiped. Every failure is an [`Error`]: a cause, a fix, and what OpenSSL or AWS said. [`openssl_probe`] and [`doctor`] look
//! at the machine; [`escrow`] keeps a copy for recovery certificates. The `rehearsal` feature embeds a KMS that unwraps with real
//! private keys, so that the whole can be tried without AWS:
//!
//! ```
//! # #[cfg(feature = "rehearsal")]
//! # fn main() -> Result<(), kms_byok::Error> {
//! use std::sync::Arc;
//!
//! use kms_byok::Silent;
//! use kms_byok::lifecycle::{self, Backup, Journal, KeyRequest, PendingRequests, Provision, Source};
//! use kms_byok::kms::{KeyState, Kms};
//! use kms_byok::material::{KeySpec, KeyUsage};
//! use kms_byok::time::Expiry;
//! use kms_byok::proof::{Level, Outcome};
//! use kms_byok::rehearsal::{Server, Settings};
//! use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
//!
//! let plan = Provision {
//!     request: KeyRequest {
//!         alias: Some("alias/payments".parse()?),
//!         spec: KeySpec::SymmetricDefault,
//!         usage: KeyUsage::EncryptDecrypt,
//!         description: None,
//!         policy: None,
//!         tags: Vec::new(),
//!         multi_region: false,
//!     },
//!     source: Source::Generate(Backup::Discard),
//!     algorithm: WrappingAlgorithm::RsaesOaepSha256,
//!     wrapping: WrappingKeySpec::Rsa2048,
//!     expiry: Expiry::Never,
//!     material_description: None,
//!     level: Level::Use,
//!     pending: PendingRequests::default(),
//!     adopt: None,
//!     strict: false,
//! };
//! let server = Server::start(Settings::default())?;
//! let kms = Kms::rehearsal(&server.url(), "ANYBODY", Arc::new(Silent));
//! let journal = Journal::new(Arc::new(Silent));
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! lifecycle::provision(&kms, &plan, &journal).await?;
//! # Ok::<(), kms_byok::Error>(())
//! # })?;
//! let report = journal.report();
//! assert_eq!(report.key_state, Some(KeyState::Enabled));
//! assert_eq!(report.proof.unwrap().outcome(), Outcome::Proven);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "rehearsal"))]
//! # fn main() {}
//! ```

#[cfg(test)]
#[path = "../tests/support/committed.rs"]
mod committed;
pub mod diagnose;
pub mod doctor;
pub mod escrow;
mod explain;
mod file_checks;
pub mod files;
pub mod kms;
pub mod lifecycle;
pub mod material;
pub mod openssl_probe;
pub mod parameters;
mod partition;
#[cfg(test)]
mod pinned;
mod posix;
pub mod printable;
mod progress;
pub mod proof;
mod quoted;
pub mod record;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
mod secret;
pub mod time;
pub mod wrap;

pub use doctor::HealthError;
pub use escrow::EscrowError;
pub use explain::Explain;
pub use files::FileError;
pub use kms::{EndpointError, KmsError, Reason, Refusal};
pub use lifecycle::{Error, KeyError, LifecycleError, Panic, UsageError, hint_of};
pub use material::MaterialError;
pub use openssl_probe::OpenSslError;
pub use parameters::ParametersError;
pub use progress::{Progress, Silent};
pub use proof::ProofError;
#[cfg(feature = "rehearsal")]
pub use rehearsal::RehearsalError;
pub use secret::{Protection, Secret, protect_process};
pub use time::ExpiryError;
pub use wrap::WrapError;
