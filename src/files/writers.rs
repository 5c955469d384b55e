//! Who besides the user can put another file in the place of one: by writing to it, or to any directory on the way to it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::directory::directory_of;
use super::error::FileError;

/// What lets others replace any of these files, which `what` names.
pub fn open_to_writers(files: &[(&'static str, &Path)]) -> Vec<FileError> {
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for (what, path) in files {
        let open = fs::metadata(path).ok().and_then(|file| open_to(file.mode()));
        found.extend(open.map(|(who, mode)| FileError::FileOpenToWriters {
            what,
            path: (*path).to_owned(),
            who,
            mode,
        }));
        let directory = directory_of(path);
        let Ok(whole) = fs::canonicalize(directory) else { continue };
        for above in whole.ancestors() {
            if seen.iter().any(|seen| seen == above) {
                break;
            }
            seen.push(above.to_owned());
            // In a sticky directory only the owner of a file replaces it.
            let open = fs::metadata(above).ok().filter(|found| found.mode() & 0o1000 == 0);
            if let Some((who, mode)) = open.and_then(|found| open_to(found.mode())) {
                let path = if above == whole { directory.to_owned() } else { above.to_owned() };
                found.push(FileError::OpenToWriters { path, who, mode });
            }
        }
    }
    found
}

fn open_to(mode: u32) -> Option<(&'static str, u32)> {
    let mode = mode & 0o7777;
    match mode {
        _ if mode & 0o002 != 0 => Some(("any user", mode)),
        _ if mode & 0o020 != 0 => Some(("any user of its group", mode)),
        _ => None,
    }
}
