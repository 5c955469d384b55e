//! `status`: the imported keys of a Region, or one key in all its Regions.

use crate::kms::Kms;
use crate::lifecycle::error::Error;
use crate::lifecycle::status::KeyStatus;
use crate::lifecycle::status::list::survey;
use crate::lifecycle::status::not_seen::NotSeen;

/// Which keys are looked at: `status`.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Begins the names of the aliases, as in `alias/pay`; every key of the Region if absent.
    pub alias_prefix: Option<String>,
}

/// One key: `status --key-id`.
#[derive(Clone, Debug)]
pub struct StatusOfKey {
    /// Key id, ARN or alias.
    pub key: String,
}

/// What KMS says about the keys of a Region.
#[derive(Debug)]
pub struct KeysSeen {
    /// The keys.
    pub keys: Vec<KeyStatus>,
    /// What KMS did not show, and why.
    pub unseen: Vec<NotSeen>,
}

/// What KMS says about one key.
#[derive(Debug)]
pub struct KeySeen {
    /// The key.
    pub key: KeyStatus,
    /// The same key in its other Regions.
    pub other_regions: Vec<KeyStatus>,
    /// What KMS did not show, and why.
    pub unseen: Vec<NotSeen>,
}

impl Status {
    /// Every key of origin EXTERNAL in the Region.
    pub fn new() -> Self {
        Status::default()
    }

    /// Only keys with an alias that begins so.
    pub fn alias_prefix(self, prefix: Option<String>) -> Self {
        Status { alias_prefix: prefix }
    }

    /// One key, in every Region that it is in.
    pub fn of(key: impl Into<String>) -> StatusOfKey {
        StatusOfKey { key: key.into() }
    }

    /// Asks KMS for the keys, and for the key materials of each.
    ///
    /// # Errors
    /// [`Error::Kms`] where the aliases that were asked for may not be listed, [`Error::Endpoint`] where KMS is not reached. A key that
    /// cannot be seen is no error.
    pub async fn run(&self, kms: &Kms) -> Result<KeysSeen, Error> {
        let mut unseen = Vec::new();
        let keys = survey(kms, self.alias_prefix.as_deref(), &mut unseen).await?;
        Ok(KeysSeen { keys, unseen })
    }
}

impl StatusOfKey {
    /// Asks KMS for the key, in every Region that it is in, and for its key materials.
    ///
    /// # Errors
    /// [`Error::Kms`] where KMS refuses to describe the key, [`Error::Endpoint`] where it is not reached. What else cannot be seen is no
    /// error.
    pub async fn run(&self, kms: &Kms) -> Result<KeySeen, Error> {
        let mut unseen = Vec::new();
        let key = KeyStatus::of(kms, &kms.describe(&self.key).await?, &mut unseen).await?;
        let other_regions = key.elsewhere(kms, &mut unseen).await?;
        Ok(KeySeen { key, other_regions, unseen })
    }
}
