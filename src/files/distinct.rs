//! One file under two names: an output must be neither an input nor another output.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::directory::directory_of;
use super::error::FileError;

/// Refuses an output that is an input, or another output, under whatever name.
pub fn check_distinct(inputs: &[&Path], outputs: &[&Path]) -> Result<(), FileError> {
    let inputs: Vec<Identity> = inputs.iter().map(|path| Identity::of(path)).collect();
    let mut earlier = Vec::new();
    for output in outputs {
        let identity = Identity::of(output);
        let path = (*output).to_owned();
        if inputs.contains(&identity) {
            return Err(FileError::SameFile { path });
        }
        if earlier.contains(&identity) {
            return Err(FileError::TwoOutputs { path });
        }
        earlier.push(identity);
    }
    Ok(())
}

/// What makes two paths one file: its number where it exists, its place where it will be made.
#[derive(PartialEq, Eq)]
enum Identity {
    Number(u64, u64),
    Place(PathBuf),
}

impl Identity {
    fn of(path: &Path) -> Self {
        match (fs::metadata(path), fs::canonicalize(directory_of(path)), path.file_name()) {
            (Ok(found), _, _) => Identity::Number(found.dev(), found.ino()),
            (_, Ok(directory), Some(name)) => Identity::Place(directory.join(name)),
            _ => Identity::Place(path.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_the_same_under_any_name_also_before_they_exist() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("out"), directory.path().join("other"));
        let detour = directory.path().join("../").join(directory.path().file_name().unwrap()).join("out");
        for _ in 0..2 {
            assert!(matches!(check_distinct(&[&path], &[&detour]), Err(FileError::SameFile { .. })));
            assert!(check_distinct(&[&path], &[&other]).is_ok());
            fs::write(&path, b"").unwrap();
        }
        fs::hard_link(&path, &other).unwrap();
        assert!(check_distinct(&[&path], &[&other]).is_err());
    }
}
