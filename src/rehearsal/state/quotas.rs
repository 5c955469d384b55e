//! Request quotas: a bucket for each operation, account and Region, which refills at KMS's own rate.
//! Source: developer guide, "Request quotas" (adjustable ones at their defaults).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::rehearsal::model::protocol::Refusal;

pub(crate) struct Quotas {
    /// The factor to KMS's rates; `None` is no quota at all.
    scale: Option<f64>,
    buckets: Mutex<HashMap<(String, &'static str), Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

/// Requests a second. GetParametersForImport is the one that paces imports.
const RATES: &[(&str, f64)] = &[
    ("GetParametersForImport", 1.0),
    ("ImportKeyMaterial", 15.0),
    ("DeleteImportedKeyMaterial", 15.0),
    ("CreateKey", 5.0),
    ("CreateAlias", 5.0),
    ("UpdateAlias", 5.0),
    ("DeleteAlias", 15.0),
    ("ListAliases", 500.0),
    ("ListKeys", 500.0),
    ("DescribeKey", 2000.0),
    ("GetPublicKey", 2000.0),
    ("ListResourceTags", 2000.0),
    ("TagResource", 10.0),
    ("UntagResource", 5.0),
    ("CreateGrant", 50.0),
    ("ListGrants", 100.0),
    ("ListRetirableGrants", 100.0),
    ("RetireGrant", 30.0),
    ("RevokeGrant", 30.0),
    ("GetKeyPolicy", 1000.0),
    ("PutKeyPolicy", 15.0),
    ("ListKeyPolicies", 100.0),
    ("EnableKey", 5.0),
    ("DisableKey", 5.0),
    ("UpdateKeyDescription", 5.0),
    ("ScheduleKeyDeletion", 15.0),
    ("CancelKeyDeletion", 5.0),
    ("RotateKeyOnDemand", 5.0),
    ("GetKeyRotationStatus", 1000.0),
    ("EnableKeyRotation", 15.0),
    ("DisableKeyRotation", 5.0),
    ("ListKeyRotations", 100.0),
    ("ReplicateKey", 5.0),
    ("UpdatePrimaryRegion", 5.0),
];

/// The cryptographic operations share one quota.
const CRYPTOGRAPHIC: (&str, f64) = ("cryptographic operations", 10_000.0);

impl Quotas {
    pub(crate) fn new(scale: Option<f64>) -> Self {
        Quotas { scale, buckets: Mutex::default() }
    }

    /// Counts a request against its quota in an account and Region, or refuses it.
    pub(crate) fn take(&self, place: (&str, &str), operation: &str, now: Instant) -> Result<(), Refusal> {
        self.charge(place, operation, 1.0, now)
    }

    /// ReplicateKey also costs two CreateKey in the replica's Region.
    pub(crate) fn take_replica(&self, replica: (&str, &str), now: Instant) -> Result<(), Refusal> {
        self.charge(replica, "CreateKey", 2.0, now)
    }

    fn charge(&self, (account, region): (&str, &str), operation: &str, cost: f64, now: Instant) -> Result<(), Refusal> {
        let Some(scale) = self.scale else { return Ok(()) };
        let (name, rate) = RATES.iter().find(|(name, _)| *name == operation).copied().unwrap_or(CRYPTOGRAPHIC);
        let rate = rate * scale;
        let most = rate.max(cost);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket =
            buckets.entry((format!("{account} {region}"), name)).or_insert(Bucket { tokens: most, filled: now });
        let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * rate).min(most);
        bucket.filled = now;
        if bucket.tokens < cost {
            return Err(Refusal::new(
                "ThrottlingException",
                "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
            ));
        }
        bucket.tokens -= cost;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn parameters_are_given_out_once_a_second_in_each_account_and_region() {
        let quotas = Quotas::new(Some(1.0));
        let start = Instant::now();
        let take =
            |place, after| quotas.take(place, "GetParametersForImport", start + Duration::from_millis(after)).is_ok();
        assert!(take(("1", "us-east-1"), 0));
        assert!(!take(("1", "us-east-1"), 500));
        assert!(take(("1", "eu-west-1"), 500));
        assert!(take(("2", "us-east-1"), 500));
        assert!(take(("1", "us-east-1"), 1001));
    }

    #[test]
    fn a_replica_costs_two_keys() {
        let quotas = Quotas::new(Some(1.0));
        let now = Instant::now();
        assert!(quotas.take_replica(("1", "eu-west-1"), now).is_ok());
        assert!(quotas.take_replica(("1", "eu-west-1"), now).is_ok());
        assert!(quotas.take_replica(("1", "eu-west-1"), now).is_err());
        assert!(quotas.take(("1", "eu-west-1"), "CreateKey", now).is_ok());
    }
}
