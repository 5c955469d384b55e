//! `recipe`: the shell script that does what `provision` does with the same flags.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::Error;
use kms_byok::escrow::Recipient;
use kms_byok::for_the_binary::recipe::{Conversion, Recipe, ShellBackup, ShellSource};
use kms_byok::lifecycle::Backup;
use kms_byok::material::{Format, KeyMaterial, KeySpec};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::material_args::MaterialArgs;
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::Ending;
use super::provision;
use super::usage_error::UsageError;

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/recipe/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok recipe --alias alias/payments --material payments.key
  kms-byok recipe --key-spec RSA_3072 --alias alias/signing --generate --keep signing.der > import.sh")]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    provision: provision::Args,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    /// The script.
    recipe: Option<String>,
    #[serde(flatten)]
    ending: Ending,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { recipe: None, ending: failed.ending() }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let recipe = for_flags(&args.provision, context).map_err(|error| context.failure(error))?;
    let script = recipe.script();
    Ok(context.answer(&Answer { recipe: Some(script.clone()), ending: Ending::default() }, &script))
}

fn for_flags(args: &provision::Args, context: &Context) -> Result<Recipe, Error> {
    let without = [
        (args.is_rehearsal(), "--rehearse"),
        (args.record.record.is_some(), "--record"),
        (args.dry_run.dry_run, "--dry-run"),
        (args.material.given.components.is_given(), "--component"),
        (args.material.token.is_given(), "--pkcs11-uri"),
        (args.material.given.show_kcv, "--show-kcv"),
    ];
    if let Some((_, flag)) = without.into_iter().find(|(given, _)| *given) {
        return Err(UsageError::NotInShell { flag }.into());
    }
    let request = args.key.request()?;
    let recipe = Recipe {
        policy_file: args.key.policy.clone(),
        adopt: args.adopt.clone(),
        backup: backup(&args.material)?,
        source: source(&args.material, request.spec, context)?,
        algorithm: args.wrapping.algorithm(request.spec)?,
        wrapping: args.wrapping.wrapping_key_spec,
        expiry: args.expiry.expiry(),
        material_description: args.material_description.clone(),
        connection: context.connection(context.global.region.clone()),
        request,
    };
    recipe.check()?;
    Ok(recipe)
}

/// The encrypted copy of key material that is not generated.
fn backup(args: &MaterialArgs) -> Result<Option<ShellBackup>, Error> {
    let given = if args.generate { None } else { args.given_backup()? };
    Ok(given.map(|(recipients, out)| escrow(args, recipients, out)))
}

fn escrow(args: &MaterialArgs, recipients: Vec<Recipient>, out: PathBuf) -> ShellBackup {
    ShellBackup::Escrow { recipients: args.escrow.iter().cloned().zip(recipients).collect(), out }
}

/// The source that the flags name. Recovery certificates are read, and of key material only how it is written.
fn source(args: &MaterialArgs, spec: KeySpec, context: &Context) -> Result<ShellSource, Error> {
    if args.generate {
        return Ok(ShellSource::Generate(match args.backup()? {
            Backup::Escrow { recipients, out } => escrow(args, recipients, out),
            Backup::Keep(path) => ShellBackup::Keep(path),
            // A token is refused before.
            Backup::Discard | Backup::InToken(_) => ShellBackup::Discard,
        }));
    }
    let given = &args.given;
    let passphrase_file = given.passphrase_file.as_ref().map(|file| file.file("--passphrase-file")).transpose()?;
    let passphrase_file = passphrase_file.map(Path::to_owned);
    match (&given.material_from_escrow, &*given.recipient_key, &given.material) {
        (Some(file), [key], _) => {
            let recipient_key = key.file("--recipient-key")?.to_owned();
            Ok(ShellSource::Escrow { file: file.clone(), recipient_key, passphrase_file })
        }
        (_, _, Some(file)) => {
            let file = file.path("--material")?.map(Path::to_owned);
            let format = given.material_format;
            let conversion = match &file {
                Some(path) if format != Some(Format::Raw) && path.is_file() => {
                    let bytes = context.read_secret("key material file", path, KeyMaterial::READ_LIMIT)?;
                    Some(Conversion::of(&bytes, spec, format)?)
                }
                _ => None,
            };
            Ok(ShellSource::Given { file, format, conversion, passphrase_file })
        }
        _ => Err(MaterialArgs::missing()),
    }
}
