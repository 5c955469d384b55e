//! The stages of `verify`. It changes nothing, but a second import that was not answered may have taken effect.

use crate::lifecycle::import::bytes::Unstored;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::Report;
use crate::lifecycle::run::stage::{News, Stage};
use crate::proof::Proof;

/// How far `verify` has come.
#[derive(Clone, Debug, Default)]
pub enum Reached {
    /// The key is not known yet.
    #[default]
    Nothing,
    /// It is being asked.
    KeyFound(NamedKey),
    /// It was compared.
    Verified(Verified),
}

/// A key, and what was proven about it.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The key.
    pub named: NamedKey,
    /// What was proven, and what contradicts.
    pub proof: Proof,
}

impl From<Verified> for Reached {
    fn from(verified: Verified) -> Self {
        Reached::Verified(verified)
    }
}

impl Stage for Reached {
    fn after(mut self, news: &News<'_>) -> Self {
        if let (Reached::KeyFound(key), News::Seen(now)) = (&mut self, news) {
            key.seen(now);
        }
        self
    }

    fn tell(&self, report: &mut Report) {
        match self {
            Reached::Nothing => {}
            Reached::KeyFound(key) => key.tell(report),
            Reached::Verified(verified) => {
                verified.named.tell(report);
                report.proof = Some(verified.proof.clone());
            }
        }
    }

    fn next(&self, _: &Facts) -> Next {
        Next::Again { bytes: Unstored::Given, key_arn: None }
    }
}
