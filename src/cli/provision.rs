//! `provision`: the whole recipe for one key.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::Error;
use kms_byok::for_the_binary::files;
use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::{self, Account, PendingRequests, Provision};

use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::key_args::{self, ExpiryArgs, KeyArgs, ProofArgs, WaitArgs, WrappingArgs};
use super::material_args::MaterialArgs;
use super::next::{self, ByKey};
use super::output::document::{Form, RunAnswer};
use super::record_args::{OtherFiles, RecordArgs};
use super::usage_error::UsageError;

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<RunAnswer>("kms-byok/provision/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok provision --rehearse --alias alias/payments --generate --discard
  kms-byok provision --alias alias/payments --material payments.key --expires-in 90d")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) key: KeyArgs,
    #[command(flatten)]
    pub(super) material: MaterialArgs,
    #[command(flatten)]
    pub(super) wrapping: WrappingArgs,
    #[command(flatten)]
    pub(super) expiry: ExpiryArgs,
    #[command(flatten)]
    proof: ProofArgs,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
    /// Description of the key material, for symmetric keys; public
    #[arg(long, value_name = "TEXT", help_heading = "Import")]
    pub(super) material_description: Option<String>,
    /// Vouch for an existing key: import into it although this run did not create it
    #[arg(long, value_name = "KEY_ARN", value_parser = key_args::key_arn, help_heading = "Key")]
    pub(super) adopt: Option<KeyArn>,
    /// Look for a key that an earlier run made and lost
    #[arg(long, help_heading = "Key")]
    find_lost: bool,
    /// Look only for the key of this lost request
    #[arg(long, value_name = "ID", value_parser = key_args::request_id, help_heading = "Key")]
    lost_request: Option<String>,
    #[command(flatten)]
    pub(super) record: RecordArgs,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
    /// Rehearse the whole run on an embedded KMS in this process; needs no AWS
    #[cfg(feature = "rehearsal")]
    #[arg(long, help_heading = None::<&'static str>, conflicts_with_all = ["adopt", "find_lost", "lost_request"])]
    rehearse: bool,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let rehearse = args.is_rehearsal();
    if args.dry_run.is_wanted(Some(&args.record), context)? {
        let plan = plan(args, context).map_err(|error| context.failure(error))?;
        return dry_run::run(context, async {
            let kms = super::rehearse::connect(context, rehearse).await?.waiting(args.wait.wait);
            lifecycle::plan::provision(&kms, &plan, &*context.talk).await
        });
    }
    let run = context.begin();
    let others = OtherFiles { inputs: inputs(args), outputs: args.material.outputs() };
    let account = args.record.keep(("provision", run), context, others, || {
        let plan = plan(args, context).map_err(|error| context.failure(error))?;
        let work = async {
            let kms = super::rehearse::connect(context, rehearse).await?.waiting(args.wait.wait);
            lifecycle::provision(&kms, &plan, run).await
        };
        let words = |account: &Account| {
            let run = context.invocation();
            next::words(&account.next, ByKey::Adopt, run.again(), &run)
        };
        // The key material is not needed any more, however long the answer waits for its reader.
        context.run_changing(run, work, words).map(|(_, account)| account)
    })?;
    context.account(account)
}

impl Args {
    #[cfg(feature = "rehearsal")]
    pub(super) fn is_rehearsal(&self) -> bool {
        self.rehearse
    }

    #[cfg(not(feature = "rehearsal"))]
    pub(super) fn is_rehearsal(&self) -> bool {
        false
    }
}

/// `--rehearse` uses none of these. clap cannot compare flags that may stand before the verb.
fn check_rehearsal(context: &Context) -> Result<(), UsageError> {
    let global = &context.global;
    let given = [
        (global.region.is_some(), "--region"),
        (global.profile.is_some(), "--profile"),
        (global.endpoint_url.is_some(), "--endpoint-url"),
        (global.fips_endpoint, "--fips-endpoint"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, second)) => Err(UsageError::Conflict { first: "--rehearse", second }),
        None => Ok(()),
    }
}

fn plan(args: &Args, context: &Context) -> Result<Provision, Error> {
    if args.is_rehearsal() {
        check_rehearsal(context)?;
    }
    files::check_distinct(&inputs(args), &args.material.outputs())?;
    let request = args.key.request()?;
    let wrapping = args.wrapping.wrapping_or(args.material.token.algorithm(request.spec), request.spec)?;
    let expiry = args.expiry.expiry();
    let pending = match args.is_rehearsal() {
        true => PendingRequests::default(),
        false => context.pending(args.find_lost, args.lost_request.as_ref()),
    };
    let material = args.material.source(request.spec, context)?;
    Ok(Provision::of(request)
        .material(material)
        .wrapping(wrapping)
        .expiry(expiry)
        .material_description(args.material_description.clone())
        .verify(args.proof.verify)
        .adopt(args.adopt.clone())
        .pending(pending)
        .strict(context.global.strict))
}

fn inputs(args: &Args) -> Vec<&Path> {
    [args.material.inputs(), args.key.policy.iter().map(PathBuf::as_path).collect()].concat()
}
