//! One key, and when something has to be done about it.

use aws_smithy_types::DateTime;

use crate::kms::KeyArn;

/// A key of a page or of metrics.
#[derive(Clone, Debug)]
pub(super) struct KeyExpiry {
    /// The key, where there is one.
    pub(super) key_arn: Option<KeyArn>,
    /// The row of a manifest that it is the key of.
    pub(super) row: Option<String>,
    /// Its Region.
    pub(super) region: Option<String>,
    /// Its aliases, with their `alias/`.
    pub(super) aliases: Vec<String>,
    /// KMS's name of its key spec.
    pub(super) key_spec: String,
    /// The description; empty if there is none.
    pub(super) description: String,
    /// How it stands, in a few words.
    pub(super) state: String,
    /// The key material that expires first, where the key has several.
    pub(super) key_material_id: Option<String>,
    /// When its key material expires.
    pub(super) due: Due,
}

/// When the key material of a key expires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Due {
    /// It is gone, or was never imported: the key waits for it.
    Missing,
    /// At that time, or it has.
    At(DateTime),
    /// Nobody has seen it.
    #[cfg_attr(not(feature = "fleet"), allow(dead_code))] // only a journal leaves it open
    Unknown,
    /// It does not.
    Never,
    /// The key itself is to be deleted.
    Deletion,
}

impl KeyExpiry {
    /// What is due first is first; then by Region and name.
    pub(super) fn order(&self) -> (u8, i64, Option<&str>, String, Option<&KeyArn>) {
        let (rank, seconds) = match self.due {
            Due::Missing => (0, 0),
            Due::At(at) => (1, at.secs()),
            Due::Unknown => (2, 0),
            Due::Never => (3, 0),
            Due::Deletion => (4, 0),
        };
        (rank, seconds, self.region.as_deref(), self.name(), self.key_arn.as_ref())
    }

    /// As people call it: its aliases, else its row, else its id.
    pub(super) fn name(&self) -> String {
        match (&self.aliases[..], &self.row, &self.key_arn) {
            ([_, ..], ..) => self.aliases.join(", "),
            (_, Some(row), _) => row.clone(),
            (_, _, Some(arn)) => arn.id().to_string(),
            _ => "-".to_owned(),
        }
    }

    /// Its account: twelve digits.
    pub(super) fn account(&self) -> Option<&str> {
        self.key_arn.as_ref().map(KeyArn::account)
    }

    /// When it expires, if it does.
    pub(super) fn at(&self) -> Option<DateTime> {
        match self.due {
            Due::At(at) => Some(at),
            _ => None,
        }
    }
}
