//! What is said while many keys are under way: of each of them only what is a warning.

use std::sync::Arc;

use kms_byok::fleet::Said;
use kms_byok::{Error, Progress};

use super::super::context::Context;
use super::super::failure;
use super::super::output::Stderr;
use super::super::words::sentence;

pub(super) struct Warnings(pub(super) Arc<Stderr>);

impl Progress for Warnings {
    fn step(&self, text: &str) {
        self.0.detail(text);
    }

    fn note(&self, text: &str) {
        self.0.detail(text);
    }

    fn warn(&self, text: &str) {
        self.0.warn(text);
    }

    fn detail(&self, text: &str) {
        self.0.detail(text);
    }
}

/// An error in the words of the command line.
pub(super) fn words(error: &Error, context: &Context) -> Said {
    let run = context.invocation();
    Said {
        id: error.id().to_owned(),
        cause: failure::cause(error),
        hint: error.hint().map(|hint| run.complete(&sentence(&hint), None)),
        because: error.because(),
        aws_code: error.aws_code().map(str::to_owned),
    }
}
