//! The command line: one file per verb, each turning flags into one library call and a report. Nothing that decides lives here.

mod any_key;
mod colour;
#[cfg(all(test, feature = "rehearsal"))]
#[path = "../../tests/support/committed.rs"]
mod committed;
mod completions;
mod component_args;
mod context;
mod create_key;
mod delete_material;
mod diagnose;
mod doctor;
mod dry_run;
mod expiry_files;
pub(crate) mod failure;
#[cfg(feature = "fleet")]
mod fleet;
mod generate;
mod get_parameters;
mod given_args;
mod global;
mod help;
mod import;
pub(crate) mod invocation;
mod key_args;
mod key_file;
mod key_name;
mod lazy_args;
mod live;
#[cfg(all(test, feature = "schemas", feature = "rehearsal", feature = "fleet"))]
#[path = "../../tests/support/made_schema.rs"]
mod made_schema;
mod man;
mod material_args;
pub(crate) mod next;
pub(crate) mod next_command;
pub(crate) mod output;
pub(crate) mod panic;
pub(crate) mod panics;
mod provision;
mod public_key;
mod recipe;
mod record_args;
#[cfg(all(test, feature = "rehearsal", feature = "fleet"))] // the pages have all verbs
mod reference;
#[cfg(feature = "rehearsal")]
mod rehearsal;
mod rehearse;
mod replicate;
mod rotate;
pub(crate) mod signals;
mod status;
mod terminal;
#[cfg_attr(not(feature = "pkcs11"), path = "no_token_args.rs")]
pub(crate) mod token_args;
mod typed;
pub(crate) mod usage;
pub(crate) mod usage_error;
mod values;
mod variables;
mod verify;
mod version;
mod words;
mod wrap;

use std::env;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::context::Context;
use self::failure::Failure;
use self::global::Global;
use self::lazy_args::LazyArgs;
use self::output::document::{FAILURE, Form};
use self::typed::Typed;

/// Bring your own key into AWS KMS with the system's OpenSSL.
#[derive(Parser)]
#[command(version, bin_name = "kms-byok", propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "\
Examples:
  kms-byok provision alias/payments --rehearse --generate --discard
  kms-byok status --expiring-within 30d")]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
    /// The words that were parsed.
    #[arg(skip)]
    typed: Typed,
}

#[derive(Subcommand)]
enum Verb {
    /// Bring one key into KMS: create, wrap, import, prove
    Provision(Box<LazyArgs<provision::Args>>),
    /// Create a KMS key without key material (origin EXTERNAL)
    CreateKey(Box<LazyArgs<create_key::Args>>),
    /// Download a wrapping public key and an import token for a key
    GetParameters(Box<LazyArgs<get_parameters::Args>>),
    /// Make new key material with OpenSSL's random generator, in a file of mode 0600
    Generate(Box<LazyArgs<generate::Args>>),
    /// Wrap key material for import, without network
    Wrap(Box<LazyArgs<wrap::Args>>),
    /// Import wrapped key material into a key
    Import(Box<LazyArgs<import::Args>>),
    /// Show state, key materials and expiry of a key in all its Regions, or what expires
    Status(Box<LazyArgs<status::Args>>),
    /// Prove that a key holds given key material
    Verify(Box<LazyArgs<verify::Args>>),
    /// Show the public key of a key in every form, with its fingerprints
    PublicKey(Box<LazyArgs<public_key::Args>>),
    /// Give a key new key material, or its alias a new key
    Rotate(Box<LazyArgs<rotate::Args>>),
    /// Make replicas of a multi-Region key, and import the same key material into them
    Replicate(Box<LazyArgs<replicate::Args>>),
    /// Delete imported key material from a key
    DeleteMaterial(Box<LazyArgs<delete_material::Args>>),
    #[cfg(feature = "fleet")]
    /// Make and keep many keys, from a manifest
    Fleet(Box<LazyArgs<fleet::Args>>),
    /// Explain why an import failed or will fail, from the files at hand
    Diagnose(Box<LazyArgs<diagnose::Args>>),
    /// Print the shell script that does what provision does with the same flags
    Recipe(Box<LazyArgs<recipe::Args>>),
    /// Check this machine: OpenSSL, trusted certificates, the connection to KMS, memory
    Doctor(Box<LazyArgs<doctor::Args>>),
    /// Print the completions for a shell
    Completions(Box<LazyArgs<completions::Args>>),
    /// Print the man page of all verbs, or of one
    Man(Box<LazyArgs<man::Args>>),
    /// Print the help of the program, or of a verb
    Help(Box<LazyArgs<help::Args>>),
    #[cfg(feature = "rehearsal")]
    /// Run an embedded KMS, for rehearsals, for the aws CLI and for any SDK
    Rehearsal(Box<LazyArgs<rehearsal::Args>>),
}

