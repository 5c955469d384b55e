//! How a verb ends: what it did, why it failed, and the record of it.

use std::future::Future;
use std::sync::PoisonError;

use kms_byok::for_the_binary::record::Exit;
use kms_byok::kms::Kms;
use kms_byok::lifecycle::{Account, Interrupted, Report, Run, Stage, Watched};
use kms_byok::{Error, Progress};

use super::super::failure::Failure;
use super::super::signals::work::block_on;
use super::{Changing, Context, Kept};

impl Context {
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
            None if self.changing_many.get().is_some() => self.failure(error).of_many(),
            None => self.failure(error),
        }
    }

    /// From now on the run changes many keys in AWS. It tells of each in a row of its own.
    #[cfg(feature = "fleet")]
    pub(crate) fn begin_many(&self) {
        let _ = self.changing_many.set(());
    }

    /// The failure of a run, with the report on it.
    fn ended(&self, error: Error, account: Account) -> Failure {
        let account = account.broken_off();
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
    pub(crate) fn told(&self, run: &dyn Watched) -> Account {
        self.completed(run.account())
    }

    /// With how AWS was reached, and with complete commands.
    fn completed(&self, account: Account) -> Account {
        let mut account = match self.kms() {
            Some(kms) => account.at(kms),
            None => account,
        };
        if let Some(object) = &account.facts.token {
            self.found_in_token(object.clone());
        }
        account.report.rehearsal |= self.is_rehearsal();
        // The embedded KMS ends with the process, and with it what it holds.
        if let Some(plaintext) = account.report.plaintext.as_mut().filter(|_| self.is_rehearsal()) {
            plaintext.remove = None;
        }
        account.report.show_public_key();
        let run = self.invocation();
        let leftovers = account.report.leftovers.iter_mut();
        leftovers.for_each(|leftover| leftover.remove = run.complete_aws(&leftover.remove, None));
        if let Some(rotation) = &mut account.report.alias_rotation {
            for command in [&mut rotation.disable, &mut rotation.enable].into_iter().flatten() {
                *command = run.complete_aws(command, None);
            }
        }
        account
    }

    /// Keeps the run from changing anything more in AWS.
    pub(crate) fn close_account(&self) {
        if let Some(changing) = self.changing.get() {
            changing.run.close();
        }
    }

    /// The failure to print.
    pub(crate) fn failure(&self, error: impl Into<Error>) -> Failure {
        Failure::new(error.into(), self.global.output, self.form(), self.invocation())
            .with(self.reached(), self.source())
    }

    /// How AWS was reached, as a report that knows nothing else.
    fn reached(&self) -> Report {
        let reached = |kms: &Kms| (Some(kms.region().clone()), kms.endpoint().map(str::to_owned), kms.seen_rehearsal());
        let (region, endpoint, rehearsal) = self.kms().map(reached).unwrap_or_default();
        Report { region, endpoint, rehearsal: rehearsal || self.is_rehearsal(), ..Report::default() }
    }

    /// Ends the record, if there is one that has not ended. It says why the run failed in the words that are printed.
    pub(crate) fn end_record(&self, failure: Option<&Failure>) -> Result<(), Error> {
        let kept = self.record.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Kept { mut file, run }) = kept else { return Ok(()) };
        let account = self.told(run);
        let account = if failure.is_some() { account.broken_off() } else { account };
        file.note_material(self.composition.get(), self.token.get(), self.check_value.get().copied());
        let code = failure.map_or(0, |failure| failure.exit);
        let mut exit = Exit::of(code, failure.map(Failure::error_report), &account);
        if let Some(partial) = failure.and_then(|failure| failure.partial.as_ref()) {
            exit.next.clone_from(&partial.next);
        }
        file.finish(&account, self.kms(), exit, &*self.talk)
    }

    /// Ends the record of a run that was broken off.
    pub(crate) fn end_record_of(&self, failure: &Failure) {
        if let Err(error) = self.end_record(Some(failure)) {
            self.talk.warn(&error.to_string());
        }
    }
}
