//! What this process has changed lately, which not all of KMS may know yet.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use aws_smithy_types::DateTime;

use super::description::KeyDescription;

/// From so many keys on, what is long known everywhere is forgotten.
const MANY: usize = 4096;
const LONG_AGO: Duration = Duration::from_secs(5 * 60);

/// Keys that this process has just changed, which KMS may not know in their new state everywhere yet, and when keys were made.
#[derive(Default)]
pub(super) struct RecentChanges {
    changed: Mutex<HashMap<String, Changed>>,
    made: Mutex<HashMap<String, DateTime>>,
}

#[derive(Clone, Copy)]
pub(super) struct Changed {
    pub(super) at: Instant,
    pub(super) what: Change,
}

/// What this process did to a key last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Created,
    Replicated,
    Imported,
}

impl RecentChanges {
    pub(super) fn changed(&self, key_arn: &str, what: Change) {
        let mut keys = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key_arn.to_owned(), Changed { at: Instant::now(), what });
        if keys.len() > MANY {
            keys.retain(|_, changed| changed.at.elapsed() < LONG_AGO);
        }
    }

    /// The key is there, and not every server knows it yet.
    pub(super) fn awaited(&self, key_arn: &str) {
        let what = self.change_of(key_arn).map_or(Change::Created, |changed| changed.what);
        self.changed(key_arn, what);
    }

    /// KMS has told when the key was made. Of the many keys that a process looks at, the date is kept of those that `is_young`, and of those
    /// that it has changed.
    pub(super) fn made(&self, key: &KeyDescription, is_young: bool) {
        if let Some(date) = key.created.filter(|_| is_young || self.change_of(&key.arn).is_some()) {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.insert(key.arn.to_string(), date);
            if made.len() > MANY {
                let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
                made.retain(|key, _| changed.contains_key(key));
            }
        }
    }

    pub(super) fn change_of(&self, key: &str) -> Option<Changed> {
        find(&self.changed, key)
    }

    pub(super) fn date_of(&self, key: &str) -> Option<DateTime> {
        find(&self.made, key)
    }
}

/// What is noted about the key of that ARN or id.
fn find<T: Copy>(notes: &Mutex<HashMap<String, T>>, key: &str) -> Option<T> {
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(note) = notes.get(key) {
        return Some(*note);
    }
    if key.contains(':') {
        return None; // an ARN
    }
    notes.iter().find(|(arn, _)| arn.rsplit('/').next() == Some(key)).map(|(_, note)| *note)
}
