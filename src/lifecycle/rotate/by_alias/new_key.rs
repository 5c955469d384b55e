//! The new key: found where an earlier run has made it, or made, with its key material and its proof.

use crate::kms::{KeyArn, KeyDescription, KeyState, Kms, KmsName};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::import::bytes::Bytes;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::history::{self, History};
use crate::lifecycle::import::stage::Proven;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::lost::{find_newly_made, find_successor};
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::pending_requests::{FindLost, Request};
use crate::lifecycle::key::request::KeyRequest;
use crate::lifecycle::key::trust::{Trust, show_grants};
use crate::lifecycle::provision::request::Provision;
use crate::lifecycle::provision::{Found, Reached as Making, make_unnamed, resume};
use crate::lifecycle::rotate::by_alias::old_key::{Current, check_fits, is_hmac};
use crate::lifecycle::rotate::by_alias::request::RotateByAlias;
use crate::lifecycle::rotate::by_alias::stage::{Handover, Reached};
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::verify::verdict::conclude;
use crate::lifecycle::verify::which::tell_which;
use crate::progress::Progress;
use crate::proof::{self, Claim, Finding, Level, Outcome, Proof, Subject};
use crate::wrap::Held;

/// A new key that was there when the run began.
pub(crate) struct Earlier {
    pub(crate) key: KeyDescription,
    /// The user has named it; otherwise it was found.
    pub(crate) named: bool,
}

/// The new key of an earlier run: the one that the user names, the one that is written down, or the one that is looked for by its tag.
pub(crate) async fn find(
    kms: &Kms,
    plan: &RotateByAlias,
    current: &Current,
    requests: &[Request],
    progress: &dyn Progress,
) -> Result<Option<Earlier>, Error> {
    if let Some(arn) = &plan.new_key {
        return Ok(Some(Earlier { key: kms.describe(arn).await?, named: true }));
    }
    let found = |key| Ok(Some(Earlier { key, named: false }));
    for request in requests.iter().filter(|request| request.supersedes.as_deref() == Some(&*current.key.arn)) {
        progress.step(&format!("a rotation of {} did not finish: looking for its key", request.began));
        let key = match &request.key {
            Some(arn) => kms.find_alias(arn).await?,
            None => find_newly_made(kms, &request.id, progress).await?,
        };
        match key.filter(|key| key.state.takes_material()) {
            Some(key) => {
                progress.step(&format!("found key {}", key.arn));
                return found(key);
            }
            None => {
                progress.step("there is none");
                request.end();
            }
        }
    }
    let lost = match &plan.pending.find_lost {
        None | Some(FindLost::Known { .. }) => return Ok(None),
        Some(FindLost::Any) => find_successor(kms, &current.key.arn).await?,
        Some(FindLost::Request(id)) => find_newly_made(kms, id, progress).await?,
    };
    match lost {
        Some(key) => found(key),
        None => {
            progress.step("no lost key was found");
            Ok(None)
        }
    }
}

impl Earlier {
    /// Whether it holds other key material than the one given.
    pub(crate) async fn holds_other(&self, kms: &Kms, source: Option<&Material>) -> Result<bool, Error> {
        match source {
            Some(Material::Given(material)) if self.key.state == KeyState::Enabled => {
                Ok(compare(kms, &self.key, &**material)
                    .await?
                    .is_some_and(|proof| proof.outcome() == Outcome::Contradicted))
            }
            _ => Ok(false),
        }
    }
}

/// What a key shows of key material; nothing where it is of another key spec or answers nothing.
pub(crate) async fn compare(kms: &Kms, key: &KeyDescription, material: &dyn Held) -> Result<Option<Proof>, Error> {
    if key.spec != KmsName::Known(material.spec()) || key.state != KeyState::Enabled {
        return Ok(None);
    }
    let subject = Subject::new(kms, key, Some(material), None)?.seen(key.clone());
    Ok(Some(proof::prove(&subject, Level::Use).await?.of_existing()))
}

/// The new key of the run: made, or completed, with what is given; or proven as it is.
pub(crate) struct NewKey<'a> {
    pub(crate) kms: &'a Kms,
    pub(crate) current: &'a Current,
    pub(crate) handover: &'a Handover,
    pub(crate) run: &'a Run<Reached>,
}

