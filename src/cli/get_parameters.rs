//! `get-parameters`: step 2 of the recipe.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, ValueHint};
use kms_byok::for_the_binary::check_importable;
use kms_byok::for_the_binary::printable;
use kms_byok::lifecycle::{GetParameters, get_parameters, plan};
use kms_byok::parameters::ParameterSet;
use kms_byok::time::rfc3339;
use serde::Serialize;

use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::key_args::{TrustArgs, WrappingArgs};
use super::key_name::KeyName;
use super::output;
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::{About, Ending, WrappedFor};

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/get-parameters/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok get-parameters --key-id alias/payments --dir payments.import
  kms-byok get-parameters --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --dir D --wrapping-key-spec RSA_2048")]
pub(crate) struct Args {
    #[command(flatten)]
    key_id: KeyName,
    /// Directory for PublicKey.bin, ImportToken.bin and parameters.json
    #[arg(long, value_name = "D", value_hint = ValueHint::DirPath)]
    dir: PathBuf,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    wrapping: WrappingArgs,
    /// Replace the parameters that are in the directory
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    #[serde(flatten)]
    about: About,
    #[serde(flatten)]
    wrapping_key: WrappedFor,
    /// When the import token expires: RFC 3339 in UTC.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    valid_to: Option<String>,
    /// The directory with the set.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    dir: Option<PathBuf>,
    #[serde(flatten)]
    ending: Ending,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { about: failed.about(), ending: failed.ending(), ..Answer::default() }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let trust = args.trust.trust(Some(&args.key_id)).map_err(|error| context.failure(error))?;
    if args.dry_run.is_wanted(None, context)? {
        return dry_run::run(context, async {
            let (kms, key) = context.look(&args.key_id, None).await?;
            let wrapping = args.wrapping.wrapping(key.spec.known()?)?;
            check_importable(&key)?;
            ParameterSet::check_directory(&args.dir, args.force)?;
            let vouched = trust.vouch(&kms, &key, &args.key_id, &*context.talk).await?;
            plan::get_parameters(&kms, (&vouched, &trust), wrapping, &args.dir, args.force)
        });
    }
    let answer = context.run(async {
        let (kms, key) = context.look(&args.key_id, None).await?;
        check_importable(&key)?;
        let spec = key.spec.known()?;
        let wrapping = args.wrapping.wrapping(spec)?;
        ParameterSet::check_directory(&args.dir, args.force)?;
        let plan = GetParameters::new(&*args.key_id).wrapping(wrapping).trust(trust);
        let set = get_parameters(&kms, &key, &plan, &*context.talk).await?;
        context.tell_moved(set.save(&args.dir, args.force)?);
        Ok(Answer {
            about: About::of(&kms, &key).named(&args.key_id),
            wrapping_key: WrappedFor::new(wrapping.algorithm, set.wrapping_key_spec(), set.fingerprint()),
            valid_to: Some(rfc3339(set.valid_to())),
            dir: Some(args.dir.clone()),
            ending: Ending { rehearsal: set.is_rehearsal(), ..Ending::default() },
        })
    })?;
    let about = &answer.about;
    let text = output::lines(&[
        ("key", about.key_arn.as_ref().map(ToString::to_string)),
        ("spec", about.key_spec.as_ref().map(ToString::to_string)),
        ("wrapping", answer.wrapping_key.names()),
        ("public key SHA-256", answer.wrapping_key.public_key_sha256.clone()),
        ("valid until", answer.valid_to.clone()),
        ("directory", answer.dir.as_ref().map(|dir| dir.display().to_string())),
        ("endpoint", about.endpoint.clone()),
        ("rehearsal", answer.ending.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
    ]);
    Ok(context.answer(&answer, &text))
}
