//! Names at which nothing is, for the commands that are printed: none of them may write over a file.

use std::path::{Path, PathBuf};

use crate::quoted::quoted;

/// A path with an ending more.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut longer = path.as_os_str().to_owned();
    longer.push(format!(".{suffix}"));
    PathBuf::from(longer)
}

/// That path, or one with a number after it, at which nothing is.
pub(crate) fn free(path: &Path) -> PathBuf {
    let numbered = (2..).map(|number: u64| with_suffix(path, &number.to_string()));
    std::iter::once(path.to_owned()).chain(numbered).find(|path| is_free(path)).unwrap_or_else(|| path.to_owned())
}

pub(crate) fn is_free(path: &Path) -> bool {
    path.symlink_metadata().is_err()
}

/// A command, or a sentence with one, in which `FILE` is that file, and `FILE.pem` and the like are files beside it that do not exist.
pub(crate) fn name_in_command(command: &str, file: &Path) -> String {
    let mut pieces = command.split("FILE");
    let mut named = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let suffix = piece.strip_prefix('.').unwrap_or_default();
        let length = suffix.bytes().take_while(u8::is_ascii_alphanumeric).count();
        match &suffix[..length] {
            "" => named.push_str(&(quoted(file) + piece)),
            ending => named.push_str(&(quoted(free(&with_suffix(file, ending))) + &suffix[length..])),
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_the_file_and_writes_beside_it_where_nothing_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a key");
        let shown = file.display();
        let command = "cp FILE FILE.open && ssh-keygen -p -f FILE.open";
        assert_eq!(
            name_in_command(command, &file),
            format!("cp '{shown}' '{shown}.open' && ssh-keygen -p -f '{shown}.open'")
        );
        std::fs::write(with_suffix(&file, "open"), "the only copy").unwrap();
        assert_eq!(
            name_in_command(command, &file),
            format!("cp '{shown}' '{shown}.open.2' && ssh-keygen -p -f '{shown}.open.2'")
        );
        assert_eq!(name_in_command("give FILE.", &file), format!("give '{shown}'."));
        assert_eq!(name_in_command("give it", &file), "give it");
    }
}
