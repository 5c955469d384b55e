//! The order of things: which call follows which, what is written down before it, and what stands when it breaks off.
//!
//! This room knows neither how bytes are wrapped nor how AWS is spoken to.

mod delete;
pub(crate) mod error;
mod import;
mod key;
mod provision;
pub mod recipe;
mod replicate;
mod rotate;
mod run;
mod status;
mod verify;

pub use self::delete::{Deletion, LastUse, delete_material, plan_deletion};
pub use self::error::{Error, KeyError, LifecycleError, Panic, UsageError, hint_of};
pub use self::import::attempt::{AttemptOutcome, ImportAttempt};
pub use self::import::backup::Backup;
pub use self::import::expiry::resolve_expiry;
pub use self::import::generate::Source;
pub use self::import::parameters::check_importable;
pub use self::import::wrap_and_import::Wrapping;
pub use self::import::{BareImport, ImportOptions, import_bare, import_set};
pub use self::key::alias::AliasName;
pub use self::key::create::{CreateKey, create_key};
pub use self::key::pending_requests::{FindLost, PendingRequests};
pub use self::key::request::{KeyRequest, REQUEST_TAG};
pub use self::key::trust::{Trust, Vouched};
pub use self::provision::provision;
pub use self::provision::request::Provision;
pub use self::replicate::replicate;
pub use self::replicate::request::Replicate;
pub use self::rotate::request::Rotate;
pub use self::rotate::{check_rotatable, rotate};
pub use self::run::journal::Journal;
pub use self::run::report::{Leftover, ProvenKey, ReplicaReport, Report, RotationReport};
pub use self::status::KeyStatus;
pub use self::status::expiring::{Expiring, Matter};
pub use self::status::list::survey;
pub use self::status::materials::{KeyMaterials, MOST_ROTATIONS, Material};
pub use self::status::not_seen::{Failed, NotPermitted, NotSeen};
pub use self::verify::imported::prove_imported;
pub use self::verify::reimport::verify;
pub use self::verify::verdict::conclude;

/// What a run would do, call by call, without doing it.
pub mod plan {
    pub use super::delete::plan::delete_material;
    pub use super::import::plan::import;
    pub use super::key::plan::{create_key, get_parameters};
    pub use super::provision::plan::provision;
    pub use super::replicate::plan::replicate;
    pub use super::rotate::plan::rotate;
    pub use super::run::plan::{Plan, Step};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::{KeyDescription, Kms};
    use crate::material::KeyMaterial;
    use crate::parameters::WrappedMaterial;

    fn is_send<T: Send>(_: T) {}

    /// Compiled, and never run: each run can be spawned on a runtime of several threads.
    #[allow(dead_code)]
    fn every_run_can_be_spawned(
        kms: &Kms,
        key: &KeyDescription,
        journal: &Journal,
        plans: (&Provision, &Rotate, &Replicate),
    ) {
        is_send(provision(kms, plans.0, journal));
        is_send(rotate(kms, key, plans.1, journal));
        is_send(replicate(kms, key, plans.2, journal));
        is_send(plan::provision(kms, plans.0, journal));
        is_send(plan::rotate(kms, key, plans.1, journal));
        is_send(survey(kms, None, &mut Vec::new()));
    }

    /// The same for the runs that take other things.
    #[allow(dead_code)]
    fn every_other_run_can_be_spawned(
        kms: &Kms,
        journal: &Journal,
        plans: (&CreateKey, &Deletion),
        key: (&Vouched, &WrappedMaterial, &KeyMaterial),
    ) {
        is_send(create_key(kms, plans.0, journal));
        is_send(delete_material(kms, plans.1, journal));
        is_send(import_set(kms, key.0, key.1, &ImportOptions::default(), journal));
        is_send(verify(kms, key.0, key.2, None, journal));
    }
}
