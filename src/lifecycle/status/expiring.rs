//! Which key material expires soon, or is gone already.

use std::time::Duration;

use aws_smithy_types::DateTime;
use serde::Serialize;

use crate::kms::{KeyArn, KeyState, Origin, Region};
use crate::lifecycle::status::KeyStatus;
use crate::material::KeySpec;
use crate::time::{self, rfc3339};

/// One key material that expires soon or has expired.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Expiring {
    /// The key.
    pub key_arn: KeyArn,
    /// Where.
    pub region: Region,
    /// Its aliases, with their `alias/`; `None` where they were not asked for, or KMS does not tell them.
    pub aliases: Option<Vec<String>>,
    /// The material; symmetric keys only.
    pub key_material_id: Option<String>,
    /// What is the matter with it.
    pub what: Matter,
    /// When it expires, RFC 3339 in UTC; `None` where it is gone.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub expires: Option<String>,
}

/// Why a key material is in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// It expires within the time asked about.
    Expires,
    /// It has expired, or was deleted: the key waits for it.
    Gone,
    /// The key lacks key material, and KMS does not tell whether it had it: only symmetric keys show that, and replicas do not.
    NoMaterial,
}

impl KeyStatus {
    /// What expires within that time after `now`, or has expired, the key's own Region only. A key that is to be deleted is left out.
    pub fn expiring(&self, now: DateTime, within: Duration) -> Vec<Expiring> {
        if self.origin != Origin::External || self.key_state.is_deletion() {
            return Vec::new();
        }
        let limit = now.secs().saturating_add(i64::try_from(within.as_secs()).unwrap_or(i64::MAX));
        let mut found = Vec::new();
        let mut note = |id: &Option<String>, what, expires: Option<DateTime>| {
            found.push(Expiring {
                key_arn: self.key_arn.clone(),
                region: self.region.clone(),
                aliases: self.aliases.clone(),
                key_material_id: id.clone(),
                what,
                expires: expires.map(rfc3339),
            });
        };
        for material in &self.materials {
            let id = &material.key_material_id;
            if let Some(at) = material.expires.filter(|at| at.secs() <= limit) {
                note(id, Matter::Expires, Some(at));
            } else if !material.is_pending() && self.key_state == KeyState::PendingImport && !material.is_imported() {
                // A replica shows the id of material that was never imported there.
                note(id, if self.role == Some("replica") { Matter::NoMaterial } else { Matter::Gone }, None);
            }
        }
        if self.materials.is_empty()
            && self.key_state == KeyState::PendingImport
            && self.key_spec != KeySpec::SymmetricDefault
        {
            note(&None, Matter::NoMaterial, None);
        }
        found
    }
}

impl Expiring {
    /// When it ends, as in "2027-01-31T12:00:00Z, in 3 days", or why it has.
    pub fn ends(&self, now: DateTime) -> String {
        match (self.what, &self.expires) {
            (Matter::Expires, Some(at)) => {
                let left = time::parse(at).map(|at| at.secs() - now.secs()).unwrap_or_default();
                format!("{at}, in {}", time::span(left))
            }
            (Matter::NoMaterial, _) => "no key material: never imported there, expired or deleted".to_owned(),
            _ => "gone: expired or deleted".to_owned(),
        }
    }
}
