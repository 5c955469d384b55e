//! What a proof means for the run that asked for it.

use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::run::stage::News;
use crate::proof::{Level, Outcome, Proof};

/// Says what was proven and what was not, and turns a contradiction into a failure.
pub(crate) fn conclude(proof: Proof, run: &dyn Ongoing) -> Result<Proof, Error> {
    for sentence in proof.proven() {
        run.step(format!("proven: {sentence}"));
    }
    for sentence in proof.not_proven() {
        run.step(format!("not proven: {sentence}"));
    }
    run.hear(&News::Proved(&proof));
    judge(&proof)?;
    Ok(proof)
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
