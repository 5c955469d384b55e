//! Words of a shell. What a user typed goes into a script as one word, or not at all: never into a comment, never unquoted.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::Value;

/// One word for bash that stands for exactly these bytes.
pub fn quoted(word: impl AsRef<OsStr>) -> String {
    let bytes = word.as_ref().as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let shows = |c: char| !c.is_control() || c == '\n';
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(shows) => format!("'{}'", text.replace('\'', r"'\''")),
        // What could move a terminal's cursor, and what is no UTF-8, is spelled out.
        _ => {
            let spelled = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            };
            // A hex digit after `\xNN` is no part of it: bash reads two digits at most.
            format!("$'{}'", bytes.iter().map(spelled).collect::<String>())
        }
    }
}

/// A path as a word that no program takes for an option.
pub(super) fn path(path: &Path) -> String {
    if path.as_os_str().as_bytes().starts_with(b"-") { quoted(Path::new(".").join(path)) } else { quoted(path) }
}

/// JSON as a word, in ASCII: the locale of whoever runs it does not matter. The aws CLI would read `file://…` as a file and
/// `-…` as an option if free text were an argument of its own.
pub(super) fn json(value: &Value) -> String {
    let mut ascii = String::new();
    for c in value.to_string().chars() {
        match c {
            ' '..='~' => ascii.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    quoted(ascii)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What bash makes of a word.
    fn read_by_bash(word: &str) -> Vec<u8> {
        let output = Command::new("bash").args(["-c", &format!("printf %s {word}")]).output().unwrap();
        assert!(output.status.success(), "{word}");
        output.stdout
    }

    #[test]
    fn every_word_comes_out_of_bash_as_it_went_in() {
        for word in [
            &b""[..],
            b"alias/a-b",
            b"it's",
            b"a b",
            b"$HOME `id` $(id)",
            b"two\nlines",
            b"\\ \" ! * ~ # ; & | < > ( ) { } [ ] ?",
            b"tab\there",
            b"\x1b[2J",
            b"\xff\xfe0a",
            b"\x01f'",
            "ümläut".as_bytes(),
            b"-n",
        ] {
            let word = OsStr::from_bytes(word);
            assert_eq!(read_by_bash(&quoted(word)), word.as_bytes(), "{}", quoted(word));
        }
    }

    #[test]
    fn words_are_quoted_as_little_as_they_need() {
        assert_eq!(quoted("alias/a-b"), "alias/a-b");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted("\u{1b}[2J"), r"$'\x1b[2J'");
        assert_eq!(path(Path::new("-key")), "./-key");
        assert_eq!(json(&serde_json::json!({"a": "ü€𝄞\n'"})), r#"'{"a":"\u00fc\u20ac\ud834\udd1e\n'\''"}'"#);
    }
}
