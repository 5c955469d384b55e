//! What a journal says of a key, and under which name.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::task::Task;
pub use crate::explain::ErrorReport as Said;
use crate::lifecycle::Plaintext;

/// What a key has reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// How far it is.
    pub state: State,
    /// What the row asked for when this was written, as a SHA-256.
    pub asked: String,
    /// The call that was about to be sent last, by KMS's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_arn: Option<String>,
    /// The file with the plaintext of generated key material.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<PathBuf>,
    /// The escrow file of generated key material.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escrow: Option<PathBuf>,
    /// Where the key material lies outside KMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plaintext: Option<Plaintext>,
    /// What was proven, as the reports of single keys name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// Whether AWS was changed for it.
    #[serde(default)]
    pub changed: bool,
    /// When its key material expires: RFC 3339, UTC; nothing where it does not, or where this was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Keys that nobody needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leftovers: Vec<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Said>,
    /// When this was written: RFC 3339, UTC.
    pub at: String,
}

impl Entry {
    /// Whether it tells when the key material expires, or that it does not.
    pub(super) fn knows_expiry(&self) -> bool {
        self.key_arn.is_some() && (self.expires.is_some() || self.state == State::Done)
    }
}

/// How far a key is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A call was about to be sent.
    #[default]
    Begun,
    /// It is what the row asks for.
    Done,
    /// It could not be made what the row asks for.
    Failed,
}

/// What an entry is called: the row, the Region, and what is done to the key.
#[derive(Clone, Debug)]
pub struct Name(String);

impl Name {
    /// Of the key of that row and Region.
    pub fn new(id: &str, region: &str, task: &Task) -> Self {
        Name(format!("{id}\n{region}{}", task.series()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the entries of all tasks about the same key begin, and before what they end.
    pub(super) fn of_all_tasks(&self) -> (String, String) {
        let key: Vec<&str> = self.0.splitn(3, '\n').take(2).collect();
        let first = key.join("\n");
        // Behind the line feed that a task follows.
        let end = format!("{first}\u{b}");
        (first, end)
    }
}
