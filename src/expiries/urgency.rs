//! How soon something has to be done, in a few steps: each has a colour and a word, because not everybody sees colours.

use aws_smithy_types::DateTime;

use super::key::{Due, KeyExpiry};

/// How soon something has to be done about a key; the most urgent is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    Gone,
    Week,
    Month,
    Quarter,
    Later,
    Unknown,
    Never,
    Deletion,
}

const DAY: i64 = 24 * 60 * 60;

impl Urgency {
    pub(super) const ALL: [Urgency; 8] = [
        Urgency::Gone,
        Urgency::Week,
        Urgency::Month,
        Urgency::Quarter,
        Urgency::Later,
        Urgency::Unknown,
        Urgency::Never,
        Urgency::Deletion,
    ];

    pub(super) fn of(key: &KeyExpiry, now: DateTime) -> Self {
        let at = match key.due {
            Due::Missing => return Urgency::Gone,
            Due::Unknown => return Urgency::Unknown,
            Due::Never => return Urgency::Never,
            Due::Deletion => return Urgency::Deletion,
            Due::At(at) => at,
        };
        match at.secs().saturating_sub(now.secs()) {
            ..=0 => Urgency::Gone,
            left if left <= 7 * DAY => Urgency::Week,
            left if left <= 30 * DAY => Urgency::Month,
            left if left <= 90 * DAY => Urgency::Quarter,
            _ => Urgency::Later,
        }
    }

    /// The class of the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Urgency::Gone => "gone",
            Urgency::Week => "week",
            Urgency::Month => "month",
            Urgency::Quarter => "quarter",
            Urgency::Later => "later",
            Urgency::Unknown | Urgency::Never | Urgency::Deletion => "never",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Urgency::Gone => "expired or without key material",
            Urgency::Week => "within 7 days",
            Urgency::Month => "within 30 days",
            Urgency::Quarter => "within 90 days",
            Urgency::Later => "later",
            Urgency::Unknown => "not known",
            Urgency::Never => "never",
            Urgency::Deletion => "to be deleted",
        }
    }
}
