//! `fleet`: many keys from a manifest.

mod manifest_args;
pub(super) mod mistakes;
pub(super) mod plan;
mod progress;
pub(super) mod rows;
mod run;
mod shard_args;
mod status;
mod talk;
mod task_args;

use std::process::ExitCode;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::document::Form;

#[derive(clap::Args)]
#[command(after_help = "\
A manifest has one row a key: CSV with a header, or JSON Lines. `fleet plan` checks it and says what a run would do and how long it takes;
`fleet run` does it, and goes on with it after any end.

Examples:
  kms-byok fleet plan keys.csv
  kms-byok fleet run keys.csv")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Plan(Box<plan::Args>),
    Run(Box<run::Args>),
    Status(Box<status::Args>),
}

impl Args {
    /// The form of the JSON.
    pub(super) fn form(&self) -> &'static Form {
        match self.verb {
            Verb::Plan(_) => &plan::PLAN,
            Verb::Run(_) | Verb::Status(_) => &rows::SUMMARY,
        }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    match &args.verb {
        Verb::Plan(args) => plan::run(args, context),
        Verb::Run(args) => run::run(args, context),
        Verb::Status(args) => status::run(args, context),
    }
}
