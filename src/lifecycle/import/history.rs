//! Whether a key that waits for key material, as DescribeKey says, had any before. Such a key takes the same bytes and no others,
//! so nothing is generated for it; and DescribeKey may lag behind an import that KMS has answered already.

use std::time::Duration;

use crate::kms::{KeyArn, KeyState, Reason};
use crate::kms::{KeyDescription, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::run::wait;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::material::KeySpec;
use crate::progress::Progress;
use crate::proof::{self, Level, Outcome, Subject};
use crate::time::seconds;

/// What KMS tells about a key that DescribeKey calls PendingImport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum History {
    /// Nothing was ever imported.
    Never,
    /// It has key material, and DescribeKey does not show that yet.
    Holds,
    /// It had some, which has expired or was deleted.
    Had,
    /// KMS does not tell, or may not be asked.
    Unknown,
}

impl History {
    /// Asks everything that can be asked, and changes nothing.
    pub(crate) async fn of(kms: &Kms, key: &KeyDescription) -> Result<Self, Error> {
        // Only material expires or has an id.
        if key.expires.is_some() || key.current_key_material_id.is_some() {
            return Ok(History::Had);
        }
        let told = if key.spec == KeySpec::SymmetricDefault { listed(kms, key).await } else { tried(kms, key).await };
        match told {
            // Whatever KMS refuses, it does not tell.
            Err(error) if error.reason().is_some() => Ok(History::Unknown),
            told => told,
        }
    }
}

/// ListKeyRotations knows every key material of a symmetric key.
async fn listed(kms: &Kms, key: &KeyDescription) -> Result<History, Error> {
    let materials = KeyMaterials::as_permitted(kms, key).await?;
    Ok(match materials.permanent().count() {
        _ if !materials.is_complete() => History::Unknown,
        0 => History::Never,
        _ if materials.permanent().all(|material| material.is_imported()) => History::Holds,
        _ => History::Had,
    })
}

/// The other keys are asked to work. KMS tells the public key of one whose material is gone (table of key states in the developer
/// guide); of HMAC keys nothing tells what they had.
async fn tried(kms: &Kms, key: &KeyDescription) -> Result<History, Error> {
    let seen = KeyDescription { state: KeyState::Enabled, ..key.clone() };
    let subject = Subject::new(kms, key, None, None)?.seen(seen);
    match proof::prove(&subject, Level::Use).await.map_err(Error::from) {
        Ok(proof) if proof.outcome() == Outcome::Proven => Ok(History::Holds),
        Ok(_) => Ok(History::Unknown),
        Err(error) if error.reason() == Some(Reason::InvalidState) => Ok(match error.refused_operation() {
            Some(Operation::GetPublicKey) => History::Never,
            Some(Operation::GenerateMac) => History::Unknown,
            _ => History::Had,
        }),
        Err(error) => Err(error),
    }
}

/// DescribeKey until it shows key material; nothing when the time is over first.
pub(crate) async fn shown_within(
    kms: &Kms,
    arn: &KeyArn,
    patience: Duration,
    progress: &dyn Progress,
) -> Result<Option<KeyDescription>, Error> {
    wait::until("DescribeKey to show the key material", patience, progress, || async {
        let now = kms.describe(arn).await?;
        Ok((now.state != KeyState::PendingImport).then_some(now))
    })
    .await
}

/// DescribeKey until it shows what KMS has. A run that waits in vain has a change of an earlier run behind it: the same command goes on.
pub(crate) async fn until_shown(kms: &Kms, arn: &KeyArn, run: &dyn Ongoing) -> Result<KeyDescription, Error> {
    run.awaiting_earlier(true);
    let shown = shown_within(kms, arn, kms.wait(), run.progress());
    let not_shown = || KeyError::NotShown { arn: arn.clone(), waited: seconds(kms.wait()) };
    let shown = shown.await?.ok_or_else(not_shown)?;
    run.awaiting_earlier(false);
    Ok(shown)
}
