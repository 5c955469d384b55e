//! What every verb needs: the flags it shares with the others, the talk, a connection, and a run that signals can end.

use std::env;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use kms_byok::files::Moved;
use kms_byok::kms::{Connection, KeyDescription, Kms};
use kms_byok::lifecycle::{Account, FindLost, Interrupted, PendingRequests, Run, Stage, Watched};
use kms_byok::material::Reading;
use kms_byok::record::{Exit, RecordFile};
use kms_byok::{Error, FileError, KmsError, OpenSslError, Progress, openssl_probe};
use serde::Serialize;
use serde_json::{Value, json};

use super::failure::{self, Failure};
use super::global::Global;
use super::invocation::Invocation;
use super::output::{self, Stderr, lifecycle};
use super::panics;
use super::signals::work::block_on;
use super::words::sentence;

/// An answer of a verb that has read key material.
#[derive(Serialize)]
struct WithReading<'a, R> {
    #[serde(flatten)]
    answer: &'a R,
    #[serde(skip_serializing_if = "Option::is_none")]
    material: Option<&'a Reading>,
}

pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) talk: Arc<Stderr>,
    /// What the escrow file of this run is, once it is open.
    escrow: OnceLock<Value>,
    /// How the key material of this run was read.
    pub(crate) reading: OnceLock<Reading>,
    /// What the run may change in AWS, from the moment on when it may.
    changing: OnceLock<Changing>,
    /// How the run was called.
    invocation: Mutex<Invocation>,
    /// The connection, once there is one; clients of other Regions share what it has seen.
    kms: OnceLock<Kms>,
    /// The run is a rehearsal in this process.
    rehearsal: OnceLock<()>,
    /// The record that the run keeps.
    pub(super) record: Mutex<Option<Kept>>,
}

/// All that is needed to tell of a run that may have changed AWS, at any moment and from any thread.
struct Changing {
    run: &'static dyn Watched,
    words: Box<Words>,
}

