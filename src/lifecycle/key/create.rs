//! Step 1 of the recipe: a key without key material, and its alias.

use crate::kms::{AliasOutcome, KeyArn, KeyDescription, KeyState, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::create_request::CreateKey;
use crate::lifecycle::key::existing;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::pending_requests::{PendingRequests, Request};
use crate::lifecycle::key::request::{KeyRequest, REQUEST_TAG};
use crate::lifecycle::key::stage::Reached;
use crate::lifecycle::key::trust::{Trust, Vouched, show_grants};
use crate::lifecycle::run::beside::both;
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::report::Leftover;
use crate::lifecycle::run::stage::{Done, Interrupted, News, Stage};
use crate::lifecycle::run::wait;
use crate::progress::{Progress, Silent};

/// What became of a request for a key.
pub(crate) enum Created<'a, T> {
    /// This run made it, and the alias names it; with what was asked of it meanwhile.
    New(Box<Vouched>, T),
    /// Somebody else's key got this alias first.
    ByOtherRun(&'a AliasName),
}

/// A key and its alias, as they were asked for.
pub type CreatedKey = Done<NamedKey>;

impl From<NamedKey> for Reached {
    fn from(key: NamedKey) -> Self {
        Reached::KeyFound(key)
    }
}

/// Creates an EXTERNAL key and its alias. Where the alias exists and its key is what was asked for, nothing changes; with the ARN
/// of a key to adopt, that key gets the alias.
///
/// # Errors
/// [`Interrupted`] holds the error, the stage that was reached, and whether anything changed: [`Error::Key`] where the request, or a key
/// that is there, is not fit; [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn create_key(kms: &Kms, plan: &CreateKey, run: &Run<Reached>) -> Result<CreatedKey, Interrupted<Reached>> {
    run.outcome(carry_out(kms, plan, run).await)
}

impl CreateKey {
    /// Creates the key and its alias, and says nothing meanwhile.
    ///
    /// # Errors
    /// As [`create_key`].
    pub async fn run(&self, kms: &Kms) -> Result<CreatedKey, Interrupted<Reached>> {
        create_key(kms, self, &Run::default()).await
    }
}

async fn carry_out(kms: &Kms, plan: &CreateKey, run: &Run<Reached>) -> Result<NamedKey, Error> {
    let CreateKey { request, pending, adopt, .. } = plan;
    let (adopt, progress) = (adopt.as_ref(), run.progress());
    request.check()?;
    if let Some(alias) = &request.alias
        && let Some(found) = kms.find_alias(alias.as_str()).await?
    {
        check_adopts(adopt, alias, &found)?;
        name_lost_keys(kms, alias, &found, pending, run).await;
        return adopt_as_it_is(kms, plan, alias, &found, run).await;
    }
    if let Some(adopt) = adopt {
        let found = kms.describe(adopt).await?;
        run.reach(NamedKey::new(&found));
        existing::compare(kms, &found, &plan.asked(), adopt).await?.unseen().for_each(|unseen| progress.warn(&unseen));
        show_grants(kms, &found, progress).await?;
        name_it(kms, request.alias.as_ref(), (&found, false), run).await?;
        // Only now: until it has its alias, it can be lost again.
        if let Some(alias) = &request.alias {
            name_lost_keys(kms, alias, &found, pending, run).await;
        }
        return Ok(NamedKey { key: found, alias: request.alias.clone() });
    }
    // Whoever goes on with the key finds it.
    let visible = |key: Vouched| async move { Ok(kms.wait_until_visible(&key.arn).await?) };
    match make(kms, request, pending, run, visible).await? {
        Created::New(_, key) => Ok(NamedKey { key, alias: request.alias.clone() }),
        Created::ByOtherRun(alias) => {
            let found = find_other_run(kms, alias, &Silent).await?;
            adopt_as_it_is(kms, plan, alias, &found, run).await
        }
    }
}

