//! Where key material lies outside KMS.

use std::path::PathBuf;

/// The files that key material was read from. What came from standard input has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Those that hold it in plaintext.
    pub plaintext: Vec<PathBuf>,
    /// One that holds it encrypted: an escrow file, or a private key under a passphrase.
    pub encrypted: Option<PathBuf>,
}

impl Places {
    /// With those of other key material.
    pub(crate) fn extend(&mut self, more: &Places) {
        for file in &more.plaintext {
            if !self.plaintext.contains(file) {
                self.plaintext.push(file.clone());
            }
        }
        if self.encrypted.is_none() {
            self.encrypted.clone_from(&more.encrypted);
        }
    }
}
