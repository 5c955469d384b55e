//! The order of things: which call follows which, what is written down before it, and what stands when it breaks off.
//!
//! This room knows neither how bytes are wrapped nor how AWS is spoken to.

mod alias;
mod copy;
mod create;
mod existing;
mod import;
mod journal;
mod memory;
mod parameters;
mod policy;
mod provision;
mod request;
mod verify;

pub use self::alias::AliasName;
pub use self::copy::Copy;
pub use self::create::create_key;
pub use self::import::{BareImport, ImportOptions, import_bare, import_set};
pub use self::journal::{Journal, Leftover, Report};
pub use self::memory::{Memory, REQUEST_TAG};
pub use self::parameters::{ENCRYPTED_FILE, ParameterSet, WrappedMaterial, check_fingerprint, check_importable};
pub use self::provision::{Provision, Source, conclude, provision};
pub use self::request::KeyRequest;
pub use self::verify::verify;

/// The account of every key in the embedded KMS; AWS has no such account.
pub const REHEARSAL_ACCOUNT: &str = "000000000000";
