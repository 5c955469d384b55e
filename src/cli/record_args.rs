//! `--record`: the account of a run for the auditor, also of one that fails.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use clap::Args;
use kms_byok::for_the_binary::files;
use kms_byok::for_the_binary::record::RecordFile;
use kms_byok::lifecycle::Watched;
use kms_byok::{FileError, Progress};

use super::context::{Context, Kept};
use super::failure::Failure;
use super::key_args::output_file;

#[derive(Args)]
pub(crate) struct RecordArgs {
    /// Write an account of the run to FILE, for an auditor (JSON, no secrets), even if it fails
    #[arg(long, value_name = "FILE", value_parser = output_file(), help_heading = "Proof")]
    pub(crate) record: Option<PathBuf>,
}

impl RecordArgs {
    /// Runs a verb and keeps its account: begun before anything else happens, ended however the run ends.
    pub(crate) fn keep<T>(
        &self,
        (verb, run): (&str, &'static dyn Watched),
        context: &Context,
        others: OtherFiles<'_>,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(path) = &self.record else { return work() };
        others.check(path).map_err(|error| context.failure(error))?;
        let file = RecordFile::begin(path, verb, &*context.talk).map_err(|error| context.failure(error))?;
        *context.record.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept { file, run });
        let result = work();
        match (context.end_record(result.as_ref().err()), result) {
            (Ok(()), result) => result,
            (Err(error), Ok(_)) => Err(unrecorded(context.failure(error), run, context)),
            // The run's own failure matters more.
            (Err(error), Err(failure)) => {
                context.talk.warn(&error.to_string());
                Err(failure)
            }
        }
    }
}

/// The other files that a command names. What is at the path of a record is moved aside, and must be none of them.
pub(crate) struct OtherFiles<'a> {
    pub(crate) inputs: Vec<&'a Path>,
    pub(crate) outputs: Vec<&'a Path>,
}

impl OtherFiles<'_> {
    fn check(mut self, record: &Path) -> Result<(), FileError> {
        let path = record.to_owned();
        if self.outputs.iter().any(|output| files::is_same_name(record, output)) {
            return Err(FileError::TwoOutputs { path });
        }
        self.inputs.append(&mut self.outputs);
        files::check_distinct(&self.inputs, &[record])
    }
}

/// The run was done, and only its account could not be written.
fn unrecorded(failure: Failure, run: &dyn Watched, context: &Context) -> Failure {
    let account = context.told(run);
    let failure = if account.facts.may_have_changed() { failure.after(account.report) } else { failure };
    if context.is_rehearsal() { failure.in_rehearsal() } else { failure }
}
