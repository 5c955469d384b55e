//! What the journals of a fleet tell of its keys.

use super::key::{Due, KeyExpiry};
use super::{Expiries, Fleet, ToldBy};
use crate::fleet::{Entries, KeyReport, Manifest, Reported, report};
use crate::lifecycle::Error;
use crate::time;

impl Expiries {
    /// Of the keys of a manifest, as runs have seen them last.
    ///
    /// # Errors
    /// As [`report`].
    pub fn of_fleet(manifest: &Manifest, journal: &dyn Entries, reported: &Reported<'_>) -> Result<Expiries, Error> {
        let mut keys = Vec::new();
        let summary = report(manifest, journal, reported, |key| keys.push(KeyExpiry::from(key)))?;
        let fleet = Fleet {
            manifest: manifest.path().display().to_string(),
            counts: [("done", summary.done), ("failed", summary.failed), ("left", summary.left)],
        };
        Ok(Expiries::new(time::now(), ToldBy::Journals(fleet), keys))
    }

    /// The same, where an embedded KMS has been asked by this run.
    #[must_use]
    pub fn in_rehearsal(self, rehearsal: bool) -> Self {
        Expiries { rehearsal, ..self }
    }
}

impl From<KeyReport> for KeyExpiry {
    fn from(key: KeyReport) -> Self {
        let at = key.expires.as_deref().and_then(|text| time::parse(text).ok());
        let due = match at {
            Some(at) => Due::At(at),
            None if key.was_seen => Due::Never,
            None => Due::Unknown,
        };
        let state = match (key.state, &key.error) {
            ("failed", Some(said)) => format!("failed: {}", said.cause),
            (state, _) => state.to_owned(),
        };
        KeyExpiry {
            key_arn: key.key_arn.and_then(|arn| arn.parse().ok()),
            row: Some(key.id),
            region: key.region,
            aliases: key.alias.into_iter().collect(),
            key_spec: key.key_spec.to_string(),
            description: String::new(),
            state,
            key_material_id: None,
            due,
        }
    }
}
