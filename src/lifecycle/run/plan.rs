//! What a run would do, call by call, without doing it. Whatever the run would refuse before its first change is refused here too, and
//! of AWS nothing is asked but what tells which plan applies.

use std::path::PathBuf;

use serde::Serialize;

use crate::kms::{KeyDescription, Operation};
use crate::lifecycle::key::trust::Trust;

/// The calls in their order, and the files that would be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The key that it is about, if there is one already.
    pub key: Option<KeyDescription>,
    /// In the order in which they would be made.
    pub steps: Vec<Step>,
    /// The files that would be written, in their order.
    pub writes: Vec<PathBuf>,
    /// Permissions besides those of the calls themselves.
    pub(crate) extra: Vec<&'static str>,
    /// Where the calls that are added next are made, if not in the Region of the run.
    pub(crate) elsewhere: Option<String>,
}

/// One call to KMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "PlannedCall"))]
pub struct Step {
    /// The operation, by KMS's name, as in `CreateKey`.
    pub call: &'static str,
    /// The permission it needs, as in `kms:CreateKey`.
    pub permission: String,
    /// The Region it goes to, where that is not the Region of the run.
    pub region: Option<String>,
    /// How often a second one account may make it in one Region, where it has a quota of its own that is known here. AWS adjusts most
    /// quotas on request.
    pub quota_per_second: Option<u32>,
    /// What it is for.
    pub why: String,
}

impl Plan {
    /// Adds a call.
    pub fn call(&mut self, operation: Operation, why: impl Into<String>) {
        self.steps.push(Step {
            call: operation.name(),
            permission: format!("kms:{operation}"),
            region: self.elsewhere.clone(),
            quota_per_second: operation.quota_per_second(),
            why: why.into(),
        });
    }

    /// The key that it is about.
    pub(crate) fn about(&mut self, key: &KeyDescription) {
        self.key = Some(key.clone());
    }

    /// Adds the calls that vouch for a key that is there; its policy is not asked for where the user named the key.
    pub(crate) fn vouch(&mut self, trust: &Trust, key: &KeyDescription) {
        if !trust.names(key) {
            self.call(Operation::GetKeyPolicy, "makes sure that the key belongs to nobody else");
        }
        self.call(Operation::ListGrants, "shows who else may use the key by a grant, if that is permitted");
    }

    /// Lets the calls that are added next go to another Region; to the Region of the run again without one.
    pub fn go_to(&mut self, region: Option<&str>) {
        self.elsewhere = region.map(str::to_owned);
    }

    /// Adds a permission that a call needs besides its own, as in `kms:TagResource` for CreateKey with tags.
    pub fn permission(&mut self, name: &'static str) {
        self.extra.push(name);
    }

    /// Everything that has to be permitted, each once: those of the calls in their order, then the others.
    pub fn permissions(&self) -> Vec<&str> {
        let mut all = Vec::new();
        for name in self.steps.iter().map(|step| step.permission.as_str()).chain(self.extra.iter().copied()) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all
    }
}
