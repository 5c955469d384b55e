//! The command line: one file per verb, each turning flags into one library call and a report. Nothing that decides lives here.

mod context;
mod create_key;
mod doctor;
mod generate;
mod get_parameters;
mod global;
mod import;
mod key_args;
mod material_args;
mod next;
mod provision;
#[cfg(feature = "rehearsal")]
mod rehearsal;
mod rehearse;
mod shell;
mod status;
mod terminal;
mod verify;
mod wrap;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use self::context::Context;
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
    Provision(Box<provision::Args>),
    CreateKey(create_key::Args),
    GetParameters(get_parameters::Args),
    Generate(generate::Args),
    Wrap(Box<wrap::Args>),
    Import(Box<import::Args>),
    Status(status::Args),
    Verify(verify::Args),
    Doctor(doctor::Args),
    Completions(shell::Completions),
    Man(shell::Man),
    #[cfg(feature = "rehearsal")]
    Rehearsal(rehearsal::Args),
}

/// Runs the verb; the exit code is 0, or 4 where a check found a problem.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let context = Context::new(cli.global);
    if !matches!(cli.verb, Verb::Doctor(_)) {
        context.check_openssl().map_err(|error| context.failure(error))?;
    }
    match cli.verb {
        Verb::Provision(args) => provision::run(&args, &context),
        Verb::CreateKey(args) => create_key::run(&args, &context),
        Verb::GetParameters(args) => get_parameters::run(&args, &context),
        Verb::Generate(args) => generate::run(&args, &context),
        Verb::Wrap(args) => wrap::run(&args, &context),
        Verb::Import(args) => import::run(&args, &context),
        Verb::Status(args) => status::run(&args, &context),
        Verb::Verify(args) => verify::run(&args, &context),
        Verb::Doctor(args) => doctor::run(&args, &context),
        Verb::Completions(args) => shell::completions(&args, &context),
        Verb::Man(args) => shell::man(&args, &context),
        #[cfg(feature = "rehearsal")]
        Verb::Rehearsal(args) => rehearsal::run(&args, &context),
    }
}
