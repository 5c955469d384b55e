//! Key material that the user has, and the encrypted backup that is made of it before KMS gets it.

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;

use crate::escrow::{EscrowError, Recipient};
use crate::kms::{Operation, Reason};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::import::backup::{Backup, Stored};
use crate::lifecycle::import::bytes::Bytes;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::material::KeyMaterial;
use crate::wrap::Held;

/// Key material that was read and checked. It reads as that: `given.spec()`. The key itself may be elsewhere, as in a token.
pub struct Given {
    material: Box<dyn Held>,
    backup: Option<Backup>,
}

impl Given {
    /// That key material, of which the caller keeps what copies there are.
    pub fn new(material: KeyMaterial) -> Self {
        Given { material: Box::new(material), backup: None }
    }

    /// A key that something else holds and wraps, as a token does. No backup is made of it here: its bytes are not at hand.
    pub fn held(key: Box<dyn Held>) -> Self {
        Given { material: key, backup: None }
    }

    /// With an encrypted backup of the very bytes that are imported, for all these recovery certificates.
    pub fn escrow(self, recipients: Vec<Recipient>, out: PathBuf) -> Self {
        Given { backup: Some(Backup::Escrow { recipients, out }), ..self }
    }

    /// The backup that is made of it.
    pub fn backup(&self) -> Option<&Backup> {
        self.backup.as_ref()
    }

    /// Refuses early what making the backup would refuse at the end.
    pub(crate) fn check_backup(&self) -> Result<(), Error> {
        let Some(backup) = &self.backup else { return Ok(()) };
        backup.check()?;
        self.material.bytes().map_or(Ok(()), |material| backup.check_opens_without(material))
    }

    /// The key material alone.
    pub fn into_held(self) -> Box<dyn Held> {
        self.material
    }

    /// Makes the backup, on disk before KMS gets the key material.
    pub(crate) fn store(&self, run: &dyn Ongoing) -> Result<Option<Stored>, Error> {
        let Some(backup) = &self.backup else { return Ok(None) };
        let stored = backup.put(self.material.bytes().ok_or(EscrowError::NotHere)?, run.progress())?;
        if let Bytes::Stored(backup) = &stored.bytes {
            run.note(|facts| facts.backup = Some(backup.clone()));
        }
        Ok(Some(stored))
    }

    /// For a key that had its key material before the run. A file that is there is left as it is: it cannot be opened here. A backup that is
    /// missing is made where the key is known to hold these bytes.
    pub(crate) fn store_of_existing(&self, is_its: bool, run: &dyn Ongoing) -> Result<(), Error> {
        let Some(path) = self.backup.as_ref().and_then(Backup::path) else { return Ok(()) };
        let shown = path.display();
        if fs::symlink_metadata(path).is_ok() {
            run.progress().note(&format!("`{shown}` stays as it is: nothing was imported, and it was not opened"));
        } else if is_its {
            self.store(run)?;
        } else {
            run.warn(format!(
                "`{shown}` was not made: nothing was imported, and whether the key has these bytes is not known"
            ));
        }
        Ok(())
    }

    /// Whether it is missing, where a run that imports nothing would make it.
    pub(crate) fn is_backup_missing(&self) -> bool {
        self.backup.as_ref().and_then(Backup::path).is_some_and(|path| fs::symlink_metadata(path).is_err())
    }
}

impl Deref for Given {
    type Target = dyn Held;

    fn deref(&self) -> &(dyn Held + 'static) {
        &*self.material
    }
}

/// What becomes of the backup of given key material once its import has ended: bytes that KMS does not have do not stay under the name that
/// the user gave, and what had that name before gets it back.
pub(crate) fn settle<T>(stored: Option<&Stored>, ended: Result<T, Error>, run: &dyn Ongoing) -> Result<T, Error> {
    match (stored, &ended) {
        (Some(stored), Ok(_)) => stored.keep_in_place(run.progress())?,
        (Some(stored), Err(error)) if is_not_taken(error, run) => {
            run.note(|facts| facts.backup = None);
            stored.put_aside(run.progress())?;
        }
        _ => {}
    }
    ended
}

/// Whether KMS does not have the bytes as what they were imported as, and will not take them so.
fn is_not_taken(error: &Error, run: &dyn Ongoing) -> bool {
    if let Error::Lifecycle(LifecycleError::OtherPending { .. } | LifecycleError::EarlierMaterial { .. }) = error {
        return true;
    }
    let refused = error.refused_operation() == Some(Operation::ImportKeyMaterial) && !error.may_have_changed();
    let never = matches!(error.reason(), Some(Reason::IncorrectKeyMaterial | Reason::InvalidCiphertext));
    refused && run.facts().sent.is_empty() && (never || !run.facts().may_have_changed())
}
