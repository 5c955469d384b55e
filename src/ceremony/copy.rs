//! The copy of generated key material: on disk before KMS gets the key, and never overwritten or deleted afterwards.

use std::path::{Path, PathBuf};

use super::Journal;
use crate::error::Error;
use crate::escrow::{self, Recipient};
use crate::files;
use crate::material::KeyMaterial;

/// What happens to generated key material besides its import. There is no default: nobody loses the only copy by silence.
pub enum Copy {
    /// Encrypted for recovery certificates (CMS).
    Escrow {
        /// Who can open it.
        recipients: Vec<Recipient>,
        /// The file.
        out: PathBuf,
    },
    /// In plaintext, mode 0600.
    Keep(PathBuf),
    /// KMS holds the only one.
    Discard,
}

impl Copy {
    /// Refuses early what `store` would refuse at the end.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Copy::Escrow { out, .. } => Ok(files::check_output("escrow file", out)?),
            Copy::Keep(path) => Ok(files::check_output("plaintext key file", path)?),
            Copy::Discard => Ok(()),
        }
    }

    /// Puts the copy on disk, synced. A file that is there is moved aside: it may be the only copy of another key.
    pub fn store(&self, material: &KeyMaterial, journal: &Journal) -> Result<(), Error> {
        if let Some(path) = self.path()
            && let Some(moved) = files::supersede(path)?
        {
            journal.warn(format!("`{}` existed and may hold a key: it is now `{}`", path.display(), moved.display()));
        }
        match self {
            Copy::Discard => {}
            Copy::Keep(path) => {
                files::put_plaintext(path, material.expose())?;
                journal.note(|report| report.kept = Some(path.clone()));
                journal.step(format!("kept the plaintext in `{}`", path.display()));
            }
            Copy::Escrow { recipients, out } => {
                let sealed = escrow::seal(material.expose(), recipients)?;
                files::put_durable("escrow file", out, &sealed)?;
                for recipient in recipients {
                    let identity = recipient.identity();
                    journal.step(format!(
                        "encrypted a copy for {}, certificate SHA-256 {}",
                        identity.subject, identity.sha256
                    ));
                }
                journal.step(format!("the copy is in `{}`", out.display()));
                journal.note(|report| {
                    report.escrow = Some(out.clone());
                    report.escrow_recipients =
                        recipients.iter().map(|recipient| recipient.identity().clone()).collect();
                });
            }
        }
        Ok(())
    }

    /// Renames the copy of material that KMS does not have, so that nobody takes it for the key's.
    pub(super) fn put_aside(&self, journal: &Journal) -> Result<(), Error> {
        if let Some(path) = self.path()
            && let Some(moved) = files::supersede(path)?
        {
            journal.warn(format!("the unused key material is in `{}`", moved.display()));
        }
        journal.note(|report| {
            report.kept = None;
            report.escrow = None;
            report.escrow_recipients.clear();
        });
        Ok(())
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Copy::Escrow { out, .. } => Some(out),
            Copy::Keep(path) => Some(path),
            Copy::Discard => None,
        }
    }
}
