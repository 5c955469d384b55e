//! What each key of a fleet has reached, on disk. What must not happen twice is written down, synced, before it is sent; rows that do so at
//! the same time share one commit. No secret is in it.
//!
//! It is a redb database: a commit is whole or not there wherever the process dies, it is Rust without a C library beside OpenSSL, and it
//! lets others read while one writes. SQLite can do the same, as a second C library to build, patch and audit.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redb::{Database, ReadableDatabase, ReadableTable};
use tokio::sync::oneshot;

use super::entry::{Entry, Name, State};
use super::error::FleetError;
use super::lock::{Held, hold};
use super::looking::{KEYS, builder, read, seen_last};
use crate::time::{self, rfc3339};

/// How long something that need not be on disk at once waits for company.
const LAZY: Duration = Duration::from_millis(100);

/// The most changes of one commit.
const MOST: usize = 1000;

/// The journal of a run. Only one run has it at a time.
pub struct Journal {
    path: PathBuf,
    database: std::sync::Arc<Database>,
    writer: Option<Sender<Write>>,
    thread: Option<JoinHandle<()>>,
    was_new: bool,
    _held: Held,
}

struct Write {
    /// Nothing where only everything before is to be on disk.
    change: Option<(String, Vec<u8>)>,
    /// Whoever waits until it is on disk.
    waits: Option<oneshot::Sender<Result<(), String>>>,
}

