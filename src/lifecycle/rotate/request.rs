//! What is asked for when a key is rotated.

use crate::lifecycle::import::ImportOptions;
use crate::lifecycle::import::expiry::{Expires, Resolved};
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::trust::Trust;
use crate::proof::Level;
use crate::time::Expiry;

/// Everything that decides how a key is rotated.
pub struct Rotate {
    /// The new key material; without any, what waits for rotation is rotated to.
    pub source: Option<Material>,
    /// How it is wrapped.
    pub wrapping: Wrapping,
    /// When it expires, in every Region.
    pub expiry: Expiry,
    /// What is written to it, at the primary key: the others keep none.
    pub description: Option<String>,
    /// How much is proven afterwards.
    pub level: Level,
    /// What the user said about the key and its replicas.
    pub trust: Trust,
}

impl Resolved<'_, Rotate> {
    /// What goes with the import of the new material.
    pub(crate) fn options(&self) -> ImportOptions {
        ImportOptions { expires: self.expires, description: self.description.clone(), ..ImportOptions::default() }
    }
}

impl Expires for Rotate {
    fn expiry(&self) -> Expiry {
        self.expiry
    }
}
