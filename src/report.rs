//! What is printed: the answer on stdout, once, as text or as one JSON object; the talk on stderr.

use std::io::{self, Write};
use std::process::ExitCode;

use kms_byok::{Error, Talk};
use serde::Serialize;

use crate::cli::Output;

/// Why a verb did not end well, what stands in AWS all the same, and the exit code that says so.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// 1 nothing changed in AWS, 2 wrong usage, 3 something changed in AWS, 4 a check found a problem.
    pub(crate) exit: u8,
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure { error: error.into(), exit: 1 }
    }
}

/// Prints cause, inner reason and fix, and gives the exit code.
pub(crate) fn failure(failure: &Failure) -> ExitCode {
    let mut text = format!("error: {}\n", failure.error);
    if let Some(because) = failure.error.because() {
        text.push_str(&format!("because: {because}\n"));
    }
    if let Some(hint) = failure.error.hint() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    let _ = io::stderr().write_all(text.as_bytes());
    ExitCode::from(failure.exit)
}

/// Writes the answer in one piece. A closed pipe is no error: the reader had enough.
pub(crate) fn answer<R: Serialize>(output: Output, report: &R, text: &str) {
    let mut bytes = match output {
        Output::Json => serde_json::to_vec_pretty(report).unwrap_or_default(),
        Output::Text => text.as_bytes().to_vec(),
    };
    if bytes.last().is_some_and(|byte| *byte != b'\n') {
        bytes.push(b'\n');
    }
    let _ = io::stdout().write_all(&bytes);
}

/// The talk on stderr.
pub(crate) struct Stderr {
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
}

impl Talk for Stderr {
    fn step(&self, text: &str) {
        self.line(text, !self.quiet);
    }

    fn warn(&self, text: &str) {
        self.line(&format!("warning: {text}"), true);
    }

    fn detail(&self, text: &str) {
        self.line(text, self.verbose > 0);
    }
}

impl Stderr {
    fn line(&self, text: &str, wanted: bool) {
        if wanted {
            let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
        }
    }
}
