//! The operations on keys: which call follows which, what is written down before it, and what has changed when a run is interrupted.
//!
//! Each operation is a value with the defaults of the command line: [`Provision`], [`CreateKey`], [`GetParameters`], [`ImportWrapped`],
//! [`Verify`], [`Rotate`], [`RotateByAlias`], [`RollBack`], [`Replicate`], [`DeleteMaterial`], [`Status`]. Its `run` carries it out. A run that ends well
//! gives [`Done`] with its evidence; one that does not gives [`Interrupted`] with the error, the stage that it has reached, and in
//! [`Account::next`] what completes it. The functions ([`provision()`] and the others) do the same with a [`Run`] of the caller's, which
//! tells of each stage while it goes on. [`plan`] says what a run would do.
//!
//! This module knows neither how bytes are wrapped nor how AWS is spoken to.

pub mod delete;
pub(crate) mod error;
pub mod import;
pub mod key;
pub mod provision;
pub(crate) mod recipe;
pub mod replicate;
pub mod rotate;
mod run;
mod status;
pub mod verify;

pub use self::delete::{DeleteMaterial, Deleted, Deletion, delete_material, plan_deletion};
pub use self::error::{Error, KeyError, LifecycleError, RotationError};
pub use self::import::ImportOptions;
pub use self::import::attempt::{AttemptOutcome, ImportAttempt};
pub use self::import::backup::Backup;
pub use self::import::bare::BareImport;
pub use self::import::bytes::{BackupForm, Bytes, GoOn, StoredBackup, Unstored};
pub use self::import::carry_out::{ImportWrapped, ImportedMaterial, Wrapped, import};
pub use self::import::generate::{Generate, Material};
pub use self::import::given::Given;
pub use self::import::stage::{Answer, Proven, Sending};
pub use self::import::wrapping::Wrapping;
pub use self::key::alias::AliasName;
pub use self::key::create::{CreatedKey, create_key};
pub use self::key::create_request::CreateKey;
pub use self::key::get_parameters::{GetParameters, get_parameters};
pub use self::key::last_usage::LastUse;
pub use self::key::named::NamedKey;
pub use self::key::pending_requests::{FindLost, PendingRequests};
pub use self::key::replica::{Replica, Replicas};
pub use self::key::request::{KeyRequest, REQUEST_TAG, ROLLED_BACK_FROM_TAG, SUPERSEDED_BY_TAG, SUPERSEDES_TAG};
pub use self::key::trust::{Trust, Vouched};
pub use self::provision::request::{Provision, WithoutMaterial};
pub use self::provision::{Provisioned, provision};
pub use self::replicate::request::Replicate;
pub use self::replicate::{ReplicatedKey, replicate};
pub use self::rotate::by_alias::generations::{First, keep_jwks};
pub use self::rotate::by_alias::request::{Changes, RollBack, RotateByAlias, Until};
pub use self::rotate::by_alias::{RotatedByAlias, disable_old_key, roll_back, rotate_by_alias};
pub use self::rotate::request::{KeyToRotate, Rotate};
pub use self::rotate::{RotatedKey, check_rotatable, rotate};
pub use self::run::exists::{Exists, ExistsWhat};
pub use self::run::facts::{Facts, Sent};
pub use self::run::next::Next;
pub use self::run::ongoing::{Asked, Before, Run, Watched};
pub use self::run::report::{
    AliasRotationReport, Leftover, Plaintext, ProvenKey, ReplicaReport, Report, RotationReport,
};
pub use self::run::stage::{Account, Done, Interrupted, News, Stage, Standing};
pub use self::status::KeyStatus;
pub use self::status::expiring::{Expiring, Matter};
pub use self::status::materials::{KeyMaterials, MOST_ROTATIONS, MaterialStatus};
pub use self::status::not_seen::{Failed, NotPermitted, NotSeen};
pub use self::status::request::{KeySeen, KeysSeen, Status, StatusOfKey};
pub use self::verify::carry_out::{Verify, verify};
pub use self::verify::public::{public_key, verify_public};

/// What a run would do, call by call, without doing it. Each function asks KMS only what tells which plan applies, refuses what the run
/// would refuse before its first change, and changes nothing.
pub mod plan {
    pub use super::delete::plan::delete_material;
    pub use super::import::plan::import;
    pub use super::key::plan::{create_key, get_parameters};
    pub use super::provision::plan::provision;
    pub use super::replicate::plan::replicate;
    pub use super::rotate::by_alias::plan::rotate_by_alias;
    pub use super::rotate::by_alias::plan_back::roll_back;
    pub use super::rotate::plan::rotate;
    pub use super::run::plan::{Plan, Step};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::{KeyDescription, Kms};
    use crate::progress::Progress;

    fn is_send<T: Send>(_: T) {}

    /// Compiled, and never run: each run can be spawned on a runtime of several threads.
    #[allow(dead_code)]
    fn every_run_can_be_spawned(
        kms: &Kms,
        key: &KeyDescription,
        plans: (&Provision, &Rotate, &Replicate),
        progress: &dyn Progress,
    ) {
        is_send(provision(kms, plans.0, &Run::default()));
        is_send(rotate(kms, key, plans.1, &Run::default()));
        is_send(replicate(kms, key, plans.2, &Run::default()));
        is_send(plan::provision(kms, plans.0, progress));
        is_send(plan::rotate(kms, key, plans.1, progress));
    }

    /// The same for the runs that take other things.
    #[allow(dead_code)]
    fn every_other_run_can_be_spawned(
        kms: &Kms,
        plans: (&CreateKey, &Deletion, &ImportWrapped, &Verify),
        (key, vouched): (&KeyDescription, &Vouched),
    ) {
        is_send(create_key(kms, plans.0, &Run::default()));
        is_send(delete_material(kms, plans.1, &Run::default()));
        is_send(import(kms, vouched, plans.2, &Run::default()));
        is_send(verify(kms, key, plans.3, &Run::default()));
    }

    /// The same for the runs of the builders.
    #[allow(dead_code)]
    fn every_builder_can_be_spawned(kms: &Kms, plans: (&Provision, &CreateKey, &Rotate, &Replicate, &ImportWrapped)) {
        is_send(plans.0.run(kms));
        is_send(plans.1.run(kms));
        is_send(plans.2.run(kms));
        is_send(plans.3.run(kms));
        is_send(plans.4.run(kms));
        is_send(GetParameters::new("alias/a").run(kms));
        is_send(DeleteMaterial::new("alias/a").run(kms));
        is_send(Status::new().run(kms));
        is_send(Status::of("alias/a").run(kms));
    }
}
