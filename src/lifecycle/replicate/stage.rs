//! The stages of `replicate`: each Region comes after the other, and whatever stands is completed by the same command.

use crate::lifecycle::import::bytes::Unstored;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::replica::Replicas;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::Report;
use crate::lifecycle::run::stage::{News, Stage};
use crate::proof::Proof;

/// How far `replicate` has come.
#[derive(Clone, Debug, Default)]
pub enum Reached {
    /// The key is not known yet.
    #[default]
    Nothing,
    /// The key, and the replicas that the run has looked at.
    Replicas(Box<Replicated>),
}

/// A key and its replicas.
#[derive(Clone, Debug)]
pub struct Replicated {
    /// The primary key.
    pub named: NamedKey,
    /// The replicas that were asked for.
    pub replicas: Replicas,
    /// An answer of KMS that contradicts what was asked for.
    pub contradiction: Option<Proof>,
}

impl From<Replicated> for Reached {
    fn from(replicated: Replicated) -> Self {
        Reached::Replicas(Box::new(replicated))
    }
}

impl Stage for Reached {
    fn after(mut self, news: &News<'_>) -> Self {
        if let (Reached::Replicas(replicated), News::Proved(proof)) = (&mut self, news) {
            replicated.contradiction = Some((*proof).clone());
        }
        self
    }

    fn tell(&self, report: &mut Report) {
        if let Reached::Replicas(replicated) = self {
            replicated.named.tell(report);
            report.replicas = replicated.replicas.report();
            report.proof.clone_from(&replicated.contradiction);
        }
    }

    fn next(&self, _: &Facts) -> Next {
        Next::Again { bytes: Unstored::Given, key_arn: None }
    }
}
