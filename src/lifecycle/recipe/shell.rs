//! Words of a shell. What a user typed goes into a script as one word, or not at all: never into a comment, never unquoted.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::quoted::quoted;

/// Where the plaintext goes.
pub(super) const PLAINTEXT: &str = "\"$work/PlaintextKeyMaterial.bin\"";

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

/// The passphrase stays in its file.
pub(super) fn passin(file: Option<&PathBuf>) -> String {
    file.map_or(String::new(), |file| {
        let mut argument = OsString::from("file:");
        argument.push(file);
        format!(" -passin {}", quoted(argument))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_little_as_they_need() {
        assert_eq!(path(Path::new("-key")), "./-key");
        assert_eq!(json(&serde_json::json!({"a": "ü€𝄞\n'"})), r#"'{"a":"\u00fc\u20ac\ud834\udd1e\n'\''"}'"#);
    }
}
