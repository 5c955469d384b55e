//! The state of a run: a stage of its verb, and the facts that every run has. It is one value at every moment. Text, JSON and record are
//! printed from it, whether the run ended, failed, was stopped or panicked.

use std::fmt;
use std::ops::Deref;

use crate::diagnose::Diagnosis;
use crate::kms::{KeyDescription, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::run::facts::{Facts, Sent};
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::{Plaintext, Report};
use crate::proof::Proof;

/// The stages of a verb, each with its evidence.
pub trait Stage: Clone + Default + Send + Sync + 'static {
    /// The stage after that piece of news.
    fn after(self, news: &News<'_>) -> Self;

    /// Adds the evidence to a report.
    fn tell(&self, report: &mut Report);

    /// What completes a run that ends here.
    fn next(&self, facts: &Facts) -> Next;
}

/// What the steps that several verbs share tell the stage of each verb.
pub enum News<'a> {
    /// KMS describes a key: its own, or a replica.
    Seen(&'a KeyDescription),
    /// An alias names the key.
    Named(&'a AliasName),
    /// KMS has taken key material.
    Taken(&'a Sent),
    /// KMS says that nothing was ever imported into the key, although it has answered so.
    Disowned,
    /// KMS was asked for proofs.
    Proved(&'a Proof),
}

/// The state of a run.
#[derive(Clone, Debug, Default)]
pub struct Standing<R> {
    /// The stage, with its evidence.
    pub reached: R,
    /// The facts that every run has.
    pub facts: Facts,
}

/// A run that succeeded. It reads as its evidence: `done.key` is the key of a [`Provisioned`](crate::lifecycle::Provisioned).
#[derive(Clone, Debug)]
pub struct Done<E> {
    /// The result.
    evidence: E,
    /// What was changed on the way.
    pub facts: Facts,
}

/// A run that failed or was stopped, and how far it came. `Display` is the cause of the error; [`Interrupted::account`] says what completes
/// the run.
#[derive(Debug)]
pub struct Interrupted<R> {
    /// Why.
    pub error: Error,
    /// How far it came, what it changed, and which call was not answered.
    pub stands: Box<Standing<R>>,
}

/// The facts are part of it.
impl<R> Deref for Standing<R> {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

/// Its state can be read directly: `interrupted.reached`, `interrupted.in_doubt`, `interrupted.leftovers`.
impl<R> Deref for Interrupted<R> {
    type Target = Standing<R>;

    fn deref(&self) -> &Standing<R> {
        &self.stands
    }
}

/// The report on a run of any verb: everything that is printed or recorded.
#[derive(Clone, Debug)]
pub struct Account {
    /// As JSON it is the answer.
    pub report: Report,
    /// What completes the run.
    pub next: Next,
    /// What it changed, and which call was not answered.
    pub facts: Facts,
}

impl<E> Done<E> {
    pub(crate) fn new(evidence: E, facts: Facts) -> Self {
        Done { evidence, facts }
    }

    /// The evidence alone.
    pub fn into_evidence(self) -> E {
        self.evidence
    }
}

impl<E> Deref for Done<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.evidence
    }
}

impl<R: Stage> Interrupted<R> {
    /// The report on it.
    pub fn account(&self) -> Account {
        Account::of(&self.reached, &self.facts).broken_off()
    }

    /// With the reason why KMS refused an import.
    pub fn explained(mut self, explanation: Option<Diagnosis>) -> Self {
        self.stands.facts.explanation = explanation;
        self
    }
}

/// An error before the run has begun: nothing has changed.
impl<R: Stage> From<Error> for Interrupted<R> {
    fn from(error: Error) -> Self {
        Interrupted { error, stands: Box::default() }
    }
}

impl<R> fmt::Display for Interrupted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<R: fmt::Debug> std::error::Error for Interrupted<R> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl Account {
    /// The report on a run at that stage.
    pub fn of<R: Stage>(reached: &R, facts: &Facts) -> Self {
        let mut report = Report {
            changed: facts.changed,
            in_doubt: facts.in_doubt.map(Operation::name),
            leftovers: facts.leftovers.clone(),
            wrapping_algorithm: facts.wrapping.map(|wrapping| wrapping.algorithm.name()),
            wrapping_key_spec: facts.wrapping.map(|wrapping| wrapping.key_spec.name()),
            ..Report::default()
        };
        reached.tell(&mut report);
        if let Some(backup) = &facts.backup {
            report.escrow = Some(backup.path.clone());
            report.escrow_recipients = backup.recipients().to_vec();
        }
        report.token.clone_from(&facts.token);
        report.plaintext = Plaintext::of(&report, facts);
        Account { report, next: reached.next(facts), facts: facts.clone() }
    }

    /// Of a run that did not end well: no file is removed that what completes it may need.
    pub fn broken_off(mut self) -> Self {
        if let Some(plaintext) = self.report.plaintext.as_mut().filter(|_| self.next.may_need_bytes()) {
            plaintext.remove = None;
        }
        self
    }

    /// With how AWS was reached.
    pub fn at(mut self, kms: &Kms) -> Self {
        self.report.region = Some(kms.region().clone());
        self.report.endpoint = kms.endpoint().map(str::to_owned);
        self.report.rehearsal = kms.seen_rehearsal();
        self
    }
}
