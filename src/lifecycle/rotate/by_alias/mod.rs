//! Rotation by alias, of the keys that KMS does not rotate: a new key like the old one, imported into and proven, and then the alias moves.
//!
//! Until it moves, everybody uses the old key. A new key that an earlier run has made is gone on with: it is named by the user, or written
//! down in the state directory.

pub(crate) mod asked;
pub(crate) mod disable;
pub(crate) mod generations;
pub(crate) mod move_alias;
pub(crate) mod new_key;
pub(crate) mod old_key;
pub(crate) mod plan;
pub(crate) mod plan_back;
pub(crate) mod request;
pub(crate) mod roll_back;
pub(crate) mod stage;
pub(crate) mod tags;
pub(crate) mod turn;

pub use self::disable::disable_old_key;
pub use self::old_key::check_kind;
pub use self::roll_back::roll_back;
pub use self::stage::{Handover, Reached, RotatedByAlias, Succession};
use crate::kms::{KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::create::leave;
use crate::lifecycle::key::last_usage;
use crate::lifecycle::key::pending_requests::Request;
use crate::lifecycle::key::request::{REQUEST_TAG, SUPERSEDED_BY_TAG, value_of};
use crate::lifecycle::rotate::by_alias::move_alias::move_alias;
use crate::lifecycle::rotate::by_alias::new_key::{Earlier, NewKey, check_proven, compare, has_shown};
use crate::lifecycle::rotate::by_alias::old_key::Current;
use crate::lifecycle::rotate::by_alias::request::{RotateByAlias, Until};
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::Interrupted;
use crate::lifecycle::verify::public::public_key;
use crate::material::KeySpec;
use crate::progress::Progress;
use crate::proof::{Claim, Proof};
use crate::public_key::{Jwk, Jwks, PublicKeyError};
use crate::time;

/// Rotates the key of an alias by moving the alias to a new key.
///
/// # Errors
/// [`Interrupted`] holds the error and the stage that was reached: [`Error::Key`] for an old key that nobody vouches for,
/// [`Error::Rotation`] where the alias cannot move as asked or another run has moved it, [`Error::Kms`] where KMS refuses,
/// [`Error::Endpoint`] where it cannot be reached.
pub async fn rotate_by_alias(
    kms: &Kms,
    plan: RotateByAlias,
    run: &Run<Reached>,
) -> Result<RotatedByAlias, Interrupted<Reached>> {
    run.outcome(carry_out(kms, plan, run).await)
}

impl RotateByAlias {
    /// Rotates, and says nothing meanwhile. Disables the old key where that was asked for.
    ///
    /// # Errors
    /// As [`rotate_by_alias`] and [`disable_old_key`].
    pub async fn run(self, kms: &Kms) -> Result<RotatedByAlias, Interrupted<Reached>> {
        let (run, pending) = (Run::default(), self.pending.clone());
        let done = rotate_by_alias(kms, self, &run).await?;
        match done.has_old_to_disable() {
            true => disable_old_key(kms, done.into_evidence(), &pending, &run).await,
            false => Ok(done),
        }
    }
}

async fn carry_out(kms: &Kms, mut plan: RotateByAlias, run: &Run<Reached>) -> Result<Succession, Error> {
    check_locally(&plan)?;
    let progress = run.progress();
    let _turn = turn::take(kms, plan.named_alias()?.as_ref(), &plan.pending, progress).await?;
    let current = old_key::find(kms, &plan.trust, plan.named_alias()?).await?;
    check_jwks(plan.jwks.as_ref(), &current.key)?;
    let requests = plan.pending.rotations(kms, &current.alias);
    if let Some(over) = over(kms, &plan, &current, &requests).await? {
        return finish(kms, &plan, &current, over, run).await;
    }
    let (request, handover) = current.copy(kms, &plan, progress).await?;
    run.reach(Reached::OldFound(handover.clone()));
    let source = plan.source.take();
    check_wrapping(&plan, source.as_ref(), request.spec)?;
    let new_key = NewKey { kms, current: &current, handover: &handover, run };
    let mut earlier = new_key::find(kms, &plan, &current, &requests, progress).await?;
    if let Some(found) = earlier.as_ref().filter(|found| !found.named)
        && found.holds_other(kms, source.as_ref()).await?
    {
        let reason = format!("an earlier run has made it for {} with other key material", current.alias);
        leave(&found.key, reason, run);
        requests.iter().for_each(Request::end);
        earlier = None;
    }
    let new = match (earlier, source) {
        (Some(earlier), Some(source)) => new_key.complete(&earlier, &plan, source, request).await?,
        (Some(earlier), None) => {
            let mut new = new_key.prove(&earlier, plan.level).await?;
            plan.compare(kms, &current, &earlier.key).await?.tell(&mut new.proof);
            new
        }
        (None, Some(source)) => new_key.make(&plan, source, request).await?,
        (None, None) => return Err(RotationError::KeyEmpty { arn: current.key.arn.clone() }.into()),
    };
    check_proven(&new)?;
    let mut succession = Succession::new(handover, new);
    run.reach(Reached::Ready(succession.clone()));
    succession.keep(kms, (plan.jwks.as_ref(), &plan.trust), true, progress).await?;
    if plan.until == Until::Prepared {
        succession.jwks = jwks(kms, &succession, progress).await?;
        return Ok(succession);
    }
    let moved = match move_alias(kms, succession, &current.key.arn, run).await {
        Err(error @ Error::Rotation(RotationError::Overtaken { .. })) => {
            plan.pending.rotations(kms, &current.alias).iter().for_each(Request::end);
            return Err(error);
        }
        moved => moved?,
    };
    end(kms, &plan, moved, run).await
}

/// Refuses everything that can be refused without asking KMS.
fn check_locally(plan: &RotateByAlias) -> Result<(), Error> {
    plan.expiry.resolve(time::now())?;
    plan.source.as_ref().map_or(Ok(()), Material::check_backup)
}

/// Refuses a JWK Set of keys without public keys.
fn check_jwks(jwks: Option<&Jwks>, key: &KeyDescription) -> Result<(), Error> {
    let spec = key.spec.known()?;
    match jwks.is_none() || spec.is_private_key() {
        true => Ok(()),
        false => Err(PublicKeyError::NoPublicKey { spec }.into()),
    }
}

fn check_wrapping(plan: &RotateByAlias, source: Option<&Material>, spec: KeySpec) -> Result<(), Error> {
    let wrapping = plan.wrapping.unwrap_or_else(|| Wrapping::default_for(spec));
    match source {
        Some(source) => source.check(spec, wrapping),
        None => Ok(wrapping.algorithm.check(spec, wrapping.key_spec, None)?),
    }
}

/// A rotation whose alias has moved already.
struct Over {
    /// The key before it, where that is known.
    previous: Option<KeyDescription>,
    /// What the key has shown of the bytes at hand, where they told that it is the new one.
    proof: Option<Proof>,
    /// Whether the key before it was asked whether it says the same.
    is_old_asked: bool,
}

/// Whether the alias names the new key already.
async fn over(kms: &Kms, plan: &RotateByAlias, current: &Current, requests: &[Request]) -> Result<Option<Over>, Error> {
    let (arn, tags) = (&current.key.arn, &current.tags);
    let is_its = |request: &&Request| {
        request.key.as_deref() == Some(&**arn) || value_of(tags, REQUEST_TAG) == Some(request.id.as_str())
    };
    let request = requests.iter().find(is_its);
    let replaces_named = current.named.arn != *arn && current.supersedes() == Some(&**current.named.arn.id());
    let proof = match &plan.source {
        _ if plan.new_key.as_ref() == Some(arn) || request.is_some() || replaces_named => None,
        Some(Material::Given(material)) => match compare(kms, &current.key, &**material).await? {
            Some(proof) if has_shown(&proof, Claim::Bytes) => Some(proof),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let previous = match (request.and_then(|request| request.supersedes.as_deref()), current.supersedes()) {
        (Some(remembered), _) => kms.find_alias(remembered).await?,
        (None, Some(id)) => tags::named_key(kms, id).await?,
        (None, None) => None,
    };
    let previous = previous.filter(|previous| previous.arn != *arn);
    let is_old_asked = match plan.disable_old {
        true => check_old(kms, plan, current, (previous.as_ref(), request.is_some())).await?,
        false => false,
    };
    Ok(Some(Over { previous, proof, is_old_asked }))
}

/// Refuses to disable a key of which only a tag of the new key says that it is the old one: whoever may tag the new key would choose. This
/// machine remembers the old key, the user names it, or it says itself what has superseded it. Whether it was asked that.
async fn check_old(
    kms: &Kms,
    plan: &RotateByAlias,
    current: &Current,
    (old, is_remembered): (Option<&KeyDescription>, bool),
) -> Result<bool, Error> {
    let (alias, arn) = (current.alias.to_string(), current.key.arn.clone());
    let Some(old) = old else { return Err(RotationError::NothingBefore { alias, arn }.into()) };
    if is_remembered || plan.trust.names(old) {
        return Ok(false);
    }
    match value_of(&kms.tags(&old.arn).await?, SUPERSEDED_BY_TAG) {
        Some(by) if *arn.id() == *by => Ok(true),
        _ => Err(RotationError::OnlyTagged { arn, old: old.arn.clone() }.into()),
    }
}

/// The alias names the new key: it is proven once more, and what is left to be done is done.
async fn finish(
    kms: &Kms,
    plan: &RotateByAlias,
    current: &Current,
    Over { previous, proof, .. }: Over,
    run: &Run<Reached>,
) -> Result<Succession, Error> {
    run.progress().step(&format!("{} points to the new key already: {}", current.alias, current.key.arn));
    let compared = plan.compare(kms, current, &current.key).await?;
    let handover = current.handover(kms, previous, plan.until).await?.disabling(plan.disable_old);
    run.reach(Reached::OldFound(handover.clone()));
    let new_key = NewKey { kms, current, handover: &handover, run };
    let mut new = match (proof, &plan.source) {
        (Some(proof), _) => new_key.proven(proof)?,
        (None, Some(Material::Given(material))) => match compare(kms, &current.key, &**material).await? {
            Some(proof) => new_key.proven(proof)?,
            None => new_key.prove(&Earlier { key: current.key.clone(), named: true }, plan.level).await?,
        },
        (None, _) => new_key.prove(&Earlier { key: current.key.clone(), named: true }, plan.level).await?,
    };
    compared.tell(&mut new.proof);
    let mut succession = Succession::new(handover, new).moved();
    succession.keep(kms, (plan.jwks.as_ref(), &plan.trust), false, run.progress()).await?;
    end(kms, plan, succession, run).await
}

/// What is left to be done once the alias has moved: the old key says what has superseded it.
async fn end(
    kms: &Kms,
    plan: &RotateByAlias,
    mut succession: Succession,
    run: &Run<Reached>,
) -> Result<Succession, Error> {
    run.reach(Reached::AliasMoved(succession.clone()));
    if let Some(old) = succession.handover.previous.clone() {
        let changes = tags::after_rotation(kms, &old, &succession.new.named.key).await?;
        tags::carry_out(changes, kms, run).await?;
        let (last_use, sentence) = last_usage::look(kms, &old.arn).await;
        run.progress().step(&format!("of the old key, {}: {sentence}", old.arn));
        succession.last_use = last_use;
    }
    plan.pending.rotations(kms, &succession.handover.alias).iter().for_each(Request::end);
    Ok(succession)
}

/// The public keys of both, the new one first, for those who verify. HMAC keys have none, and an old key may not tell its own.
async fn jwks(kms: &Kms, succession: &Succession, progress: &dyn Progress) -> Result<Vec<Jwk>, Error> {
    let mut jwks = Vec::new();
    for key in [Some(&succession.new.named.key), succession.handover.previous.as_ref()].into_iter().flatten() {
        if !key.spec.known()?.is_private_key() {
            continue;
        }
        match public_key(kms, key).await {
            Ok(public) => jwks.push(public.jwk(key.usage.known()?)?),
            Err(error) if error.reason().is_some() => {
                progress.warn(&format!("the public key of {} is not shown: {error}", key.arn));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(jwks)
}
