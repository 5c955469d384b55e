//! `create-key`: step 1 of the recipe.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::{self, CreateKey};

use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::key_args::{self, KeyArgs};
use super::next::{self, ByKey};
use super::output::document::{Form, RunAnswer};

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<RunAnswer>("kms-byok/create-key/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok create-key --alias alias/payments
  kms-byok create-key --alias alias/signing --key-spec ECC_NIST_P256 --tag team=payments")]
pub(crate) struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// Look for a key that an earlier run made and lost
    #[arg(long, help_heading = "Key")]
    find_lost: bool,
    /// Look only for the key of this lost request
    #[arg(long, value_name = "ID", value_parser = key_args::request_id, help_heading = "Key")]
    lost_request: Option<String>,
    /// Give the alias to this key instead of making one
    #[arg(long, value_name = "KEY_ARN", value_parser = key_args::key_arn, requires = "which_alias", help_heading = "Key")]
    adopt: Option<KeyArn>,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let request = args.key.request().map_err(|error| context.failure(error))?;
    let plan = CreateKey::of(request)
        .pending(context.pending(args.find_lost, args.lost_request.as_ref()))
        .adopt(args.adopt.clone())
        .strict(context.global.strict);
    if args.dry_run.is_wanted(None, context)? {
        return dry_run::run(context, async {
            let kms = context.connect().await?;
            lifecycle::plan::create_key(&kms, &plan, &*context.talk).await
        });
    }
    let run = context.begin();
    let work = async {
        let kms = context.connect().await?;
        lifecycle::create_key(&kms, &plan, run).await
    };
    let (_, account) = context.run_changing(run, work, |account| {
        let run = context.invocation();
        next::words(&account.next, ByKey::Adopt, run.again(), &run)
    })?;
    context.account(account)
}
