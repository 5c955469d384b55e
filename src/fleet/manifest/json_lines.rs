//! A manifest as JSON Lines: one object a line.

use std::fmt;
use std::io::BufRead;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::column::{Cell, Cells, Column};
use super::error::{ManifestError, Mistake, in_row};
use super::record::{Guarded, Position, Record};

pub(crate) struct Records {
    reader: Guarded,
    at: Position,
    line: Vec<u8>,
    over: bool,
}

/// The members of an object in their order, those that stand twice among them.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl Records {
    pub(super) fn new(reader: Guarded, at: Position) -> Self {
        Records { reader, at, line: Vec::new(), over: false }
    }

    pub(super) fn next(&mut self) -> Option<Record> {
        while !self.over {
            let position = self.at;
            self.line.clear();
            self.reader.ended();
            let failed = match self.reader.read_until(b'\n', &mut self.line) {
                Ok(0) => return None,
                Ok(count) => {
                    self.at = Position { offset: position.offset + count as u64, line: position.line + 1 };
                    None
                }
                Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => Some(ManifestError::RowTooLong),
                Err(error) => Some(ManifestError::Broken { because: error.to_string() }),
            };
            let number = position.line;
            let cells = match failed {
                Some(error) => {
                    self.over = true;
                    Err(vec![in_row(number, None, error)])
                }
                None if self.line.trim_ascii().is_empty() => continue,
                None => cells(number, &self.line),
            };
            return Some(Record { position, number, cells });
        }
        None
    }
}

fn cells(number: u64, line: &[u8]) -> Result<Cells, Vec<Mistake>> {
    let row = |error| vec![in_row(number, None, error)];
    let text = std::str::from_utf8(line).map_err(|_| row(ManifestError::NotUtf8))?;
    let members: Members = serde_json::from_str(text).map_err(|error| {
        let is_object = text.trim_start().starts_with('{');
        row(if is_object { ManifestError::NotJson { because: error.to_string() } } else { ManifestError::NotAnObject })
    })?;
    let mut cells = Cells::default();
    let mut mistakes = Vec::new();
    for (name, value) in members.0 {
        let Some(column) = Column::of(&name) else {
            mistakes.push(in_row(number, None, ManifestError::UnknownColumn { name }));
            continue;
        };
        if cells.get(column).is_some() {
            mistakes.push(in_row(number, Some(column), ManifestError::ColumnTwice { column }));
            continue;
        }
        match cell(column, value) {
            Ok(Some(cell)) => cells.set(column, cell),
            Ok(None) => {}
            Err(found) => mistakes.push(in_row(number, Some(column), ManifestError::NotText { column, found })),
        }
    }
    if mistakes.is_empty() { Ok(cells) } else { Err(mistakes) }
}

/// The cell; nothing for an empty one, and what it is where it is no text.
fn cell(column: Column, value: Value) -> Result<Option<Cell>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => {
            Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(|text| Cell::Text(text.to_owned())))
        }
        Value::Array(values) if column.is_list() => {
            let text = |value: Value| match value {
                Value::String(text) => Ok(text),
                other => Err(kind(&other)),
            };
            let values: Vec<String> = values.into_iter().map(text).collect::<Result<_, _>>()?;
            Ok((!values.is_empty()).then_some(Cell::List(values)))
        }
        Value::Object(members) if column == Column::Tags => {
            let pair = |(name, value): (String, Value)| match value {
                Value::String(value) => Ok(format!("{name}={value}")),
                other => Err(kind(&other)),
            };
            Ok(Some(Cell::List(members.into_iter().map(pair).collect::<Result<_, _>>()?)))
        }
        other => Err(kind(&other)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