/// The command that completes a run, in words.
type Words = dyn Fn(&Account) -> Option<String> + Send + Sync;

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        let talk = Arc::new(Stderr { quiet: global.quiet, verbose: global.verbose });
        Context {
            invocation: Mutex::new(Invocation::new(&global)),
            global,
            talk,
            escrow: OnceLock::new(),
            reading: OnceLock::new(),
            changing: OnceLock::new(),
            kms: OnceLock::new(),
            rehearsal: OnceLock::new(),
            record: Mutex::default(),
        }
    }

    /// Says where files are now that stood in the place of an output.
    pub(crate) fn tell_moved(&self, moved: impl IntoIterator<Item = Moved>) {
        for moved in moved {
            self.talk.warn(&moved.to_string());
        }
    }

    /// Refuses to go on with a library that is not fit, whatever the headers were.
    pub(crate) fn check_openssl(&self) -> Result<(), OpenSslError> {
        openssl_probe::check_loaded()?;
        if self.global.require_fips && !openssl_probe::fips().in_force() {
            return Err(OpenSslError::NotFips { found: openssl_probe::loaded().to_owned() });
        }
        Ok(())
    }

    /// A run. It lives as long as the process, because it is read whatever ends that.
    pub(crate) fn begin<R: Stage>(&self) -> &'static Run<R> {
        Box::leak(Box::new(Run::new(self.talk.clone())))
    }

    /// Connects as the global flags say, and asks for a key.
    pub(crate) async fn look(&self, key: &str, wait: Option<Duration>) -> Result<(Kms, KeyDescription), Error> {
        let kms = self.connect().await?;
        let kms = match wait {
            Some(wait) => kms.waiting(wait),
            None => kms,
        };
        let key = kms.describe(key).await?;
        Ok((kms, key))
    }

    /// The run is a rehearsal, on the embedded KMS of this process.
    #[cfg(feature = "rehearsal")]
    pub(crate) fn rehearse(&self, kms: &Kms) {
        let _ = (self.rehearsal.set(()), self.kms.set(kms.clone()));
    }

    pub(crate) fn is_rehearsal(&self) -> bool {
        self.rehearsal.get().is_some()
    }

    /// The connection.
    pub(crate) fn kms(&self) -> Option<&Kms> {
        self.kms.get()
    }

    /// Connects as the global flags say.
    pub(crate) async fn connect(&self) -> Result<Kms, Error> {
        Ok(self.connect_to(self.global.region.clone()).await?)
    }

    /// Connects to a Region, or to the one of the configuration.
    pub(crate) async fn connect_to(&self, region: Option<String>) -> Result<Kms, KmsError> {
        let kms = Kms::connect_saying(&self.connection(region), self.talk.clone()).await?;
        self.invocation.lock().unwrap_or_else(PoisonError::into_inner).reached(&kms);
        let _ = self.kms.set(kms.clone());
        if let Some(endpoint) = kms.endpoint() {
            self.talk.step(&format!("endpoint: {endpoint}"));
        }
        Ok(kms)
    }

    /// How the run was called, and what it got to: for the commands that it prints.
    pub(crate) fn invocation(&self) -> Invocation {
        self.invocation.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the global flags say about the connection.
    pub(crate) fn connection(&self, region: Option<String>) -> Connection {
        let global = &self.global;
        let mut connection = Connection {
            region,
            profile: global.profile.clone(),
            endpoint_url: global.endpoint_url.clone(),
            allow_endpoint_env: global.allow_endpoint_env,
            insecure_endpoint: global.insecure_endpoint,
            fips_endpoint: global.fips_endpoint,
            require_fips: global.require_fips,
            ..Connection::default()
        };
        if let Some(timeout) = global.connect_timeout {
            connection.connect_timeout = timeout;
        }
        if let Some(timeout) = global.read_timeout {
            connection.read_timeout = timeout;
        }
        connection
    }

    /// Where requests under way are written down (XDG Base Directory Specification): `$XDG_STATE_HOME`, or its default.
    pub(crate) fn pending(&self, find_lost: bool, request: Option<&String>) -> PendingRequests {
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
        let find_lost = match request {
            Some(id) => Some(FindLost::Request(id.clone())),
            None => find_lost.then_some(FindLost::Any),
        };
        PendingRequests { directory: state.map(|state| state.join("kms-byok")), find_lost }
    }

    /// Notes what the escrow file does and does not vouch for.
    pub(crate) fn opened_escrow(&self, file: &Path, authenticated: bool) {
        let file = file.display().to_string();
        let _ = self.escrow.set(json!({ "file": file, "authenticated": authenticated, "maker_known": false }));
    }

    fn print<R: Serialize>(&self, answer: &R, text: &str) -> Option<io::Error> {
        match (self.escrow.get(), serde_json::to_value(answer)) {
            (Some(escrow), Ok(mut object)) if object.is_object() => {
                object["escrow_opened"] = escrow.clone();
                output::answer(self.global.output, &object, text)
            }
            _ => output::answer(self.global.output, answer, text),
        }
    }

    /// Prints the answer of a verb that changes nothing in AWS.
    pub(crate) fn answer<R: Serialize>(&self, answer: &R, text: &str) -> ExitCode {
        self.answer_after(false, answer, text)
    }

    /// Prints the answer of a verb that may have changed AWS; one that does not arrive is a failure after the change.
    pub(crate) fn answer_after<R: Serialize>(&self, changed: bool, answer: &R, text: &str) -> ExitCode {
        let Some(source) = self.print(&self.with_reading(answer), text) else { return ExitCode::SUCCESS };
        let mut failure = self.failure(FileError::AnswerLost { source });
        if changed {
            failure.exit = 3;
        }
        failure::failure(&failure)
    }

    /// The answer, with how the key material was read.
    fn with_reading<'a, R>(&'a self, answer: &'a R) -> WithReading<'a, R> {
        WithReading { answer, material: self.reading.get() }
    }

    /// Prints an answer that has one form only.
    pub(crate) fn text(&self, text: &[u8]) -> Result<ExitCode, Failure> {
        match output::bytes(text) {
            None => Ok(ExitCode::SUCCESS),
            Some(source) => Err(self.failure(FileError::AnswerLost { source })),
        }
    }

    /// Prints the account of a verb that may have changed AWS; one that does not arrive is a failure after the change.
    pub(crate) fn account(&self, Account { report, .. }: Account) -> Result<ExitCode, Failure> {
        let Some(source) = self.print(&self.with_reading(&report), &lifecycle::account(&report)) else {
            return Ok(ExitCode::SUCCESS);
        };
        let failure = self.failure(FileError::AnswerLost { source });
        if report.changed && !self.is_rehearsal() { Err(failure.after(report)) } else { Err(failure) }
    }

    /// Runs a verb that changes nothing in AWS.
    pub(crate) fn run<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
        block_on(work).and_then(|result| result).map_err(|error| self.failure(error))
    }

    /// Runs a verb that may change AWS. Its failure has the report on what changed.
    pub(crate) fn run_changing<T, R: Stage>(
        &self,
        run: &'static Run<R>,
        work: impl Future<Output = Result<T, Interrupted<R>>>,
        words: impl Fn(&Account) -> Option<String> + Send + Sync + 'static,
    ) -> Result<(T, Account), Failure> {
        let _ = self.changing.set(Changing { run, words: Box::new(words) });
        match block_on(work) {
            Ok(Ok(done)) => Ok((done, self.told(run))),
            Ok(Err(interrupted)) => {
                let account = self.completed(interrupted.account());
                Err(self.ended(interrupted.error, account))
            }
            Err(stopped) => Err(self.broken_off(stopped)),
        }
    }

    /// The failure of a run that ends here, from whichever thread.
    pub(crate) fn broken_off(&self, error: Error) -> Failure {
        match self.changing.get() {
            Some(Changing { run, .. }) => self.ended(error, self.told(*run)),
            None => self.failure(error),
        }
    }

    /// The failure of a run, with the report on it.
    fn ended(&self, error: Error, account: Account) -> Failure {
        let Account { mut report, facts, .. } = account.clone();
        let failure = self.failure(error).explained(facts.explanation.clone()).about(report.key_arn.clone());
        if !facts.may_have_changed() {
            return failure;
        }
        if self.is_rehearsal() {
            return failure.after(report).in_rehearsal();
        }
        report.next = self.changing.get().and_then(|changing| (changing.words)(&account));
        failure.after(report)
    }

    /// The report on a run at this moment.
    pub(super) fn told(&self, run: &dyn Watched) -> Account {
        self.completed(run.account())
    }

    /// With how AWS was reached, and with complete commands.
    fn completed(&self, account: Account) -> Account {
        let mut account = match self.kms() {
            Some(kms) => account.at(kms),
            None => account,
        };
        account.report.rehearsal |= self.is_rehearsal();
        account.report.show_public_key();
        let run = self.invocation();
        let leftovers = account.report.leftovers.iter_mut();
        leftovers.for_each(|leftover| leftover.remove = run.complete_aws(&leftover.remove, None));
        account
    }

    /// Keeps the run from changing anything more in AWS.
    pub(super) fn close_account(&self) {
        if let Some(changing) = self.changing.get() {
            changing.run.close();
        }
    }

    /// The failure to print. If this process has panicked, the panic is printed as the cause.
    pub(crate) fn failure(&self, error: impl Into<Error>) -> Failure {
        let error = error.into();
        let error = match panics::noted() {
            Some(defect) => defect.that_led_to(&error).into(),
            None => error,
        };
        Failure::new(error, self.global.output, self.invocation()).with_escrow(self.escrow.get().cloned())
    }
}

/// A record that has begun.
pub(crate) struct Kept {
    pub(super) file: RecordFile,
    pub(super) run: &'static dyn Watched,
}

impl Context {
    /// Ends the record, if there is one that has not ended.
    pub(super) fn end_record(&self, code: u8, error: Option<&Error>) -> Result<(), Error> {
        let kept = self.record.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Kept { file, run }) = kept else { return Ok(()) };
        let account = self.told(run);
        let mut exit = Exit::of(code, error, &account);
        if let (Some(said), Some(error)) = (&mut exit.error, error) {
            (said.cause, said.hint) = (failure::cause(error), error.hint().map(|hint| sentence(&hint)));
        }
        file.finish(&account, self.kms(), exit, &*self.talk)
    }

    /// Ends the record of a run that was broken off.
    pub(super) fn end_record_of(&self, failure: &Failure) {
        if let Err(error) = self.end_record(failure.exit, Some(&failure.error)) {
            self.talk.warn(&error.to_string());
        }
    }
}
