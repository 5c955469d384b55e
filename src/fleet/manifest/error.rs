//! What can be wrong with a manifest. Each mistake is named by its row and column before AWS is asked.

use std::fmt;

use super::column::Column;
use crate::explain::{Hint, OwnWords, Setting, Step, explain_sum, hint, some};
use crate::files::FileError;
use crate::lifecycle::Error;
use crate::material::KeySpec;

/// A mistake, and where it stands.
#[derive(Debug)]
pub struct Mistake {
    /// The row, by its line in the file, counted from 1; nothing where it is the file.
    pub row: Option<u64>,
    /// The column; nothing where it is the whole row.
    pub column: Option<Column>,
    /// What is wrong.
    pub error: ManifestError,
}

/// What is wrong with a manifest, a row or a cell.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ManifestError {
    /// The value of a cell is one that the verb of one key would refuse, too.
    #[error(transparent)]
    Cell(Box<Error>),
    #[error(transparent)]
    File(FileError),
    #[error("the manifest `{path}` is not a regular file")]
    #[strum(serialize = "manifest_not_a_file")]
    NotAFile { path: String },
    #[error("the manifest cannot be read any further")]
    #[strum(serialize = "manifest_broken")]
    Broken { because: String },
    #[error("the manifest has no row")]
    NoRows,
    #[error("the text is not UTF-8")]
    #[strum(serialize = "row_not_utf8")]
    NotUtf8,
    #[error("the columns are separated by {found}, but a comma is expected")]
    OtherSeparator { found: &'static str },
    #[error("`{name}` is not a column")]
    UnknownColumn { name: String },
    #[error("the column {column} stands there twice")]
    ColumnTwice { column: Column },
    #[error("the column {column} is missing")]
    ColumnMissing { column: Column },
    #[error("the row has {found} cells, but the header has {wanted}")]
    CellCount { found: usize, wanted: usize },
    #[error("the cell has a line break")]
    LineBreak,
    #[error("the cell has a control character")]
    ControlCharacter,
    #[error("the row has more than 256 KiB")]
    RowTooLong,
    #[error("the line is not JSON")]
    #[strum(serialize = "row_not_json")]
    NotJson { because: String },
    #[error("the line is not a JSON object")]
    #[strum(serialize = "row_not_an_object")]
    NotAnObject,
    #[error("{column} is {found}, but text is expected")]
    #[strum(serialize = "cell_not_text")]
    NotText { column: Column, found: &'static str },
    #[error("the cell is empty")]
    #[strum(serialize = "cell_empty")]
    Empty,
    #[error("the id `{id}` has characters other than letters, digits and . _ - / : @, or more than 128 of them")]
    IdUnfit { id: String },
    #[error("the id `{id}` stands in row {row} already")]
    IdTwice { id: String, row: u64 },
    #[error("the alias `{alias}` stands in row {row} already, for the same account and Region")]
    AliasTwice { alias: String, row: u64 },
    #[error("the file `{path}` is written by row {row} already")]
    FileTwice { path: String, row: u64 },
    #[error("{material} needs the column {column}")]
    #[strum(serialize = "cell_missing")]
    Needs { material: &'static str, column: Column },
    #[error("the column {column} does not go together with this material")]
    NotTogether { column: Column },
    #[error("`{given}` does not generate anything: the words are generate-discard, generate-escrow and generate-keep")]
    UnknownWord { given: String },
    #[error("the cell holds what may be key material itself, but the name of a file is expected")]
    MaterialInCell,
    #[error("`{name}` in braces is not replaced by anything")]
    UnknownPlaceholder { name: String },
    #[error("one file is to be written for {regions} Regions")]
    FileForRegions { regions: usize },
    #[error("the row names no Region, but {{region}} stands in it")]
    RegionUnknown,
    #[error("the Region {region} stands there twice")]
    RegionTwice { region: String },
    #[error("`{given}` is not a tag")]
    NotATag { given: String },
    #[error("`{given}` is neither a duration, nor a time, nor never")]
    NotAnExpiry { given: String },
    #[error("`{given}` is not the ARN of a role")]
    NotARole { given: String },
    #[error("`{path}` is an escrow file")]
    #[strum(serialize = "escrow_closed")]
    EscrowFile { path: String },
    #[error("the key material was discarded when it was made: nobody can import it again")]
    #[strum(serialize = "material_discarded")]
    Discarded,
    #[error("KMS does not rotate keys of the key spec {spec}")]
    #[strum(serialize = "row_not_rotated")]
    NotRotated { spec: KeySpec, alias: Option<String> },
    #[error("a rotation needs new key material, but the row has a file")]
    NothingNew,
    #[error("the parameters in `{path}` are of {found}, but the row asks for {wanted}")]
    #[strum(serialize = "wrapped_for_other")]
    WrappedForOther { path: String, found: String, wanted: String },
    #[error("`{path}` is a directory without wrapped key material and an import token")]
    NothingWrapped { path: String },
    #[error("the key policy `{path}` is not a JSON object")]
    PolicyNotAnObject { path: String, because: String },
}

impl OwnWords for ManifestError {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            ManifestError::Cell(_) | ManifestError::File(_) => None,
            ManifestError::NotAFile { .. } => some("write it to a file: it is read more than once"),
            ManifestError::Broken { .. } => None,
            ManifestError::NoRows => some("write a row for each key"),
            ManifestError::NotUtf8 => some("save the file as CSV in UTF-8"),
            ManifestError::OtherSeparator { .. } => some("save the file with commas between the columns"),
            ManifestError::UnknownColumn { .. } => some(format!("use the names {}", names())),
            ManifestError::ColumnTwice { .. } => some("leave one of them out"),
            ManifestError::ColumnMissing { column: Column::Material } => {
                hint!["add the column, or give ", Setting::Material, " for all rows"]
            }
            ManifestError::ColumnMissing { .. } => some("add the column"),
            ManifestError::CellCount { .. } => some("put a value that has a comma in it into double quotes"),
            ManifestError::LineBreak => some("close the double quotes, and write the value in one line"),
            ManifestError::ControlCharacter => some("take it out"),
            ManifestError::RowTooLong => some("close the double quotes that begin in this row"),
            ManifestError::NotJson { .. } => some("write one JSON object in each line"),
            ManifestError::NotAnObject => some("write one JSON object in each line"),
            ManifestError::NotText { .. } => some("put the value into double quotes"),
            ManifestError::Empty => some("fill it in"),
            ManifestError::IdUnfit { .. } => some("choose another id"),
            ManifestError::IdTwice { .. } | ManifestError::AliasTwice { .. } | ManifestError::FileTwice { .. } => {
                some("give each row its own")
            }
            ManifestError::Needs { .. } => some("fill it in"),
            ManifestError::NotTogether { .. } => some("leave the cell empty"),
            ManifestError::UnknownWord { .. } => some("use one of these words; write ./NAME for a file of that name"),
            ManifestError::MaterialInCell => some("write the key material to a file of mode 0600, and name that"),
            ManifestError::UnknownPlaceholder { .. } => some("use {id} and {region}"),
            ManifestError::FileForRegions { .. } => some("write {region} into the name of the file"),
            ManifestError::RegionUnknown => some("fill in the column regions"),
            ManifestError::RegionTwice { .. } => some("leave one of them out"),
            ManifestError::NotATag { .. } => some("write NAME=VALUE, and `;` between two tags"),
            ManifestError::NotAnExpiry { .. } => some("write it as in never, 90d or 2027-01-31T12:00:00Z"),
            ManifestError::NotARole { .. } => some("write it as in arn:aws:iam::111122223333:role/provisioning"),
            ManifestError::EscrowFile { .. } => hint!["give ", Setting::RecipientKey],
            ManifestError::Discarded => {
                some("leave the row out; new key material by rotation, with a copy, is what can be renewed")
            }
            ManifestError::NotRotated { alias: Some(alias), .. } => hint![
                "move its alias to a new key: ",
                Step::Rotate.with(Setting::KeyId.to(alias)).with(Setting::Generate)
            ],
            ManifestError::NotRotated { .. } => some("give the key an alias, and move that to a new key"),
            ManifestError::NothingNew => some("use generate-escrow, generate-keep or generate-discard"),
            ManifestError::WrappedForOther { .. } => some("name the directory of this key"),
            ManifestError::NothingWrapped { .. } => {
                some("put EncryptedKeyMaterial.bin beside the public key and the token that it was wrapped for")
            }
            ManifestError::PolicyNotAnObject { .. } => some("check the file: a key policy is one JSON object"),
        }
    }

    fn own_because(&self) -> Option<String> {
        match self {
            ManifestError::Broken { because }
            | ManifestError::NotJson { because }
            | ManifestError::PolicyNotAnObject { because, .. } => Some(because.clone()),
            _ => None,
        }
    }
}

explain_sum!(ManifestError { Cell, File } or OwnWords);

/// What another room says about a cell.
pub(crate) fn cell(error: impl Into<Error>) -> ManifestError {
    ManifestError::Cell(Box::new(error.into()))
}

fn names() -> String {
    Column::all().iter().map(|column| column.name()).collect::<Vec<_>>().join(", ")
}

/// A mistake in that row.
pub(crate) fn in_row(row: u64, column: Option<Column>, error: ManifestError) -> Mistake {
    Mistake { row: Some(row), column, error }
}

impl Mistake {
    pub(crate) fn of_file(error: ManifestError) -> Self {
        Mistake { row: None, column: None, error }
    }

    /// `row 3, column key_spec`
    pub fn place(&self) -> String {
        match (self.row, self.column) {
            (None, _) => "manifest".to_owned(),
            (Some(row), None) => format!("row {row}"),
            (Some(row), Some(column)) => format!("row {row}, column {column}"),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.error)
    }
}
