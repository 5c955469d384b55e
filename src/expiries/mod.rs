//! When the key material of many keys expires: a page for people, and metrics for monitoring. Both tell the same, and neither asks anybody.

mod calendar;
mod key;
mod markup;
mod metrics;
#[cfg(feature = "fleet")]
mod of_fleet;
mod of_status;
mod page;
mod table;
#[cfg(test)]
mod tests;
mod timeline;
mod urgency;

use aws_smithy_types::DateTime;

use self::key::KeyExpiry;
use crate::kms::KeyArn;

/// What is known of when key material expires.
#[derive(Debug)]
pub struct Expiries {
    /// The time that spans are counted from.
    now: DateTime,
    told_by: ToldBy,
    /// What is due first comes first.
    keys: Vec<KeyExpiry>,
    not_seen: Vec<NotSeen>,
    /// Whether an embedded KMS was asked: nothing of this is in AWS.
    rehearsal: bool,
}

/// Who has told it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ToldBy {
    /// KMS, just now.
    Kms,
    /// The journals of a fleet: KMS was not asked.
    #[cfg_attr(not(feature = "fleet"), allow(dead_code))]
    Journals(Fleet),
}

/// How far a fleet is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fleet {
    manifest: String,
    /// How many of its keys are done, have failed, and are left.
    counts: [(&'static str, u64); 3],
}

/// A key that KMS did not show, or not whole, and why.
#[derive(Debug)]
struct NotSeen {
    key_arn: Option<KeyArn>,
    /// What was asked for, where it is not a key.
    what: String,
    why: String,
}

impl Expiries {
    /// A key that was listed twice is one.
    fn new(now: DateTime, told_by: ToldBy, mut keys: Vec<KeyExpiry>) -> Self {
        keys.sort_by(|one, other| one.order().cmp(&other.order()));
        keys.dedup_by(|one, other| one.key_arn.is_some() && one.key_arn == other.key_arn);
        Expiries { now, told_by, keys, not_seen: Vec::new(), rehearsal: false }
    }
}
