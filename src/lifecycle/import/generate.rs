//! Where key material comes from, and how new material is made.

use crate::lifecycle::error::Error;
use crate::lifecycle::import::backup::{Backup, Stored};
use crate::lifecycle::import::given::Given;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::material::{KeyMaterial, KeySpec};
use crate::progress::Progress;
use crate::wrap::Held;

/// Where the key material comes from.
pub enum Material {
    /// OpenSSL's random generator, once it is sure that a key waits for it.
    Generate(Backup),
    /// The caller's, which was read and checked.
    Given(Given),
}

/// New material whose backup is not chosen yet. There is no default, so that nobody loses the only copy by leaving it out.
pub struct Generate(());

impl Material {
    /// New material from OpenSSL's random generator.
    pub fn generate() -> Generate {
        Generate(())
    }

    /// Material that was read.
    pub fn given(material: KeyMaterial) -> Self {
        Material::Given(Given::new(material))
    }

    /// A key that something else holds and wraps, as a token does.
    pub fn held(key: Box<dyn Held>) -> Self {
        Material::Given(Given::held(key))
    }

    /// Refuses what cannot be wrapped so as key material of `spec`.
    pub(crate) fn check(&self, spec: KeySpec, wrapping: Wrapping) -> Result<(), Error> {
        let Wrapping { algorithm, key_spec } = wrapping;
        match self {
            Material::Given(given) => {
                algorithm.check(spec, key_spec, given.length())?;
                Ok(given.check(algorithm, key_spec)?)
            }
            Material::Generate(_) => Ok(algorithm.check(spec, key_spec, None)?),
        }
    }

    /// The backup that is made of it.
    pub fn backup(&self) -> Option<&Backup> {
        match self {
            Material::Generate(backup) => Some(backup),
            Material::Given(given) => given.backup(),
        }
    }

    /// Refuses early what storing the backup would refuse at the end.
    pub(crate) fn check_backup(&self) -> Result<(), Error> {
        match self {
            Material::Generate(backup) => backup.check(),
            Material::Given(given) => given.check_backup(),
        }
    }
}

impl Generate {
    /// Chooses the backup.
    pub fn backup(self, backup: Backup) -> Material {
        Material::Generate(backup)
    }
}

/// New material; its copy is on disk before KMS gets it.
pub(crate) fn generate(
    spec: KeySpec,
    backup: &Backup,
    progress: &dyn Progress,
) -> Result<(KeyMaterial, Stored), Error> {
    let material = KeyMaterial::generate(spec)?;
    progress.step(&format!(
        "generated {} bytes of key material with {}",
        material.byte_count(),
        openssl::version::version()
    ));
    let stored = backup.put(&material, progress)?;
    Ok((material, stored))
}
