//! How far a run has come with the key itself. No stage here holds key material, so that the same command may be run again.

use crate::kms::Operation;
use crate::lifecycle::import::bytes::Unstored;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::Report;
use crate::lifecycle::run::stage::{News, Stage};

/// The stages of `create-key`, and the first ones of `provision`.
#[derive(Clone, Debug, Default)]
pub enum Reached {
    /// There is no key yet.
    #[default]
    Nothing,
    /// CreateKey is about to be sent, or was sent.
    KeyRequested {
        /// The id that the key gets as a tag, and by which it is found again: 32 hex digits.
        request: String,
    },
    /// A key that was there.
    KeyFound(NamedKey),
    /// A key of this run.
    KeyCreated(NamedKey),
    /// A key of this run that is to have no alias: for `create-key` nothing is left to be done.
    Unnamed(NamedKey),
    /// Another run has got the alias first; this run's key is left over.
    Overtaken,
}

impl Reached {
    /// The key, if there is one.
    pub fn key(&self) -> Option<&NamedKey> {
        match self {
            Reached::KeyFound(key) | Reached::KeyCreated(key) | Reached::Unnamed(key) => Some(key),
            Reached::Nothing | Reached::KeyRequested { .. } | Reached::Overtaken => None,
        }
    }

    fn key_mut(&mut self) -> Option<&mut NamedKey> {
        match self {
            Reached::KeyFound(key) | Reached::KeyCreated(key) | Reached::Unnamed(key) => Some(key),
            Reached::Nothing | Reached::KeyRequested { .. } | Reached::Overtaken => None,
        }
    }
}

impl Stage for Reached {
    fn after(mut self, news: &News<'_>) -> Self {
        match (self.key_mut(), news) {
            (Some(key), News::Seen(now)) => key.seen(now),
            (Some(key), News::Named(alias)) => key.alias = Some((*alias).clone()),
            _ => {}
        }
        self
    }

    fn tell(&self, report: &mut Report) {
        if let Some(key) = self.key() {
            key.tell(report);
        }
    }

    fn next(&self, facts: &Facts) -> Next {
        match self {
            Reached::Unnamed(_) => Next::Nothing,
            _ => self.again(facts),
        }
    }
}

impl Reached {
    /// What completes a run that wants more than the key and its alias.
    pub(crate) fn again(&self, facts: &Facts) -> Next {
        match self {
            Reached::KeyRequested { request } if facts.in_doubt == Some(Operation::CreateKey) => {
                Next::FindLost { request: request.clone() }
            }
            _ => Next::Again { bytes: Unstored::Nothing, key_arn: self.key().map(|named| named.key.arn.clone()) },
        }
    }
}
