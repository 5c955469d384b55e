//! The facts that every run has, whatever its verb: what it changed, which call was not answered, what is left over.

use aws_smithy_types::DateTime;

use crate::diagnose::Diagnosis;
use crate::kms::{KeyArn, Operation};
use crate::lifecycle::import::attempt::ImportAttempt;
use crate::lifecycle::import::bytes::StoredBackup;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::run::report::Leftover;
use crate::material::{Places, TokenObject};
use crate::wrap::Held;

/// What every run knows besides its stage.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Whether a call that changes AWS was answered with success, or was found to have taken effect.
    pub changed: bool,
    /// The changing call under way, or whose reply was lost: it may have taken effect.
    pub in_doubt: Option<Operation>,
    /// Keys that were made and that nobody needs.
    pub leftovers: Vec<Leftover>,
    /// Every import of key material, and every set of import parameters that was fetched for one.
    pub attempts: Vec<ImportAttempt>,
    /// Why KMS refused an import, as far as it can be told.
    pub explanation: Option<Diagnosis>,
    /// The expiry that was asked for, as the time that the imports of this run are sent with.
    pub asked_to_expire: Option<DateTime>,
    /// Whether a change that an earlier run has begun is waited for.
    pub(crate) awaited: bool,
    /// How the key material is wrapped, once there are parameters for it.
    pub(crate) wrapping: Option<Wrapping>,
    /// Where the key material was read from, if the run was given some.
    pub(crate) places: Option<Places>,
    /// The key in a token, where the key material is one.
    pub token: Option<TokenObject>,
    /// The encrypted backup that the run has made of key material that it was given.
    pub(crate) backup: Option<StoredBackup>,
    /// Every import that KMS has answered, in order.
    pub(crate) sent: Vec<Sent>,
}

/// One answered import.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The key.
    pub key_arn: KeyArn,
    /// The id of the key material (64 hex digits); symmetric keys only.
    pub id: Option<String>,
    /// The expiry that was sent with it.
    pub expires: Option<DateTime>,
}

impl Facts {
    /// Whether AWS changed, or may have: because a reply did not arrive, or because a change of an earlier run is under way.
    pub fn may_have_changed(&self) -> bool {
        self.changed || self.in_doubt.is_some() || self.awaited
    }

    /// The run was given that key material.
    pub(crate) fn given(&mut self, material: &dyn Held) {
        self.places.get_or_insert_default().extend(material.places());
        self.token = material.token().cloned();
    }

    /// The call in doubt was answered, or looked up.
    pub(crate) fn settle(&mut self, changed: bool) {
        self.changed |= changed;
        self.in_doubt = None;
    }

    /// What KMS has taken for that key, in order.
    pub(crate) fn sent_to(&self, key_arn: &KeyArn) -> Vec<&Sent> {
        self.sent.iter().filter(|sent| sent.key_arn == *key_arn).collect()
    }
}
