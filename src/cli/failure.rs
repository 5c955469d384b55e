//! Why a verb failed: cause, fix, what changed in AWS before, and the exit code.

use std::process::ExitCode;

use kms_byok::diagnose::Diagnosis;
use kms_byok::for_the_binary::printable;
use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::Report;
use kms_byok::{Error, ErrorReport, KeyError, Setting};

use super::invocation::Invocation;
use super::live;
use super::next_command::SOURCE;
use super::output::document::{Failed, Form, RunError};
use super::output::parts::Source;
use super::output::tone::{Tone, labelled};
use super::output::{self, Output, diagnosis, lifecycle};
use super::signals::work::begin_report;
use super::usage_error::UsageError;
use super::words::{flag, sentence};

/// Why a verb failed, what changed in AWS before, and the exit code.
pub(crate) struct Failure {
    pub(crate) error: Box<Error>,
    /// 1 nothing changed in AWS, 2 wrong usage, 3 something changed in AWS, 4 a check found a problem.
    pub(crate) exit: u8,
    /// What the run did before it failed.
    pub(crate) partial: Option<Box<Report>>,
    /// Why KMS refused an import, as far as it can be told.
    explanation: Option<Box<Diagnosis>>,
    /// The key that the run is about, and how AWS was reached.
    known: Box<Report>,
    /// Where key material was read from.
    source: Box<Source>,
    /// The form of the JSON.
    form: &'static Form,
    /// How the run was called.
    invocation: Box<Invocation>,
    output: Output,
}

impl Failure {
    pub(crate) fn new(error: Error, output: Output, form: &'static Form, invocation: Invocation) -> Self {
        let exit = match &error {
            Error::Key(KeyError::ProofNotPermitted { .. }) => 4,
            error if error.is_usage() || is_of_flags(error) => 2,
            _ => 1,
        };
        Failure {
            error: Box::new(error),
            exit,
            partial: None,
            explanation: None,
            known: Box::default(),
            source: Box::default(),
            form,
            invocation: Box::new(invocation),
            output,
        }
    }

    /// With a report on what changed in AWS: exit code 3, or 4 where only the proof was refused.
    pub(crate) fn after(mut self, report: Report) -> Self {
        self.exit = self.exit.max(3);
        self.partial = Some(Box::new(report));
        self
    }

    /// After some of many keys may have been changed.
    pub(crate) fn of_many(mut self) -> Self {
        self.exit = self.exit.max(3);
        self.known.changed = true;
        self
    }

    /// About that key.
    pub(crate) fn about(mut self, key_arn: Option<KeyArn>) -> Self {
        if let Some(arn) = key_arn {
            self.known.key_id = Some(arn.id().clone());
            self.known.account = Some(arn.account().to_owned());
            self.known.key_arn = Some(arn);
        }
        self
    }

    /// With how AWS was reached, and where key material was read from.
    pub(crate) fn with(mut self, known: Report, source: Source) -> Self {
        (self.known, self.source) = (Box::new(known), Box::new(source));
        self
    }

    /// What the reasoning of `diagnose` says to it.
    pub(crate) fn explained(mut self, explanation: Option<Diagnosis>) -> Self {
        self.explanation = explanation.map(|mut diagnosis| {
            diagnosis::complete(&mut diagnosis, &self.invocation);
            Box::new(diagnosis)
        });
        self
    }

    /// The fix; where the user has to vouch for a key, or has a file for it, the command that does it.
    pub(crate) fn hint(&self) -> Option<String> {
        if let Error::Key(KeyError::MayHaveCopy { give, .. }) = &*self.error {
            let command = self.invocation.again().without(SOURCE);
            let give = sentence(give);
            return Some(format!("run `{command} {give}` to import that file, or name another file for the new copy"));
        }
        let unvouched = match &*self.error {
            Error::Key(error) => error.unvouched().map(|arn| (error, arn)),
            _ => None,
        };
        let Some((error, arn)) = unvouched else {
            let typed = self.invocation.typed_key();
            let key = self.known.key_arn.as_deref().or(typed.as_deref());
            return self.error.hint().map(|hint| self.invocation.complete(&sentence(&hint), key));
        };
        let region = arn.region();
        let read = match error {
            KeyError::PolicyUnread { .. } => "allow kms:GetKeyPolicy".to_owned(),
            _ => format!("read its policy (`aws kms get-key-policy --region {region} --key-id {arn}`)"),
        };
        Some(format!("{read}, or if you trust the key run `{}`", self.invocation.again().value("--adopt", arn)))
    }

    /// Why it failed, in the words that are printed.
    pub(crate) fn error_report(&self) -> ErrorReport {
        ErrorReport { cause: cause(&self.error), hint: self.hint(), ..ErrorReport::of(&*self.error) }
    }

    /// The report as far as it got, with the error beside it.
    fn json(&self) -> Vec<u8> {
        let causes = self.explanation.as_ref().map_or(&[][..], |diagnosis| &diagnosis.causes);
        self.form.of_failure(&Failed {
            report: self.partial.as_ref().unwrap_or(&self.known),
            exists: self.partial.as_ref().map(|report| report.exists()).unwrap_or_default(),
            source: &self.source,
            causes,
            error: RunError { error: self.error_report(), exit_code: self.exit },
        })
    }

    /// The embedded KMS ends with the process: nothing is left that could be completed.
    pub(crate) fn in_rehearsal(mut self) -> Self {
        self.exit = self.exit.min(1);
        self
    }
}

/// Whether flags do not go together.
fn is_of_flags(error: &Error) -> bool {
    let Error::Caller(error) = error else { return false };
    let error: &(dyn std::error::Error + 'static) = &**error;
    error.is::<UsageError>()
}

/// A cause as the command line says it: what cannot be set is a flag, and a long value is cut.
pub(crate) fn cause(error: &Error) -> String {
    let cause = match error {
        Error::Key(KeyError::SymmetricOnly { what, spec }) => format!("{} cannot be used for {spec} keys", flag(*what)),
        Error::Key(KeyError::DescriptionNotTaken { spec }) => {
            format!("{} cannot be used for {spec} keys", flag(Setting::MaterialDescription))
        }
        error => error.to_string(),
    };
    printable::short_values(&cause)
}

/// Prints cause, inner reason and fix, then what changed in AWS, and returns the exit code.
pub(crate) fn failure(failure: &Failure) -> ExitCode {
    begin_report();
    failure_instead(failure);
    ExitCode::from(failure.exit)
}

/// The same from another thread than the main one, and instead of it.
pub(crate) fn failure_instead(failure: &Failure) {
    let mut text = labelled(Tone::Bad, "error", &cause(&failure.error));
    if let Some(because) = failure.error.because() {
        text.push_str(&output::because("", &because));
    }
    if let Some(hint) = failure.hint() {
        text.push_str(&labelled(Tone::Help, "hint", &hint));
    }
    if let Some(diagnosis) = &failure.explanation {
        text.push_str(&diagnosis::explanation(diagnosis));
    }
    if let Some(report) = &failure.partial {
        text.push_str(&lifecycle::standing(report));
    }
    live::end();
    output::say(&text);
    // An answer that broke off is no JSON, and is not fixed by another one behind it.
    if failure.output == Output::Json && !output::has_begun() {
        output::bytes(&failure.json());
    }
}
