//! Reports as lines.

use kms_byok::for_the_binary::printable;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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

/// How long a line of what others said may be.
const MOST_COLUMNS: usize = 200;

/// What AWS, OpenSSL or the operating system said, in as many lines as it needs.
pub(crate) fn because(indent: &str, said: &str) -> String {
    let label = format!("{indent}because: ");
    let room = MOST_COLUMNS - label.len();
    let mut lines = vec![String::new()];
    let mut used = 0;
    let mut put = |c: char, begins: bool| {
        let width = c.width().unwrap_or(0);
        if begins || used + width > room {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
        used += width;
        used
    };
    let mut column = 0;
    for word in printable::line(said).split_inclusive(' ') {
        // What no line has room for begins where it is.
        let width = word.trim_end().width();
        let mut begins = column + width > room && width <= room;
        for c in word.chars() {
            // A blank at the end of a full line is not shown.
            column = if c == ' ' && column == room { column } else { put(c, begins) };
            begins = false;
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let text = label.clone() + &lines.join(&format!("\n{}", " ".repeat(label.len())));
    format!("{}\n", text.trim_end())
}

/// One line without control characters: descriptions, aliases and file names are texts of others.
pub(crate) fn line(text: &str) -> String {
    printable::line(text) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_said_has_lines_of_at_most_200_columns() {
        assert_eq!(because("", "AccessDeniedException: no"), "because: AccessDeniedException: no\n");
        assert_eq!(because("  ", ""), "  because:\n");
        let exactly = "x".repeat(191);
        assert_eq!(because("", &exactly), format!("because: {exactly}\n"));
        assert_eq!(because("", &format!("{exactly} y\nz")), format!("because: {exactly}\n         y\u{fffd}z\n"));
        assert_eq!(because("", &format!("{exactly}yz")), format!("because: {exactly}\n         yz\n"));
        let words = "word ".repeat(100);
        let text = because("    ", &words);
        let line = |count: usize| "word ".repeat(count).trim_end().to_owned();
        let indent = " ".repeat(13);
        let lines = [line(37), format!("{indent}{}", line(37)), format!("{indent}{}", line(26))];
        assert_eq!(text, format!("    because: {}\n", lines.join("\n")));
        assert_eq!(because("", &format!("a {exactly}x")), format!("because: a {}\n         xxx\n", &exactly[2..]));
        let wide = because("", &"日本 ".repeat(5 * 38));
        assert!(wide.lines().all(|line| line.width() <= 200 && line.width() > 100), "{wide}");
    }
}
