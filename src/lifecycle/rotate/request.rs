//! What is asked for when a key is rotated.

use crate::lifecycle::import::ImportOptions;
use crate::lifecycle::import::expiry::{Expires, Resolved};
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::trust::Trust;
use crate::material::KeySpec;
use crate::proof::Level;
use crate::time::Expiry;

/// Everything that decides how a key is rotated: `rotate`. [`Rotate::new`] begins it with the defaults of the command line.
pub struct Rotate {
    /// The new key material; absent to rotate to the key material that waits for rotation.
    pub source: Option<Material>,
    /// Nothing is generated where key material waits for rotation already: it is rotated to instead.
    pub or_resume: bool,
    /// How it is wrapped.
    pub wrapping: Wrapping,
    /// When it expires, in every Region.
    pub expiry: Expiry,
    /// The description of the key material at the primary key; KMS keeps none at replicas.
    pub description: Option<String>,
    /// How much is proven afterwards.
    pub level: Level,
    /// The key, and what the user said about it and its replicas.
    pub trust: Trust,
}

/// A key to be rotated whose new key material is still to be said: there is no default for that.
pub struct KeyToRotate {
    trust: Trust,
}

impl KeyToRotate {
    /// To that key material.
    pub fn material(self, material: Material) -> Rotate {
        self.to(Some(material))
    }

    /// To the key material that waits for rotation; a rotation that is under way is waited for.
    pub fn resume(self) -> Rotate {
        self.to(None)
    }

    fn to(self, source: Option<Material>) -> Rotate {
        Rotate {
            source,
            or_resume: false,
            wrapping: Wrapping::default_for(KeySpec::SymmetricDefault),
            expiry: Expiry::Never,
            description: None,
            level: Level::Use,
            trust: self.trust,
        }
    }
}

impl Rotate {
    /// The symmetric key of that id, ARN or alias; of a multi-Region key the primary.
    #[allow(clippy::new_ret_no_self)] // what it gives asks for the material
    pub fn new(key: impl Into<String>) -> KeyToRotate {
        KeyToRotate { trust: Trust::of(key) }
    }

    /// Generates nothing where key material waits for rotation already, and rotates to that: for a run whose import may have arrived, and
    /// whose bytes nobody has.
    pub fn or_resume(self) -> Self {
        Rotate { or_resume: true, ..self }
    }

    /// Wraps the key material so; as is usual, with an RSA_4096 wrapping key, otherwise.
    pub fn wrapping(self, wrapping: Wrapping) -> Self {
        Rotate { wrapping, ..self }
    }

    /// When the key material expires, in every Region; never otherwise.
    pub fn expiry(self, expiry: Expiry) -> Self {
        Rotate { expiry, ..self }
    }

    /// The description of the key material: public, up to 256 characters.
    pub fn material_description(self, text: Option<String>) -> Self {
        Rotate { description: text, ..self }
    }

    /// How much is proven afterwards; [`Level::Use`] otherwise.
    pub fn verify(self, level: Level) -> Self {
        Rotate { level, ..self }
    }

    /// What the user said about the key and its replicas.
    pub fn trust(self, trust: Trust) -> Self {
        Rotate { trust: trust.or_named(self.trust.key), ..self }
    }
}

impl Rotate {
    /// Whether what an earlier run has begun is finished without any bytes at hand.
    pub(crate) fn resumes(&self) -> bool {
        match self.source {
            None => true,
            Some(Material::Generate(_)) => self.or_resume,
            Some(Material::Given(_)) => false,
        }
    }
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
