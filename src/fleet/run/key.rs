//! One key of a fleet: what it has reached is written down before each call that must not happen twice, and at its end.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::entry::{Entry, Name, State};
use super::super::error::FleetError;
use super::super::journal::Journal;
use super::super::manifest::Row;
use super::super::stop::Stop;
use super::super::task::Task;
use super::shared::Shared;
use super::{provision, renew, rotate, verify, wrapped};
use crate::kms::Operation;
use crate::lifecycle::{Account, Asked, Before, Error, Run, Watched};
use crate::proof::Outcome;

/// How a key has ended.
pub(super) enum Ended {
    /// It is what its row asks for.
    Done,
    Failed,
    /// The fleet was stopped first.
    Left,
}

/// Writes down what a key is about to do.
struct Notes {
    name: Name,
    journal: Arc<Journal>,
    stop: Stop,
    entry: Mutex<Entry>,
    /// Why nothing could be written down.
    broken: Mutex<Option<FleetError>>,
}

/// Does with a key what the run is for. The error is one of the journal.
pub(super) async fn run(row: Row, shared: &Shared) -> Result<Ended, FleetError> {
    let (region, task) = (shared.kms.region().to_string(), &shared.plan.task);
    let name = Name::new(&row.id, &region, task);
    let before = shared.journal.entry(&name)?;
    let asked = row.digest(shared.kms.region()).unwrap_or_default();
    // A round of rotations is over for a key whose row was changed since, too.
    let is_the_same = |entry: &Entry| entry.asked == asked || matches!(task, Task::Rotate { .. });
    if before.as_ref().is_some_and(|entry| entry.state == State::Done && task.is_done_once() && is_the_same(entry)) {
        return Ok(Ended::Done);
    }
    let entry = Entry { asked, state: State::Begun, error: None, ..before.unwrap_or_default() };
    let notes = Arc::new(Notes {
        name,
        journal: shared.journal.clone(),
        stop: shared.plan.stop.clone(),
        entry: Mutex::new(entry.clone()),
        broken: Mutex::default(),
    });
    match task {
        Task::Provision if row.is_wrapped(shared.kms.region()) => {
            let run = Run::default().asking_first(notes.clone());
            end(wrapped::import_wrapped(&row, shared, &run), &run, (&notes, shared)).await
        }
        Task::Provision => {
            let run = Run::default().asking_first(notes.clone());
            end(provision::provision_row(&row, shared, &entry, &run), &run, (&notes, shared)).await
        }
        Task::Renew { within } => {
            let run = Run::default().asking_first(notes.clone());
            end(renew::renew(&row, shared, *within, &run), &run, (&notes, shared)).await
        }
        Task::Rotate { .. } => {
            let run = Run::default().asking_first(notes.clone());
            end(rotate::rotate_row(&row, shared, &entry, &run), &run, (&notes, shared)).await
        }
        Task::Verify => {
            let run = Run::default().asking_first(notes.clone());
            end(verify::verify_row(&row, shared, &run), &run, (&notes, shared)).await
        }
    }
}

/// Carries out the work on a key, and writes down what became of it. The work gives what was proven.
async fn end(
    work: impl Future<Output = Result<Option<Outcome>, Error>>,
    run: &dyn Watched,
    (notes, shared): (&Notes, &Shared),
) -> Result<Ended, FleetError> {
    let may_end = || run.account().facts.in_doubt.is_none();
    let ended = shared.plan.stop.unless_stopped(work, may_end).await;
    if let Some(broken) = notes.broken.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(broken);
    }
    let mut entry = notes.entry();
    entry.reached(&run.account());
    let state = match ended {
        None => Ended::Left,
        Some(Ok(proven)) => {
            (entry.state, entry.call) = (State::Done, None);
            entry.proof = proven
                .and_then(|outcome| serde_json::to_value(outcome).ok())
                .and_then(|name| name.as_str().map(str::to_owned));
            Ended::Done
        }
        // The error of a call that was held back.
        Some(Err(_)) if shared.plan.stop.is_stopped() && may_end() => Ended::Left,
        Some(Err(error)) => {
            entry.fail(&error, shared);
            Ended::Failed
        }
    };
    // Of a key that was left nothing is written that was not there before.
    if !matches!(state, Ended::Left) || entry.key_arn.is_some() {
        shared.journal.write(&notes.name, &entry)?;
    }
    Ok(state)
}

impl Entry {
    fn reached(&mut self, account: &Account) {
        let report = &account.report;
        if let Some(arn) = &report.key_arn {
            self.key_arn = Some(arn.to_string());
        }
        if let Some(path) = &report.kept {
            self.kept = Some(path.clone());
        }
        if let Some(path) = &report.escrow {
            self.escrow = Some(path.clone());
        }
        if let Some(plaintext) = &report.plaintext {
            self.plaintext = Some(plaintext.clone());
        }
        self.expires.clone_from(&report.expires);
        self.changed |= account.facts.may_have_changed();
        self.leftovers.extend(report.leftovers.iter().map(|one| one.key_arn.clone()));
        self.leftovers.dedup();
    }

    fn fail(&mut self, error: &Error, shared: &Shared) {
        (self.state, self.error) = (State::Failed, Some((shared.plan.words)(error)));
    }
}

impl Notes {
    fn entry(&self) -> Entry {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn note(&self, operation: Operation, account: Account) -> Result<(), Error> {
        if self.stop.is_stopped() {
            return Err(FleetError::FleetStopped.into());
        }
        let mut entry = self.entry();
        entry.reached(&account);
        // Once a rotation may have been asked for, the key is rotated: what is imported after that only proves it.
        if entry.call.as_deref() != Some(Operation::RotateKeyOnDemand.name()) {
            entry.call = Some(operation.name().to_owned());
        }
        *self.entry.lock().unwrap_or_else(PoisonError::into_inner) = entry.clone();
        let must_not_happen_twice = !operation.is_repeatable() || operation == Operation::ImportKeyMaterial;
        let written = match must_not_happen_twice {
            true => self.journal.write_durably(&self.name, &entry).await,
            false => self.journal.write(&self.name, &entry),
        };
        written.map_err(|error| {
            let because = error.to_string();
            self.broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            FleetError::JournalUnusable { path: self.journal.path().to_owned(), because }.into()
        })
    }
}

impl Before for Notes {
    fn changing(&self, operation: Operation, account: Account) -> Asked<'_> {
        Box::pin(self.note(operation, account))
    }
}
