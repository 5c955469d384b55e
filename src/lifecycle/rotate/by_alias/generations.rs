//! The keys of an alias, one generation after the other: the current one, and those that it has superseded or gone back from, as their tags
//! tell. Whoever verifies needs the public key of each.
//!
//! Who may tag a key chooses which key its tag names, and whoever verifies believes what that key has signed. So a tag alone puts no key
//! into a set: the key is there already, or it is held to be the user's own, as before an import.

use std::collections::{HashSet, VecDeque};

use crate::explain::Explain;
use crate::kms::{KeyDescription, KeyId, Kms, KmsError, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::key::request::{SUPERSEDES_TAG, Tags, value_of};
use crate::lifecycle::key::trust::Trust;
use crate::lifecycle::rotate::by_alias::tags::{named_key, rolled_back_from};
use crate::lifecycle::run::plan::Plan;
use crate::lifecycle::verify::public::public_key;
use crate::progress::Progress;
use crate::public_key::{Jwk, Jwks, KeptJwks, NotKept, PublicKey};

/// So many keys of one alias are looked at.
const MOST: usize = 50;

/// A key at which the search begins.
pub struct First<'a> {
    key: &'a KeyDescription,
    public: Option<PublicKey>,
    is_held: bool,
}

impl<'a> First<'a> {
    /// One that is the user's own, with its public key where KMS has told that already.
    pub fn held(key: &'a KeyDescription, public: Option<PublicKey>) -> Self {
        First { key, public, is_held: true }
    }

    /// One that only a tag names.
    pub(crate) fn tagged(key: &'a KeyDescription) -> Self {
        First { key, public: None, is_held: false }
    }
}

/// Puts the keys of an alias into the set, those of `first` first, and writes the file, which is read once more before. Keys that the file
/// has besides stay in it.
///
/// # Errors
/// [`Error::PublicKey`] for keys that have no public key, or where the file cannot be written; [`Error::Kms`] where KMS does not show the
/// public key of the first, [`Error::Endpoint`] where it is not reached.
pub async fn keep_jwks(
    kms: &Kms,
    jwks: &Jwks,
    first: Vec<First<'_>>,
    trust: &Trust,
    progress: &dyn Progress,
) -> Result<KeptJwks, Error> {
    let found = Search { kms, trust, jwks }.from(first).await?;
    for NotKept { key_id, why } in &found.not_kept {
        progress.warn(&format!("for the JWK Set, key {key_id}: {why}"));
    }
    let mut jwks = Jwks::read(jwks.path())?;
    jwks.keep_all(&found.jwks);
    if let Some(moved) = jwks.save()? {
        progress.warn(&moved.to_string());
    }
    let kept = KeptJwks {
        file: jwks.path().to_owned(),
        kids: jwks.kids(),
        changed: jwks.is_changed(),
        not_kept: found.not_kept,
    };
    let done = if kept.changed { "wrote" } else { "left as it is" };
    progress.step(&format!("{done}: `{}`, a JWK Set of {} keys", kept.file.display(), kept.kids.len()));
    Ok(kept)
}

/// Adds the calls to a plan, and the file; `first` are the keys that are there already. The first of them all may have told its public key
/// by then.
pub(crate) async fn plan(
    plan: &mut Plan,
    (kms, trust): (&Kms, &Trust),
    jwks: &Jwks,
    (first, is_first_told): (Vec<First<'_>>, bool),
) -> Result<(), Error> {
    plan.writes.push(jwks.path().to_owned());
    let found = Search { kms, trust, jwks }.from(first).await?;
    let skipped = found.calls.iter().position(|(operation, _)| is_first_told && *operation == Operation::GetPublicKey);
    for (number, (operation, why)) in found.calls.into_iter().enumerate() {
        if Some(number) != skipped {
            plan.call(operation, why);
        }
    }
    Ok(())
}

struct Search<'a> {
    kms: &'a Kms,
    trust: &'a Trust,
    jwks: &'a Jwks,
}

