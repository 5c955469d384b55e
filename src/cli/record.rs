//! `--record`: the account of a run for the auditor, also of one that fails.

use std::path::{Path, PathBuf};

use clap::Args;
use kms_byok::ceremony::Journal;
use kms_byok::record::{Exit, RecordFile};
use kms_byok::{FileError, Talk};

use super::Context;
use crate::report::Failure;

#[derive(Args)]
pub(crate) struct RecordArgs {
    /// Write an account of the run for the auditor to FILE (JSON, no secrets), also when it fails
    #[arg(long, value_name = "FILE", help_heading = "Proof")]
    pub(crate) record: Option<PathBuf>,
}

impl RecordArgs {
    /// Runs a verb and keeps its account: begun before anything else happens, ended however the run ends. `outputs` are the other
    /// files that the run writes; `rehearse` tells that nothing of it outlives the process.
    pub(crate) fn keep<T>(
        &self,
        verb: &str,
        context: &Context,
        journal: &Journal,
        outputs: &[Option<&Path>],
        rehearse: bool,
        run: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(path) = &self.record else { return run() };
        if outputs.iter().flatten().any(|output| kms_byok::files::is_same_name(path, output)) {
            return Err(context.failure(FileError::TwoOutputs { path: path.clone() }));
        }
        let file = RecordFile::begin(path, verb, &*context.talk).map_err(|error| context.failure(error))?;
        let result = run();
        let failure = result.as_ref().err();
        let exit = Exit::of(failure.map_or(0, |failure| failure.exit), failure.map(|failure| &*failure.error), journal);
        match (file.finish(journal, exit, &*context.talk), result) {
            (Ok(()), result) => result,
            (Err(error), Ok(_)) => Err(unrecorded(context.failure(error), journal, rehearse)),
            // The run's own failure matters more.
            (Err(error), Err(failure)) => {
                context.talk.warn(&error.to_string());
                Err(failure)
            }
        }
    }
}

/// The run was done, and only its account could not be written.
fn unrecorded(failure: Failure, journal: &Journal, rehearse: bool) -> Failure {
    let changed = journal.may_have_changed();
    let failure = if changed { failure.after(journal.report(), journal.uncertain()) } else { failure };
    if rehearse { failure.in_rehearsal() } else { failure }
}
