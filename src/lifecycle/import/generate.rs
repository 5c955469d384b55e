//! Where key material comes from, and how new material is made.

use crate::lifecycle::error::Error;
use crate::lifecycle::import::backup::{Backup, Stored};
use crate::lifecycle::run::journal::Journal;
use crate::material::{KeyMaterial, KeySpec};

/// Where the key material comes from.
pub enum Source {
    /// OpenSSL's random generator, once it is sure that a key waits for it.
    Generate(Backup),
    /// It was read and checked.
    Given(KeyMaterial),
}

/// New material; its copy is on disk before KMS gets it.
pub(crate) fn generate(spec: KeySpec, backup: &Backup, journal: &Journal) -> Result<(KeyMaterial, Stored), Error> {
    let material = KeyMaterial::generate(spec)?;
    journal.note(|report| report.generated = true);
    journal.step(format!(
        "generated {} bytes of key material with {}",
        material.byte_count(),
        openssl::version::version()
    ));
    let stored = backup.put(&material, journal)?;
    Ok((material, stored))
}
