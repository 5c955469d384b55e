//! The plan of a rotation by alias.

use crate::kms::{KeyDescription, KeyState, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::import::backup::Backup;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::plan::{prove_use, send, tell_which};
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::plan::{make_key, parameters};
use crate::lifecycle::key::request::KeyRequest;
use crate::lifecycle::provision::Found;
use crate::lifecycle::provision::plan::resume;
use crate::lifecycle::rotate::by_alias::generations::{self, First};
use crate::lifecycle::rotate::by_alias::new_key::{self, Earlier, provision};
use crate::lifecycle::rotate::by_alias::old_key::{self, Current};
use crate::lifecycle::rotate::by_alias::request::{RotateByAlias, Until};
use crate::lifecycle::rotate::by_alias::tags::{self, TagChange};
use crate::lifecycle::rotate::by_alias::{Over, check_jwks, check_locally, check_wrapping, over};
use crate::lifecycle::run::plan::Plan;
use crate::material::MaterialKind;
use crate::progress::Progress;
use crate::proof::Level;

/// The plan of [`lifecycle::rotate_by_alias`](crate::lifecycle::rotate_by_alias()). Asks KMS for the old key with its tags and policy, and
/// for a new key that an earlier run has made.
pub async fn rotate_by_alias(kms: &Kms, mut wanted: RotateByAlias, progress: &dyn Progress) -> Result<Plan, Error> {
    check_locally(&wanted)?;
    let mut plan = Plan::default();
    plan.call(Operation::DescribeKey, "finds out how the key is rotated");
    plan.call(Operation::DescribeKey, "looks at the old key");
    let current = old_key::find(kms, &wanted.trust, wanted.named_alias()?).await?;
    plan.about(&current.key);
    if wanted.trust.name() != current.alias.as_str() {
        plan.call(Operation::DescribeKey, format!("finds out which key {} points to", current.alias));
    }
    plan.call(Operation::ListResourceTags, "reads the tags that the new key gets too");
    check_jwks(wanted.jwks.as_ref(), &current.key)?;
    let requests = wanted.pending.rotations(kms, &current.alias);
    if let Some(found) = over(kms, &wanted, &current, &requests).await? {
        progress.note(&format!("{} points to the new key already: {}", current.alias, current.key.arn));
        finish(&mut plan, kms, &wanted, &current, &found).await?;
        return Ok(plan);
    }
    compare_bytes(&mut plan, &wanted, &current);
    let (request, _) = current.copy(kms, &wanted, progress).await?;
    check_wrapping(&wanted, wanted.source.as_ref(), request.spec)?;
    plan.call(
        Operation::GetKeyPolicy,
        "makes sure that the old key is nobody else's, and reads the policy that the new one gets",
    );
    plan.call(Operation::ListGrants, "shows the grants on the old key, which are not copied, where that is permitted");
    plan.call(
        Operation::ListAliases,
        "shows the other aliases of the old key, which do not move, where that is permitted",
    );
    let earlier = new_key::find(kms, &wanted, &current, &requests, progress).await?;
    let (spec, usage) = (request.spec, request.usage);
    match (earlier, wanted.source.take()) {
        (Some(earlier), source) => go_on(&mut plan, kms, &wanted, (earlier, source, request), progress).await?,
        (None, Some(source)) => {
            make_key(&mut plan, spec);
            plan.writes.extend(source.backup().and_then(Backup::path).map(ToOwned::to_owned));
            parameters(&mut plan, wanted.wrapping.unwrap_or_else(|| Wrapping::default_for(spec)));
            send(&mut plan);
            prove_use(&mut plan, spec, usage, wanted.level);
        }
        (None, None) => return Err(RotationError::KeyEmpty { arn: current.key.arn.clone() }.into()),
    }
    plan.about(&current.key);
    if let Some(jwks) = &wanted.jwks {
        plan.call(Operation::ListResourceTags, "reads which key was there before, for the JWK Set");
        let first = vec![First::held(&current.key, None)];
        generations::plan(&mut plan, (kms, &wanted.trust), jwks, (first, false)).await?;
    }
    if wanted.until == Until::Prepared {
        if spec.is_private_key() {
            plan.call(Operation::GetPublicKey, "shows the public key of the new key");
            plan.call(Operation::GetPublicKey, "shows the public key of the old key");
        }
        return Ok(plan);
    }
    plan.call(Operation::DescribeKey, format!("looks which key {} points to", current.alias));
    plan.call(
        Operation::UpdateAlias,
        format!("lets {} point to the new key; to be permitted for the alias and for both keys", current.alias),
    );
    plan.call(Operation::DescribeKey, format!("waits until {} points to the new key", current.alias));
    end(&mut plan, (&wanted, &current.key), &[Operation::TagResource]);
    Ok(plan)
}

/// The alias names the new key.
async fn finish(
    plan: &mut Plan,
    kms: &Kms,
    wanted: &RotateByAlias,
    current: &Current,
    found: &Over,
) -> Result<(), Error> {
    let (spec, usage) = (current.key.spec.known()?, current.key.usage.known()?);
    if found.proof.is_some() {
        prove_use(plan, spec, usage, Level::Use);
    }
    if let Some(previous) = &found.previous {
        plan.call(Operation::DescribeKey, format!("looks at the previous key {}", previous.arn.id()));
        if found.is_old_asked {
            plan.call(Operation::ListResourceTags, "makes sure that it says so too");
        }
        plan.call(Operation::ListAliases, "shows its other aliases, where that is permitted");
    }
    if found.proof.is_none() {
        if !matches!(wanted.source, Some(Material::Given(_))) {
            plan.call(Operation::ListGrants, "shows the grants on the new key, where that is permitted");
        }
        prove_use(plan, spec, usage, wanted.level);
        if !matches!(wanted.source, Some(Material::Given(_))) {
            tell_which(plan, spec, wanted.level);
        }
    }
    if let Some(jwks) = &wanted.jwks {
        let mut first = vec![First::held(&current.key, None)];
        first.extend(found.previous.as_ref().map(First::tagged));
        generations::plan(plan, (kms, &wanted.trust), jwks, (first, true)).await?;
    }
    if let Some(previous) = &found.previous {
        let changes = tags::after_rotation(kms, previous, &current.key).await?;
        end(plan, (wanted, previous), &changes.iter().map(TagChange::operation).collect::<Vec<_>>());
    }
    Ok(())
}

/// Whether the old key holds the new key material already.
fn compare_bytes(plan: &mut Plan, wanted: &RotateByAlias, current: &Current) {
    if let Some(Material::Given(material)) = &wanted.source
        && wanted.new_key.is_none()
        && current.key.state == KeyState::Enabled
        && current.key.spec == material.spec()
    {
        let operation = match material.spec().kind() {
            MaterialKind::Hmac { .. } => Operation::GenerateMac,
            _ => Operation::GetPublicKey,
        };
        plan.call(operation, "sees whether the key has the new key material already");
    }
}

/// What is done with a new key that is there.
async fn go_on(
    plan: &mut Plan,
    kms: &Kms,
    wanted: &RotateByAlias,
    (earlier, source, request): (Earlier, Option<Material>, KeyRequest),
    progress: &dyn Progress,
) -> Result<(), Error> {
    let (key, usage) = (&earlier.key, request.usage);
    plan.call(Operation::DescribeKey, "looks at the new key");
    let Some(source) = source else {
        plan.call(Operation::ListGrants, "shows the grants on the new key, where that is permitted");
        prove_use(plan, key.spec.known()?, usage, wanted.level);
        tell_which(plan, key.spec.known()?, wanted.level);
        return Ok(());
    };
    if !earlier.named {
        plan.call(Operation::GetKeyPolicy, "makes sure that the new key is nobody else's");
        plan.call(Operation::ListGrants, "shows the grants on the new key, where that is permitted");
    }
    let provision = provision(wanted, source, request, Some(key.arn.clone()));
    resume(plan, kms, &provision, &Found { key: key.clone(), is_named: false }, progress).await
}

/// What is left to be done once the alias has moved.
fn end(plan: &mut Plan, (wanted, old): (&RotateByAlias, &KeyDescription), changes: &[Operation]) {
    plan.call(Operation::ListResourceTags, "sees which tags the new key has");
    plan.call(Operation::ListResourceTags, "sees which tags the old key has");
    for change in changes {
        plan.call(*change, "lets the keys say which of them has superseded the other");
    }
    plan.call(Operation::GetKeyLastUsage, "finds out when the old key was last used, where that is permitted");
    if wanted.disable_old && old.state == KeyState::Enabled {
        plan.call(Operation::DescribeKey, "looks which key the alias points to");
        plan.call(Operation::DisableKey, "disables the old key");
        plan.call(Operation::DescribeKey, "waits until it is disabled");
    }
}
