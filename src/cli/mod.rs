//! The command line: one file per verb, each turning flags into one library call and a report. Nothing that decides lives here.

mod context;
mod create_key;
mod delete_material;
pub(crate) mod diagnose;
mod doctor;
mod dry_run;
mod generate;
mod get_parameters;
mod global;
mod import;
mod key_args;
mod key_file;
mod later;
mod man;
mod material_args;
pub(crate) mod next_command;
pub(crate) mod panics;
mod provision;
mod recipe;
mod record;
#[cfg(feature = "rehearsal")]
mod rehearsal;
mod rehearse;
mod replicate;
mod rotate;
mod shell;
pub(crate) mod signals;
mod status;
mod status_text;
mod terminal;
mod verify;
mod wrap;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kms_byok::Progress;

pub(crate) use self::context::Context;
pub(crate) use self::global::{Global, Output};
use self::later::Later;
use crate::report::Failure;

/// Bring your own key into AWS KMS with the system's OpenSSL.
#[derive(Parser)]
#[command(version, bin_name = "kms-byok", propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Bring one key into KMS: create, wrap, import, prove
    Provision(Box<Later<provision::Args>>),
    /// Create a KMS key without key material (origin EXTERNAL)
    CreateKey(Box<Later<create_key::Args>>),
    /// Download a wrapping public key and an import token for a key
    GetParameters(Box<Later<get_parameters::Args>>),
    /// Make new key material with OpenSSL's random generator, in a file of mode 0600
    Generate(Box<Later<generate::Args>>),
    /// Wrap key material for import, without network
    Wrap(Box<Later<wrap::Args>>),
    /// Import wrapped key material into a key
    Import(Box<Later<import::Args>>),
    /// Show state, key materials and expiry of a key in all its Regions, or what expires
    Status(Box<Later<status::Args>>),
    /// Prove that a key holds given key material
    Verify(Box<Later<verify::Args>>),
    /// Give a symmetric key new key material, and make it current
    Rotate(Box<Later<rotate::Args>>),
    /// Make replicas of a multi-Region key, and import the same key material into them
    Replicate(Box<Later<replicate::Args>>),
    /// Delete imported key material from a key
    DeleteMaterial(Box<Later<delete_material::Args>>),
    /// Explain why an import failed or will fail, from the files at hand
    Diagnose(Box<Later<diagnose::Args>>),
    /// Print the shell script that does what provision does with the same flags
    Recipe(Box<Later<recipe::Args>>),
    /// Show what this machine brings to an import: OpenSSL, trust, the way to KMS, memory
    Doctor(Box<Later<doctor::Args>>),
    /// Print the completions for a shell
    Completions(Box<Later<shell::Completions>>),
    /// Print the man page, of all verbs or of one
    Man(Box<Later<man::Args>>),
    #[cfg(feature = "rehearsal")]
    /// Run an embedded KMS on loopback, for rehearsals, the aws CLI and any SDK
    Rehearsal(Box<Later<rehearsal::Args>>),
}

/// Reads the command line; an error is also how help and version come.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    Cli::try_parse()
}

/// Runs the verb; the exit code is 0, or 4 where a check found a problem.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    // Both live as long as the process: whatever ends it, from whichever thread, can tell what the run was.
    let context: &'static Context = Box::leak(Box::new(Context::new(cli.global)));
    let verb: &'static Verb = Box::leak(Box::new(cli.verb));
    if !verb.has_signals_of_its_own() {
        signals::listen(context);
    }
    match panics::catch(|| verb.run(context)) {
        Ok(result) => {
            if let Some(defect) = panics::noted() {
                context.talk.warn(&defect.to_string());
            }
            result
        }
        Err(defect) => {
            let failure = context.broken_off(defect.into());
            context.end_record_of(&failure);
            Err(failure)
        }
    }
}

impl Verb {
    /// The verbs are kept out of line: together here, they would take the stack of the largest of them, 80 KiB, for the smallest.
    fn run(&'static self, context: &'static Context) -> Result<ExitCode, Failure> {
        if !matches!(self, Verb::Doctor(_)) {
            context.check_openssl().map_err(|error| context.failure(error))?;
        }
        match self {
            Verb::Provision(args) => provision::run(args, context),
            Verb::CreateKey(args) => create_key::run(args, context),
            Verb::GetParameters(args) => get_parameters::run(args, context),
            Verb::Generate(args) => generate::run(args, context),
            Verb::Wrap(args) => wrap::run(args, context),
            Verb::Import(args) => import::run(args, context),
            Verb::Status(args) => status::run(args, context),
            Verb::Verify(args) => verify::run(args, context),
            Verb::Rotate(args) => rotate::run(args, context),
            Verb::Replicate(args) => replicate::run(args, context),
            Verb::DeleteMaterial(args) => delete_material::run(args, context),
            Verb::Diagnose(args) => diagnose::run(args, context),
            Verb::Recipe(args) => recipe::run(args, context),
            Verb::Doctor(args) => doctor::run(args, context),
            Verb::Completions(args) => shell::completions(args, context),
            Verb::Man(args) => man::run(args, context),
            #[cfg(feature = "rehearsal")]
            Verb::Rehearsal(args) => rehearsal::run(args, context),
        }
    }

    /// A server ends well when it is told to.
    fn has_signals_of_its_own(&self) -> bool {
        #[cfg(feature = "rehearsal")]
        if let Verb::Rehearsal(args) = self {
            return args.serves();
        }
        false
    }
}
