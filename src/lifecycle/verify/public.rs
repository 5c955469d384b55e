//! Which key it is, and whether KMS does with it what the file of the other side expects. Nothing is changed, and no private key needed.

use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::proof::{self, Claim, Level, Proof};
use crate::public_key::{PublicKey, PublicKeyError, PublicKeyFile};

/// The public key that KMS reports (GetPublicKey), of the key spec that KMS reports.
///
/// # Errors
/// [`Error::PublicKey`] for a key that has no public key, or whose public key is of another spec or of none; [`Error::Material`] for a key
/// spec that this crate does not know, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn public_key(kms: &Kms, key: &KeyDescription) -> Result<PublicKey, Error> {
    let spec = key.spec.known()?;
    if !spec.is_private_key() {
        return Err(PublicKeyError::NoPublicKey { spec }.into());
    }
    let public = PublicKey::from_der(&kms.public_key(&key.arn).await?)?;
    if public.spec() != spec {
        return Err(PublicKeyError::OtherSpec { reported: spec, found: public.spec() }.into());
    }
    Ok(public)
}

/// Proves that KMS signs, decrypts or agrees for the public key in `file`, with every algorithm of the key. A key that KMS has no key
/// material for, and one that is another key, is no error: [`Proof::outcome`] tells.
///
/// # Errors
/// [`Error::PublicKey`] for a key that has no public key, [`Error::Lifecycle`] for a disabled one, and as [`prove_for`](proof::prove_for).
pub async fn verify_public(kms: &Kms, key: &KeyDescription, file: &PublicKeyFile) -> Result<Proof, Error> {
    let spec = key.spec.known()?;
    if !spec.is_private_key() {
        return Err(PublicKeyError::NoPublicKey { spec }.into());
    }
    let (arn, state) = (key.arn.clone(), key.state);
    match state {
        KeyState::Enabled => Ok(proof::prove_for(kms, key, file).await?),
        KeyState::Disabled => Err(LifecycleError::NotEnabled { arn, state, what: "the proof" }.into()),
        _ => {
            let mut proof = Proof::empty(Level::State).of_existing();
            proof.contradict(Claim::State, format!("KMS says that the key is {state}: it holds no key material now"));
            Ok(proof)
        }
    }
}
