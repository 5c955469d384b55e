//! `rotate` for symmetric keys, which KMS rotates.

use kms_byok::kms::KeyDescription;
use kms_byok::lifecycle::{self, Rotate};
use kms_byok::material::KeySpec;
use kms_byok::{Error, RotationError};

use super::super::context::Context;
use super::super::verify::unfit;
use super::args::Args;

/// What is asked for. The key is checked before the file is read.
pub(super) fn plan(args: &Args, key: &KeyDescription, context: &Context) -> Result<Rotate, Error> {
    if args.by_alias.is_given() {
        return Err(RotationError::Symmetric { arn: key.arn.clone() }.into());
    }
    lifecycle::check_rotatable(key)?;
    let (spec, given) = (KeySpec::SymmetricDefault, &args.material);
    let rotate = Rotate::new(&*args.key_id);
    let abandoned = given.generate && given.discard;
    let material = || given.source(spec, context).map_err(|error| unfit(error, key));
    let plan = match (args.resume, abandoned) {
        (true, false) => rotate.resume(),
        (true, true) => rotate.material(material()?).or_resume(),
        (false, _) => rotate.material(material()?),
    };
    Ok(plan
        .wrapping(args.wrapping.wrapping_or(args.material.token.algorithm(spec), spec)?)
        .expiry(args.expiry.checked()?)
        .material_description(args.material_description.clone())
        .verify(args.proof.verify)
        .trust(args.trust.trust(Some(&args.key_id))?))
}
