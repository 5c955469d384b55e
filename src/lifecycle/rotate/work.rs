//! What the steps of a rotation have in common.

use crate::kms::Kms;
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::rotate::request::Rotate;
use crate::lifecycle::rotate::stage::Reached;
use crate::lifecycle::run::ongoing::Run;

/// A rotation that goes on.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) kms: &'a Kms,
    /// The primary key.
    pub(crate) key: &'a Vouched,
    pub(crate) plan: &'a Resolved<'a, Rotate>,
    pub(crate) run: &'a Run<Reached>,
}
