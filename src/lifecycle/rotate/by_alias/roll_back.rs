//! The way back: the alias moves from the new key to the one before it, which is named by a tag, held to be the user's own, and proven.
//!
//! The older key is tagged before the alias moves. A run that finds the alias at a key with that tag has nothing to move: it never goes
//! back twice.

use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::key::last_usage;
use crate::lifecycle::key::request::{SUPERSEDED_BY_TAG, SUPERSEDES_TAG, value_of};
use crate::lifecycle::rotate::by_alias::move_alias::move_alias;
use crate::lifecycle::rotate::by_alias::new_key::{NewKey, check_proven};
use crate::lifecycle::rotate::by_alias::old_key::{self, Current, check_alike};
use crate::lifecycle::rotate::by_alias::request::{RollBack, Until};
use crate::lifecycle::rotate::by_alias::stage::{Reached, RotatedByAlias, Succession};
use crate::lifecycle::rotate::by_alias::{check_jwks, tags, turn};
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::Interrupted;
use crate::progress::Progress;

/// Moves the alias back to the key before the one that it names.
///
/// # Errors
/// As [`rotate_by_alias`](crate::lifecycle::rotate_by_alias()).
pub async fn roll_back(kms: &Kms, plan: &RollBack, run: &Run<Reached>) -> Result<RotatedByAlias, Interrupted<Reached>> {
    run.outcome(carry_out(kms, plan, run).await)
}

impl RollBack {
    /// Moves the alias back, and says nothing meanwhile.
    ///
    /// # Errors
    /// As [`roll_back`].
    pub async fn run(&self, kms: &Kms) -> Result<RotatedByAlias, Interrupted<Reached>> {
        roll_back(kms, self, &Run::default()).await
    }
}

async fn carry_out(kms: &Kms, plan: &RollBack, run: &Run<Reached>) -> Result<Succession, Error> {
    let progress = run.progress();
    let _turn = turn::take(kms, plan.named_alias()?.as_ref(), &plan.pending, progress).await?;
    let current = old_key::find(kms, &plan.trust, plan.named_alias()?).await?;
    check_jwks(plan.jwks.as_ref(), &current.key)?;
    let back = Back::of(kms, &current, progress).await?;
    let handover = current.handover(kms, back.left().cloned(), Until::Back).await?;
    run.reach(Reached::OldFound(handover.clone()));
    back.check(kms, plan, progress).await?;
    let older = NewKey { kms, current: &current, handover: &handover, run };
    let proven = older.prove_as_it_is(back.older(), plan.level).await?;
    check_proven(&proven)?;
    let mut succession = Succession::new(handover, proven);
    // Whoever has moved the alias to a key that is not the user's own gets that into no set.
    succession.keep(kms, (plan.jwks.as_ref(), &plan.trust), false, progress).await?;
    let moved = match &back {
        Back::Done { .. } => succession.moved(),
        Back::To { older, left, .. } => {
            run.reach(Reached::Ready(succession.clone()));
            tags::mark(kms, &older.arn, left.arn.id(), run).await?;
            move_alias(kms, succession, &left.arn, run).await?
        }
    };
    end(kms, moved, run).await
}

/// Where the alias goes back to, and from where.
pub(crate) enum Back {
    /// It is still to move.
    To { older: KeyDescription, left: KeyDescription, named_by: &'static str },
    /// It has moved back already.
    Done { older: KeyDescription, left: Option<KeyDescription> },
}

impl Back {
    /// What the tags of the key tell that the alias names.
    pub(crate) async fn of(kms: &Kms, current: &Current, progress: &dyn Progress) -> Result<Self, Error> {
        let (alias, key) = (&current.alias, &current.key);
        let back = match tags::rolled_back_from(&current.tags).next() {
            Some(left) => Back::Done { older: key.clone(), left: tags::named_key(kms, left).await? },
            None => {
                let (older, named_by) = before(kms, current).await?;
                Back::To { older, left: key.clone(), named_by }
            }
        };
        match &back {
            Back::To { older, .. } => {
                progress.step(&format!("{alias} points to {}, which superseded {}", key.arn, older.arn))
            }
            // The tag does not tell which alias it was.
            Back::Done { left: Some(left), .. } => progress.note(&format!(
                "{alias} points to {}, to which an alias has gone back from {} already: it stays there",
                key.arn, left.arn
            )),
            Back::Done { left: None, .. } => progress.note(&format!(
                "{alias} points to {}, to which an alias has gone back already: it stays there",
                key.arn
            )),
        }
        let is_named = |key: &KeyDescription| current.named.arn == key.arn;
        match is_named(back.older()) || back.left().is_some_and(is_named) {
            true => Ok(back),
            false => current.check_named().map(|()| back),
        }
    }

    pub(crate) fn older(&self) -> &KeyDescription {
        match self {
            Back::To { older, .. } | Back::Done { older, .. } => older,
        }
    }

    /// Whether another alias has gone back from this key before, so that the older key was asked.
    pub(crate) fn is_second(&self) -> bool {
        matches!(self, Back::To { named_by: SUPERSEDED_BY_TAG, .. })
    }

    pub(crate) fn left(&self) -> Option<&KeyDescription> {
        match self {
            Back::To { left, .. } => Some(left),
            Back::Done { left, .. } => left.as_ref(),
        }
    }

    /// An alias goes back to no key that is not the user's own, or that cannot work. A tag alone proves nothing: whoever may tag the new key
    /// chooses the old one.
    pub(crate) async fn check(&self, kms: &Kms, plan: &RollBack, progress: &dyn Progress) -> Result<(), Error> {
        let Back::To { older, left, named_by } = self else { return Ok(()) };
        if older.state != KeyState::Enabled {
            return Err(RotationError::PreviousNotEnabled { arn: older.arn.clone(), state: older.state }.into());
        }
        check_alike(older, left)?;
        plan.trust.vouch(kms, older, named_by, progress).await.map(drop)
    }
}

/// The key that the one of the alias has superseded, or to which another alias has gone back from it, and the tag that names it.
async fn before(kms: &Kms, current: &Current) -> Result<(KeyDescription, &'static str), Error> {
    let (alias, arn) = (current.alias.to_string(), current.key.arn.clone());
    if let Some(by) = value_of(&current.tags, SUPERSEDED_BY_TAG) {
        if let Some(older) = tags::named_key(kms, by).await?
            && tags::rolled_back_from(&kms.tags(&older.arn).await?).any(|left| *arn.id() == *left)
        {
            return Ok((older, SUPERSEDED_BY_TAG));
        }
        return Err(RotationError::BackAlready { alias, arn, by: by.to_owned() }.into());
    }
    let Some(id) = current.supersedes() else {
        return Err(RotationError::NothingBefore { alias, arn }.into());
    };
    let gone = || RotationError::PreviousGone { arn, id: id.to_owned() };
    Ok((tags::named_key(kms, id).await?.ok_or_else(gone)?, SUPERSEDES_TAG))
}

/// What is left to be done once the alias has gone back.
async fn end(kms: &Kms, mut succession: Succession, run: &Run<Reached>) -> Result<Succession, Error> {
    run.reach(Reached::AliasMoved(succession.clone()));
    let left = succession.handover.previous.clone();
    let changes = tags::after_rollback(kms, succession.new_arn(), left.as_ref()).await?;
    tags::carry_out(changes, kms, run).await?;
    if let Some(left) = left {
        let (last_use, sentence) = last_usage::look(kms, &left.arn).await;
        run.progress().step(&format!("of the key that it has left, {}: {sentence}", left.arn));
        succession.last_use = last_use;
    }
    Ok(succession)
}
