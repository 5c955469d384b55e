//! Where key material comes from, and how new material is made.

use crate::kms::KeyArn;
use crate::lifecycle::error::Error;
use crate::lifecycle::import::backup::{Backup, Stored};
use crate::lifecycle::import::given::Given;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::material::{KeyMaterial, KeySpec};
use crate::wrap::{Held, MakesKey};

/// Where the key material comes from.
pub enum Material {
    /// OpenSSL's random generator, or the token that the backup names, once it is sure that a key waits for it.
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

    /// A new key that a token makes and keeps. The token is the backup.
    pub fn generate_in(maker: Box<dyn MakesKey>) -> Self {
        Material::Generate(Backup::InToken(maker))
    }

    /// Refuses what cannot be wrapped so as key material of `spec`.
    pub(crate) fn check(&self, spec: KeySpec, wrapping: Wrapping) -> Result<(), Error> {
        let Wrapping { algorithm, key_spec } = wrapping;
        match self {
            Material::Given(given) => {
                algorithm.check(spec, key_spec, given.length())?;
                Ok(given.check(algorithm, key_spec)?)
            }
            Material::Generate(backup) => {
                algorithm.check(spec, key_spec, None)?;
                match backup {
                    Backup::InToken(maker) => Ok(maker.check(algorithm, key_spec)?),
                    _ => Ok(()),
                }
            }
        }
    }

    /// Refuses to make a key in a token whose name another one has: before there is a key in KMS for it, or for that one.
    pub(crate) fn check_free(&self, key: Option<&KeyArn>) -> Result<(), Error> {
        match self {
            Material::Generate(Backup::InToken(maker)) => Ok(maker.check_free(key.map(|arn| &**arn.id()))?),
            _ => Ok(()),
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

/// New material for that key; its copy is on disk before KMS gets it, or it is in a token.
pub(crate) fn generate(
    spec: KeySpec,
    backup: &Backup,
    key: &KeyArn,
    run: &dyn Ongoing,
) -> Result<(Box<dyn Held>, Stored), Error> {
    let progress = run.progress();
    if let Backup::InToken(maker) = backup {
        let held = maker.make(Some(&**key.id()))?;
        run.note(|facts| facts.given(&*held));
        let object = held.token().cloned().unwrap_or_default();
        progress.step(&match object.made {
            true => format!("made {object}; its bytes stay there"),
            false => format!("going on with {object}, which an earlier run has made for this key"),
        });
        return Ok((held, Stored::in_token(object)));
    }
    let material = KeyMaterial::generate(spec)?;
    progress.step(&format!(
        "generated {} bytes of key material with {}",
        material.byte_count(),
        openssl::version::version()
    ));
    let stored = backup.put(&material, progress)?;
    Ok((Box::new(material), stored))
}
