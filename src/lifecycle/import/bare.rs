//! `import` of bare files: a blob and a token that no `parameters.json` binds together.

use std::path::{Path, PathBuf};

use crate::file_checks::fixes::Place;
use crate::file_checks::wrapped_blob::Making;
use crate::files;
use crate::kms::{Imported, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::parameters::check_importable;
use crate::lifecycle::import::{ImportOptions, Parcel, Purpose, send};
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::parameters::bare::BareDirectory;
use crate::parameters::blob_file::{self, BLOB, TOKEN};

/// Enough to see base64 of the longest blob.
const READ_LIMIT: usize = 16 * 1024;

/// A blob and a token as bare files, whose belonging together nothing vouches for.
pub struct BareImport {
    /// The wrapped key material: raw bytes.
    pub encrypted: Vec<u8>,
    /// The import token: raw bytes.
    pub token: Vec<u8>,
    path: PathBuf,
    token_path: PathBuf,
    place: Place,
}

impl BareImport {
    /// Reads the two files and refuses what cannot be a blob and a token: swapped, encoded, too long (KMS takes 6144 bytes of each).
    ///
    /// # Errors
    /// [`Error::Parameters`] with what is wrong with which file, [`Error::Wrap`] for a blob in the clear or as text, [`Error::File`] for a
    /// file that cannot be read.
    pub fn load(encrypted: &Path, token: &Path) -> Result<Self, Error> {
        Self::load_from(encrypted, token, Place::Anywhere)
    }

    /// Reads the two files of a directory without `parameters.json`.
    ///
    /// # Errors
    /// As [`BareImport::load`].
    pub fn load_directory(bare: &BareDirectory) -> Result<Self, Error> {
        Self::load_from(&bare.encrypted, &bare.import_token, Place::Fixed)
    }

    fn load_from(encrypted: &Path, token: &Path, place: Place) -> Result<Self, Error> {
        let blob = files::read(BLOB, encrypted, READ_LIMIT)?;
        let token_bytes = files::read(TOKEN, token, READ_LIMIT)?;
        blob_file::check_kind(BLOB, encrypted, &blob, place)?;
        let (path, token_path) = (encrypted.to_owned(), token.to_owned());
        let bare = BareImport { encrypted: blob, token: token_bytes, path, token_path, place };
        if !blob_file::is_foreign_token(&bare.token) {
            bare.check_token(None)?;
        }
        Ok(bare)
    }

    /// Refuses a token that cannot be one. A short text may be one at an endpoint that is not AWS's: `endpoint` is its URL.
    ///
    /// # Errors
    /// As [`BareImport::load`].
    pub fn check_token(&self, endpoint: Option<&str>) -> Result<(), Error> {
        if endpoint.is_some() && blob_file::is_foreign_token(&self.token) {
            return Ok(());
        }
        Ok(blob_file::check_kind(TOKEN, &self.token_path, &self.token, self.place)?)
    }
}

/// Imports bare files.
pub(crate) async fn import_bare(
    kms: &Kms,
    key: &Vouched,
    bare: &BareImport,
    options: &ImportOptions,
    run: &dyn Ongoing,
) -> Result<Imported, Error> {
    check_importable(key)?;
    bare.check_token(kms.endpoint())?;
    let making = Making { spec: Some(key.spec.known()?), ..Making::default() };
    blob_file::check(&bare.path, &bare.encrypted, &making, bare.place)?;
    let (encrypted, token, purpose) = (&*bare.encrypted, &*bare.token, Purpose::Import);
    send(kms, key, &Parcel { encrypted, token, options, purpose }, run).await
}
