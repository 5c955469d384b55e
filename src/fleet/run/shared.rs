//! What the work on a key has in common with that on others.

use std::sync::Arc;

use super::super::journal::Journal;
use super::lost::Lost;
use super::options::FleetRun;
use crate::kms::Kms;

/// What the keys of an account and Region have in common.
pub(super) struct Shared {
    pub(super) kms: Kms,
    pub(super) journal: Arc<Journal>,
    pub(super) plan: Arc<FleetRun>,
    pub(super) lost: Lost,
}
