//! What the steps of a replication have in common.

use crate::kms::{KeyDescription, Kms};
use crate::lifecycle::import::expiry::Resolved;
use crate::lifecycle::key::replica::Replica;
use crate::lifecycle::replicate::request::Replicate;
use crate::lifecycle::replicate::stage::Reached;
use crate::lifecycle::run::ongoing::Run;
use crate::lifecycle::status::materials::KeyMaterials;

/// A replication that goes on.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) kms: &'a Kms,
    /// The primary key.
    pub(crate) primary: &'a KeyDescription,
    /// What it has.
    pub(crate) materials: &'a KeyMaterials,
    pub(crate) plan: &'a Resolved<'a, Replicate>,
    pub(crate) run: &'a Run<Reached>,
}

impl Work<'_> {
    /// Notes the state of a replica in another Region.
    pub(crate) fn note(self, replica: &KeyDescription, edit: impl FnOnce(&mut Replica)) {
        self.run.advance(|mut reached| {
            if let Reached::Replicas(replicated) = &mut reached {
                replicated.replicas.note(replica, edit);
            }
            reached
        });
    }
}