impl NewKey<'_> {
    /// Makes it. The request is written down before, and says afterwards which key it is.
    pub(crate) async fn make(
        &self,
        plan: &RotateByAlias,
        source: Material,
        request: KeyRequest,
    ) -> Result<Proven, Error> {
        let NewKey { kms, current, .. } = *self;
        let (alias, old) = (&current.alias, &current.key.arn);
        let mut begun = plan.pending.begin_for(kms, Some(alias), Some(old), self.run.progress())?;
        let provision = provision(plan, source, request, None);
        make_unnamed(kms, &provision, &mut begun, &self.part()).await
    }

    /// Goes on with one that an earlier run has made, as if it were made now: a key that the user did not name has the policy that the new
    /// key was to get.
    pub(crate) async fn complete(
        &self,
        earlier: &Earlier,
        plan: &RotateByAlias,
        source: Material,
        request: KeyRequest,
    ) -> Result<Proven, Error> {
        let (kms, key, progress) = (self.kms, &earlier.key, self.run.progress());
        check_fits(key, &self.current.key)?;
        if !earlier.named {
            let trust = Trust { policy: request.policy.clone(), ..Trust::default() };
            trust.vouch(kms, key, &key.arn, progress).await?;
        }
        let provision = provision(plan, source, request, Some(key.arn.clone()));
        resume(kms, &provision, &Found { key: key.clone(), is_named: false }, &self.part()).await
    }

    /// Proves one that has its key material.
    pub(crate) async fn prove(&self, earlier: &Earlier, level: Level) -> Result<Proven, Error> {
        let (kms, run, key) = (self.kms, self.run, &earlier.key);
        if self.current.key.arn != key.arn {
            check_fits(key, &self.current.key)?;
        }
        let part: Run<Making> = self.part();
        part.reach(Making::Held(NamedKey::new(key)));
        show_grants(kms, key, run.progress()).await?;
        let key = match key.state {
            KeyState::PendingImport if History::of(kms, key).await? == History::Holds => {
                history::until_shown(kms, &key.arn, &part).await?
            }
            KeyState::PendingImport => return Err(RotationError::KeyEmpty { arn: key.arn.clone() }.into()),
            _ => key.clone(),
        };
        prove_in(kms, &key, level, &part).await
    }

    /// Proves one that is asked for nothing but its work.
    pub(crate) async fn prove_as_it_is(&self, key: &KeyDescription, level: Level) -> Result<Proven, Error> {
        let part: Run<Making> = self.part();
        part.reach(Making::Held(NamedKey::new(key)));
        prove_in(self.kms, key, level, &part).await
    }

    /// The key of the alias, with what it has shown already.
    pub(crate) fn proven(&self, proof: Proof) -> Result<Proven, Error> {
        let named = NamedKey::new(&self.current.key);
        let part: Run<Making> = self.part();
        part.reach(Making::Held(named.clone()));
        Ok(Proven { named, bytes: Bytes::NONE, material_id: None, proof: conclude(proof, &part)? })
    }

    fn part(&self) -> Run<Making> {
        let handover = self.handover.clone();
        self.run.part(move |making| Reached::NewKey(handover.clone(), Box::new(making)))
    }
}

async fn prove_in(kms: &Kms, key: &KeyDescription, level: Level, part: &Run<Making>) -> Result<Proven, Error> {
    let subject = Subject::new(kms, key, None, None)?.seen(key.clone());
    let mut proof = proof::prove(&subject, level).await?.of_existing();
    tell_which(kms, key, None, &mut proof, part.progress()).await?;
    let proof = conclude(proof, part)?;
    Ok(Proven { named: NamedKey::new(key), bytes: Bytes::NONE, material_id: None, proof })
}

/// The request by which the new key gets its key material.
pub(crate) fn provision(
    plan: &RotateByAlias,
    source: Material,
    request: KeyRequest,
    adopt: Option<KeyArn>,
) -> Provision {
    let wrapping = plan.wrapping.unwrap_or_else(|| Wrapping::default_for(request.spec));
    Provision::of(request).material(source).wrapping(wrapping).expiry(plan.expiry).verify(plan.level).adopt(adopt)
}

/// Whether something has shown that, and nothing contradicts.
pub(crate) fn has_shown(proof: &Proof, claim: Claim) -> bool {
    proof.contradiction().is_none()
        && proof.items().iter().any(|item| item.id == claim && item.outcome == Finding::Proven)
}

/// An alias moves to no key that has not shown that it works, unless less was asked for.
pub(crate) fn check_proven(proven: &Proven) -> Result<(), Error> {
    let proof = &proven.proof;
    // An HMAC of KMS that is the one of the bytes at hand shows both.
    let works = has_shown(proof, Claim::Use) || is_hmac(&proven.named.key) && has_shown(proof, Claim::Bytes);
    if proof.level < Level::Use || works {
        return Ok(());
    }
    match proof.not_permitted() {
        [] => Err(RotationError::Unproven { arn: proven.named.key.arn.clone() }.into()),
        refused => Err(KeyError::ProofNotPermitted { refused: refused.join(", ") }.into()),
    }
}
