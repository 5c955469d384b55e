//! What the work on a key has in common with that on others.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::super::error::FleetError;
use super::super::journal::Journal;
use super::super::manifest::Row;
use super::lost::Lost;
use super::options::FleetRun;
use crate::kms::{KeyArn, Kms};
use crate::lifecycle::Error;

/// What the keys of an account and Region have in common.
pub(super) struct Shared {
    pub(super) kms: Kms,
    pub(super) journal: Arc<Journal>,
    pub(super) plan: Arc<FleetRun>,
    /// Whether the journal may lack keys that earlier runs have made.
    pub(super) may_lack: bool,
    /// The keys that no alias names, once they were looked for.
    lost: OnceCell<Lost>,
}

impl Shared {
    pub(super) fn new(kms: Kms, journal: Arc<Journal>, plan: Arc<FleetRun>) -> Result<Self, FleetError> {
        let may_lack = journal.was_new() || journal.has_lost(kms.region().as_str())?;
        Ok(Shared { kms, journal, plan, may_lack, lost: OnceCell::new() })
    }

    /// The key that was made for a row and has no alias, by its tag. The first row that wants to know has all keys looked through.
    pub(super) async fn lost_key(&self, row: &Row) -> Result<Option<KeyArn>, Error> {
        let request = row.request_id(self.kms.region())?;
        let look = || Lost::look(&self.kms, &self.plan.stop, &*self.plan.told);
        Ok(self.lost.get_or_init(look).await.of(&request).cloned())
    }
}