/// What the tags lead to.
#[derive(Default)]
struct Found {
    jwks: Vec<Jwk>,
    not_kept: Vec<NotKept>,
    calls: Vec<(Operation, &'static str)>,
}

/// A key that is still to be looked at.
enum Link {
    Known { key: Box<KeyDescription>, public: Option<PublicKey>, is_held: bool },
    Named(String),
}

impl Search<'_> {
    /// Follows the tags from the first keys on: each key once, and not for ever.
    async fn from(&self, first: Vec<First<'_>>) -> Result<Found, Error> {
        let (mut found, mut met) = (Found::default(), HashSet::new());
        let Some(usage) = first.first().map(|first| first.key.usage.clone()) else { return Ok(found) };
        let mut links: VecDeque<Link> = first.into_iter().map(Link::from).collect();
        while let Some(link) = links.pop_front() {
            let id = link.id();
            if !met.insert(id.clone()) {
                continue;
            }
            if met.len() > MOST {
                found.miss(id, format!("it is not looked at: {MOST} keys of one alias are enough"));
                break;
            }
            let Some((key, public, is_held)) = self.key(link, &mut found).await? else { continue };
            if key.usage != usage {
                found.miss(id, format!("it is for {}, and no earlier key of this one", key.usage));
                continue;
            }
            let Some(jwk) = self.jwk(&key, public, (is_held, met.len() == 1), &mut found).await? else { continue };
            found.jwks.push(jwk);
            links.extend(self.before(key.arn.id(), &mut found).await?.into_iter().map(Link::Named));
        }
        Ok(found)
    }

    async fn key(
        &self,
        link: Link,
        found: &mut Found,
    ) -> Result<Option<(KeyDescription, Option<PublicKey>, bool)>, Error> {
        let id = match link {
            Link::Known { key, public, is_held } => return Ok(Some((*key, public, is_held))),
            Link::Named(id) => id,
        };
        found.calls.push((Operation::DescribeKey, "looks at an earlier key, for the JWK Set"));
        match named_key(self.kms, &id).await {
            Ok(Some(key)) => return Ok(Some((key, None, false))),
            Ok(None) => found.miss(id, "there is no such key".to_owned()),
            Err(error) if error.reason().is_some() => found.miss(id, error.to_string()),
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    /// Its public key, if it is the user's own. A set without the current key is of no use; another one may be missing.
    async fn jwk(
        &self,
        key: &KeyDescription,
        public: Option<PublicKey>,
        (is_held, is_current): (bool, bool),
        found: &mut Found,
    ) -> Result<Option<Jwk>, Error> {
        let id = || key.arn.id().to_string();
        let public = match public {
            Some(public) => public,
            None => {
                found.calls.push((Operation::GetPublicKey, "reads a public key for the JWK Set"));
                match public_key(self.kms, key).await {
                    Ok(public) => public,
                    Err(error) if !is_current && is_its_own(&error) => {
                        found.miss(id(), error.to_string());
                        return Ok(None);
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let jwk = public.jwk(key.usage.known()?)?;
        if is_held || self.jwks.has(&jwk) || self.trust.names(key) {
            return Ok(Some(jwk));
        }
        found.calls.push((Operation::GetKeyPolicy, "makes sure that the earlier key belongs to nobody else"));
        match self.trust.expects_policy_of(self.kms, key).await {
            Ok(()) => Ok(Some(jwk)),
            Err(Error::Key(error @ (KeyError::ForeignPolicy { .. } | KeyError::PolicyUnread { .. }))) => {
                let because = error.because().map(|because| format!(": {because}")).unwrap_or_default();
                let what = match error {
                    KeyError::PolicyUnread { .. } => "may not be read",
                    _ => "is not the one asked for",
                };
                found.miss(
                    id(),
                    format!("it is not put in: only a tag names {}, and its key policy {what}{because}", key.arn),
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The ids of the keys before it: those that it was gone back to from, and the one that it has superseded.
    async fn before(&self, key: &KeyId, found: &mut Found) -> Result<Vec<String>, Error> {
        found.calls.push((Operation::ListResourceTags, "reads which key was there before, for the JWK Set"));
        match self.kms.tags(key).await {
            Ok(tags) => Ok(ids_in(&tags)),
            Err(error @ KmsError::Refused(_)) => {
                found.miss(key.to_string(), format!("the keys before it are not known: {error}"));
                Ok(Vec::new())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether it tells of this key alone, and not of the way to KMS.
fn is_its_own(error: &Error) -> bool {
    matches!(error, Error::PublicKey(_)) || error.reason().is_some()
}

impl Found {
    fn miss(&mut self, key_id: String, why: String) {
        self.not_kept.push(NotKept { key_id, why });
    }
}

fn ids_in(tags: &Tags) -> Vec<String> {
    rolled_back_from(tags).chain(value_of(tags, SUPERSEDES_TAG)).map(str::to_owned).collect()
}

impl Link {
    fn id(&self) -> String {
        match self {
            Link::Known { key, .. } => key.arn.id().to_string(),
            Link::Named(id) => id.clone(),
        }
    }
}

impl From<First<'_>> for Link {
    fn from(first: First<'_>) -> Self {
        Link::Known { key: Box::new(first.key.clone()), public: first.public, is_held: first.is_held }
    }
}
