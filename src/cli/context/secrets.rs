//! Files with secrets, and key material: what is said about them, and refused with `--strict`.

use std::path::Path;

use kms_byok::material::KeyMaterial;
use kms_byok::{Error, FileError, MaterialError, Progress, Secret};

use super::Context;

impl Context {
    /// Reads a file that holds a secret. That others can read it is warned about, and refused with `--strict`.
    pub(crate) fn read_secret(&self, what: &'static str, path: &Path, limit: usize) -> Result<Secret, FileError> {
        Secret::read_file_minding(what, path, limit, |mode| self.mind(what, path, mode))
    }

    /// Says how key material was read, and what is weak about it: warned about, and refused with `--strict`.
    pub(crate) fn account_for(&self, material: &KeyMaterial) -> Result<(), Error> {
        if let Some(reading) = material.reading() {
            for sentence in reading.sentences() {
                self.talk.step(&sentence);
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

    fn mind(&self, what: &'static str, path: &Path, mode: u32) -> Result<(), FileError> {
        let error = FileError::OpenToOthers { what, path: path.to_owned(), mode };
        if self.global.strict {
            return Err(error);
        }
        self.talk.warn(&error.to_string());
        Ok(())
    }
}
