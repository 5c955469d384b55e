//! What became of each key: a row of the manifest beside what the journal has of it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::FleetError;
use super::journal::{Entry, Journal, JournalReader, Said, State};
use super::manifest::{Manifest, Place};
use crate::kms::KeyArn;
use crate::lifecycle::key::create::removal;
use crate::lifecycle::{Error, Leftover};

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
    /// How its proof ended.
    #[serde(rename = "proof_outcome")]
    pub proof: Option<String>,
    /// The file with the plaintext of generated key material.
    pub kept: Option<String>,
    /// The escrow file of generated key material.
    pub escrow: Option<String>,
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
    /// The file.
    fn file(&self) -> &Path;

    /// What the key of that row and Region has reached.
    ///
    /// # Errors
    /// [`FleetError::JournalUnusable`] where it cannot be read.
    fn entry_of(&self, id: &str, region: &str) -> Result<Option<Entry>, FleetError>;
}

impl Entries for Journal {
    fn file(&self) -> &Path {
        self.path()
    }

    fn entry_of(&self, id: &str, region: &str) -> Result<Option<Entry>, FleetError> {
        self.entry(id, region)
    }
}

impl Entries for JournalReader {
    fn file(&self) -> &Path {
        self.path()
    }

    fn entry_of(&self, id: &str, region: &str) -> Result<Option<Entry>, FleetError> {
        self.entry(id, region)
    }
}

/// A key that a run made and nobody needs.
fn leftover(arn: &str) -> Option<Leftover> {
    let key: KeyArn = arn.parse().ok()?;
    let reason = "a run made it, and another one is the key of that row".to_owned();
    Some(Leftover { key_arn: arn.to_owned(), reason, remove: removal(&key) })
}

/// Tells of each key of a manifest in the order of the rows. `region` says where the keys of a place are that names no Region.
///
/// # Errors
/// [`Error::File`] for a manifest that cannot be read, and what the journal says.
pub fn report(
    manifest: &Manifest,
    journal: &dyn Entries,
    region: impl Fn(&Place) -> Option<String>,
    mut tell: impl FnMut(KeyReport),
) -> Result<Summary, Error> {
    let mut summary = Summary::default();
    let records = manifest.records()?;
    for mut record in records {
        let Ok(cells) = std::mem::replace(&mut record.cells, Ok(Default::default())) else { continue };
        let Ok(row) = manifest.row(&record, &cells) else { continue };
        for place in &row.places {
            let region = place.region.as_ref().map(ToString::to_string).or_else(|| region(place));
            let entry = match &region {
                Some(region) => journal.entry_of(&row.id, region)?,
                None => None,
            };
            let entry = entry.unwrap_or_default();
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
                alias: row.alias_in(region.as_ref().and_then(|region| region.parse().ok()).as_ref()),
                region,
                state,
                key_arn: entry.key_arn,
                changed: entry.changed,
                proof: entry.proof,
                kept: shown(entry.kept),
                escrow: shown(entry.escrow),
                leftovers: entry.leftovers.iter().filter_map(|arn| leftover(arn)).collect(),
                error: entry.error,
            });
        }
    }
    Ok(summary)
}
