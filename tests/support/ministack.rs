//! A MiniStack of its own for a test, stopped when it is dropped.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::embedded_kms::Kms;
use super::pinned;

pub(crate) struct MiniStack {
    url: String,
    directory: tempfile::TempDir,
}

impl MiniStack {
    /// `None`, and a line that says so, where the pinned environment was not made.
    pub(crate) fn start() -> Option<Self> {
        MiniStack::start_with(&[])
    }

    /// With a clock that `advance` moves; `None`, and a line that says so, where there is no libfaketime.
    pub(crate) fn with_a_clock() -> Option<Self> {
        if script(&["can-move-its-clock"]).output().unwrap().status.success() {
            return MiniStack::start_with(&["--clock"]);
        }
        println!("skipped: no libfaketime; only the embedded KMS's clock can be moved");
        None
    }

    fn start_with(words: &[&str]) -> Option<Self> {
        pinned::python(&["ministack"], &["cryptography"])?;
        let directory = tempfile::tempdir().unwrap();
        let mut command = script(&["start", "--dir"]);
        command.arg(directory.path()).args(words);
        if !words.is_empty() {
            fs::write(directory.path().join("clock"), "+0").unwrap();
            command.arg(directory.path().join("clock"));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(MiniStack { url: String::from_utf8(output.stdout).unwrap().trim().to_owned(), directory })
    }

    /// Puts its clock so far ahead of the system's, as in `+25h`.
    pub(crate) fn advance(&self, offset: &str) {
        fs::write(self.directory.path().join("clock"), offset).unwrap();
    }

    pub(crate) fn client(&self) -> Kms {
        Kms::at(&self.url)
    }
}

impl Drop for MiniStack {
    fn drop(&mut self) {
        let _ = script(&["stop", "--dir"]).arg(self.directory.path()).output();
    }
}

fn script(words: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/ministack"));
    command.args(words);
    command
}
