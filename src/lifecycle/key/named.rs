//! A key and its name: the evidence that every stage of every run has from the moment there is a key.

use crate::kms::KeyDescription;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::run::report::Report;
use crate::time::rfc3339;

/// The key that a run is about, as KMS described it last.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedKey {
    /// The key.
    pub key: KeyDescription,
    /// The alias that names it, where the run has asked for one.
    pub alias: Option<AliasName>,
}

impl NamedKey {
    /// A key whose alias is not known.
    pub(crate) fn new(key: &KeyDescription) -> Self {
        NamedKey { key: key.clone(), alias: None }
    }

    /// Takes over a later description of the same key; descriptions of other keys are ignored.
    pub(crate) fn seen(&mut self, now: &KeyDescription) {
        if self.key.arn == now.arn {
            self.key = now.clone();
        }
    }

    /// Adds what is known to a report.
    pub(crate) fn tell(&self, report: &mut Report) {
        let key = &self.key;
        report.key_arn = Some(key.arn.clone());
        report.key_id = Some(key.arn.id().clone());
        report.account = Some(key.arn.account().to_owned());
        report.key_spec = Some(key.spec.clone());
        report.key_usage = Some(key.usage.clone());
        report.key_state = Some(key.state);
        report.expires = key.expires.map(rfc3339);
        report.key_material_id.clone_from(&key.current_key_material_id);
        report.alias = self.alias.as_ref().map(ToString::to_string);
    }
}
