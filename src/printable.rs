//! Text that others wrote (KMS, files, certificates, file names, the environment), made fit for a terminal and for JSON.
//!
//! A control character can move the cursor and a bidirectional one can turn a line around, so that a person reads what is not there; what
//! takes no room hides in a name that looks like another. On a terminal each becomes U+FFFD, in JSON an escape.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

/// Whether a character does something to a line instead of showing in it. A line feed is one.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
            // Fillers, which take no room or look like a blank.
            | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
            // Zero width, marks of direction, line and paragraph separators, embeddings, overrides and isolates.
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            // Variation selectors, the byte order mark, interlinear annotations, what is no character.
            | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
            | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{13455}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            // Tags, and everything else on their plane.
            | '\u{e0000}'..='\u{effff}')
}

/// One line, whatever the text holds.
pub fn line(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Several lines; only line feeds stay as they are.
pub fn page(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// How long a value in backticks may be, or a word, and how much of its beginning is kept.
const MOST: usize = 100;
const BEGINNING: usize = 60;

/// A sentence whose values are cut where they are long: what stands in backticks, and words. The end of a path says most.
pub fn short_values(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let short = |(number, part): (usize, &&str)| {
        let is_value = number % 2 == 1 && number < last;
        if is_value { cut(part) } else { part.split(' ').map(cut).collect::<Vec<_>>().join(" ") }
    };
    parts.iter().enumerate().map(short).collect::<Vec<_>>().join("`")
}

fn cut(value: &str) -> String {
    let length = value.chars().count();
    if length <= MOST {
        return value.to_owned();
    }
    let kept = value.chars().enumerate().filter(|(at, _)| *at <= BEGINNING || at + (MOST - BEGINNING) > length);
    kept.map(|(at, c)| if at == BEGINNING { '…' } else { c }).collect()
}

/// JSON over several lines, with a line feed at the end. Serde escapes C0 only (RFC 8259 §7 asks for no more).
pub fn json(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut escaped = Escaped(Vec::new());
    if serde_json::to_writer_pretty(&mut escaped, value).is_err() {
        escaped.0.clear();
    }
    escaped.0.push(b'\n');
    escaped.0
}

/// The same in one line.
pub fn json_line(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut escaped = Escaped(Vec::new());
    if serde_json::to_writer(&mut escaped, value).is_err() {
        escaped.0.clear();
    }
    escaped.0.push(b'\n');
    escaped.0
}

/// JSON on its way, so that a long answer is not in memory twice.
struct Escaped(Vec<u8>);

impl Write for Escaped {
    /// Serde gives whole characters.
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        for c in str::from_utf8(piece).map_err(io::Error::other)?.chars() {
            // Outside of strings there is nothing to escape but the line feeds of the form.
            match c {
                _ if c == '\n' || !is_unprintable(c) => self.0.extend(c.encode_utf8(&mut [0; 4]).bytes()),
                _ => c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(self.0, "\\u{unit:04x}"))?,
            }
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A path as JSON text. Serde refuses one that is no UTF-8, and the answer would be lost with it; what is none becomes U+FFFD.
pub fn path<S: Serializer>(path: impl AsRef<Path>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.as_ref().display())
}

/// The same for a path that may be missing.
pub fn maybe_path<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

/// The same for several paths.
pub fn paths<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_everything_and_does_nothing() {
        for (text, shown) in [
            ("plain ümläut 日本 עברית 🔑 a'\"$", "plain ümläut 日本 עברית 🔑 a'\"$"),
            ("\u{1b}[2J\u{7}\t\r\n\u{7f}\u{9b}1m", "?[2J??????1m"),
            ("a\u{202e}b\u{2066}c\u{200b}\u{200f}\u{feff}\u{2028}\u{2029}\u{ad}", "a?b?c??????"),
            ("\u{e0041}\u{e0001}\u{e0100}\u{fe0f}\u{61c}\u{180e}\u{2064}\u{fff9}", "????????"),
            ("\u{fdcf}\u{fdd0}\u{fdd1}\u{fdef}\u{fdf0}", "\u{fdcf}???\u{fdf0}"),
        ] {
            assert_eq!(line(text), shown.replace('?', "\u{fffd}"), "{text:?}");
            assert_eq!(page(&format!("{text}\n{text}")).matches('\n').count(), 1 + 2 * text.matches('\n').count());
        }
    }

    #[test]
    fn a_long_value_is_cut_in_its_middle() {
        let long = "é".repeat(70) + &"x".repeat(5000) + "/name.pem";
        let short = "é".repeat(60) + "…" + &"x".repeat(30) + "/name.pem";
        assert_eq!(short.chars().count(), MOST);
        for form in ["`{}` does not exist", "key {} waits for `a`", "`a b` and `{}`", "{}", "the `{} is no name"] {
            assert_eq!(short_values(&form.replace("{}", &long)), form.replace("{}", &short));
        }
        let words = "word ".repeat(40);
        assert_eq!(short_values(&words), words);
        assert_eq!(short_values(&format!("`{words}`")).chars().count(), MOST + 2);
        let most = format!("`{}` exists", "x".repeat(MOST));
        assert_eq!(short_values(&most), most);
        assert_eq!(short_values(""), "");
    }

    #[test]
    fn json_has_escapes_for_them_and_means_the_same() {
        for text in [
            "\u{1b}[2J",
            "\u{7f}\u{9b}",
            "\u{202e}gnp",
            "\u{200b}\u{feff}\u{2028}",
            "\u{e0041}",
            "\\u0041\u{85}\"",
            "ü🔑",
        ] {
            let bytes = json(&serde_json::json!({ text: [text, "\n"] }));
            let written = String::from_utf8(bytes).unwrap();
            assert!(written.chars().all(|c| c == '\n' || !is_unprintable(c)), "{written:?}");
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            assert_eq!(read, serde_json::json!({ text: [text, "\n"] }));
        }
        assert!(String::from_utf8(json("\u{e0041}")).unwrap().contains(r"\udb40\udc41"));
    }
}
