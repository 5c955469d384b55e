//! A row as it is read: each cell or the default for it, and the mistakes so far.

use super::super::column::{Cells, Column};
use super::super::error::{ManifestError, Mistake, cell, in_row};
use crate::lifecycle::Error;

/// A cell, or the default for it.
pub(super) struct Reader<'a> {
    pub(super) cells: &'a Cells,
    pub(super) defaults: &'a Cells,
    pub(super) number: u64,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub(super) fn mistake(&mut self, column: Column, error: ManifestError) {
        self.mistakes.push(in_row(self.number, Some(column), error));
    }

    /// The values of a column, its default's where the cell is empty.
    pub(super) fn list_of(&self, column: Column) -> Vec<String> {
        let from = if self.cells.get(column).is_some() { self.cells } else { self.defaults };
        match from.text(column) {
            Some(text) if !column.is_list() => vec![text.to_owned()],
            _ => from.list(column),
        }
    }

    pub(super) fn text(&self, column: Column) -> Option<&str> {
        self.cells.text(column).or_else(|| self.defaults.text(column))
    }

    pub(super) fn parsed<T, E: Into<Error>>(
        &mut self,
        column: Column,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.text(column)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.mistake(column, cell(error));
                None
            }
        }
    }

    pub(super) fn needed(&mut self, material: &'static str, column: Column) -> Option<String> {
        let text = self.text(column).map(str::to_owned);
        if text.is_none() {
            self.mistake(column, ManifestError::Needs { material, column });
        }
        text
    }
}