/// An alias that names another key than the one to be adopted is left as it is.
pub(crate) fn check_adopts(adopt: Option<&KeyArn>, alias: &AliasName, found: &KeyDescription) -> Result<(), Error> {
    match adopt.filter(|adopt| **adopt != found.arn) {
        None => Ok(()),
        Some(adopt) => {
            let (alias, arn, adopt) = (alias.to_string(), found.arn.clone(), adopt.clone());
            Err(KeyError::AdoptsOther { alias, arn, adopt }.into())
        }
    }
}

async fn adopt_as_it_is(
    kms: &Kms,
    plan: &CreateKey,
    alias: &AliasName,
    found: &KeyDescription,
    run: &Run<Reached>,
) -> Result<NamedKey, Error> {
    let named = NamedKey { key: found.clone(), alias: Some(alias.clone()) };
    run.reach(named.clone());
    let compared = existing::compare(kms, found, &plan.asked(), alias.as_str()).await?;
    compared.unseen().for_each(|unseen| run.progress().warn(&unseen));
    run.progress().step(&format!("{alias} exists and points to {}", found.arn));
    Ok(named)
}

/// The key of the run that got the alias first. KMS has said that the alias exists, and for a while not all of it knows its key.
pub(crate) async fn find_other_run(
    kms: &Kms,
    alias: &AliasName,
    progress: &dyn Progress,
) -> Result<KeyDescription, Error> {
    let what = format!("KMS to know the key of {alias}");
    let found = wait::until(&what, kms.max_wait(), progress, || async { Ok(kms.find_alias(alias.as_str()).await?) });
    Ok(found.await?.ok_or_else(|| KeyError::AliasUnknown { alias: alias.to_string() })?)
}

/// Gives a key its alias, unless it `is_named` by it already.
pub(crate) async fn name_it(
    kms: &Kms,
    alias: Option<&AliasName>,
    (found, is_named): (&KeyDescription, bool),
    run: &dyn Ongoing,
) -> Result<(), Error> {
    let Some(alias) = alias else { return Ok(()) };
    if !is_named {
        match name(kms, alias, &found.arn, run).await? {
            AliasOutcome::Created => run.step(format!("{alias} points to it")),
            // Somebody else was first, with this key or another.
            AliasOutcome::Exists => {
                check_adopts(Some(&found.arn), alias, &find_other_run(kms, alias, &Silent).await?)?;
            }
        }
    }
    run.hear(&News::Named(alias));
    Ok(())
}

/// CreateAlias. An alias that was there already is no change.
pub(crate) async fn name(
    kms: &Kms,
    alias: &AliasName,
    key_arn: &KeyArn,
    run: &dyn Ongoing,
) -> Result<AliasOutcome, Error> {
    let made = run.asking(Operation::CreateAlias, kms.create_alias(alias.as_str(), key_arn)).await?;
    run.settle(made == AliasOutcome::Created, None);
    Ok(made)
}

/// CreateKey, then CreateAlias, and `meanwhile` something that changes nothing. The alias comes before any import, so that of two runs
/// only one goes on with its key.
pub(crate) async fn make<'a, R: Stage + From<Reached>, T, M>(
    kms: &Kms,
    request: &'a KeyRequest,
    pending: &PendingRequests,
    run: &Run<R>,
    meanwhile: impl FnOnce(Vouched) -> M,
) -> Result<Created<'a, T>, Error>
where
    M: Future<Output = Result<T, Error>>,
{
    let (key, requests) = match pending.find_lost_key(kms, request, run.progress()).await? {
        Some(lost) => {
            let found = &lost.key;
            existing::check_matches(found, request, &found.arn)?;
            let trust = Trust { policy: request.policy.clone(), ..Trust::default() };
            let key = trust.vouch(kms, found, &found.arn, run.progress()).await?;
            run.reach(Reached::KeyFound(NamedKey::new(found)));
            (key, lost.requests)
        }
        None => {
            let begun = pending.begin(kms, request, run.progress())?;
            (Vouched::created(create(kms, request, &begun, run).await?), vec![begun])
        }
    };
    let meanwhile = meanwhile(key.clone());
    let Some(alias) = &request.alias else {
        requests.iter().for_each(Request::end);
        return Ok(Created::New(Box::new(key), meanwhile.await?));
    };
    let naming = async {
        let made = name(kms, alias, &key.arn, run).await?;
        // Another run may have recalled the same key.
        let overtaken = made == AliasOutcome::Exists && find_other_run(kms, alias, &Silent).await?.arn != key.arn;
        requests.iter().for_each(Request::end);
        if overtaken {
            leave_behind(&key, alias, run);
            return Err(None);
        }
        let run: &dyn Ongoing = run;
        run.hear(&News::Named(alias));
        run.step(format!("{alias} points to it"));
        Ok::<(), Option<Error>>(())
    };
    match both(naming, meanwhile).await {
        Ok(((), answer)) => Ok(Created::New(Box::new(key), answer?)),
        Err(Some(error)) => Err(error),
        Err(None) => Ok(Created::ByOtherRun(alias)),
    }
}

