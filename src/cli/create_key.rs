//! `create-key`: step 1 of the recipe.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::ceremony;

use super::Context;
use super::dry_run::{self, DryRunArgs};
use super::key_args::KeyArgs;
use super::next;
use crate::report::{self, Failure};

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok create-key --alias alias/payments
  kms-byok create-key --alias alias/signing --key-spec ECC_NIST_P256 --tag team=payments")]
pub(crate) struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// Look for a key that an earlier run on another machine has made and lost
    #[arg(long, help_heading = "Key")]
    find_lost: bool,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let request = args.key.request().map_err(|error| context.failure(error))?;
    let journal = context.journal();
    if args.dry_run.is_wanted(None, context)? {
        return dry_run::run(context, &journal, async {
            let kms = context.connect().await?;
            ceremony::plan::create_key(&kms, &request, &context.memory(args.find_lost), &journal).await
        });
    }
    let work = async {
        let kms = context.connect().await?;
        ceremony::create_key(&kms, &request, &context.memory(args.find_lost), &journal).await
    };
    let report = context.run_changing(&journal, work, false, |report| {
        Some(match (&report.key_id, &request.alias) {
            (Some(id), Some(alias)) => {
                format!("aws kms create-alias --alias-name {alias} --target-key-id {id}")
            }
            _ => next::same_command(None),
        })
    })?;
    Ok(context.answer(&report, &report::ceremony(&report)))
}
