//! `verify`: whether a key holds the key material that the user has.

use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::trust::Trust;
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::{Done, Interrupted};
use crate::lifecycle::verify::reimport::{check_reimportable, prove_again};
use crate::lifecycle::verify::stage::{Reached, Verified};
use crate::material::{KeyMaterial, KeySpec};
use crate::proof::{self, Claim, Level, Proof, Subject};
use crate::wrap::Held;

/// Everything that decides how a key is compared with key material: `verify`. [`Verify::new`] begins it with the defaults of the command
/// line.
pub struct Verify {
    /// The key material that the key should hold.
    pub material: Box<dyn Held>,
    /// Whether symmetric key material is imported a second time, as existing key material with unchanged expiry: no other answer of KMS
    /// depends on its bytes.
    pub reimport: bool,
    /// The key, and what the user said about it.
    pub trust: Trust,
}

impl Verify {
    /// Whether the key of that id, ARN or alias holds that key material.
    pub fn new(key: impl Into<String>, material: KeyMaterial) -> Self {
        Verify::held(key, Box::new(material))
    }

    /// Whether it holds that key, which is elsewhere, as in a token.
    pub fn held(key: impl Into<String>, material: Box<dyn Held>) -> Self {
        Verify { material, reimport: true, trust: Trust::of(key) }
    }

    /// Whether symmetric key material is imported a second time; it is, otherwise.
    pub fn reimport(self, reimport: bool) -> Self {
        Verify { reimport, ..self }
    }

    /// What the user said about the key.
    pub fn trust(self, trust: Trust) -> Self {
        Verify { trust: trust.or_named(self.trust.key), ..self }
    }

    /// Compares, and says nothing meanwhile. A key that holds other bytes is no error: [`Proof::outcome`] tells.
    ///
    /// # Errors
    /// As [`verify`].
    pub async fn run(&self, kms: &Kms) -> Result<Done<Verified>, Interrupted<Reached>> {
        let key = kms.describe(self.trust.name()).await.map_err(Error::from)?;
        verify(kms, &key, self, &Run::default()).await
    }
}

/// Proves as much as can be proven about the key material in `key`, and leaves the key as it is.
///
/// # Errors
/// [`Interrupted`] holds the error, and whether a second import was not answered: [`Error::Lifecycle`] and [`Error::Key`] where the key can
/// take no second import, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn verify(
    kms: &Kms,
    key: &KeyDescription,
    plan: &Verify,
    run: &Run<Reached>,
) -> Result<Done<Verified>, Interrupted<Reached>> {
    let named = NamedKey::new(key);
    run.reach(Reached::KeyFound(named.clone()));
    let proof = compare(kms, key, plan, run).await;
    run.outcome(proof.map(|proof| Verified { named, proof }))
}

async fn compare(kms: &Kms, key: &KeyDescription, plan: &Verify, run: &dyn Ongoing) -> Result<Proof, Error> {
    let Verify { material, trust, .. } = plan;
    let material = &**material;
    if !matches!(key.state, KeyState::Enabled | KeyState::Disabled) {
        let mut proof = Proof::empty(Level::State).of_existing();
        proof.contradict(Claim::State, format!("KMS says that the key is {}: it holds no key material now", key.state));
        return Ok(proof);
    }
    let disabled = key.state == KeyState::Disabled;
    let vouched = if plan.reimport && material.spec() == KeySpec::SymmetricDefault {
        check_reimportable(kms, key)?;
        Some(trust.vouch(kms, key, trust.name(), run.progress()).await?)
    } else if disabled {
        let (arn, state) = (key.arn.clone(), key.state);
        return Err(LifecycleError::NotEnabled { arn, state, what: "the proof" }.into());
    } else {
        None
    };
    let mut proof = match disabled {
        true => Proof::empty(Level::Full).of_existing(),
        false => {
            // DescribeKey has just told what there is to tell.
            let subject = Subject::new(kms, key, Some(material), None)?.seen(key.clone());
            proof::prove(&subject, if vouched.is_some() { Level::Full } else { Level::Use }).await?.of_existing()
        }
    };
    if disabled {
        proof.leave(Claim::Use, proof::DISABLED);
    }
    if let Some(key) = vouched.filter(|_| proof.contradiction().is_none()) {
        prove_again(kms, &key, material, &mut proof, run).await?;
    }
    Ok(proof)
}
