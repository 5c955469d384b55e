//! What a run has done so far, readable at any moment and from any thread: also when it fails, is stopped or panics.

use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_types::DateTime;

use crate::diagnose::Diagnosis;
use crate::kms::{AliasOutcome, KeyArn, KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::attempt::ImportAttempt;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::run::report::{ProvenKey, ReplicaReport, Report, RotationReport};
use crate::progress::Progress;
use crate::proof::Proof;
use crate::time::rfc3339;

/// A part of the account. It is locked for one statement at a time, and a panic meanwhile leaves it readable.
#[derive(Default)]
pub(crate) struct Part<T>(Mutex<T>);

impl<T> Part<T> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the account while a run goes on, and knows whether AWS may have changed.
pub struct Journal {
    report: Part<Report>,
    /// The changing call under way, or whose reply was lost.
    uncertain: Part<Option<&'static str>>,
    /// Why KMS refused an import, as far as it can be told.
    explanation: Part<Option<Diagnosis>>,
    /// Every passage of key material, and every proof: a run over several Regions has more than one.
    pub(crate) transfers: Part<Vec<ImportAttempt>>,
    proofs: Part<Vec<ProvenKey>>,
    /// Every import that KMS has answered.
    sent: Part<Vec<Sent>>,
    /// Whether KMS said after such an import that nothing was ever imported.
    empty: Part<bool>,
    /// Whether a change of an earlier run is under way that this run waits for.
    awaited: Part<bool>,
    /// The connection, once there is one.
    kms: Part<Option<Kms>>,
    /// The id by which a key is found whose creation was not answered.
    request: Part<Option<String>>,
    /// Passed by every changing call before it is sent.
    gate: Part<()>,
    talk: Arc<dyn Progress + Send>,
}

impl Journal {
    /// An empty account.
    pub fn new(talk: Arc<dyn Progress + Send>) -> Self {
        Journal {
            report: Part::default(),
            uncertain: Part::default(),
            explanation: Part::default(),
            transfers: Part::default(),
            proofs: Part::default(),
            kms: Part::default(),
            request: Part::default(),
            gate: Part::default(),
            sent: Part::default(),
            empty: Part::default(),
            awaited: Part::default(),
            talk,
        }
    }

    /// The account so far.
    pub fn report(&self) -> Report {
        let mut report = self.report.lock().clone();
        // Only the first reply tells.
        report.rehearsal |= self.kms.lock().as_ref().is_some_and(Kms::seen_rehearsal);
        report
    }

    /// Keeps the run from sending another call that changes AWS, for as long as the process lives: whoever reports on a run
    /// that goes on in another thread does so of a state that lasts. A call that is under way already is `uncertain`.
    pub fn close(&self) {
        mem::forget(self.gate.lock());
    }

    /// Whether AWS changed, or may have: because a reply did not arrive, or because a change of an earlier run is under way.
    pub fn may_have_changed(&self) -> bool {
        self.report.lock().changed || self.uncertain.lock().is_some() || *self.awaited.lock()
    }

    /// The call whose effect is unknown.
    pub fn uncertain(&self) -> Option<&'static str> {
        *self.uncertain.lock()
    }

    /// Why KMS refused an import.
    pub fn explain(&self, explanation: Option<Diagnosis>) {
        *self.explanation.lock() = explanation;
    }

    /// What was found out about a refused import.
    pub fn explanation(&self) -> Option<Diagnosis> {
        self.explanation.lock().clone()
    }

    /// Every passage of key material so far.
    pub fn transfers(&self) -> Vec<ImportAttempt> {
        self.transfers.lock().clone()
    }

    /// Whether the key has key material of this run: KMS has taken it, and did not say afterwards that nothing was ever imported.
    pub fn has_imported(&self) -> bool {
        !self.sent.lock().is_empty() && !*self.empty.lock()
    }

    /// KMS has taken key material.
    pub(crate) fn note_sent(&self, sent: Sent) {
        self.sent.lock().push(sent);
    }

    /// What KMS has taken for that key, in order.
    pub(crate) fn sent_to(&self, key_arn: &str) -> Vec<Sent> {
        self.sent.lock().iter().filter(|sent| sent.key_arn == key_arn).cloned().collect()
    }

    /// Whether a change that an earlier run has begun is waited for.
    pub(crate) fn await_earlier(&self, awaited: bool) {
        *self.awaited.lock() = awaited;
    }

    /// KMS says that nothing was ever imported.
    pub(crate) fn note_empty(&self) {
        *self.empty.lock() = true;
    }

    /// Every proof so far.
    pub fn proofs(&self) -> Vec<ProvenKey> {
        self.proofs.lock().clone()
    }

    /// The connection of the run; clients of other Regions share what it has seen.
    pub fn kms(&self) -> Option<Kms> {
        self.kms.lock().clone()
    }

    /// There is a connection, and nothing was asked yet.
    pub fn connected(&self, kms: &Kms) {
        self.note_kms(kms);
    }

    /// The id of the request for a key that nobody has seen.
    pub fn lost_request(&self) -> Option<String> {
        self.uncertain().filter(|operation| *operation == "CreateKey")?;
        self.request.lock().clone()
    }

    pub(crate) fn requested(&self, id: &str) {
        *self.request.lock() = Some(id.to_owned());
    }

    /// The run is a rehearsal in this process.
    pub fn begin_rehearsal(&self) {
        self.note(|report| report.rehearsal = true);
    }

    /// The key that the run is about.
    pub fn begin(&self, kms: &Kms, key: &KeyDescription) {
        self.note_kms(kms);
        self.note_key(key);
    }

    /// What was uncertain was found in AWS.
    pub(crate) fn settled(&self) {
        self.note(|report| report.changed = true);
        *self.uncertain.lock() = None;
    }

    pub(crate) fn note(&self, edit: impl FnOnce(&mut Report)) {
        edit(&mut self.report.lock());
    }

    /// A proof was made or tried.
    pub(crate) fn proved(&self, proof: Proof) {
        let key_arn = self.report.lock().key_arn.as_ref().map(ToString::to_string);
        self.proofs.lock().push(ProvenKey { key_arn, proof: proof.clone() });
        self.note(|report| report.proof = Some(proof));
    }

    pub(crate) fn note_kms(&self, kms: &Kms) {
        self.kms.lock().get_or_insert_with(|| kms.clone());
        self.note(|report| {
            report.region = Some(kms.region().clone());
            report.endpoint = kms.endpoint().map(str::to_owned);
            report.rehearsal |= kms.seen_rehearsal();
        });
    }

    pub(crate) fn note_key(&self, key: &KeyDescription) {
        self.note(|report| {
            report.key_arn = Some(key.arn.clone());
            report.key_id = Some(key.arn.id().clone());
            report.key_spec = Some(key.spec.clone());
            report.key_usage = Some(key.usage.clone());
            report.key_state = Some(key.state);
            report.expires = key.expires.map(rfc3339);
            if key.current_key_material_id.is_some() {
                report.key_material_id.clone_from(&key.current_key_material_id);
            }
        });
    }

    /// Notes what this run did to the rotation.
    pub(crate) fn note_rotation(&self, edit: impl FnOnce(&mut RotationReport)) {
        self.note(|report| edit(report.rotation.get_or_insert_default()));
    }

    /// Notes what stands in another Region.
    pub(crate) fn note_replica(&self, key: &KeyDescription, edit: impl FnOnce(&mut ReplicaReport)) {
        self.note(|report| {
            let known = report.replicas.iter().position(|replica| key.arn == replica.key_arn);
            let index = known.unwrap_or_else(|| {
                report.replicas.push(ReplicaReport::default());
                report.replicas.len() - 1
            });
            let replica = &mut report.replicas[index];
            replica.key_arn = key.arn.to_string();
            replica.region = key.arn.region().to_string();
            replica.key_state = key.state.to_string();
            replica.key_material_id.clone_from(&key.current_key_material_id);
            replica.expires = key.expires.map(rfc3339);
            edit(replica);
        });
    }

    pub(crate) fn step(&self, text: impl AsRef<str>) {
        self.talk.step(text.as_ref());
    }

    pub(crate) fn detail(&self, text: impl AsRef<str>) {
        self.talk.detail(text.as_ref());
    }

    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        self.talk.warn(text.as_ref());
    }

    /// Runs a call that changes AWS. Whatever interrupts it, the account says that it may have happened.
    pub(crate) async fn changing<T, E: Into<Error>>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error> {
        {
            let _open = self.gate.lock();
            *self.uncertain.lock() = Some(operation);
        }
        let result = call.await.map_err(Into::into);
        match &result {
            // In this order, so that at every moment one of the two says that something may have changed.
            Ok(_) => self.settled(),
            Err(error) if error.may_have_changed() => {}
            Err(_) => *self.uncertain.lock() = None,
        }
        result
    }

    /// CreateAlias. An alias that was there already is no change.
    pub(crate) async fn naming(&self, kms: &Kms, alias: &AliasName, key_arn: &str) -> Result<AliasOutcome, Error> {
        let before = self.report.lock().changed;
        let made = self.changing("CreateAlias", kms.create_alias(alias.as_str(), key_arn)).await?;
        if made == AliasOutcome::Exists {
            self.note(|report| report.changed = before);
        }
        Ok(made)
    }
}

/// One answered import.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) key_arn: KeyArn,
    /// Symmetric keys only.
    pub(crate) id: Option<String>,
    pub(crate) expires: Option<DateTime>,
}
