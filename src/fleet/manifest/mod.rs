//! A manifest: one row a key, as CSV or as JSON Lines. It is read a row at a time, as often as needed, and never held whole.

mod column;
mod csv;
pub(crate) mod error;
mod json_lines;
pub(crate) mod record;
pub(crate) mod row;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

pub use self::column::{Cell, Cells, Column};
use self::error::in_row;
pub use self::error::{ManifestError, Mistake};
use self::record::{Guarded, Position, ROW_LIMIT, Record};
pub use self::row::{Place, Row, Source};
use super::opener::Opener;
use super::task::Task;
use crate::files::FileError;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The manifest of a fleet, and what stands for its empty cells.
#[derive(Clone, Debug)]
pub struct Manifest {
    path: PathBuf,
    form: Form,
    defaults: Cells,
    allow_sha1: bool,
    task: Task,
    opener: Option<Opener>,
    /// Of CSV: the columns in the order of the file.
    header: Vec<Column>,
    /// Where the first row begins.
    begin: Position,
    bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    JsonLines,
}

/// The rows from some position on.
pub(crate) enum Records {
    Csv(csv::Records),
    JsonLines(json_lines::Records),
}

impl Manifest {
    /// Looks at the beginning of the file, with `defaults` for cells that are empty.
    ///
    /// # Errors
    /// The mistakes of the header, or of the file.
    pub fn open(path: &Path, defaults: Cells) -> Result<Self, Vec<Mistake>> {
        let of_file = |error: FileError| vec![Mistake::of_file(ManifestError::File(error))];
        let unreadable = |source| FileError::reading("manifest", path.to_owned(), source);
        let mut file = File::open(path).map_err(unreadable).map_err(of_file)?;
        let about = file.metadata().map_err(unreadable).map_err(of_file)?;
        if about.is_dir() {
            return Err(of_file(FileError::Directory { what: "manifest", path: path.to_owned() }));
        }
        if !about.is_file() {
            return Err(vec![Mistake::of_file(ManifestError::NotAFile { path: path.display().to_string() })]);
        }
        let mut beginning = Vec::new();
        (&mut file).take(ROW_LIMIT).read_to_end(&mut beginning).map_err(unreadable).map_err(of_file)?;
        let mark = if beginning.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        if beginning.starts_with(&[0xff, 0xfe]) || beginning.starts_with(&[0xfe, 0xff]) {
            return Err(vec![in_row(1, None, ManifestError::NotUtf8)]);
        }
        let text = beginning[mark..].trim_ascii_start();
        let form = if text.starts_with(b"{") { Form::JsonLines } else { Form::Csv };
        let begin = Position { offset: mark as u64, line: 1 };
        let mut manifest = Manifest {
            path: path.to_owned(),
            form,
            defaults,
            allow_sha1: false,
            task: Task::Provision,
            opener: None,
            header: Vec::new(),
            begin,
            bytes: about.len(),
        };
        if text.is_empty() {
            return Err(vec![in_row(1, None, ManifestError::NoRows)]);
        }
        if form == Form::Csv {
            let reader = manifest.reader(begin).map_err(of_file)?;
            (manifest.header, manifest.begin) = csv::header(reader, begin, &manifest.defaults)?;
        }
        Ok(manifest)
    }

    /// Accepting wrapping algorithms with SHA-1.
    #[must_use]
    pub fn allow_sha1(self, allow_sha1: bool) -> Self {
        Manifest { allow_sha1, ..self }
    }

    /// For what is done to its keys.
    #[must_use]
    pub fn for_task(self, task: Task) -> Self {
        Manifest { task, ..self }
    }

    /// Opening escrow files with that key.
    #[must_use]
    pub fn opening_with(self, opener: Option<Opener>) -> Self {
        Manifest { opener, ..self }
    }

    /// What is done to its keys.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The most rows that the file can have: a row has an id and a separator at least.
    pub(crate) fn most_rows(&self) -> u64 {
        self.bytes / 4 + 1
    }

    /// Every row, as the file has it.
    pub(crate) fn records(&self) -> Result<Records, FileError> {
        self.records_from(self.begin)
    }

    /// The rows from there on.
    pub(crate) fn records_from(&self, position: Position) -> Result<Records, FileError> {
        let reader = self.reader(position)?;
        Ok(match self.form {
            Form::Csv => Records::Csv(csv::Records::new(reader, position, self.header.clone())),
            Form::JsonLines => Records::JsonLines(json_lines::Records::new(reader, position)),
        })
    }

    /// What the row asks for, with the defaults in the place of empty cells.
    pub(crate) fn row(&self, record: &Record, cells: &Cells) -> Result<Row, Vec<Mistake>> {
        let row = row::read(record.number, cells, &self.defaults, self.allow_sha1)?;
        Ok(Row { opener: self.opener.clone(), ..row })
    }

    fn reader(&self, position: Position) -> Result<Guarded, FileError> {
        let unreadable = |source| FileError::reading("manifest", self.path.clone(), source);
        let mut file = File::open(&self.path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(position.offset)).map_err(unreadable)?;
        Ok(Guarded::new(file))
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        match self {
            Records::Csv(records) => records.next(),
            Records::JsonLines(records) => records.next(),
        }
    }
}
