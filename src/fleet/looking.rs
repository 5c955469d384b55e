//! What a journal says, for the run that has it and for whoever only looks.

use std::path::{Path, PathBuf};

use redb::{Builder, ConcurrencyMode, DatabaseError, ReadableDatabase, TableDefinition, TableError};

use super::entry::{Entry, Name};
use super::error::FleetError;
use super::lock::hold_briefly;

/// Each key by the id of its row and its Region.
pub(super) const KEYS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("keys");

/// Pages that are kept in memory.
const CACHE: usize = 4 * 1024 * 1024;

/// What keys have reached, for whoever only looks, also while a run goes on.
pub struct JournalReader {
    path: PathBuf,
    database: redb::ReadOnlyDatabase,
}

impl JournalReader {
    /// Opens a journal that is there.
    ///
    /// # Errors
    /// [`FleetError::JournalUnusable`] where it cannot be read.
    pub fn open(path: &Path) -> Result<Self, FleetError> {
        let unusable = |because: String| FleetError::JournalUnusable { path: path.to_owned(), because };
        if !path.exists() {
            return Err(unusable("there is no such file".to_owned()));
        }
        let mut database = builder().open_read_only(path);
        if matches!(database, Err(DatabaseError::RepairAborted)) {
            put_in_order(path)?;
            database = builder().open_read_only(path);
        }
        let database = database.map_err(|error| unusable(error.to_string()))?;
        Ok(JournalReader { path: path.to_owned(), database })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn entry(&self, name: &Name) -> Result<Option<Entry>, FleetError> {
        read(&self.database, &self.path, name)
    }

    pub(crate) fn seen_last(&self, name: &Name) -> Result<Option<Entry>, FleetError> {
        seen_last(&self.database, &self.path, name)
    }
}

/// A run that was killed leaves its journal whole, but open: it is closed, unless a run has it again.
fn put_in_order(path: &Path) -> Result<(), FleetError> {
    let _held = match hold_briefly(path) {
        Err(FleetError::JournalHeld { .. }) => return Ok(()),
        held => held?,
    };
    let unusable = |because: String| FleetError::JournalUnusable { path: path.to_owned(), because };
    builder().open(path).map(drop).map_err(|error| unusable(error.to_string()))
}

pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder
}

/// What the key of that name has reached.
pub(super) fn read(database: &impl ReadableDatabase, path: &Path, name: &Name) -> Result<Option<Entry>, FleetError> {
    let read = (|| -> Result<Option<Vec<u8>>, redb::Error> {
        let table = match database.begin_read()?.open_table(KEYS) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            table => table?,
        };
        Ok(table.get(name.as_str())?.map(|value| value.value().to_vec()))
    })();
    let unusable = |because: String| FleetError::JournalUnusable { path: path.to_owned(), because };
    let Some(value) = read.map_err(|error| unusable(error.to_string()))? else { return Ok(None) };
    serde_json::from_slice(&value).map(Some).map_err(|error| unusable(error.to_string()))
}

/// Of the entries of all tasks about a key the last one that knows when its key material expires, or that it does not.
pub(super) fn seen_last(
    database: &impl ReadableDatabase,
    path: &Path,
    name: &Name,
) -> Result<Option<Entry>, FleetError> {
    let found = (|| -> Result<Option<Entry>, redb::Error> {
        let table = match database.begin_read()?.open_table(KEYS) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            table => table?,
        };
        let (mut last, (first, end)) = (None::<Entry>, name.of_all_tasks());
        for item in table.range(first.as_str()..end.as_str())? {
            let Ok(entry) = serde_json::from_slice::<Entry>(item?.1.value()) else { continue };
            if entry.knows_expiry() && last.as_ref().is_none_or(|last| last.at <= entry.at) {
                last = Some(entry);
            }
        }
        Ok(last)
    })();
    found.map_err(|error| FleetError::JournalUnusable { path: path.to_owned(), because: error.to_string() })
}
