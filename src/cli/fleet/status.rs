//! `fleet status`: what each key of a manifest has reached.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args as ClapArgs;
use kms_byok::Error;
use kms_byok::fleet::{Connections, JournalReader};

use super::super::context::Context;
use super::super::failure::Failure;
use super::manifest_args::ManifestArgs;
use super::mistakes;
use super::rows::{self, beside};
use super::talk::Warnings;

/// Show what each key of a manifest has reached, also while a run goes on
#[derive(ClapArgs)]
#[command(after_help = "\
AWS is not asked: the journal of the runs tells. The flags for empty cells are those of the runs. The exit code is 3 if keys have failed or
are left.

Examples:
  kms-byok fleet status keys.csv
  kms-byok fleet status keys.csv --output json")]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    /// File for what each key has reached [default: MANIFEST.journal]
    #[arg(long, value_name = "FILE", help_heading = None::<&'static str>)]
    journal: Option<PathBuf>,
}

pub(super) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let manifest = match args.manifest.open(context) {
        Ok(manifest) => manifest,
        Err(mistakes) => return mistakes::of_beginning(mistakes, context),
    };
    let path = args.journal.clone().unwrap_or_else(|| beside(&args.manifest.manifest));
    let journal = JournalReader::open(&path).map_err(|error| context.failure(Error::from(error)))?;
    let talk = Arc::new(Warnings(context.talk.clone()));
    let mut connections = Connections::new(context.connection(context.global.region.clone()), talk);
    context.run(async { Ok(connections.know_regions(&manifest).await?) })?;
    rows::answer(&manifest, &journal, &connections, context)
}
