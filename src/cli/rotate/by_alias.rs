//! `rotate` for the other keys: the alias moves to a new key.

use kms_byok::kms::KeyDescription;
use kms_byok::lifecycle::{Changes, RotateByAlias};
use kms_byok::{Error, KeyError, LifecycleError};

use super::super::context::Context;
use super::args::Args;

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
    let plan = RotateByAlias::new(&args.key_id)
        .alias(flags.alias.clone())
        .new_key(flags.switch.clone().or_else(|| flags.new_key.clone()))
        .changes(changes)
        .wrapping(args.wrapping.wrapping(spec)?)
        .expiry(args.expiry.checked()?)
        .verify(args.proof.verify)
        .pending(context.pending(flags.find_lost, flags.lost_request.as_ref()))
        .trust(trust);
    let plan = if flags.prepare { plan.prepare() } else { plan };
    let given = &args.material;
    if given.generate || given.given.material.is_some() || given.given.material_from_escrow.is_some() {
        return Ok(plan.material(given.source(spec, context)?));
    }
    Ok(plan)
}