/// CreateKey, and a search for the key where only its reply was lost.
pub(crate) async fn create<R: Stage + From<Reached>>(
    kms: &Kms,
    request: &KeyRequest,
    begun: &Request,
    run: &Run<R>,
) -> Result<KeyDescription, Error> {
    let mut new = request.to_new_key();
    new.tags.push((REQUEST_TAG.to_owned(), begun.id.clone()));
    run.reach(Reached::KeyRequested { request: begun.id.clone() });
    let all: &dyn Ongoing = run;
    let calls = if request.alias.is_some() { 2 } else { 1 };
    let created = match all.asking(Operation::CreateKey, kms.create_key_before(&new, calls)).await {
        Ok(created) => created,
        Err(error) if error.may_have_changed() => {
            all.warn(format!("{error}: looking for it by its tag"));
            begun.find(kms, all.progress()).await.ok_or(error)?
        }
        // Nothing was made, and nothing is to be found.
        Err(error) => {
            begun.end();
            return Err(error);
        }
    };
    let made = NamedKey::new(&created);
    run.arrive(if request.alias.is_some() { Reached::KeyCreated(made) } else { Reached::Unnamed(made) });
    all.step(format!("created key {}", created.arn));
    if created.state == KeyState::Enabled {
        return Err(KeyError::NotEmpty { arn: created.arn, state: created.state }.into());
    }
    if created.state != KeyState::PendingImport {
        return Ok(kms.wait_until_visible(&created.arn).await?);
    }
    kms.expect_visible(&created.arn);
    Ok(created)
}

/// Names the keys that earlier runs for this alias have made and lost.
pub(crate) async fn name_lost_keys(
    kms: &Kms,
    alias: &AliasName,
    found: &KeyDescription,
    pending: &PendingRequests,
    run: &dyn Ongoing,
) {
    for key in pending.end_finished(kms, alias, found).await {
        let reason = format!("an earlier run for {alias} made it and ended before it could use it; this key is empty");
        run.warn(format!("{reason}: {}", key.arn));
        leave(&key, reason, run);
    }
}

/// Names a key of this run that nobody needs, with the command that removes it.
fn leave_behind<R: Stage + From<Reached>>(key: &KeyDescription, alias: &AliasName, run: &Run<R>) {
    let remove = removal(&key.arn);
    run.progress().warn(&format!("another run created {alias} first; this run's key {} is empty: {remove}", key.arn));
    leave(key, format!("{alias} was created by another run in the meantime; this key is empty"), run);
    run.reach(Reached::Overtaken);
}

/// Names a key that nobody needs, with the command that removes it.
pub(crate) fn leave(key: &KeyDescription, reason: String, run: &dyn Ongoing) {
    let leftover = Leftover { key_arn: key.arn.to_string(), reason, remove: removal(&key.arn) };
    run.note(|facts| facts.leftovers.push(leftover));
}

/// The command that removes a key.
pub(crate) fn removal(arn: &KeyArn) -> String {
    format!("aws kms schedule-key-deletion --region {} --key-id {} --pending-window-in-days 7", arn.region(), arn.id())
}
