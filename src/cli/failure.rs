//! Why a verb failed: cause, fix, what changed in AWS before, and the exit code.

use std::process::ExitCode;

use kms_byok::diagnose::Diagnosis;
use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::Report;
use kms_byok::{Error, KeyError, Setting};
use serde_json::{Map, Value, json};

use super::invocation::Invocation;
use super::next_command::SOURCE;
use super::output::{self, Output, diagnosis, lifecycle, line};
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
    /// What is known of the escrow file that was opened, and of the components of the key.
    besides: Map<String, Value>,
    /// The key that the run is about.
    key_arn: Option<KeyArn>,
    /// How the run was called.
    invocation: Box<Invocation>,
    output: Output,
}

impl Failure {
    pub(crate) fn new(error: Error, output: Output, invocation: Invocation) -> Self {
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
            besides: Map::new(),
            key_arn: None,
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

    /// About that key.
    pub(crate) fn about(mut self, key_arn: Option<KeyArn>) -> Self {
        self.key_arn = key_arn;
        self
    }

    /// What is known of the escrow file that was opened, and of the components of the key.
    pub(crate) fn with_besides(mut self, besides: Map<String, Value>) -> Self {
        self.besides = besides;
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
            return self.error.hint().map(|hint| self.invocation.complete(&sentence(&hint), self.key_arn.as_deref()));
        };
        let region = arn.region();
        let read = match error {
            KeyError::PolicyUnread { .. } => "allow kms:GetKeyPolicy".to_owned(),
            _ => format!("read its policy (`aws kms get-key-policy --region {region} --key-id {arn}`)"),
        };
        Some(format!("{read}, or if you trust the key run `{}`", self.invocation.again().value("--adopt", arn)))
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

/// A cause as the command line says it: what cannot be set is a flag.
pub(crate) fn cause(error: &Error) -> String {
    match error {
        Error::Key(KeyError::SymmetricOnly { what, spec }) => format!("{} cannot be used for {spec} keys", flag(*what)),
        Error::Key(KeyError::DescriptionNotTaken { spec }) => {
            format!("{} cannot be used for {spec} keys", flag(Setting::MaterialDescription))
        }
        error => error.to_string(),
    }
}

/// Prints cause, inner reason and fix, then what changed in AWS, and returns the exit code.
pub(crate) fn failure(failure: &Failure) -> ExitCode {
    begin_report();
    failure_instead(failure);
    ExitCode::from(failure.exit)
}

/// The same from another thread than the main one, and instead of it.
pub(crate) fn failure_instead(failure: &Failure) {
    let mut text = line(&format!("error: {}", cause(&failure.error)));
    if let Some(because) = failure.error.because() {
        text.push_str(&line(&format!("because: {because}")));
    }
    if let Some(hint) = failure.hint() {
        text.push_str(&line(&format!("hint: {hint}")));
    }
    if let Some(diagnosis) = &failure.explanation {
        text.push_str(&diagnosis::explanation(diagnosis));
    }
    if let Some(report) = &failure.partial {
        text.push_str(&lifecycle::standing(report));
    }
    output::say(&text);
    // An answer that broke off is no JSON, and is not fixed by another one behind it.
    if failure.output == Output::Json && !output::has_begun() {
        output::answer(Output::Json, &failure_object(failure), "");
    }
}

/// The report as far as it got, with the error beside it.
fn failure_object(failure: &Failure) -> Value {
    let mut object = match &failure.partial {
        Some(report) => serde_json::to_value(report).unwrap_or_default(),
        None => json!({}),
    };
    object["error"] = json!({
        "id": failure.error.id(),
        "cause": cause(&failure.error),
        "because": failure.error.because(),
        "hint": failure.hint(),
        "aws_code": failure.error.aws_code(),
        "exit_code": failure.exit,
    });
    for (name, value) in &failure.besides {
        object[name] = value.clone();
    }
    if let Some(diagnosis) = &failure.explanation {
        object["causes"] = serde_json::to_value(&diagnosis.causes).unwrap_or_default();
    }
    object
}
