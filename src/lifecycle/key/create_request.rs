//! What is asked for when a key is created without key material.

use crate::kms::KeyArn;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::existing::Asked;
use crate::lifecycle::key::pending_requests::PendingRequests;
use crate::lifecycle::key::request::KeyRequest;

/// Everything that decides how one key is made: `create-key`. [`CreateKey::new`] begins it with the defaults of the command line.
pub struct CreateKey {
    /// The key.
    pub request: KeyRequest,
    /// Where requests under way are written down.
    pub pending: PendingRequests,
    /// The ARN of an existing key that gets the alias.
    pub adopt: Option<KeyArn>,
    /// Refuse a key that is there where not everything about it may be compared.
    pub strict: bool,
}

impl CreateKey {
    /// A symmetric key under that alias.
    pub fn new(alias: AliasName) -> Self {
        CreateKey::of(KeyRequest::new(Some(alias)))
    }

    /// Any key.
    pub fn of(request: KeyRequest) -> Self {
        CreateKey { request, pending: PendingRequests::default(), adopt: None, strict: false }
    }

    /// Writes requests under way down, so that a key whose creation was not answered is found again.
    pub fn pending(self, pending: PendingRequests) -> Self {
        CreateKey { pending, ..self }
    }

    /// Gives the alias to that key instead of making one.
    pub fn adopt(self, key_arn: Option<KeyArn>) -> Self {
        CreateKey { adopt: key_arn, ..self }
    }

    /// Refuses a key that is there where not everything about it may be compared.
    pub fn strict(self, strict: bool) -> Self {
        CreateKey { strict, ..self }
    }

    /// What a key that is there is compared with.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { request: &self.request, material: None, adopted: true, strict: self.strict }
    }
}
