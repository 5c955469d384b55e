//! UpdateAlias, which KMS does without looking at what the alias names: it is looked at just before, and afterwards until it has settled.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::kms::{KeyArn, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::create::leave;
use crate::lifecycle::rotate::by_alias::old_key;
use crate::lifecycle::rotate::by_alias::request::Until;
use crate::lifecycle::rotate::by_alias::stage::{Reached, Succession};
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::wait;
use crate::progress::Progress;
use crate::time::seconds;

/// Moves the alias from the old key to the new one, unless it names the new one already. Whoever has moved it meanwhile has won.
pub(crate) async fn move_alias(
    kms: &Kms,
    succession: Succession,
    from: &KeyArn,
    run: &Run<Reached>,
) -> Result<Succession, Error> {
    let (alias, to) = (succession.handover.alias.clone(), succession.new_arn().clone());
    let before = old_key::now(kms, &alias).await?.arn;
    if before != to {
        if before != *from {
            return Err(overtaken(succession, before, run));
        }
        run.reach(Reached::AliasMoving(succession.clone()));
        let all: &dyn Ongoing = run;
        match all.asking(Operation::UpdateAlias, kms.update_alias(alias.as_str(), &to)).await {
            Ok(()) => all.settle(true, None),
            Err(error) if error.may_have_changed() => {
                all.warn(format!("{error}: looking which key the alias points to"));
                if settled(kms, &alias, (from, &to), wait::LOOK_UP, run.progress()).await? != to {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        let named = settled(kms, &alias, (from, &to), kms.wait(), run.progress()).await?;
        if named == *from {
            let (alias, arn, waited) = (alias.to_string(), to, seconds(kms.wait()));
            return Err(RotationError::NotShown { alias, arn, named, waited }.into());
        }
        if named != to {
            return Err(overtaken(succession, named, run));
        }
        all.step(format!("{alias} points to {to}"));
    }
    let moved = succession.moved();
    match before == to {
        true => run.reach(Reached::AliasMoved(moved.clone())),
        false => run.arrive(Reached::AliasMoved(moved.clone())),
    }
    Ok(moved)
}

/// The key that the alias names once that is the new one, or when the time is over. A third key is believed sooner than the old one: it is
/// no earlier answer unless somebody moves the alias at the same time.
async fn settled(
    kms: &Kms,
    alias: &AliasName,
    (from, to): (&KeyArn, &KeyArn),
    patience: Duration,
    progress: &dyn Progress,
) -> Result<KeyArn, Error> {
    let what = format!("KMS to show that {alias} points to the new key");
    let third = AtomicUsize::new(0);
    let settled = wait::until(&what, patience, progress, || async {
        let named = old_key::now(kms, alias).await?.arn;
        let in_a_row = if named == *from || named == *to { 0 } else { third.load(Ordering::Relaxed) + 1 };
        third.store(in_a_row, Ordering::Relaxed);
        Ok((named == *to || in_a_row >= SURE).then_some(named))
    });
    match settled.await? {
        Some(named) => Ok(named),
        None => Ok(old_key::now(kms, alias).await?.arn),
    }
}

/// So many answers in a row that name a third key, over some seconds, are no delay.
const SURE: usize = 6;

/// A key that the alias never named is named with what removes it: nothing uses it.
pub(crate) fn overtaken(succession: Succession, theirs: KeyArn, run: &Run<Reached>) -> Error {
    let (alias, ours) = (succession.handover.alias.to_string(), succession.new_arn().clone());
    let is_unused = !succession.moved && succession.handover.until != Until::Back;
    if is_unused && run.facts().changed {
        leave(&succession.new.named.key, format!("{alias} points to {theirs} by now; nothing uses this key"), run);
    }
    run.reach(Reached::Overtaken(succession, theirs.clone()));
    RotationError::Overtaken { alias, ours, theirs }.into()
}
