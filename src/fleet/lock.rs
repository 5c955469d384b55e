//! One journal, one run: the file beside it, which says who has it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::error::FleetError;
use super::holder::Holder;
use crate::files::{self, Locked};

/// The file that says who has the journal; it goes when the run ends.
pub(super) struct Held {
    path: PathBuf,
    _lock: Locked,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Takes the journal for a run, or tells who has it.
pub(super) fn hold(journal: &Path) -> Result<Held, FleetError> {
    take(journal, &serde_json::to_vec(&Holder::this_process()).unwrap_or_default())
}

/// Takes the journal for a moment: a run that wants it meanwhile waits.
pub(super) fn hold_briefly(journal: &Path) -> Result<Held, FleetError> {
    take(journal, b"")
}

fn take(journal: &Path, text: &[u8]) -> Result<Held, FleetError> {
    let mut path = journal.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let unusable =
        |source: io::Error| FleetError::JournalUnusable { path: journal.to_owned(), because: source.to_string() };
    loop {
        match files::try_lock(&path).map_err(unusable)? {
            None => {
                let read = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
                match read {
                    Some(holder) => return Err(FleetError::JournalHeld { path: journal.to_owned(), holder }),
                    // It has only just been taken, is just being given up, or is taken for a moment.
                    None => thread::sleep(Duration::from_millis(20)),
                }
            }
            Some(lock) => {
                // Whoever had it may have removed the name meanwhile.
                if !lock.is_at(&path) {
                    continue;
                }
                fs::write(&path, text).map_err(unusable)?;
                return Ok(Held { path, _lock: lock });
            }
        }
    }
}
