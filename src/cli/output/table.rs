//! Tables: aligned columns where they fit the terminal; where they do not, each row takes several lines. Nothing is ever cut: what stands
//! in a cell may be an id that somebody pastes.

use unicode_width::UnicodeWidthStr;

use super::tone::{Tone, shown, toned};

/// What stands in a column of a row.
#[derive(Clone)]
pub(crate) struct Cell {
    text: String,
    tone: Option<Tone>,
}

/// A table with the titles of its columns.
pub(crate) struct Table<'a> {
    pub(crate) titles: &'a [&'a str],
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// How the lines of a row are made up: the columns of each line.
pub(crate) type Fold<'a> = &'a [&'a [usize]];

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Cell { text: text.into(), tone: None }
    }

    pub(crate) fn in_tone(text: impl Into<String>, tone: Option<Tone>) -> Self {
        Cell { text: text.into(), tone }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

/// Between two columns.
const GAP: usize = 2;
/// Before the second line of a row.
const INDENT: usize = 2;

impl Table<'_> {
    /// With a title above each column, in one line a row.
    pub(crate) fn flat(&self) -> String {
        let head: Vec<Cell> = self.titles.iter().map(|title| Cell::in_tone(*title, Some(Tone::Head))).collect();
        let all: Vec<usize> = (0..self.titles.len()).collect();
        let widths = self.widths(&head);
        let rows = std::iter::once(&head).chain(&self.rows);
        rows.map(|row| laid_out(row, &all, &widths)).collect()
    }

    /// In several lines a row, without titles.
    pub(crate) fn folded(&self, fold: Fold<'_>) -> String {
        let widths = self.widths(&[]);
        let mut text = String::new();
        for row in &self.rows {
            for (number, columns) in fold.iter().enumerate() {
                let indent = if number == 0 { 0 } else { INDENT };
                text.push_str(&format!("{:indent$}{}", "", laid_out(row, columns, &widths)));
            }
        }
        text
    }

    fn widths(&self, head: &[Cell]) -> Vec<usize> {
        let of = |column: usize| {
            let cells = self.rows.iter().map(|row| &row[column]).chain(head.get(column));
            cells.map(Cell::width).max().unwrap_or(0)
        };
        (0..self.titles.len()).map(of).collect()
    }
}

/// The last column is as wide as what stands in it.
fn laid_out(row: &[Cell], columns: &[usize], widths: &[usize]) -> String {
    let mut text = String::new();
    for (at, column) in columns.iter().enumerate() {
        let cell = &row[*column];
        text.push_str(&toned(cell.tone, &cell.text));
        if at + 1 < columns.len() {
            let gap = widths[*column] - cell.width() + GAP;
            text.push_str(&format!("{:gap$}", ""));
        }
    }
    text + "\n"
}

/// The first of these texts that fits; the last if none does.
pub(crate) fn fitting(columns: Option<usize>, texts: impl IntoIterator<Item = String>) -> String {
    let mut last = String::new();
    for text in texts {
        let fits = |columns: usize| shown(&text, false).lines().all(|line| line.width() <= columns);
        if columns.is_none_or(fits) {
            return text;
        }
        last = text;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<'static> {
        let row = |name: &str, id: &str, tone| vec![Cell::new(name), Cell::new(id), Cell::in_tone("soon", tone)];
        Table {
            titles: &["NAME", "ID", "ENDS"],
            rows: vec![row("ü鍵", "1", Some(Tone::Urgent)), row("long name", "22", None)],
        }
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let text = "NAME       ID  ENDS\nü鍵        1   soon\nlong name  22  soon\n";
        assert_eq!(shown(&table().flat(), false), text);
        assert!(shown(&table().flat(), true).contains("1   \u{1b}[31msoon\u{1b}[0m\n"));
        assert_eq!(shown(&table().folded(&[&[0, 1], &[2]]), false), "ü鍵        1\n  soon\nlong name  22\n  soon\n");
    }

    #[test]
    fn the_first_form_that_fits_is_taken_and_nothing_is_cut() {
        let texts = || [table().flat(), table().folded(&[&[0], &[1, 2]])];
        let taken = |columns| texts().iter().position(|text| *text == fitting(columns, texts()));
        assert_eq!([None, Some(200), Some(19), Some(18), Some(4)].map(taken), [0, 0, 0, 1, 1].map(Some));
    }
}
