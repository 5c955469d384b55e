//! What is asked for when a key is replicated.

use crate::kms::Region;
use crate::lifecycle::import::expiry::Expires;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::trust::Trust;
use crate::material::KeyMaterial;
use crate::proof::Level;
use crate::time::Expiry;

/// Everything that decides what replicas a key gets.
pub struct Replicate {
    /// Where to.
    pub regions: Vec<Region>,
    /// Every key material of the key: more than one after rotations.
    pub materials: Vec<KeyMaterial>,
    /// The alias in each of those Regions.
    pub alias: Option<AliasName>,
    /// The description, public.
    pub description: Option<String>,
    /// The key policy as JSON; KMS's default if absent.
    pub policy: Option<String>,
    /// Tags, public.
    pub tags: Vec<(String, String)>,
    /// How the material is wrapped.
    pub wrapping: Wrapping,
    /// When it expires there.
    pub expiry: Expiry,
    /// How much is proven afterwards, in each Region.
    pub level: Level,
    /// What the user said about the key and about replicas that exist.
    pub trust: Trust,
}

impl Replicate {
    /// The policy given is for the replicas; the primary key may have KMS's default.
    pub(crate) fn trust_in_primary(&self) -> Trust {
        Trust { or_default: true, ..self.trust.clone() }
    }

    pub(crate) fn distinct_regions(&self) -> Vec<&Region> {
        let mut regions: Vec<&Region> = Vec::new();
        for region in &self.regions {
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        regions
    }

    /// The same file given twice is one key material.
    pub(crate) fn distinct_materials(&self) -> Vec<&KeyMaterial> {
        let mut materials: Vec<&KeyMaterial> = Vec::new();
        for material in &self.materials {
            if !materials.iter().any(|known| known.expose() == material.expose()) {
                materials.push(material);
            }
        }
        materials
    }
}

impl Expires for Replicate {
    fn expiry(&self) -> Expiry {
        self.expiry
    }
}
