//! What a verb prints on standard output.

use std::io;
use std::process::ExitCode;

use kms_byok::FileError;
use kms_byok::lifecycle::Account;

use super::super::failure::{self, Failure};
use super::super::output::document::{Answer, Document, RunAnswer};
use super::super::output::{self, lifecycle};
use super::Context;

impl Context {
    fn print(&self, answer: &impl Answer, text: &str) -> Option<io::Error> {
        let value = self.check_value.get().map(|value| below(text, "check value", &value.to_string()));
        let text = &*format!("{text}{}", value.unwrap_or_default());
        output::answer(self.global.output, &Document::new(self.form(), answer), text)
    }

    /// Prints the answer of a verb that changes nothing in AWS.
    pub(crate) fn answer(&self, answer: &impl Answer, text: &str) -> ExitCode {
        self.answer_after(false, answer, text)
    }

    /// Prints the answer of a verb that may have changed AWS; one that does not arrive is a failure after the change.
    pub(crate) fn answer_after(&self, changed: bool, answer: &impl Answer, text: &str) -> ExitCode {
        let Some(source) = self.print(answer, text) else { return ExitCode::SUCCESS };
        let mut failure = self.failure(FileError::AnswerLost { source });
        if changed {
            failure.exit = 3;
        }
        failure::failure(&failure)
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
        let text = lifecycle::account(&report);
        let answer = RunAnswer::new(report, self.source());
        let Some(source) = self.print(&answer, &text) else {
            return Ok(ExitCode::SUCCESS);
        };
        let (report, failure) = (answer.report, self.failure(FileError::AnswerLost { source }));
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
