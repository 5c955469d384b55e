//! Bring your own key into AWS KMS with the system's OpenSSL.
//!
//! An import goes as the AWS KMS developer guide says ("Importing key material"). A KMS key of origin EXTERNAL is created without key
//! material. KMS gives a wrapping public key and an import token for it: a [`parameters::ParameterSet`]. Key [`material`] is read or
//! generated, [`mod@wrap`] encrypts it for that public key with OpenSSL and both OAEP digests set, and ImportKeyMaterial brings it in.
//! Nothing that is asked afterwards is taken for granted: a [`mod@proof`] says what KMS's answers show, and what they cannot show.
//!
//! [`Provision`] does all of it for one key; [`lifecycle`] has the other operations. Each module can be used alone: [`mod@wrap`] knows
//! OpenSSL and no AWS, [`kms`] knows AWS and nothing of wrapping, [`diagnose`] finds out why an import failed, [`doctor`] looks at the
//! machine, [`escrow`] keeps a copy for recovery certificates, [`components`] make a key that several hands hold, and a key in an HSM is wrapped there by `pkcs11`. Secrets live in [`Secret`] from birth to wrap and are wiped. Every failure
//! is an [`Error`], or the error of a module that [`Explain`]s itself as well: a cause, a fix, and what OpenSSL or AWS said. Calls to KMS
//! need a tokio runtime with I/O and time.
//!
//! The `rehearsal` feature, on by default, embeds a KMS that unwraps with real private keys, so that the whole can be tried without AWS:
//!
//! ```
//! # #[cfg(feature = "rehearsal")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kms_byok::kms::KeyState;
//! use kms_byok::rehearsal::{Server, Settings};
//! use kms_byok::{Backup, Material, Provision};
//!
//! let server = Server::start(Settings::default())?;
//! let kms = server.client(); // AWS: Kms::connect(&Connection::default()).await?
//! let done = Provision::new("alias/payments".parse()?) // the command line's defaults
//!     .material(Material::generate().backup(Backup::Discard))
//!     .run(&kms)
//!     .await?; // Provisioned, or Interrupted with what stands
//! assert_eq!(done.key.state, KeyState::Enabled);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "rehearsal"))]
//! # fn main() {}
//! ```

#[cfg(test)]
extern crate self as kms_byok;

#[cfg(test)]
#[path = "../tests/support/committed.rs"]
mod committed;
pub mod components;
pub mod diagnose;
pub mod doctor;
pub mod escrow;
mod expiries;
mod explain;
mod file_checks;
mod files;
#[cfg(feature = "fleet")]
pub mod fleet;
pub mod kms;
pub mod lifecycle;
#[cfg(all(test, feature = "schemas"))]
#[path = "../tests/support/made_schema.rs"]
mod made_schema;
pub mod material;
mod openssl_probe;
pub mod parameters;
mod partition;
#[cfg(test)]
mod pinned;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
mod posix;
mod printable;
mod progress;
pub mod proof;
pub mod public_key;
mod quoted;
mod record;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
mod secret;
pub mod time;
#[cfg(test)] // the same for what only the command line says
#[path = "cli/usage_error.rs"]
mod usage_error;
#[cfg(test)] // so that the ids and the pages are compared in the words that people read
#[path = "cli/words.rs"]
mod words;
pub mod wrap;

pub use components::ComponentError;
pub use doctor::HealthError;
pub use escrow::EscrowError;
pub use explain::{ErrorReport, Explain, Hint, Part, Setting, Step};
pub use files::{FileError, FileKind};
pub use kms::{Connection, EndpointError, Kms, KmsError, Reason, Refusal};
pub use lifecycle::{
    AliasName, Backup, BareImport, CreateKey, DeleteMaterial, Error, GetParameters, ImportWrapped, Interrupted,
    KeyError, LifecycleError, Material, Next, Provision, Replicate, Rotate, RotateByAlias, RotationError, Run, Status,
    Trust, Verify, Wrapping,
};
pub use material::MaterialError;
pub use openssl_probe::OpenSslError;
pub use parameters::ParametersError;
#[cfg(feature = "pkcs11")]
pub use pkcs11::Pkcs11Error;
pub use progress::{Progress, Silent};
pub use proof::ProofError;
pub use public_key::PublicKeyError;
#[cfg(feature = "rehearsal")]
pub use rehearsal::RehearsalError;
pub use secret::{Protection, Secret, protect_process};
pub use time::ExpiryError;
pub use wrap::WrapError;

/// What only the command line needs, and this repository's tests: not part of the library, and it may change with every release.
///
/// The binary is a crate of its own, so what it calls must be public. These items read and write files for a verb, render a hint,
/// print a command or keep a record: a program that uses the library has its own ways for that.
#[doc(hidden)]
pub mod for_the_binary {
    pub use crate::diagnose::after_refusal::refused;
    pub use crate::diagnose::item::LIMIT as DIAGNOSE_LIMIT;
    pub use crate::diagnose::opening::check_private_key;
    pub use crate::lifecycle::error::hint_of;
    pub use crate::lifecycle::import::parameters::check_importable;
    pub use crate::material::choice::{Choice, choices, choices_of_any_key};
    pub use crate::material::private_key::read_any_private_key;
    pub use crate::parameters::as_material::naming;
    pub use crate::parameters::bare::BareDirectory;
    pub use crate::parameters::fingerprint::check_fingerprint;
    pub use crate::parameters::names::ENCRYPTED_FILE;

    /// Files that are read, written and moved aside for a verb.
    pub mod files {
        pub use crate::files::{
            Output, check_distinct, check_free, check_new_plaintext, holder, is_same_name, open_to_writers, put,
            put_plaintext, read,
        };
    }

    /// The OpenSSL that is loaded, and the one on PATH.
    pub mod openssl_probe {
        pub use crate::openssl_probe::{
            Accepted, Reported, build_error, check_loaded, fips, judge, loaded, version_text,
        };
    }

    /// What expires, as a page and as metrics.
    pub use crate::expiries::Expiries;

    /// The account of a run in a file.
    pub mod record {
        pub use crate::record::{Exit, RecordFile};
    }

    /// The shell script that does what a verb does.
    pub mod recipe {
        pub use crate::lifecycle::recipe::{Conversion, Recipe, ShellBackup, ShellSource, quoted};
    }

    /// Text for a terminal or a file, without what acts on a terminal.
    pub mod printable {
        pub use crate::printable::*;
    }
}
