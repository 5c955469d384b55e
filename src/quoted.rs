//! Words of a shell, as they stand in every command that is printed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::printable::is_unprintable;

/// One word for bash that stands for exactly these bytes.
pub fn quoted(word: impl AsRef<OsStr>) -> String {
    let bytes = word.as_ref().as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let shows = |c: char| !is_unprintable(c);
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(shows) => format!("'{}'", text.replace('\'', r"'\''")),
        // What could move a terminal's cursor or hide, and what is no UTF-8, is spelled out.
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
            "a\u{202e}gnp\u{200b}\u{feff}\u{e0041}\u{9b}\u{2028}".as_bytes(),
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
        assert_eq!(quoted("a\nb\u{202e}"), r"$'a\x0ab\xe2\x80\xae'");
    }
}
