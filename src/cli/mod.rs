//! The command line: one file per verb, each turning flags into one library call and a report. Nothing that decides lives here.

mod global;
#[cfg(feature = "rehearsal")]
mod rehearsal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use self::global::{Global, Output};
use crate::report::Failure;

/// Bring your own key into AWS KMS with the system's OpenSSL.
#[derive(Parser)]
#[command(version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    #[cfg(feature = "rehearsal")]
    Rehearsal(rehearsal::Args),
}

/// Runs the verb; the exit code is 0, or 4 where a check found a problem.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.verb {
        #[cfg(feature = "rehearsal")]
        Verb::Rehearsal(args) => rehearsal::run(&args, &cli.global),
    }
}
