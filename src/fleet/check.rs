//! Every row of a manifest is looked at before AWS is asked: the row itself, the files that it names, and what it has in common with others.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash, RandomState};
use std::path::{Component, Path, PathBuf};

use super::manifest::error::{cell, in_row};
use super::manifest::record::{Position, Record};
use super::manifest::row::filled;
use super::manifest::{Column, Manifest, ManifestError, Mistake, Place, Row, Source};
use super::task::Task;

/// What stands in a manifest.
#[derive(Debug, Default)]
pub struct Checked {
    /// The first mistakes, in the order of the rows.
    pub mistakes: Vec<Mistake>,
    /// How many more there are.
    pub further: u64,
    /// The rows.
    pub rows: u64,
    /// The keys that the rows ask for, by account and Region.
    pub lanes: Vec<Lane>,
}

/// The keys of one account and Region.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Where.
    pub place: Place,
    /// How many keys.
    pub keys: u64,
    /// Where its first row begins.
    pub(crate) first: Position,
    /// Where its last row begins.
    pub(crate) last: Position,
}

/// So many mistakes are told one by one.
const TOLD: usize = 1000;

/// So many names are held at a time. Of a longer manifest they are compared in several passes.
const HELD: u64 = 600_000;

/// Looks at every row.
pub fn check(manifest: &Manifest) -> Checked {
    let passes = (3 * manifest.most_rows()).div_ceil(8 * HELD).max(1);
    let mut checked = Checked::default();
    let mut lanes = BTreeMap::new();
    let mut seen = Seen::new(0, passes);
    each(manifest, &mut checked, |checked, record, row| {
        checked.rows += 1;
        let row = match row {
            Ok(row) => row,
            Err(mistakes) => return checked.note(mistakes),
        };
        checked.note(files(&row, manifest.task()));
        checked.note(seen.meet(&row));
        for place in row.places {
            let lane = lanes.entry(place.clone()).or_insert_with(|| Lane {
                place,
                keys: 0,
                first: record.position,
                last: record.position,
            });
            lane.keys += 1;
            lane.last = record.position;
        }
    });
    for pass in 1..passes {
        let mut seen = Seen::new(pass, passes);
        each(manifest, &mut checked, |checked, _, row| {
            if let Ok(row) = row {
                checked.note(seen.meet(&row));
            }
        });
    }
    if checked.rows == 0 && checked.mistakes.is_empty() {
        checked.note(vec![in_row(1, None, ManifestError::NoRows)]);
    }
    checked.lanes = lanes.into_values().collect();
    checked.mistakes.sort_by_key(|mistake| mistake.row);
    checked
}

/// Each row of a manifest, or what is wrong with it.
fn each(
    manifest: &Manifest,
    checked: &mut Checked,
    mut look: impl FnMut(&mut Checked, &Record, Result<Row, Vec<Mistake>>),
) {
    let records = match manifest.records() {
        Ok(records) => records,
        Err(error) => return checked.note(vec![Mistake::of_file(ManifestError::File(error))]),
    };
    for mut record in records {
        let row = match std::mem::replace(&mut record.cells, Ok(Default::default())) {
            Ok(cells) if cells.is_empty() => continue, // a line of commas, as spreadsheets leave them
            Ok(cells) => manifest.row(&record, &cells),
            Err(mistakes) => Err(mistakes),
        };
        look(checked, &record, row);
    }
}

impl Checked {
    fn note(&mut self, mistakes: Vec<Mistake>) {
        for mistake in mistakes {
            if self.mistakes.len() < TOLD {
                self.mistakes.push(mistake);
            } else {
                self.further += 1;
            }
        }
    }

    /// How many mistakes there are.
    pub fn mistake_count(&self) -> u64 {
        self.mistakes.len() as u64 + self.further
    }

    /// How many keys the rows ask for.
    pub fn keys(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.keys).sum()
    }
}

/// The files that a row names: those that are read are read, one at a time, and those that are written can be.
fn files(row: &Row, task: &Task) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut note = |column, error| mistakes.push(in_row(row.number, Some(column), error));
    if let Err(error) = row.policy_text() {
        note(Column::Policy, error);
    }
    for place in &row.places {
        if place.region.is_none() && row.names_region() {
            note(Column::Regions, ManifestError::RegionUnknown);
            break;
        }
        if let Err((column, error)) = row.check_for(task, place.region.as_ref()) {
            note(column, error);
            // The same file for every Region, or another one that is missing as well.
            break;
        }
    }
    mistakes
}

/// What only one row may have: ids, aliases of a place, files that are written.
struct Seen {
    hashers: [RandomState; 2],
    rows: HashMap<u128, u64>,
    pass: u128,
    passes: u128,
}

impl Seen {
    fn new(pass: u64, passes: u64) -> Self {
        Seen {
            hashers: [RandomState::new(), RandomState::new()],
            rows: HashMap::new(),
            pass: pass.into(),
            passes: passes.into(),
        }
    }

    /// The row that has it already.
    fn before(&mut self, what: impl Hash, row: u64) -> Option<u64> {
        let [one, other] = &self.hashers;
        let hash = u128::from(one.hash_one(&what)) << 64 | u128::from(other.hash_one(&what));
        // Each pass looks at a share of the names, by a hash that is the same in every pass.
        let share = u128::from(std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().hash_one(&what));
        if share % self.passes != self.pass {
            return None;
        }
        match self.rows.entry(hash) {
            std::collections::hash_map::Entry::Occupied(first) => Some(*first.get()),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(row);
                None
            }
        }
    }

    fn meet(&mut self, row: &Row) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut twice = |column, error| mistakes.push(in_row(row.number, Some(column), error));
        if let Some(first) = self.before(("id", &row.id), row.number) {
            twice(Column::Id, ManifestError::IdTwice { id: row.id.clone(), row: first });
        }
        for place in &row.places {
            let region = place.region.as_ref();
            if let Some(alias) = row.alias_in(region)
                && let Some(first) = self.before(("alias", place, &alias), row.number)
            {
                twice(Column::Alias, ManifestError::AliasTwice { alias, row: first });
                break;
            }
        }
        let (column, name) = match &row.source {
            Source::Keep(name) => (Column::Keep, name),
            Source::Escrow { out, .. } => (Column::EscrowOut, out),
            Source::File(_) | Source::Discard => return mistakes,
        };
        for place in &row.places {
            let path = filled(name, &row.id, place.region.as_ref().map_or("", |region| region.as_str()));
            if let Some(first) = self.before(("file", plain(Path::new(&path))), row.number) {
                twice(column, ManifestError::FileTwice { path, row: first });
                break;
            }
        }
        mistakes
    }
}

/// `./a//b` is `a/b`.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

impl ManifestError {
    /// What another room says about the file of a cell.
    pub(crate) fn about(error: impl Into<crate::lifecycle::Error>) -> Self {
        cell(error)
    }
}
