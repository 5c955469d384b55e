//! A new key that is there and whole: is it what the user asks for? Only what was given is compared, since the rest came from the old key.

use crate::kms::{KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::key::existing::{Asked, AskedMaterial, Compared, compare};
use crate::lifecycle::key::request::KeyRequest;
use crate::lifecycle::rotate::by_alias::old_key::Current;
use crate::lifecycle::rotate::by_alias::request::RotateByAlias;

impl RotateByAlias {
    /// Refuses a key that is not what was asked for, with all differences.
    pub(crate) async fn compare(&self, kms: &Kms, current: &Current, key: &KeyDescription) -> Result<Compared, Error> {
        let changes = &self.changes;
        let spec = if changes.spec.is_some() { current.spec(self)? } else { key.spec.known()? };
        let request = KeyRequest {
            alias: None,
            spec,
            usage: key.usage.known()?,
            description: changes.description.clone(),
            policy: changes.policy.clone(),
            tags: changes.tags.clone(),
            multi_region: key.multi_region.is_some(),
        };
        // Whoever gives no key material says nothing about its expiry.
        let material = self.source.as_ref().map(|_| AskedMaterial { expiry: self.expiry, description: None });
        let asked = Asked { request: &request, material, adopted: true, strict: false };
        let name = if key.arn == current.key.arn { current.alias.as_str() } else { &key.arn };
        compare(kms, key, &asked, name).await
    }
}
