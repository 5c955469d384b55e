//! One key of a fleet: what it has reached is written down before each call that must not happen twice, and at its end.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::error::FleetError;
use super::super::journal::{Entry, Journal, State};
use super::super::manifest::Row;
use super::super::request::known;
use super::super::stop::Stop;
use super::lost::Lost;
use super::options::FleetRun;
use crate::kms::{KeyArn, KeyDescription, KeyState, Kms, Operation, Reason};
use crate::lifecycle::provision::Reached;
use crate::lifecycle::{Account, Asked, Before, Error, Material, Provision, Run, Trust, Watched, provision};
use crate::progress::Silent;

/// What the keys of an account and Region have in common.
pub(super) struct Shared {
    pub(super) kms: Kms,
    pub(super) journal: Arc<Journal>,
    pub(super) plan: Arc<FleetRun>,
    pub(super) lost: Lost,
}

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
    id: String,
    region: String,
    journal: Arc<Journal>,
    stop: Stop,
    entry: Mutex<Entry>,
    /// Why nothing could be written down.
    broken: Mutex<Option<FleetError>>,
}

/// Brings a key to what its row asks for. The error is one of the journal.
pub(super) async fn run(row: Row, shared: &Shared) -> Result<Ended, FleetError> {
    let region = shared.kms.region().to_string();
    let before = shared.journal.entry(&row.id, &region)?;
    let asked = row.digest(shared.kms.region()).unwrap_or_default();
    if before.as_ref().is_some_and(|entry| entry.state == State::Done && entry.asked == asked) {
        return Ok(Ended::Done);
    }
    let notes = Arc::new(Notes {
        id: row.id.clone(),
        region,
        journal: shared.journal.clone(),
        stop: shared.plan.stop.clone(),
        entry: Mutex::new(Entry { asked, state: State::Begun, error: None, ..before.unwrap_or_default() }),
        broken: Mutex::default(),
    });
    let run: Run<Reached> = Run::default().asking_first(notes.clone());
    let work = async {
        let wanted = wanted(&row, shared, &notes.entry()).await?;
        Ok::<_, Error>(provision(&shared.kms, &wanted, &run).await)
    };
    let may_end = || run.standing().facts.in_doubt.is_none();
    let ended = shared.plan.stop.unless_stopped(work, may_end).await;
    if let Some(broken) = notes.broken.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(broken);
    }
    let mut entry = notes.entry();
    entry.reached(&run.account());
    let state = match ended {
        None => Ended::Left,
        Some(Ok(Ok(done))) => {
            (entry.state, entry.call) = (State::Done, None);
            entry.proof =
                serde_json::to_value(done.proof.outcome()).ok().and_then(|name| name.as_str().map(str::to_owned));
            Ended::Done
        }
        // The error of a call that was held back.
        Some(Ok(Err(_))) if shared.plan.stop.is_stopped() && run.standing().facts.in_doubt.is_none() => Ended::Left,
        Some(Ok(Err(interrupted))) => {
            entry.fail(&interrupted.error, shared);
            Ended::Failed
        }
        Some(Err(error)) => {
            entry.fail(&error, shared);
            Ended::Failed
        }
    };
    // Of a key that was left nothing is written that was not there before.
    if !matches!(state, Ended::Left) || entry.key_arn.is_some() {
        shared.journal.write(&notes.id, &notes.region, &entry)?;
    }
    Ok(state)
}

/// What is asked for, with what is known of earlier runs.
async fn wanted(row: &Row, shared: &Shared, entry: &Entry) -> Result<Provision, Error> {
    let (kms, region) = (&shared.kms, shared.kms.region());
    // Once a file holds the bytes and their import was sent, it is that file which is imported.
    let sent = entry.call.as_deref() == Some(Operation::ImportKeyMaterial.name());
    let material = match entry.kept.as_deref().filter(|path| sent && path.exists()) {
        Some(path) => Material::given(row.read_kept(path)?),
        None => row.material_in(Some(region)).map_err(|(_, error)| error.into_error())?,
    };
    let request = row.request_id(region)?;
    let wanted = row.provision(region, material)?.verify(shared.plan.level).strict(shared.plan.strict);
    let noted: Option<KeyArn> = entry.key_arn.as_deref().and_then(|arn| arn.parse().ok());
    let (of_run, found) = (noted.is_some(), noted.or_else(|| shared.lost.of(&request).cloned()));
    let found = match &found {
        Some(arn) => there(kms, arn).await?,
        None => None,
    };
    Ok(match found {
        Some(key) if key.state == KeyState::PendingImport => wanted.pending(known(request, Some(key.arn))),
        // A key of this journal whose alias is gone gets it back.
        Some(key) if of_run => wanted.pending(known(request, None)).adopt(Some(key.arn)),
        // Without an alias it is the tag alone that tells a key which has its key material by now: anybody may have put it there.
        Some(key) if wanted.request.alias.is_none() => {
            let trust = Trust { policy: wanted.request.policy.clone(), ..Trust::default() };
            trust.vouch(kms, &key, &key.arn, &Silent).await?;
            wanted.pending(known(request, None)).adopt(Some(key.arn))
        }
        _ => wanted.pending(known(request, None)),
    })
}

/// The key, unless it is gone or about to be.
async fn there(kms: &Kms, arn: &KeyArn) -> Result<Option<KeyDescription>, Error> {
    match kms.describe(arn).await {
        Ok(key) => Ok(Some(key).filter(|key| !key.state.is_deletion())),
        Err(error) if error.reason() == Some(Reason::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
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
        entry.call = Some(operation.name().to_owned());
        *self.entry.lock().unwrap_or_else(PoisonError::into_inner) = entry.clone();
        let must_not_happen_twice = !operation.is_repeatable() || operation == Operation::ImportKeyMaterial;
        let written = match must_not_happen_twice {
            true => self.journal.write_durably(&self.id, &self.region, &entry).await,
            false => self.journal.write(&self.id, &self.region, &entry),
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
