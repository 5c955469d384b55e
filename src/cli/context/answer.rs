//! What a verb prints on standard output.

use std::io;
use std::process::ExitCode;

use kms_byok::FileError;
use kms_byok::lifecycle::Account;
use kms_byok::material::Reading;
use serde::Serialize;
use serde_json::Value;

use super::super::failure::{self, Failure};
use super::super::output::{self, lifecycle};
use super::Context;

/// An answer of a verb that has read key material.
#[derive(Serialize)]
struct WithReading<'a, R> {
    #[serde(flatten)]
    answer: &'a R,
    #[serde(skip_serializing_if = "Option::is_none")]
    material: Option<&'a Reading>,
}

impl Context {
    fn print<R: Serialize>(&self, answer: &R, text: &str) -> Option<io::Error> {
        let value = self.check_value.get().map(|value| below(text, "check value", &value.to_string()));
        let text = &*format!("{text}{}", value.unwrap_or_default());
        let besides = self.besides();
        if besides.is_empty() {
            return output::answer(self.global.output, answer, text);
        }
        match serde_json::to_value(answer) {
            Ok(Value::Object(mut object)) => {
                object.extend(besides);
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
}

/// One more line below an answer, with its value in the column of the others.
fn below(text: &str, name: &str, value: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let gap = first.find("  ").unwrap_or(first.len());
    let column = gap + first[gap..].bytes().take_while(|byte| *byte == b' ').count();
    let width = column.max(name.len() + 2);
    output::line(&format!("{name:width$}{value}"))
}
