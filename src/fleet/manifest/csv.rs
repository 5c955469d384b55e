//! A manifest as spreadsheets write it: RFC 4180, with a header.

use csv::{ByteRecord, Reader, ReaderBuilder, Trim};

use super::column::{Cell, Cells, Column};
use super::error::{ManifestError, Mistake, in_row};
use super::record::{Guarded, Position, Record};

pub(crate) struct Records {
    reader: Reader<Guarded>,
    header: Vec<Column>,
    base: Position,
    record: ByteRecord,
    over: bool,
}

fn reader(from: Guarded) -> Reader<Guarded> {
    ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).buffer_capacity(4096).from_reader(from)
}

/// The columns, and where the first row begins.
pub(super) fn header(from: Guarded, base: Position, defaults: &Cells) -> Result<(Vec<Column>, Position), Vec<Mistake>> {
    let mut reader = reader(from);
    let mut record = ByteRecord::new();
    let read = reader.read_byte_record(&mut record);
    if !matches!(read, Ok(true)) {
        return Err(vec![in_row(1, None, ManifestError::RowTooLong)]);
    }
    let number = base.line + record.position().map_or(1, csv::Position::line) - 1;
    let mut mistakes = Vec::new();
    let mut columns = Vec::new();
    let only = record.get(0).unwrap_or_default();
    let other = [(b';', "`;`"), (b'\t', "tabs")].into_iter().find(|(sign, _)| only.contains(sign));
    if let (1, Some((_, found))) = (record.len(), other) {
        return Err(vec![in_row(number, None, ManifestError::OtherSeparator { found })]);
    }
    for name in &record {
        let Ok(name) = std::str::from_utf8(name) else {
            return Err(vec![in_row(number, None, ManifestError::NotUtf8)]);
        };
        match Column::of(name) {
            None => mistakes.push(in_row(number, None, ManifestError::UnknownColumn { name: name.to_owned() })),
            Some(column) if columns.contains(&column) => {
                mistakes.push(in_row(number, Some(column), ManifestError::ColumnTwice { column }));
            }
            Some(column) => columns.push(column),
        }
    }
    for column in [Column::Id, Column::Material] {
        if !columns.contains(&column) && defaults.get(column).is_none() {
            mistakes.push(in_row(number, Some(column), ManifestError::ColumnMissing { column }));
        }
    }
    if mistakes.is_empty() { Ok((columns, place(&reader, base))) } else { Err(mistakes) }
}

/// Where the reader stands.
fn place(reader: &Reader<Guarded>, base: Position) -> Position {
    let position = reader.position();
    Position { offset: base.offset + position.byte(), line: base.line + position.line() - 1 }
}

impl Records {
    pub(super) fn new(from: Guarded, base: Position, header: Vec<Column>) -> Self {
        Records { reader: reader(from), header, base, record: ByteRecord::new(), over: false }
    }

    pub(super) fn next(&mut self) -> Option<Record> {
        if self.over {
            return None;
        }
        let before = place(&self.reader, self.base);
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                self.reader.get_mut().ended();
                let number = self.record.position().map_or(before.line, |at| self.base.line + at.line() - 1);
                Some(Record { position: before, number, cells: self.cells(number) })
            }
            Err(error) => {
                self.over = true;
                let error = match error.into_kind() {
                    csv::ErrorKind::Io(source) if source.kind() != std::io::ErrorKind::FileTooLarge => {
                        ManifestError::Broken { because: source.to_string() }
                    }
                    _ => ManifestError::RowTooLong,
                };
                Some(Record {
                    position: before,
                    number: before.line,
                    cells: Err(vec![in_row(before.line, None, error)]),
                })
            }
        }
    }

    fn cells(&self, number: u64) -> Result<Cells, Vec<Mistake>> {
        let mut cells = Cells::default();
        let mut mistakes = Vec::new();
        let (found, wanted) = (self.record.len(), self.header.len());
        if found != wanted {
            return Err(vec![in_row(number, None, ManifestError::CellCount { found, wanted })]);
        }
        for (column, bytes) in self.header.iter().copied().zip(&self.record) {
            let mistake = match std::str::from_utf8(bytes) {
                Err(_) => ManifestError::NotUtf8,
                // A cell of several lines is a quote that somebody has forgotten.
                Ok(text) if text.contains(['\n', '\r']) => ManifestError::LineBreak,
                Ok("") => continue,
                Ok(text) => {
                    cells.set(column, Cell::Text(text.to_owned()));
                    continue;
                }
            };
            mistakes.push(in_row(number, Some(column), mistake));
        }
        if mistakes.is_empty() { Ok(cells) } else { Err(mistakes) }
    }
}
