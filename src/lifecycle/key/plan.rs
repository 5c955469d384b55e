//! The plans of `create-key` and `get-parameters`, and the calls that make a key.

use std::path::Path;

use crate::kms::{Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::parameters::check_importable;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::create::check_adopts;
use crate::lifecycle::key::create_request::CreateKey;
use crate::lifecycle::key::existing;
use crate::lifecycle::key::pending_requests::PendingRequests;
use crate::lifecycle::key::request::KeyRequest;
use crate::lifecycle::key::trust::{Trust, Vouched, show_grants};
use crate::lifecycle::run::plan::Plan;
use crate::material::KeySpec;
use crate::parameters::ParameterSet;
use crate::progress::Progress;

/// The plan of [`lifecycle::create_key`](crate::lifecycle::create_key). Asks KMS for the alias and the key to adopt, if there is one.
///
/// # Errors
/// [`Error::Key`] for a request that KMS would refuse and for a key that is there and is not what was asked for, [`Error::Kms`] where KMS
/// refuses, [`Error::Endpoint`] where it is not reached.
pub async fn create_key(kms: &Kms, wanted: &CreateKey, progress: &dyn Progress) -> Result<Plan, Error> {
    let CreateKey { request, pending, adopt, .. } = wanted;
    let adopt = adopt.as_ref();
    request.check()?;
    let mut plan = Plan::default();
    if let Some(alias) = &request.alias {
        plan.call(Operation::DescribeKey, format!("finds out whether {alias} exists"));
        if let Some(found) = kms.find_alias(alias.as_str()).await? {
            check_adopts(adopt, alias, &found)?;
            name_lost_keys(&mut plan, kms, alias, pending);
            plan.about(&found);
            compare(&mut plan, request, None, true);
            existing::compare(kms, &found, &wanted.asked(), alias.as_str()).await?;
            progress.note(&format!("{alias} exists and points to {}: nothing would change", found.arn));
            return Ok(plan);
        }
    }
    let Some(adopt) = adopt else {
        make(&mut plan, kms, request, pending);
        plan.call(Operation::DescribeKey, "waits until KMS knows the key everywhere");
        return Ok(plan);
    };
    plan.call(Operation::DescribeKey, "looks at the key to be adopted");
    let found = kms.describe(adopt).await?;
    plan.about(&found);
    compare(&mut plan, request, None, true);
    existing::compare(kms, &found, &wanted.asked(), adopt).await?;
    show_grants(kms, &found, progress).await?;
    plan.call(Operation::ListGrants, "shows who else may use the key by a grant, if that is permitted");
    if let Some(alias) = &request.alias {
        plan.call(Operation::CreateAlias, alias_reason(alias));
        name_lost_keys(&mut plan, kms, alias, pending);
    }
    Ok(plan)
}

/// The calls that compare a key that is there with what was asked for.
pub(crate) fn compare(plan: &mut Plan, request: &KeyRequest, description: Option<&String>, policy: bool) {
    if !request.tags.is_empty() {
        plan.call(Operation::ListResourceTags, "compares its tags, if that is permitted");
    }
    if policy && request.policy.is_some() {
        plan.call(Operation::GetKeyPolicy, "compares its key policy, if that is permitted");
    }
    if description.is_some() {
        plan.call(Operation::ListKeyRotations, "compares the description of its key material, if that is permitted");
    }
}

/// The plan of fetching import parameters of a key into a directory.
///
/// # Errors
/// [`Error::Key`] for a key that takes no key material now, [`Error::Wrap`] for an algorithm that does not fit its key spec,
/// [`Error::File`] for a directory that cannot be written to.
pub fn get_parameters(
    kms: &Kms,
    (key, trust): (&Vouched, &Trust),
    wrapping: Wrapping,
    directory: &Path,
    force: bool,
) -> Result<Plan, Error> {
    check_importable(key)?;
    wrapping.algorithm.check(key.spec.known()?, wrapping.key_spec, None)?;
    ParameterSet::check_directory(directory, force)?;
    let writes = ParameterSet::files(directory).into();
    let mut plan = Plan { key: Some((**key).clone()), writes, ..Plan::default() };
    plan.call(Operation::DescribeKey, format!("looks at key {} in {}", key.arn.id(), kms.region()));
    plan.vouch(trust, key);
    parameters(&mut plan, wrapping);
    Ok(plan)
}

/// CreateKey and CreateAlias, and what goes with them.
pub(crate) fn make(plan: &mut Plan, kms: &Kms, request: &KeyRequest, pending: &PendingRequests) {
    if pending.suspects_lost(kms, request.alias.as_ref()) {
        plan.call(Operation::ListKeys, "looks for a key that an earlier run has lost");
        plan.call(Operation::ListResourceTags, "once for each key: only the tag shows that it is a lost one");
        plan.call(Operation::DescribeKey, "looks at a key that may be the lost one");
        plan.call(Operation::ListAliases, "makes sure that nobody uses it");
        plan.call(Operation::GetKeyPolicy, "makes sure that it belongs to nobody else; if one is found, none is made");
        plan.call(Operation::ListGrants, "shows who else may use it by a grant, if that is permitted");
    }
    make_key(plan, request.spec);
    if let Some(alias) = &request.alias {
        plan.call(Operation::CreateAlias, alias_reason(alias));
    }
}

/// CreateKey alone.
pub(crate) fn make_key(plan: &mut Plan, spec: KeySpec) {
    plan.call(
        Operation::CreateKey,
        format!("makes an EXTERNAL {spec} key, with a tag that finds it again if the reply is lost"),
    );
    plan.permission("kms:TagResource");
}

/// The calls that look for the key of an unfinished earlier run, where the alias names a key.
pub(crate) fn name_lost_keys(plan: &mut Plan, kms: &Kms, alias: &AliasName, pending: &PendingRequests) {
    if pending.has_unfinished(kms, Some(alias)) {
        plan.call(
            Operation::ListResourceTags,
            "checks whether an earlier run made this key; otherwise looks for that key",
        );
        plan.permission("kms:ListKeys");
        plan.permission("kms:ListAliases");
    }
}

pub(crate) fn alias_reason(alias: &AliasName) -> String {
    format!("makes {alias} point to the key; must be permitted for the alias and for the key")
}

/// GetParametersForImport.
pub(crate) fn parameters(plan: &mut Plan, Wrapping { algorithm, key_spec }: Wrapping) {
    plan.call(
        Operation::GetParametersForImport,
        format!("gets an {key_spec} wrapping key and an import token for {algorithm}"),
    );
}
