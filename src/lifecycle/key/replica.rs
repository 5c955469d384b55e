//! A replica of a multi-Region key, and what a run did to it.

use crate::kms::KeyDescription;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::run::report::ReplicaReport;
use crate::proof::Proof;
use crate::time::rfc3339;

/// A replica in another Region.
#[derive(Clone, Debug)]
pub struct Replica {
    /// The replica, as KMS described it last.
    pub key: KeyDescription,
    /// The alias that names it, where the run has asked for one.
    pub alias: Option<AliasName>,
    /// Whether this run made it.
    pub created: bool,
    /// Whether this run imported into it.
    pub imported: bool,
    /// What was proven about it.
    pub proof: Option<Proof>,
}

/// The replicas that a run has looked at, in that order.
#[derive(Clone, Debug, Default)]
pub struct Replicas(Vec<Replica>);

impl Replicas {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Replica> {
        self.0.iter()
    }

    /// With that replica as KMS describes it now, and what is new about it.
    pub(crate) fn note(&mut self, key: &KeyDescription, edit: impl FnOnce(&mut Replica)) {
        let known = self.0.iter().position(|replica| replica.key.arn == key.arn);
        let place = known.unwrap_or_else(|| {
            self.0.push(Replica { key: key.clone(), alias: None, created: false, imported: false, proof: None });
            self.0.len() - 1
        });
        let replica = &mut self.0[place];
        replica.key = key.clone();
        edit(replica);
    }

    pub(crate) fn report(&self) -> Vec<ReplicaReport> {
        self.0.iter().map(Replica::report).collect()
    }
}

impl Replica {
    fn report(&self) -> ReplicaReport {
        ReplicaReport {
            key_arn: self.key.arn.clone(),
            region: self.key.arn.region().clone(),
            alias: self.alias.as_ref().map(ToString::to_string),
            key_state: self.key.state,
            key_material_id: self.key.current_key_material_id.clone(),
            expires: self.key.expires.map(rfc3339),
            created: self.created,
            imported: self.imported,
            proof: self.proof.clone(),
        }
    }
}
