//! Reports as lines.

use kms_byok::for_the_binary::printable;

use super::tone::{Tone, toned};

/// A row of a report, and the tone of its value.
pub(crate) type Row<'a> = (&'a str, Option<String>, Option<Tone>);

/// A report as lines of `name  value`, only those that have one.
pub(crate) fn lines(pairs: &[(&str, Option<String>)]) -> String {
    let rows: Vec<Row<'_>> = pairs.iter().map(|(name, value)| (*name, value.clone(), None)).collect();
    lines_in(&rows)
}

/// The same, with tones.
pub(crate) fn lines_in(rows: &[Row<'_>]) -> String {
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let present = rows.iter().filter_map(|(name, value, tone)| Some((name, value.as_ref()?, *tone)));
    present.map(|(name, value, tone)| format!("{name:width$}  {}\n", toned(tone, value))).collect()
}

/// One line without control characters: descriptions, aliases and file names are texts of others.
pub(crate) fn line(text: &str) -> String {
    printable::line(text) + "\n"
}
