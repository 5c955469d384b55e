//! The plan of the way back.

use crate::kms::{KeyDescription, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::plan::{prove_use, tell_which};
use crate::lifecycle::rotate::by_alias::generations::{self, First};
use crate::lifecycle::rotate::by_alias::request::RollBack;
use crate::lifecycle::rotate::by_alias::roll_back::Back;
use crate::lifecycle::rotate::by_alias::tags;
use crate::lifecycle::rotate::by_alias::{check_jwks, old_key};
use crate::lifecycle::run::plan::Plan;
use crate::progress::Progress;

/// The plan of [`lifecycle::roll_back`](crate::lifecycle::roll_back()). Asks KMS for the key of the alias and the one before it, with their
/// tags and the policy of the older one.
pub async fn roll_back(kms: &Kms, wanted: &RollBack, progress: &dyn Progress) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    plan.call(Operation::DescribeKey, "finds out how the key is rotated");
    plan.call(Operation::DescribeKey, "looks at the key");
    let current = old_key::find(kms, &wanted.trust, wanted.named_alias()?).await?;
    if wanted.trust.name() != current.alias.as_str() {
        plan.call(Operation::DescribeKey, format!("finds out which key {} points to", current.alias));
    }
    plan.call(Operation::ListResourceTags, "reads which key was there before");
    check_jwks(wanted.jwks.as_ref(), &current.key)?;
    let back = Back::of(kms, &current, progress).await?;
    let older = back.older();
    plan.about(older);
    plan.call(Operation::DescribeKey, "looks at the other key");
    if back.is_second() {
        plan.call(Operation::ListResourceTags, "makes sure that another alias has gone back to it");
    }
    if back.left().is_some() {
        plan.call(
            Operation::ListAliases,
            "shows the other aliases of the key that is left, which do not move, where that is permitted",
        );
    }
    back.check(kms, wanted, progress).await?;
    let is_done = matches!(back, Back::Done { .. });
    if !is_done {
        plan.vouch(&wanted.trust, older);
    }
    prove_use(&mut plan, older.spec.known()?, older.usage.known()?, wanted.level);
    tell_which(&mut plan, older.spec.known()?, wanted.level);
    if let Some(jwks) = &wanted.jwks {
        let mut first = vec![First::held(older, None)];
        first.extend(back.left().map(First::tagged));
        generations::plan(&mut plan, (kms, &wanted.trust), jwks, (first, true)).await?;
    }
    if !is_done {
        plan.call(Operation::ListResourceTags, "sees which tags the older key has");
        if tags::needs_mark(kms, &older.arn, back.left()).await? {
            plan.call(Operation::TagResource, "lets the older key say from which one the alias goes back");
        }
        plan.call(Operation::DescribeKey, format!("looks which key {} points to", current.alias));
        plan.call(
            Operation::UpdateAlias,
            format!("lets {} point to the older key; to be permitted for the alias and for both keys", current.alias),
        );
        plan.call(Operation::DescribeKey, format!("waits until {} points to the older key", current.alias));
    }
    end(&mut plan, kms, (older, back.left()), is_done).await?;
    Ok(plan)
}

/// What is left to be done once the alias has gone back.
async fn end(
    plan: &mut Plan,
    kms: &Kms,
    (older, left): (&KeyDescription, Option<&KeyDescription>),
    is_done: bool,
) -> Result<(), Error> {
    let Some(left) = left else { return Ok(()) };
    plan.call(Operation::ListResourceTags, "sees which tags the older key has");
    plan.call(Operation::ListResourceTags, "sees which tags the key has that the alias has left");
    let changes = tags::after_rollback(kms, &older.arn, Some(left)).await?;
    for change in changes.iter().filter(|change| is_done || !change.is_mark()) {
        plan.call(change.operation(), "lets the keys say which of them has superseded the other");
    }
    plan.call(Operation::GetKeyLastUsage, "finds out when that key was last used, where that is permitted");
    Ok(())
}
