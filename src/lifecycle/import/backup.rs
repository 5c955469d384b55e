//! The copy of key material: on disk before KMS gets the key, and never overwritten or deleted afterwards.

use std::path::{Path, PathBuf};

use crate::escrow::{self, EscrowError, Recipient};
use crate::files::{self, FileId};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::bytes::{BackupForm, Bytes, StoredBackup, Unstored};
use crate::material::{KeyMaterial, TokenObject};
use crate::progress::Progress;
use crate::wrap::MakesKey;

/// The backup of key material. Of generated key material there is no default, so that nobody loses the only copy by leaving a flag out.
pub enum Backup {
    /// Encrypted for recovery certificates: a CMS file in DER.
    Escrow {
        /// Who can open it, each alone.
        recipients: Vec<Recipient>,
        /// The file.
        out: PathBuf,
    },
    /// In plaintext, as the bytes that are wrapped, in this file of mode 0600.
    Keep(PathBuf),
    /// None: KMS holds the only copy.
    Discard,
    /// The token that makes the key, and keeps it.
    InToken(Box<dyn MakesKey>),
}

/// A copy that is on disk, and the file that had its name before.
pub(crate) struct Stored {
    pub(crate) bytes: Bytes,
    id: Option<FileId>,
    superseded: Option<PathBuf>,
}

impl Backup {
    /// Refuses early what [`Backup::store`] would refuse at the end.
    ///
    /// # Errors
    /// [`Error::File`] for a path that cannot be written to, and one whose file could not be moved aside.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Backup::Escrow { out, .. } => Ok(files::check_output("escrow file", out)?),
            Backup::Keep(path) => Ok(files::check_output("plaintext key file", path)?),
            Backup::Discard | Backup::InToken(_) => Ok(()),
        }
    }

    /// Puts the copy on disk, synced. A file that is there is renamed to `NAME.superseded-<UTC>`: it may be the only copy of another key.
    ///
    /// # Errors
    /// [`Error::File`] where the file cannot be written or the old one moved, [`Error::Escrow`] without a recipient, [`Error::OpenSsl`]
    /// where OpenSSL has no CMS or fails.
    pub fn store(&self, material: &KeyMaterial, progress: &dyn Progress) -> Result<Bytes, Error> {
        Ok(self.put(material, progress)?.bytes)
    }

    /// The same, and what is to be undone if KMS does not take the material.
    pub(crate) fn put(&self, material: &KeyMaterial, progress: &dyn Progress) -> Result<Stored, Error> {
        self.check_opens_without(material)?;
        let path = self.path();
        let superseded = path.map(files::supersede).transpose()?.flatten();
        if let (Some(path), Some(moved)) = (path, &superseded) {
            progress.warn(&format!("`{}` existed and may hold a key: it is now `{}`", path.display(), moved.display()));
        }
        let (form, path, id) = match self {
            Backup::InToken(_) => return Err(EscrowError::NotHere.into()),
            Backup::Discard => return Ok(Stored { bytes: Bytes::Unstored(Unstored::Discarded), id: None, superseded }),
            Backup::Keep(path) => {
                let id = files::put_plaintext_file(path, material.expose())?;
                progress.step(&format!("kept the plaintext in `{}`", path.display()));
                (BackupForm::Plaintext, path.clone(), id)
            }
            Backup::Escrow { recipients, out } => {
                let sealed = escrow::seal(material.expose(), recipients)?;
                let id = files::put_durable_file("escrow file", out, &sealed)?;
                let recipients: Vec<_> = recipients.iter().map(|recipient| recipient.identity().clone()).collect();
                for identity in &recipients {
                    progress.note(&format!(
                        "encrypted a copy for {}, certificate SHA-256 {}",
                        identity.subject, identity.sha256
                    ));
                }
                progress.step(&format!("the copy is in `{}`", out.display()));
                (BackupForm::Escrow(recipients), out.clone(), id)
            }
        };
        Ok(Stored { bytes: Bytes::Stored(StoredBackup { path, form }), id, superseded })
    }

    /// Refuses an escrow file that only the key in it opens.
    pub(crate) fn check_opens_without(&self, material: &KeyMaterial) -> Result<(), Error> {
        let Backup::Escrow { recipients, .. } = self else { return Ok(()) };
        let Some(public_key) = material.public_key()? else { return Ok(()) };
        match recipients.iter().find(|recipient| recipient.has_public_key(&public_key)) {
            Some(own) => Err(EscrowError::OwnCertificate { subject: own.identity().subject.clone() }.into()),
            None => Ok(()),
        }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Backup::Escrow { out, .. } => Some(out),
            Backup::Keep(path) => Some(path),
            Backup::Discard | Backup::InToken(_) => None,
        }
    }
}

impl Stored {
    /// A key that was made in a token and stays there.
    pub(crate) fn in_token(object: TokenObject) -> Self {
        let backup = StoredBackup { path: PathBuf::from(&object.uri), form: BackupForm::Token(object) };
        Stored { bytes: Bytes::Stored(backup), id: None, superseded: None }
    }

    fn path(&self) -> Option<&Path> {
        match &self.bytes {
            Bytes::Stored(StoredBackup { form: BackupForm::Token(_), .. }) | Bytes::Unstored(_) => None,
            Bytes::Stored(backup) => Some(&backup.path),
        }
    }

    /// Renames the backup of key material that KMS does not have, so that nobody takes it for the key's, and gives the file that had its
    /// name before that name back. Gives the path of the latter.
    pub(crate) fn put_aside(&self, progress: &dyn Progress) -> Result<Option<&Path>, Error> {
        if let Bytes::Stored(StoredBackup { form: BackupForm::Token(object), .. }) = &self.bytes {
            progress.warn(&format!("{object} stays there, and KMS does not have it"));
        }
        let Some(path) = self.path() else { return Ok(None) };
        // Another run may have put its own copy there by now.
        if FileId::of(path) == self.id
            && let Some(moved) = files::supersede(path)?
        {
            progress.warn(&format!("the unused key material is in `{}`", moved.display()));
        }
        let Some(superseded) = &self.superseded else { return Ok(None) };
        if !files::give_back(superseded, path)? {
            return Ok(None);
        }
        progress.warn(&format!("`{}` is `{}` again", superseded.display(), path.display()));
        Ok(Some(path))
    }

    /// KMS has taken this material: its copy gets its name back if another run, which comes too late, has put its own there.
    pub(crate) fn keep_in_place(&self, progress: &dyn Progress) -> Result<(), Error> {
        let (Some(path), Some(id)) = (self.path(), self.id) else { return Ok(()) };
        if FileId::of(path) == self.id {
            return Ok(());
        }
        let Some(ours) = id.find_beside(path) else { return Ok(()) };
        if let Some(moved) = files::supersede(path)? {
            progress.warn(&format!("the unused key material of another run is in `{}`", moved.display()));
        }
        if files::give_back(&ours, path)? {
            progress.warn(&format!("`{}` is `{}` again", ours.display(), path.display()));
        }
        Ok(())
    }
}
