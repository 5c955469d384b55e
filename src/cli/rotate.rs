//! `rotate`: new key material for a symmetric key.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::lifecycle::{self, Account, Rotate};
use kms_byok::material::KeySpec;
use kms_byok::{Error, time};

use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::key_args::{ExpiryArgs, ProofArgs, TrustArgs, WaitArgs, WrappingArgs};
use super::material_args::MaterialArgs;
use super::next::{self, ByKey};
use super::next_command::Command;
use super::record_args::{OtherFiles, RecordArgs};
use super::usage_error::UsageError;
use super::verify::unfit;

#[derive(ClapArgs)]
#[command(after_help = "\
New material is imported into the key and into every replica of it; then KMS rotates the key, at most 25 times in its life.
To continue a rotation that broke off, repeat it with the same --material, or use --resume if every Region has the new material.

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
    /// Rotate to the key material that waits for it, or wait for a rotation in progress; with --generate --discard: generate if there is
    /// neither
    #[arg(long, help_heading = "Key material", conflicts_with_all = ["material", "material_from_escrow"])]
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
    let wait = Some(args.wait.wait);
    if args.dry_run.is_wanted(Some(&args.record), context)? {
        let plan = plan(args, context)?;
        return dry_run::run(context, async {
            let (kms, key) = context.look(&args.key_id, wait).await?;
            lifecycle::plan::rotate(&kms, &key, &plan, &*context.talk).await
        });
    }
    let run = context.begin();
    let others = OtherFiles { inputs: args.material.inputs(), outputs: args.material.outputs() };
    let account = args.record.keep(("rotate", run), context, others, || {
        let plan = plan(args, context)?;
        let work = async {
            let (kms, key) = context.look(&args.key_id, wait).await?;
            lifecycle::rotate(&kms, &key, &plan, run).await
        };
        let words = |account: &Account| {
            let run = context.invocation();
            next::words(&account.next, ByKey::KeyId, at_the_same_time(run.again(), args, account), &run)
        };
        context.run_changing(run, work, words).map(|(_, account)| account)
    })?;
    context.account(account)
}

/// What is asked for. Before a file is refused as no symmetric key, the KMS key is checked: it may be no symmetric key either.
fn plan(args: &Args, context: &Context) -> Result<Rotate, Failure> {
    wanted(args, context).map_err(|error| {
        let key = match error {
            Error::Material(_) => context.run(context.look(&args.key_id, None)).ok().map(|(_, key)| key),
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
    let abandoned = given.generate && given.discard;
    if args.resume && given.generate && !abandoned {
        return Err(UsageError::Conflict { first: "--resume", second: "--generate without --discard" }.into());
    }
    if args.resume && given.has_copy() && !abandoned {
        return Err(UsageError::Conflict { first: "--resume", second: "a copy of generated key material" }.into());
    }
    let key = Rotate::new(&args.key_id);
    let plan = match (args.resume, abandoned) {
        (true, false) => key.resume(),
        (true, true) => key.material(given.source(spec, context)?).or_resume(),
        (false, _) => key.material(given.source(spec, context)?),
    };
    Ok(plan
        .wrapping(args.wrapping.wrapping(spec)?)
        .expiry(args.expiry.checked()?)
        .material_description(args.material_description.clone())
        .verify(args.proof.verify)
        .trust(args.trust.trust(Some(&args.key_id))?))
}

/// The time of expiry is that of this run, not the span counted again.
fn at_the_same_time(command: Command, args: &Args, account: &Account) -> Command {
    match account.facts.asked_to_expire.filter(|_| args.expiry.expires_in.is_some()) {
        Some(at) => command.without(&[("--expires-in", 1)]).value("--expires-at", time::rfc3339(at)),
        None => command,
    }
}
