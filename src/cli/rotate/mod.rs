//! `rotate`: new key material for a symmetric key, or a new key for the alias of another one.

mod args;
mod by_alias;
mod on_demand;

use std::process::ExitCode;

use kms_byok::for_the_binary::files;
use kms_byok::kms::{KeyDescription, KmsName};
use kms_byok::lifecycle::rotate::Way;
use kms_byok::lifecycle::{self, Account, GoOn, Next, Run};
use kms_byok::material::KeySpec;
use kms_byok::{Error, FileError, time};

pub(crate) use self::args::Args;
use super::context::Context;
use super::dry_run;
use super::failure::Failure;
use super::next::{self, ByKey};
use super::next_command::Command;
use super::output::document::{Form, RunAnswer};
use super::record_args::OtherFiles;
use super::usage_error::UsageError;

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<RunAnswer>("kms-byok/rotate/1");

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    if args.dry_run.is_wanted(Some(&args.record), context)? {
        check(args).map_err(|error| context.failure(error))?;
        return dry_run::run(context, async {
            let (kms, key) = context.look(&args.key_id, Some(args.wait.wait)).await?;
            match is_symmetric(&key) {
                true => {
                    let plan = on_demand::plan(args, &key, context)?;
                    lifecycle::plan::rotate(&kms, &key, &plan, &*context.talk).await
                }
                false if args.by_alias.rollback => {
                    let plan = by_alias::back(args, context)?;
                    lifecycle::plan::roll_back(&kms, &plan, &*context.talk).await
                }
                false => {
                    let plan = by_alias::plan(args, &key, context)?;
                    lifecycle::plan::rotate_by_alias(&kms, plan, &*context.talk).await
                }
            }
        });
    }
    let run = context.begin();
    let mut others = OtherFiles { inputs: args.material.inputs(), outputs: args.material.outputs() };
    others.outputs.extend(args.by_alias.jwks.as_deref());
    let account = args.record.keep(("rotate", run), context, others, || {
        check(args).and_then(|()| by_alias::check_confirmation(args)).map_err(|error| context.failure(error))?;
        let work = async { rotate(args, context, run).await.map_err(|error| run.interrupted(error)) };
        context.run_changing(run, work, |account| words(args, context, account)).map(|((), account)| account)
    })?;
    context.account(with_next(account, args, context))
}

/// Rotates the key in the way that its key spec asks for.
async fn rotate(args: &Args, context: &Context, run: &Run<Way>) -> Result<(), Error> {
    let (kms, key) = context.look(&args.key_id, Some(args.wait.wait)).await?;
    match is_symmetric(&key) {
        true => {
            let plan = on_demand::plan(args, &key, context)?;
            lifecycle::rotate(&kms, &key, &plan, &run.part(Way::from)).await.map(drop).map_err(|ended| ended.error)
        }
        false if args.by_alias.rollback => {
            let plan = by_alias::back(args, context)?;
            lifecycle::roll_back(&kms, &plan, &run.part(Way::from)).await.map(drop).map_err(|ended| ended.error)
        }
        false => by_alias::rotate(&kms, &key, args, context, run).await,
    }
}

fn is_symmetric(key: &KeyDescription) -> bool {
    key.spec == KmsName::Known(KeySpec::SymmetricDefault)
}

/// Refuses flags that cannot be meant, whatever the key is.
fn check(args: &Args) -> Result<(), Error> {
    let given = &args.material;
    given.given.check_names()?;
    given.check_token()?;
    let others = [
        (args.by_alias.switch.is_some(), "--switch"),
        (args.by_alias.rollback, "--rollback"),
        (args.resume, "--resume"),
    ];
    if let Some((_, second)) = others.into_iter().find(|(other, _)| *other && given.token.is_given()) {
        return Err(UsageError::Conflict { first: "--pkcs11-uri", second }.into());
    }
    if !given.is_given() && !args.resume && !args.by_alias.needs_no_material() {
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
    match given.generate {
        true => given.check_backup()?,
        false => given.given_backup().map(drop)?,
    }
    if let Some(jwks) = &args.by_alias.jwks {
        files::check_distinct(&args.material.inputs(), &[jwks])?;
        if args.material.outputs().iter().any(|output| files::is_same_name(jwks, output)) {
            return Err(FileError::TwoOutputs { path: jwks.clone() }.into());
        }
    }
    args.expiry.checked().map(drop)
}

/// The command that completes the run.
fn words(args: &Args, context: &Context, account: &Account) -> Option<String> {
    let run = context.invocation();
    let by_key = if account.report.alias_rotation.is_some() { ByKey::NewKey } else { ByKey::KeyId };
    next::words(&account.next, by_key, at_the_same_time(run.again(), args, account), &run)
}

/// The time of expiry is that of this run, not the span counted again.
fn at_the_same_time(command: Command, args: &Args, account: &Account) -> Command {
    match account.facts.asked_to_expire.filter(|_| args.expiry.expires_in.is_some()) {
        Some(at) => command.without(&[("--expires-in", 1)]).value("--expires-at", time::rfc3339(at)),
        None => command,
    }
}

/// What was prepared is half of a rotation: the answer has the command for the other half.
fn with_next(mut account: Account, args: &Args, context: &Context) -> Account {
    if matches!(account.next, Next::GoOn(GoOn::Switch { .. })) {
        account.report.next = words(args, context, &account);
    }
    account
}