impl Journal {
    /// Opens the journal for a run, or begins one.
    ///
    /// # Errors
    /// [`FleetError::JournalHeld`] while another run has it, [`FleetError::JournalUnusable`] where it cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, FleetError> {
        let unusable = |because: String| FleetError::JournalUnusable { path: path.to_owned(), because };
        let held = hold(path)?;
        let was_new = !path.exists();
        let database = builder().create(path).map_err(|error| unusable(error.to_string()))?;
        // So that whoever only reads finds the table.
        let begun = (|| -> Result<(), redb::Error> {
            let transaction = database.begin_write()?;
            transaction.open_table(KEYS)?;
            Ok(transaction.commit()?)
        })();
        begun.map_err(|error| unusable(error.to_string()))?;
        let database = std::sync::Arc::new(database);
        let (writer, writes) = mpsc::channel();
        let of_thread = database.clone();
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || keep(&of_thread, &writes))
            .map_err(|error| unusable(error.to_string()))?;
        let path = path.to_owned();
        Ok(Journal { path, database, writer: Some(writer), thread: Some(thread), was_new, _held: held })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there was none before.
    pub(crate) fn was_new(&self) -> bool {
        self.was_new
    }

    /// What the key of that row and Region has reached.
    pub(crate) fn entry(&self, name: &Name) -> Result<Option<Entry>, FleetError> {
        read(&*self.database, &self.path, name)
    }

    /// What the task says that has seen the key last, whichever that was.
    pub(crate) fn seen_last(&self, name: &Name) -> Result<Option<Entry>, FleetError> {
        seen_last(&*self.database, &self.path, name)
    }

    /// Every entry of a Region whose CreateKey was about to be sent and whose key is not known.
    pub(crate) fn has_lost(&self, region: &str) -> Result<bool, FleetError> {
        let found = (|| -> Result<bool, redb::Error> {
            let table = self.database.begin_read()?.open_table(KEYS)?;
            for item in table.iter()? {
                let (key, value) = item?;
                if key.value().ends_with(&format!("\n{region}"))
                    && let Ok(entry) = serde_json::from_slice::<Entry>(value.value())
                    && entry.state != State::Done
                    && entry.key_arn.is_none()
                    && entry.call.is_some()
                {
                    return Ok(true);
                }
            }
            Ok(false)
        })();
        found.map_err(|error| self.unusable(error.to_string()))
    }

    /// Writes down, and returns when it is on disk.
    pub(crate) async fn write_durably(&self, name: &Name, entry: &Entry) -> Result<(), FleetError> {
        let (waits, written) = oneshot::channel();
        self.send(name, entry, Some(waits))?;
        self.answer(written.await)
    }

    /// Writes down; it is on disk soon, and when the journal is closed.
    pub(crate) fn write(&self, name: &Name, entry: &Entry) -> Result<(), FleetError> {
        self.send(name, entry, None)
    }

    fn send(
        &self,
        name: &Name,
        entry: &Entry,
        waits: Option<oneshot::Sender<Result<(), String>>>,
    ) -> Result<(), FleetError> {
        let entry = Entry { at: rfc3339(time::now()), ..entry.clone() };
        let value = serde_json::to_vec(&entry).map_err(|error| self.unusable(error.to_string()))?;
        self.hand_over(Write { change: Some((name.as_str().to_owned(), value)), waits })
    }

    fn hand_over(&self, write: Write) -> Result<(), FleetError> {
        let sent = self.writer.as_ref().is_some_and(|writer| writer.send(write).is_ok());
        if sent { Ok(()) } else { Err(self.unusable("its thread has ended".to_owned())) }
    }

    /// Returns when everything that was written is on disk.
    ///
    /// # Errors
    /// [`FleetError::JournalUnusable`] where it cannot be written.
    pub async fn settle(&self) -> Result<(), FleetError> {
        let (waits, written) = oneshot::channel();
        self.hand_over(Write { change: None, waits: Some(waits) })?;
        self.answer(written.await)
    }

    fn answer(&self, written: Result<Result<(), String>, oneshot::error::RecvError>) -> Result<(), FleetError> {
        let because = match written {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(because)) => because,
            Err(_) => "its thread has ended".to_owned(),
        };
        Err(self.unusable(because))
    }

    fn unusable(&self, because: String) -> FleetError {
        FleetError::JournalUnusable { path: self.path.clone(), because }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.writer = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes what is to be written, as much as there is, and commits it in one.
fn keep(database: &Database, writes: &Receiver<Write>) {
    let mut waiting: Vec<Write> = Vec::new();
    loop {
        let first = match waiting.is_empty() {
            true => writes.recv().ok(),
            false => writes.recv_timeout(LAZY).ok(),
        };
        let over = first.is_none() && waiting.is_empty();
        if over {
            return;
        }
        let urgent = first.as_ref().is_none_or(|write| write.waits.is_some());
        waiting.extend(first);
        while waiting.len() < MOST
            && let Ok(write) = writes.try_recv()
        {
            waiting.push(write);
        }
        if !urgent && waiting.len() < MOST && waiting.iter().all(|write| write.waits.is_none()) {
            continue;
        }
        let done = commit(database, &waiting).map_err(|error| error.to_string());
        for waits in waiting.drain(..).filter_map(|write| write.waits) {
            let _ = waits.send(done.clone());
        }
    }
}

fn commit(database: &Database, writes: &[Write]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(KEYS)?;
        for (key, value) in writes.iter().filter_map(|write| write.change.as_ref()) {
            table.insert(key.as_str(), value.as_slice())?;
        }
    }
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::looking::JournalReader;
    use super::super::task::Task;
    use super::*;

    fn name(region: &str) -> Name {
        Name::new("a", region, &Task::Provision)
    }

    #[tokio::test]
    async fn what_is_written_durably_is_there_after_the_process_has_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("m.journal");
        let journal = Journal::open(&path).unwrap();
        let entry = Entry { call: Some("CreateKey".to_owned()), ..Entry::default() };
        journal.write_durably(&name("eu-west-1"), &entry).await.unwrap();
        assert!(journal.has_lost("eu-west-1").unwrap() && !journal.has_lost("us-east-1").unwrap());
        // As a killed process leaves it, with another one looking on.
        let reader = JournalReader::open(&path).unwrap();
        assert_eq!(reader.entry(&name("eu-west-1")).unwrap().unwrap().call, entry.call);
        assert_eq!(reader.entry(&name("us-east-1")).unwrap(), None);
    }

    #[tokio::test]
    async fn a_second_run_is_told_who_has_the_journal_and_a_later_one_gets_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("m.journal");
        let journal = Journal::open(&path).unwrap();
        let Err(FleetError::JournalHeld { holder, .. }) = Journal::open(&path) else { panic!("two have it") };
        assert_eq!(holder.process, std::process::id());
        journal.write(&name("eu-west-1"), &Entry { state: State::Done, ..Entry::default() }).unwrap();
        drop(journal);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        let again = Journal::open(&path).unwrap();
        assert_eq!(again.entry(&name("eu-west-1")).unwrap().unwrap().state, State::Done);
    }
}
