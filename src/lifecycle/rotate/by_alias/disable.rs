//! The end of a rotation by alias, where it was asked for: the old key is disabled. It is never scheduled for deletion.

use crate::kms::{KeyArn, KeyDescription, KeyState, Kms, KmsName, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::key::last_usage;
use crate::lifecycle::key::pending_requests::PendingRequests;
use crate::lifecycle::rotate::by_alias::move_alias::overtaken;
use crate::lifecycle::rotate::by_alias::stage::{Reached, RotatedByAlias, Succession};
use crate::lifecycle::rotate::by_alias::{old_key, turn};
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::Interrupted;
use crate::lifecycle::run::wait;
use crate::material::KeyUsage;
use crate::time::seconds;

/// Disables the key that the alias has left, unless it is disabled already. Nobody is asked: the caller has asked already, or is sure. The
/// alias is looked at once more before.
///
/// # Errors
/// [`Interrupted`] holds the error and the stage that was reached: [`Error::Rotation`] where the alias has moved again or the key stays
/// enabled, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn disable_old_key(
    kms: &Kms,
    succession: Succession,
    pending: &PendingRequests,
    run: &Run<Reached>,
) -> Result<RotatedByAlias, Interrupted<Reached>> {
    run.reach(Reached::AliasMoved(succession.clone()));
    run.outcome(carry_out(kms, succession, pending, run).await)
}

async fn carry_out(
    kms: &Kms,
    mut succession: Succession,
    pending: &PendingRequests,
    run: &Run<Reached>,
) -> Result<Succession, Error> {
    if !succession.has_old_to_disable() {
        return Ok(succession);
    }
    let Some(old) = succession.handover.previous.clone() else { return Ok(succession) };
    let alias = succession.handover.alias.clone();
    let _turn = turn::take(kms, Some(&alias), pending, run.progress()).await?;
    let named = old_key::now(kms, &alias).await?.arn;
    if named != *succession.new_arn() {
        return Err(overtaken(succession, named, run));
    }
    let disabled = disable(kms, &old.arn, run).await?;
    run.progress().step(&format!("disabled {}", old.arn));
    succession.handover.previous = Some(disabled);
    Ok(succession)
}

/// DisableKey, and DescribeKey until it shows that.
async fn disable(kms: &Kms, arn: &KeyArn, run: &dyn Ongoing) -> Result<KeyDescription, Error> {
    let lost = match run.asking(Operation::DisableKey, kms.disable(arn)).await {
        Ok(()) => None,
        Err(error) if error.may_have_changed() => Some(error),
        Err(error) => return Err(error),
    };
    let patience = if lost.is_some() { wait::LOOK_UP } else { kms.wait() };
    let shown = wait::until("KMS to show that the old key is disabled", patience, run.progress(), || async {
        let now = kms.describe(arn).await?;
        Ok((now.state != KeyState::Enabled).then_some(now))
    });
    match (shown.await?, lost) {
        (Some(now), _) => {
            run.settle(true, None);
            Ok(now)
        }
        (None, Some(lost)) => Err(lost),
        (None, None) => {
            run.settle(true, None);
            Err(RotationError::StillEnabled { arn: arn.clone(), waited: seconds(patience) }.into())
        }
    }
}

impl Succession {
    /// Whether the old key is to be disabled and is not.
    pub fn has_old_to_disable(&self) -> bool {
        let is_enabled = |old: &KeyDescription| old.state == KeyState::Enabled;
        self.handover.disable_old && self.moved && self.handover.previous.as_ref().is_some_and(is_enabled)
    }

    /// What the user should know before the old key is disabled, one sentence each, without a full stop.
    pub fn consequences_of_disabling(&self) -> Vec<String> {
        let Some(old) = &self.handover.previous else { return Vec::new() };
        let mut sentences = match old.usage {
            KmsName::Known(KeyUsage::SignVerify) | KmsName::Other(_) => {
                vec![
                    "KMS signs nothing with it any more; who has its public key still verifies its signatures"
                        .to_owned(),
                ]
            }
            KmsName::Known(KeyUsage::GenerateVerifyMac) => {
                vec!["KMS verifies no HMAC that it has made".to_owned()]
            }
            KmsName::Known(KeyUsage::EncryptDecrypt) => {
                vec!["KMS decrypts nothing that was encrypted for it".to_owned()]
            }
            KmsName::Known(KeyUsage::KeyAgreement) => vec!["KMS derives no shared secret with it".to_owned()],
        };
        match &self.handover.other_aliases {
            Some(others) if others.is_empty() => {}
            Some(others) => sentences.push(format!("calls that use {} are refused", others.join(", "))),
            None => sentences.push("it is not known which other aliases point to it".to_owned()),
        }
        sentences.push(last_usage::sentence(self.last_use.as_ref()));
        sentences.push("it can be enabled again at any time".to_owned());
        sentences
    }
}
