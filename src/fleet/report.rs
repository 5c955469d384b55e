//! What became of each key: a row of the manifest beside what the journal has of it.

use std::path::PathBuf;

use serde::Serialize;

use super::entry::{Entry, Name, Said, State};
use super::error::FleetError;
use super::journal::Journal;
use super::looking::JournalReader;
use super::manifest::{Manifest, Place};
use crate::kms::{KeyArn, Region};
use crate::lifecycle::key::create::removal;
use crate::lifecycle::{Error, Leftover, Plaintext};
use crate::material::KeySpec;

/// A key in a report.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct KeyReport {
    /// The row.
    pub row: u64,
    /// Its id.
    pub id: String,
    /// The Region.
    pub region: Option<String>,
    /// The alias.
    pub alias: Option<String>,
    /// `done`, `failed` or `left`.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["done", "failed", "left"])))]
    pub state: &'static str,
    /// The key.
    pub key_arn: Option<String>,
    /// Whether AWS was changed for it.
    pub changed: bool,
    /// When its key material expires, as a run of any task has seen it last; nothing where it does not, or where this was not seen.
    pub expires: Option<String>,
    /// Whether a run has seen whether it expires.
    #[serde(skip)]
    pub was_seen: bool,
    /// The key spec of the row.
    #[serde(skip)]
    pub key_spec: KeySpec,
    /// How its proof ended.
    #[serde(rename = "proof_outcome")]
    pub proof: Option<String>,
    /// The file with the plaintext of generated key material.
    pub kept: Option<String>,
    /// The escrow file of generated key material.
    pub escrow: Option<String>,
    /// Its key material outside KMS, as far as a run has read or written it. Which command removes the files is told once all keys are done.
    pub plaintext: Option<Plaintext>,
    /// Keys that nobody needs.
    pub leftovers: Vec<Leftover>,
    /// Why it failed.
    #[serde(skip)]
    pub error: Option<Said>,
}

/// How many keys are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Summary {
    /// All of them.
    pub keys: u64,
    /// What their rows ask for.
    pub done: u64,
    /// Could not be made so.
    pub failed: u64,
    /// Not begun, or not finished.
    pub left: u64,
}

/// A journal from which the state of keys is read.
pub trait Entries {
    /// The files.
    fn files(&self) -> Vec<PathBuf>;

    /// What the key of that name has reached.
    ///
    /// # Errors
    /// [`FleetError::JournalUnusable`] where it cannot be read.
    fn entry_of(&self, name: &Name) -> Result<Option<Entry>, FleetError>;

    /// Of all tasks what the one says that has seen the key last.
    ///
    /// # Errors
    /// [`FleetError::JournalUnusable`] where it cannot be read.
    fn seen_last(&self, name: &Name) -> Result<Option<Entry>, FleetError>;
}

impl Entries for Journal {
    fn files(&self) -> Vec<PathBuf> {
        vec![self.path().to_owned()]
    }

    fn entry_of(&self, name: &Name) -> Result<Option<Entry>, FleetError> {
        self.entry(name)
    }

    fn seen_last(&self, name: &Name) -> Result<Option<Entry>, FleetError> {
        Journal::seen_last(self, name)
    }
}

/// The journals of several shards. Of a key that several have it is the last that counts.
impl Entries for Vec<JournalReader> {
    fn files(&self) -> Vec<PathBuf> {
        self.iter().map(|one| one.path().to_owned()).collect()
    }

    fn entry_of(&self, name: &Name) -> Result<Option<Entry>, FleetError> {
        last_of(self.iter().map(|reader| reader.entry(name)))
    }

    fn seen_last(&self, name: &Name) -> Result<Option<Entry>, FleetError> {
        last_of(self.iter().map(|reader| reader.seen_last(name)))
    }
}

fn last_of(entries: impl Iterator<Item = Result<Option<Entry>, FleetError>>) -> Result<Option<Entry>, FleetError> {
    let mut last: Option<Entry> = None;
    for entry in entries {
        let entry = entry?;
        if entry.as_ref().is_some_and(|entry| last.as_ref().is_none_or(|last| last.at < entry.at)) {
            last = entry;
        }
    }
    Ok(last)
}

/// A key that a run made and nobody needs.
fn leftover(arn: &str) -> Option<Leftover> {
    let key: KeyArn = arn.parse().ok()?;
    let reason = "a run made it, and another one is the key of that row".to_owned();
    Some(Leftover { key_arn: arn.to_owned(), reason, remove: removal(&key) })
}

/// What of a manifest is reported.
pub struct Reported<'a> {
    /// The Region of the keys of a place that names none.
    pub region: &'a dyn Fn(&Place) -> Option<Region>,
    /// Whether the keys of a place belong to it.
    pub mine: &'a dyn Fn(&Place) -> bool,
    /// Whether these are all keys of the manifest: what their files hold may be needed for others.
    pub whole: bool,
    /// Only what was written since counts: RFC 3339, UTC.
    pub since: Option<String>,
}

/// Tells of each key of a manifest in the order of the rows.
///
/// # Errors
/// [`Error::File`] for a manifest that cannot be read, and what the journal says.
pub fn report(
    manifest: &Manifest,
    journal: &dyn Entries,
    reported: &Reported<'_>,
    mut tell: impl FnMut(KeyReport),
) -> Result<Summary, Error> {
    let mut summary = Summary::default();
    let records = manifest.records()?;
    for mut record in records {
        let Ok(cells) = std::mem::replace(&mut record.cells, Ok(Default::default())) else { continue };
        let Ok(row) = manifest.row(&record, &cells) else { continue };
        for place in row.places.iter().filter(|place| (reported.mine)(place)) {
            let region = place.region.clone().or_else(|| (reported.region)(place));
            let (entry, seen) = match &region {
                Some(region) => {
                    let name = Name::new(&row.id, region.as_str(), manifest.task());
                    (journal.entry_of(&name)?, journal.seen_last(&name)?)
                }
                None => (None, None),
            };
            let counts = |entry: &Entry| reported.since.as_ref().is_none_or(|since| entry.at >= *since);
            let entry = entry.filter(counts).unwrap_or_default();
            summary.keys += 1;
            let (state, count) = match entry.state {
                State::Done => ("done", &mut summary.done),
                State::Failed => ("failed", &mut summary.failed),
                State::Begun => ("left", &mut summary.left),
            };
            *count += 1;
            let shown = |path: Option<PathBuf>| path.map(|path| path.display().to_string());
            tell(KeyReport {
                row: row.number,
                id: row.id.clone(),
                alias: row.alias_in(region.as_ref()),
                region: region.map(|region| region.to_string()),
                state,
                key_arn: entry.key_arn,
                changed: entry.changed,
                was_seen: seen.is_some(),
                expires: seen.and_then(|seen| seen.expires),
                key_spec: row.spec,
                proof: entry.proof,
                kept: shown(entry.kept),
                escrow: shown(entry.escrow),
                plaintext: entry.plaintext,
                leftovers: entry.leftovers.iter().filter_map(|arn| leftover(arn)).collect(),
                error: entry.error,
            });
        }
    }
    Ok(summary)
}
