//! `fleet status`: what each key of a manifest has reached.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args as ClapArgs;
use kms_byok::Error;
use kms_byok::fleet::{Connections, JournalReader, Place, Reported};
use kms_byok::for_the_binary::Expiries;

use super::super::context::Context;
use super::super::expiry_files::{ExpiryFiles, Written};
use super::super::failure::Failure;
use super::manifest_args::ManifestArgs;
use super::mistakes;
use super::rows::{self, all_beside};
use super::talk::Warnings;
use super::task_args::TaskArgs;

/// Show what each key of a manifest has reached, also while a run goes on
#[derive(ClapArgs)]
#[command(after_help = "\
AWS is not asked: the journal of the runs tells. The flags for empty cells are those of the runs. The exit code is 3 if keys have failed or
are left.

Examples:
  kms-byok fleet status keys.csv
  kms-byok fleet status keys.csv --html fleet.html")]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    task: TaskArgs,
    /// File with what keys have reached; may be repeated [default: MANIFEST.journal and those of its shards]
    #[arg(long, value_name = "FILE", help_heading = None::<&'static str>)]
    journal: Vec<PathBuf>,
    #[command(flatten)]
    files: ExpiryFiles,
}

pub(super) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let manifest = match args.manifest.open(args.task.task(None), context) {
        Ok(manifest) => manifest,
        Err(mistakes) => return mistakes::of_beginning(mistakes, context),
    };
    let paths = if args.journal.is_empty() { all_beside(&args.manifest.manifest) } else { args.journal.clone() };
    let inputs: Vec<&Path> = paths.iter().chain([&args.manifest.manifest]).map(PathBuf::as_path).collect();
    args.files.check(&inputs, context)?;
    let journals: Result<Vec<JournalReader>, _> = paths.iter().map(|path| JournalReader::open(path)).collect();
    let journals = journals.map_err(|error| context.failure(Error::from(error)))?;
    let talk = Arc::new(Warnings(context.talk.clone()));
    let mut connections = Connections::new(context.connection(context.global.region.clone()), talk);
    context.run(async { Ok(connections.know_regions(&manifest).await?) })?;
    let region = |place: &Place| connections.region_of(place);
    let reported = Reported { region: &region, mine: &|_| true, whole: true, since: None };
    let files = match args.files.are_wanted() {
        true => {
            let expiries =
                Expiries::of_fleet(&manifest, &journals, &reported).map_err(|error| context.failure(error))?;
            args.files.write(&expiries.in_rehearsal(connections.seen_rehearsal()), context)?
        }
        false => Written::default(),
    };
    rows::answer(&manifest, &journals, &reported, (&connections, files), context)
}
