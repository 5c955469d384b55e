//! What KMS shows of its keys, in any Region.

use serde_json::{Value, json};

use super::embedded_kms::Kms;

impl Kms {
    /// The same server, asked about another Region.
    pub(crate) fn in_region(&self, region: &str) -> Kms {
        let mut other = Kms::at(&self.url);
        (other.region, other.access_key_id) = (region.to_owned(), self.access_key_id.clone());
        other
    }

    pub(crate) fn describe(&self, key: &str) -> Value {
        self.ok("DescribeKey", json!({ "KeyId": key }))["KeyMetadata"].take()
    }
}
