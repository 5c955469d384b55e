//! Which files still hold the key material of a run in plaintext, and whether an encrypted backup of it exists. The program removes none:
//! whoever does must know first that KMS has the key material.

use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::report::{Plaintext, Report};
use crate::posix;
use crate::proof::{Claim, Proof};

impl Plaintext {
    /// What is known of it; nothing for a run that has no key material at hand.
    pub(crate) fn of(report: &Report, facts: &Facts) -> Option<Self> {
        if facts.token.is_some() {
            return None;
        }
        let places = facts.places.as_ref();
        if places.is_none() && !report.generated && report.kept.is_none() {
            return None;
        }
        let mut files = places.map(|places| places.plaintext.clone()).unwrap_or_default();
        if let Some(kept) = report.kept.as_ref().filter(|kept| !files.contains(kept)) {
            files.push(kept.clone());
        }
        let encrypted_backup = report.escrow.clone().or(places.and_then(|places| places.encrypted.clone()));
        let remove = (!files.is_empty() && is_in_kms(report, facts)).then(|| posix::removal(&files));
        Some(Plaintext { files, encrypted_backup, remove })
    }
}

/// Whether the run came to its proof, nothing contradicts, and the key material is known to be the key's: KMS has taken it in this run, or has
/// shown that it holds it.
fn is_in_kms(report: &Report, facts: &Facts) -> bool {
    let of_replicas = report.replicas.iter().map(|replica| replica.proof.as_ref());
    let proofs: Vec<&Proof> = std::iter::once(report.proof.as_ref()).chain(of_replicas).flatten().collect();
    let shown = !facts.sent.is_empty() || proofs.iter().any(|proof| proof.has_shown(Claim::Bytes));
    shown && !proofs.is_empty() && proofs.iter().all(|proof| proof.contradiction().is_none())
}
