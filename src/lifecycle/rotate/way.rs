//! The stages of the verb `rotate`, which rotates a key in one of two ways: the key decides which.

use crate::lifecycle::import::bytes::Unstored;
use crate::lifecycle::rotate::by_alias;
use crate::lifecycle::rotate::stage::Reached;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::Report;
use crate::lifecycle::run::stage::{News, Stage};

/// How far `rotate` has come.
#[derive(Clone, Debug, Default)]
pub enum Way {
    /// The key is not known yet.
    #[default]
    Open,
    /// A symmetric key: KMS rotates it.
    OnDemand(Box<Reached>),
    /// Another key: its alias moves to a new one.
    ByAlias(Box<by_alias::Reached>),
}

impl From<Reached> for Way {
    fn from(reached: Reached) -> Self {
        Way::OnDemand(Box::new(reached))
    }
}

impl From<by_alias::Reached> for Way {
    fn from(reached: by_alias::Reached) -> Self {
        Way::ByAlias(Box::new(reached))
    }
}

impl Stage for Way {
    fn after(self, news: &News<'_>) -> Self {
        match self {
            Way::Open => Way::Open,
            Way::OnDemand(reached) => (*reached).after(news).into(),
            Way::ByAlias(reached) => (*reached).after(news).into(),
        }
    }

    fn tell(&self, report: &mut Report) {
        match self {
            Way::Open => {}
            Way::OnDemand(reached) => reached.tell(report),
            Way::ByAlias(reached) => reached.tell(report),
        }
    }

    fn next(&self, facts: &Facts) -> Next {
        match self {
            Way::Open => Next::Again { bytes: Unstored::Nothing, key_arn: None },
            Way::OnDemand(reached) => reached.next(facts),
            Way::ByAlias(reached) => reached.next(facts),
        }
    }
}
