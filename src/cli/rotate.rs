//! `rotate`: new key material for a symmetric key.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::kms::{KeyDescription, Kms};
use kms_byok::lifecycle::{self, Journal, Report, Rotate, Wrapping};
use kms_byok::material::KeySpec;
use kms_byok::{Error, UsageError, time};

use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::key_args::{ExpiryArgs, ProofArgs, TrustArgs, WaitArgs, WrappingArgs};
use super::material_args::MaterialArgs;
use super::next_command::{Command, IMPORT, SOURCE};
use super::record_args::{OtherFiles, RecordArgs};
use super::verify::unfit;

#[derive(ClapArgs)]
#[command(after_help = "\
New material is imported into the key and into every replica of it; then KMS rotates, 25 times in the life of a key.
What broke off goes on: with the same --material, or with --resume where every Region has the new material.

Examples:
  kms-byok rotate --key-id alias/payments --generate --escrow recovery.pem --escrow-out payments-2.cms
  kms-byok rotate --key-id alias/payments --resume")]
pub(crate) struct Args {
    /// Key id, ARN or alias of the key; of a multi-Region key the primary
    #[arg(long, value_name = "K", help_heading = "Key")]
    key_id: String,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    material: MaterialArgs,
    /// Rotate to the key material that waits for it, or wait for a rotation in progress
    #[arg(long, help_heading = "Key material", conflicts_with_all = ["generate", "material", "material_from_escrow"])]
    resume: bool,
    #[command(flatten)]
    wrapping: WrappingArgs,
    #[command(flatten)]
    expiry: ExpiryArgs,
    #[command(flatten)]
    proof: ProofArgs,
    /// Description of the key material; public
    #[arg(long, value_name = "TEXT", help_heading = "Import")]
    material_description: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    record: RecordArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let journal = context.journal();
    if args.dry_run.is_wanted(Some(&args.record), context)? {
        let plan = plan(args, context, journal)?;
        return dry_run::run(context, journal, async {
            let (kms, key) = look(args, context, journal).await?;
            lifecycle::plan::rotate(&kms, &key, &plan, journal).await
        });
    }
    let others = OtherFiles { inputs: args.material.inputs(), outputs: args.material.outputs() };
    let report = args.record.keep("rotate", context, journal, others, false, || {
        let plan = plan(args, context, journal)?;
        let work = async {
            let (kms, key) = look(args, context, journal).await?;
            lifecycle::rotate(&kms, &key, &plan, journal).await
        };
        context.run_changing(journal, work, false, |report| Some(completes(args, report, context)))
    })?;
    context.account(report, false)
}

async fn look(args: &Args, context: &Context, journal: &Journal) -> Result<(Kms, KeyDescription), Error> {
    let kms = context.connect().await?.waiting(args.wait.wait);
    journal.connected(&kms);
    let key = kms.describe(&args.key_id).await?;
    Ok((kms, key))
}

/// What is asked for. A file that is no symmetric key is measured by the key first: that one may be no symmetric key either.
fn plan(args: &Args, context: &Context, journal: &Journal) -> Result<Rotate, Failure> {
    wanted(args, context).map_err(|error| {
        let key = match error {
            Error::Material(_) => context.run(look(args, context, journal)).ok().map(|(_, key)| key),
            _ => None,
        };
        context.failure(match key {
            Some(key) => lifecycle::check_rotatable(&key).err().unwrap_or_else(|| unfit(error, &key)),
            None => error,
        })
    })
}

fn wanted(args: &Args, context: &Context) -> Result<Rotate, Error> {
    let spec = KeySpec::SymmetricDefault;
    let given = &args.material;
    let named = given.generate || given.given.material.is_some() || given.given.material_from_escrow.is_some();
    if !named && !args.resume {
        let hint = "add --generate, --material FILE (`-` for standard input), or --resume";
        return Err(UsageError::Missing { what: "the new key material", hint }.into());
    }
    if args.resume && given.has_copy() {
        return Err(UsageError::Conflict { first: "--resume", second: "a copy of generated key material" }.into());
    }
    Ok(Rotate {
        source: if args.resume { None } else { Some(given.source(spec, context)?) },
        wrapping: Wrapping { algorithm: args.wrapping.algorithm(spec)?, key_spec: args.wrapping.wrapping_key_spec },
        expiry: args.expiry.checked()?,
        description: args.material_description.clone(),
        level: args.proof.verify,
        trust: args.trust.trust(Some(&args.key_id))?,
    })
}

/// The command that goes on from where the run broke off.
fn completes(args: &Args, report: &Report, context: &Context) -> String {
    let rotation = report.rotation.clone().unwrap_or_default();
    let run = context.invocation();
    let again = || {
        let again = match &report.key_arn {
            Some(arn) => run.again().key(arn),
            None => run.again(),
        };
        at_the_same_time(again, args, report)
    };
    let known = rotation.new_key_material_id.filter(|_| report.changed);
    if known.is_some() && (rotation.begun || rotation.missing_in.is_empty()) {
        return again().without(SOURCE).without(IMPORT).without(&[("--resume", 0)]).flag("--resume").to_string();
    }
    // A Region still wants the bytes, or it is not known whether the primary key has them: the same ones do no harm.
    match (again().copy(report), known) {
        _ if !report.generated => again().to_string(),
        (Some(copied), _) => copied.to_string(),
        // Nobody has these bytes any more: they are taken back, and other ones made.
        (None, Some(id)) => {
            let key = report.key_arn.as_deref().unwrap_or(&args.key_id);
            let take_back = run.verb("delete-material").value("--key-id", key).value("--key-material-id", id);
            format!("{take_back} && {}", again())
        }
        (None, None) => again().to_string(),
    }
}

/// The time of expiry is that of this run, not the span counted again.
fn at_the_same_time(command: Command, args: &Args, report: &Report) -> Command {
    match report.asked_to_expire.filter(|_| args.expiry.expires_in.is_some()) {
        Some(at) => command.without(&[("--expires-in", 1)]).value("--expires-at", time::rfc3339(at)),
        None => command,
    }
}
