//! The columns of a manifest, and what stands in their cells.

use std::fmt;

use strum::VariantArray;

/// A column of a manifest, which is also the name of a member in JSON Lines. `Display` is that name.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Column {
    /// What the row is called in the journal and in reports, for ever.
    Id,
    /// The alias, with its `alias/`.
    Alias,
    /// The key spec, by KMS's name.
    KeySpec,
    /// The key usage, by KMS's name.
    KeyUsage,
    /// A file, `generate-discard`, `generate-escrow` or `generate-keep`.
    Material,
    /// The recovery certificates for `generate-escrow`.
    Escrow,
    /// The escrow file to write.
    EscrowOut,
    /// The file for the plaintext of `generate-keep`.
    Keep,
    /// `never`, a time or a duration.
    Expires,
    /// The file with the key policy.
    Policy,
    /// `NAME=VALUE`, several of them.
    Tags,
    /// The description of the key.
    Description,
    /// The Regions, each of which gets a key of its own.
    Regions,
    /// The profile of the AWS configuration files.
    Profile,
    /// The role to assume.
    RoleArn,
    /// The size of the wrapping key.
    WrappingKeySpec,
    /// The wrapping algorithm.
    WrappingAlgorithm,
}

impl Column {
    /// How many there are.
    pub(crate) const COUNT: usize = Column::VARIANTS.len();

    /// All of them, in the order of the documentation.
    pub fn all() -> &'static [Column] {
        Column::VARIANTS
    }

    /// The name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether its cells hold several values.
    pub fn is_list(self) -> bool {
        matches!(self, Column::Escrow | Column::Tags | Column::Regions)
    }

    pub(crate) fn of(name: &str) -> Option<Column> {
        name.parse().ok()
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// A text, as every cell of a CSV file is one.
    Text(String),
    /// Several texts, as only JSON has them.
    List(Vec<String>),
}

/// The cells of a row, or what stands for cells that are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cells([Option<Cell>; Column::COUNT]);

impl Cells {
    /// Fills a cell.
    pub fn set(&mut self, column: Column, cell: Cell) {
        self.0[column as usize] = Some(cell);
    }

    /// What stands in a cell, unless it is empty.
    pub fn get(&self, column: Column) -> Option<&Cell> {
        self.0[column as usize].as_ref()
    }

    pub(crate) fn text(&self, column: Column) -> Option<&str> {
        match self.get(column)? {
            Cell::Text(text) => Some(text),
            Cell::List(_) => None,
        }
    }

    /// The values of a cell: of text, what stands between `;`, and for Regions also between commas and spaces.
    pub(crate) fn list(&self, column: Column) -> Vec<String> {
        let text = match self.get(column) {
            None => return Vec::new(),
            Some(Cell::List(values)) => return values.clone(),
            Some(Cell::Text(text)) => text,
        };
        let splits = |c: char| c == ';' || column == Column::Regions && (c == ',' || c.is_whitespace());
        text.split(splits).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// Whether nothing stands in any of them.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}
