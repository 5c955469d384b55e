//! Files that are of use only together: what was written is removed again unless all are there.

use std::fs;
use std::path::{Path, PathBuf};

use super::FileId;

/// Files of this run. Dropped, it removes them, as long as they are the same files.
#[derive(Default)]
pub(crate) struct Undone(Vec<(PathBuf, FileId)>);

impl Undone {
    /// One more that was written.
    pub(crate) fn add(&mut self, path: &Path, id: Option<FileId>) {
        self.0.extend(id.map(|id| (path.to_owned(), id)));
    }

    /// All are there.
    pub(crate) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Undone {
    fn drop(&mut self) {
        for (path, id) in &self.0 {
            if FileId::of(path) == Some(*id) {
                let _ = fs::remove_file(path);
            }
        }
    }
}