/// Reads the command line; an error is also how help and version come.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    let mut command = variables::without_empty(Cli::command());
    let matches = command.try_get_matches_from_mut(env::args_os())?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    // Whoever asks for more on the command line means this run, whatever a variable says of all runs.
    match matches.value_source("quiet") {
        Some(ValueSource::EnvVariable) if cli.global.verbose > 0 => cli.global.quiet = false,
        _ if cli.global.quiet && cli.global.verbose > 0 => return Err(conflict("--quiet", "--verbose")),
        _ => {}
    }
    cli.typed = Typed::of(&command, &matches);
    Ok(cli)
}

fn conflict(first: &str, second: &str) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::ArgumentConflict);
    error.insert(ContextKind::InvalidArg, ContextValue::String(first.to_owned()));
    error.insert(ContextKind::PriorArg, ContextValue::String(second.to_owned()));
    error
}

/// Runs the verb; the exit code is 0, or 4 where a check found a problem.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    // Both live as long as the process: whatever ends it, from whichever thread, can tell what the run was.
    let context: &'static Context = Box::leak(Box::new(Context::new(cli.global, cli.typed)));
    let verb: &'static Verb = Box::leak(Box::new(cli.verb));
    signals::listen(context, verb.has_signals_of_its_own());
    context.prints(verb.form());
    panics::tell_of(context);
    verb.run(context)
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
            Verb::PublicKey(args) => public_key::run(args, context),
            Verb::Rotate(args) => rotate::run(args, context),
            Verb::Replicate(args) => replicate::run(args, context),
            Verb::DeleteMaterial(args) => delete_material::run(args, context),
            #[cfg(feature = "fleet")]
            Verb::Fleet(args) => fleet::run(args, context),
            Verb::Diagnose(args) => diagnose::run(args, context),
            Verb::Recipe(args) => recipe::run(args, context),
            Verb::Doctor(args) => doctor::run(args, context),
            Verb::Completions(args) => completions::run(args, help::shown::command(Cli::command()), context),
            Verb::Man(args) => man::run(args, help::shown::command(Cli::command()), context),
            Verb::Help(args) => help::run(args, help::shown::command(Cli::command()), context),
            #[cfg(feature = "rehearsal")]
            Verb::Rehearsal(args) => rehearsal::run(args, context),
        }
    }

    /// The form of its JSON.
    fn form(&self) -> &'static Form {
        match self {
            Verb::Provision(_) => &provision::FORM,
            Verb::CreateKey(_) => &create_key::FORM,
            Verb::GetParameters(_) => &get_parameters::FORM,
            Verb::Generate(_) => &generate::FORM,
            Verb::Wrap(_) => &wrap::FORM,
            Verb::Import(_) => &import::FORM,
            Verb::Status(_) => &status::FORM,
            Verb::Verify(_) => &verify::FORM,
            Verb::PublicKey(_) => &public_key::FORM,
            Verb::Rotate(_) => &rotate::FORM,
            Verb::Replicate(_) => &replicate::FORM,
            Verb::DeleteMaterial(_) => &delete_material::FORM,
            Verb::Diagnose(_) => &diagnose::FORM,
            Verb::Recipe(_) => &recipe::FORM,
            Verb::Doctor(_) => &doctor::FORM,
            Verb::Completions(_) | Verb::Man(_) | Verb::Help(_) => &FAILURE,
            #[cfg(feature = "fleet")]
            Verb::Fleet(args) => args.form(),
            #[cfg(feature = "rehearsal")]
            Verb::Rehearsal(args) => args.form(),
        }
    }

    /// A server that is told to stop has succeeded.
    fn has_signals_of_its_own(&self) -> bool {
        #[cfg(feature = "rehearsal")]
        if let Verb::Rehearsal(args) = self {
            return args.serves();
        }
        false
    }
}
