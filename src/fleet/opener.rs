//! The private key that opens escrow files.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use openssl::pkey::{PKey, Private};

use crate::escrow::{self, EscrowFile};
use crate::lifecycle::Error;
use crate::material::{Format, KeyMaterial, KeySpec, NoPassphrase, Places};

/// The private key of a recipient of escrow files.
#[derive(Clone)]
pub struct Opener(Arc<PKey<Private>>);

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

impl Opener {
    /// Opens with that key.
    pub fn new(key: PKey<Private>) -> Self {
        Opener(Arc::new(key))
    }

    /// The key material in an escrow file.
    pub(crate) fn open(&self, path: &Path, spec: KeySpec) -> Result<KeyMaterial, Error> {
        let format = if spec.is_private_key() { Format::Der } else { Format::Raw };
        let material = escrow::open(path, &self.0)?;
        let material = KeyMaterial::read(material, spec, Some(format), &mut NoPassphrase)?;
        Ok(material.found_in(Places { plaintext: Vec::new(), encrypted: Some(path.to_owned()) }))
    }
}

/// Whether a file is an escrow file.
pub(crate) fn is_escrow(path: &Path) -> bool {
    EscrowFile::read(path).is_ok_and(|file| file.is_envelope())
}
