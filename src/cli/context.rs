//! What every verb needs: the flags it shares with the others, the talk, a connection, and a run that signals can end.

use std::env;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use kms_byok::ceremony::{FindLost, Journal, Memory, Report};
use kms_byok::kms::{Connection, Kms};
use kms_byok::material::Reading;
use kms_byok::{Error, FileError, OpenSslError, Talk, openssl_probe};
use serde::Serialize;

use super::Global;
use super::stoppable::block_on;
use crate::report::{self, Failure, Stderr};

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
    /// How the key material of this run was read.
    pub(crate) reading: OnceLock<Reading>,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        let talk = Arc::new(Stderr { quiet: global.quiet, verbose: global.verbose });
        Context { global, talk, reading: OnceLock::new() }
    }

    /// Refuses to go on with a library that is not fit, whatever the headers were.
    pub(crate) fn check_openssl(&self) -> Result<(), OpenSslError> {
        openssl_probe::check_loaded()?;
        if self.global.require_fips && !openssl_probe::fips().in_force() {
            return Err(OpenSslError::NotFips { found: openssl_probe::loaded().to_owned() });
        }
        Ok(())
    }

    pub(crate) fn journal(&self) -> Journal {
        Journal::new(self.talk.clone())
    }

    /// Connects as the global flags say.
    pub(crate) async fn connect(&self) -> Result<Kms, Error> {
        self.connect_to(self.global.region.clone()).await
    }

    /// Connects to a Region, or to the one of the configuration.
    pub(crate) async fn connect_to(&self, region: Option<String>) -> Result<Kms, Error> {
        let kms = Kms::connect(&self.connection(region), self.talk.clone()).await?;
        if let Some(endpoint) = kms.endpoint() {
            self.talk.step(&format!("endpoint: {endpoint}"));
        }
        Ok(kms)
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
    pub(crate) fn memory(&self, find_lost: bool, request: Option<&String>) -> Memory {
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
        let find_lost = match request {
            Some(id) => Some(FindLost::Request(id.clone())),
            None => find_lost.then_some(FindLost::Any),
        };
        Memory { directory: state.map(|state| state.join("kms-byok")), find_lost }
    }

    /// Prints the answer of a verb that changes nothing in AWS.
    pub(crate) fn answer<R: Serialize>(&self, answer: &R, text: &str) -> ExitCode {
        self.answer_after(false, answer, text)
    }

    /// Prints the answer of a verb that may have changed AWS; one that does not arrive is a failure after the change.
    pub(crate) fn answer_after<R: Serialize>(&self, changed: bool, answer: &R, text: &str) -> ExitCode {
        let Some(source) = report::answer(self.global.output, &self.with_reading(answer), text) else {
            return ExitCode::SUCCESS;
        };
        let mut failure = self.failure(FileError::AnswerLost { source });
        if changed {
            failure.exit = 3;
        }
        report::failure(&failure)
    }

    /// The answer, with how the key material was read.
    fn with_reading<'a, R>(&'a self, answer: &'a R) -> WithReading<'a, R> {
        WithReading { answer, material: self.reading.get() }
    }

    /// Prints an answer that has one form only.
    pub(crate) fn text(&self, text: &[u8]) -> Result<ExitCode, Failure> {
        match report::bytes(text) {
            None => Ok(ExitCode::SUCCESS),
            Some(source) => Err(self.failure(FileError::AnswerLost { source })),
        }
    }

    /// Prints the account of a verb that may have changed AWS; one that does not arrive is a failure after the change.
    pub(crate) fn account(&self, report: Report, rehearse: bool) -> Result<ExitCode, Failure> {
        let Some(source) = report::answer(self.global.output, &self.with_reading(&report), &report::ceremony(&report))
        else {
            return Ok(ExitCode::SUCCESS);
        };
        let failure = self.failure(FileError::AnswerLost { source });
        if report.changed && !rehearse { Err(failure.after(report, None)) } else { Err(failure) }
    }

    /// Runs a verb that changes nothing in AWS.
    pub(crate) fn run<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
        block_on(work).map_err(|error| self.failure(error))
    }

    /// Runs a verb that may change AWS; the failure carries what stands there.
    pub(crate) fn run_changing(
        &self,
        journal: &Journal,
        work: impl Future<Output = Result<(), Error>>,
        rehearse: bool,
        next: impl FnOnce(&Report) -> Option<String>,
    ) -> Result<Report, Failure> {
        match block_on(work) {
            Ok(()) => Ok(journal.report()),
            Err(error) => {
                let mut report = journal.report();
                let failure = self.failure(error).explained(journal.explanation());
                if !journal.may_have_changed() {
                    return Err(failure);
                }
                if rehearse {
                    return Err(failure.after(report, None).in_rehearsal());
                }
                report.next = next(&report);
                Err(failure.after(report, journal.uncertain()))
            }
        }
    }

    pub(crate) fn failure(&self, error: impl Into<Error>) -> Failure {
        Failure::new(error.into(), self.global.output)
    }
}
