//! `get-parameters`: step 2 of the recipe.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, ValueHint};
use kms_byok::for_the_binary::check_importable;
use kms_byok::for_the_binary::printable;
use kms_byok::kms::KeyArn;
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

#[derive(Serialize)]
struct Answer {
    key_arn: KeyArn,
    key_spec: &'static str,
    wrapping_algorithm: &'static str,
    wrapping_key_spec: &'static str,
    public_key_sha256: String,
    valid_to: String,
    #[serde(serialize_with = "printable::path")]
    dir: PathBuf,
    endpoint: Option<String>,
    rehearsal: bool,
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
            key_arn: set.key_arn().clone(),
            key_spec: spec.name(),
            wrapping_algorithm: wrapping.algorithm.name(),
            wrapping_key_spec: set.wrapping_key_spec().name(),
            public_key_sha256: set.fingerprint().to_owned(),
            valid_to: rfc3339(set.valid_to()),
            dir: args.dir.clone(),
            endpoint: kms.endpoint().map(str::to_owned),
            rehearsal: set.is_rehearsal(),
        })
    })?;
    let text = output::lines(&[
        ("key", Some(answer.key_arn.to_string())),
        ("spec", Some(answer.key_spec.to_owned())),
        ("wrapping", Some(format!("{} with {}", answer.wrapping_algorithm, answer.wrapping_key_spec))),
        ("public key SHA-256", Some(answer.public_key_sha256.clone())),
        ("valid until", Some(answer.valid_to.clone())),
        ("directory", Some(answer.dir.display().to_string())),
        ("endpoint", answer.endpoint.clone()),
        ("rehearsal", answer.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
    ]);
    Ok(context.answer(&answer, &text))
}
