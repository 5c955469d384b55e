//! The order of things: which call follows which, what is written down before it, and what stands when it breaks off.
//!
//! This room knows neither how bytes are wrapped nor how AWS is spoken to.

mod alias;
mod copy;
mod create;
mod delete;
mod delivery;
mod existing;
mod expiring;
mod history;
mod import;
mod imported;
mod inventory;
mod journal;
mod memory;
mod parameters;
mod pending;
pub mod plan;
mod policy;
mod provision;
pub mod recipe;
mod regions;
mod replica;
mod replicate;
mod report;
mod request;
mod rotate;
mod sent;
mod standing;
mod survey;
mod transfer;
mod trust;
mod turn;
mod unused;
mod verdict;
mod verify;
mod wait;

pub use self::alias::AliasName;
pub use self::copy::Copy;
pub use self::create::{CreateKey, create_key};
pub use self::delete::{Deletion, delete_material, plan_deletion};
pub use self::delivery::Wrapping;
pub use self::expiring::{Expiring, Matter};
pub use self::import::{BareImport, ImportOptions, import_bare, import_set, resolve_expiry};
pub use self::imported::prove_imported;
pub use self::inventory::{Inventory, MOST_ROTATIONS, Material};
pub use self::journal::Journal;
pub use self::memory::{FindLost, Memory, REQUEST_TAG};
use self::parameters::check_external;
pub use self::parameters::{
    BareDirectory, ENCRYPTED_FILE, ParameterSet, WrappedMaterial, check_fingerprint, check_importable,
};
pub(crate) use self::parameters::{PARAMETERS_FILE, TOKEN_LIMIT, bare, sha256};
pub use self::provision::{Provision, Source, provision};
pub use self::replicate::{Replicate, replicate};
pub use self::report::{Leftover, ProvenKey, ReplicaReport, Report, RotationReport};
pub use self::request::KeyRequest;
pub use self::rotate::{Rotate, check_rotatable, rotate};
pub use self::standing::{NotPermitted, Standing};
pub use self::survey::survey;
pub use self::transfer::{Transfer, TransferOutcome};
pub use self::trust::{Trust, Vouched};
pub use self::verdict::conclude;
pub use self::verify::verify;

/// The account of every key in the embedded KMS; AWS has no such account.
pub const REHEARSAL_ACCOUNT: &str = "000000000000";
