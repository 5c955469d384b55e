//! Files with secrets, and key material: what is said about them, and refused with `--strict`.

use std::path::Path;

use kms_byok::for_the_binary::files;
use kms_byok::material::KeyMaterial;
use kms_byok::{Error, FileError, MaterialError, Progress, Secret};

use super::Context;

impl Context {
    /// Reads a file that holds a secret. That others can read it is warned about, and refused with `--strict`.
    pub(crate) fn read_secret(&self, what: &'static str, path: &Path, limit: usize) -> Result<Secret, FileError> {
        Secret::read_file_minding(what, path, limit, |mode| self.mind(what, path, mode))
    }

    /// The same for a file that may be encrypted: such a one may be read by anybody.
    pub(crate) fn read_secret_or_sealed(
        &self,
        what: &'static str,
        path: &Path,
        is_sealed: impl Fn(&Secret) -> bool,
    ) -> Result<Secret, FileError> {
        let mut open = None;
        let noted = |mode| {
            open = Some(mode);
            Ok(())
        };
        let secret = Secret::read_file_minding(what, path, KeyMaterial::READ_LIMIT, noted)?;
        match open.filter(|_| !is_sealed(&secret)) {
            Some(mode) => self.mind(what, path, mode).map(|()| secret),
            None => Ok(secret),
        }
    }

    /// Whoever can replace a file that is trusted can do what it does: warned about, and refused with `--strict`.
    pub(crate) fn mind_writers(&self, files: &[(&'static str, &Path)]) -> Result<(), FileError> {
        for error in files::open_to_writers(files) {
            if self.global.strict {
                return Err(error);
            }
            self.talk.warn(&error.to_string());
        }
        Ok(())
    }

    /// Says how key material was read, and what is weak about it: warned about, and refused with `--strict`.
    pub(crate) fn account_for(&self, material: &KeyMaterial) -> Result<(), Error> {
        if let Some(reading) = material.reading() {
            for sentence in reading.sentences() {
                self.talk.note(&sentence);
            }
            let _ = self.reading.set(reading.clone());
        }
        for weakness in material.weaknesses() {
            if self.global.strict {
                return Err(MaterialError::Weak { id: weakness.id(), cause: weakness.to_string() }.into());
            }
            self.talk.warn(&weakness.to_string());
        }
        Ok(())
    }

    /// Says that others can read a file that holds a secret: refused with `--strict`.
    pub(crate) fn mind(&self, what: &'static str, path: &Path, mode: u32) -> Result<(), FileError> {
        let error = FileError::OpenToOthers { what, path: path.to_owned(), mode };
        if self.global.strict {
            return Err(error);
        }
        self.talk.warn(&error.to_string());
        Ok(())
    }
}
