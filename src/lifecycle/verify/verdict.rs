//! What a proof means for the run that asked for it.

use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::run::journal::Journal;
use crate::proof::{Level, Outcome, Proof};

/// Writes a proof down, and turns a contradiction into a failure.
pub fn conclude(proof: Proof, journal: &Journal) -> Result<(), Error> {
    for sentence in proof.proven() {
        journal.step(format!("proven: {sentence}"));
    }
    for sentence in proof.not_proven() {
        journal.step(format!("not proven: {sentence}"));
    }
    let judged = judge(&proof);
    journal.proved(proof);
    judged
}

/// A contradiction is a failure, and a missing permission is one where everything was to be proven.
pub(crate) fn judge(proof: &Proof) -> Result<(), Error> {
    match proof.outcome() {
        Outcome::Contradicted => {
            let contradiction = proof.contradiction().unwrap_or_default().to_owned();
            Err(KeyError::ProofContradicts { contradiction }.into())
        }
        Outcome::NotPermitted if proof.level == Level::Full => {
            Err(KeyError::ProofNotPermitted { refused: proof.not_permitted().join(", ") }.into())
        }
        _ => Ok(()),
    }
}
