//! `rotate` for the other keys: the alias moves to a new key.

use kms_byok::for_the_binary::printable;
use kms_byok::kms::KeyDescription;
use kms_byok::kms::Kms;
use kms_byok::lifecycle::rotate::Way;
use kms_byok::lifecycle::rotate::by_alias::Succession;
use kms_byok::lifecycle::{self, Changes, RollBack, RotateByAlias, Run};
use kms_byok::public_key::Jwks;
use kms_byok::{Error, KeyError, LifecycleError, Progress, RotationError};

use super::super::context::Context;
use super::super::terminal;
use super::super::usage_error::UsageError;
use super::args::Args;

/// Moves the alias, and afterwards disables the old key where that is wanted.
pub(super) async fn rotate(
    kms: &Kms,
    key: &KeyDescription,
    args: &Args,
    context: &Context,
    run: &Run<Way>,
) -> Result<(), Error> {
    let plan = plan(args, key, context)?;
    let pending = plan.pending.clone();
    let moved = lifecycle::rotate_by_alias(kms, plan, &run.part(Way::from)).await.map_err(|ended| ended.error)?;
    if !moved.has_old_to_disable() {
        return Ok(());
    }
    confirm(args, &moved, context).await?;
    let disabled = lifecycle::disable_old_key(kms, moved.into_evidence(), &pending, &run.part(Way::from)).await;
    disabled.map(drop).map_err(|ended| ended.error)
}

/// Whether somebody can be asked before the old key is disabled, or need not be.
pub(super) fn check_confirmation(args: &Args) -> Result<(), Error> {
    match !args.by_alias.disable_old || args.by_alias.yes || terminal::is_there() {
        true => Ok(()),
        false => Err(unconfirmed()),
    }
}

fn unconfirmed() -> Error {
    UsageError::Missing { what: "the confirmation", hint: "add --yes, or run it on a terminal" }.into()
}

/// `--yes`, or the id of the old key typed on the terminal, after it was said what follows.
async fn confirm(args: &Args, moved: &Succession, context: &Context) -> Result<(), Error> {
    let Some(old) = &moved.handover.previous else { return Ok(()) };
    let sentences = moved.consequences_of_disabling();
    let head = format!("disabling key {} means:", old.arn);
    context.talk.note(&head);
    sentences.iter().for_each(|sentence| context.talk.note(&format!("- {sentence}")));
    if args.by_alias.yes {
        return Ok(());
    }
    let told = terminal::to_be_read(&head, &sentences, context.global.quiet);
    let id = old.arn.id();
    match terminal::ask(format!("{told}type the key id {} to disable it: ", printable::line(id))).await {
        Some(typed) if *id == typed => Ok(()),
        Some(_) => Err(RotationError::NotConfirmed { arn: old.arn.clone() }.into()),
        None => Err(unconfirmed()),
    }
}

fn jwks(args: &Args) -> Result<Option<Jwks>, Error> {
    Ok(args.by_alias.jwks.as_deref().map(Jwks::read).transpose()?)
}

/// What is asked for when the alias goes back.
pub(super) fn back(args: &Args, context: &Context) -> Result<RollBack, Error> {
    Ok(RollBack::new(&*args.key_id)
        .alias(args.by_alias.alias.clone())
        .jwks(jwks(args)?)
        .verify(args.proof.verify)
        .pending(context.pending(false, None))
        .trust(args.trust.trust(Some(&args.key_id))?))
}

/// What is asked for, of a key that KMS does not rotate.
pub(super) fn plan(args: &Args, key: &KeyDescription, context: &Context) -> Result<RotateByAlias, Error> {
    let flags = &args.by_alias;
    if args.resume {
        return Err(LifecycleError::NotSymmetric { arn: key.arn.clone(), spec: key.spec.clone() }.into());
    }
    let spec = match flags.key_spec {
        Some(spec) => spec,
        None => key.spec.known()?,
    };
    if args.material_description.is_some() {
        return Err(KeyError::DescriptionNotTaken { spec }.into());
    }
    let trust = args.trust.trust(Some(&args.key_id))?;
    let changes = Changes {
        spec: flags.key_spec,
        description: flags.description.clone(),
        policy: trust.policy.clone(),
        tags: flags.tag.clone(),
    };
    let plan = RotateByAlias::new(&*args.key_id)
        .alias(flags.alias.clone())
        .new_key(flags.switch.clone().or_else(|| flags.new_key.clone()))
        .changes(changes)
        .wrapping(args.wrapping.wrapping_or(args.material.token.algorithm(spec), spec)?)
        .expiry(args.expiry.checked()?)
        .verify(args.proof.verify)
        .pending(context.pending(flags.find_lost, flags.lost_request.as_ref()))
        .trust(trust);
    let plan = if flags.prepare { plan.prepare() } else { plan };
    let plan = plan.jwks(jwks(args)?);
    let plan = if flags.disable_old { plan.disable_old() } else { plan };
    let given = &args.material;
    if given.is_given() {
        return Ok(plan.material(given.source(spec, context)?));
    }
    Ok(plan)
}
