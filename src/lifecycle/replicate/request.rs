//! What is asked for when a key is replicated.

use crate::kms::{KeyArn, Region};
use crate::lifecycle::import::expiry::Expires;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::trust::Trust;
use crate::material::KeyMaterial;
use crate::proof::Level;
use crate::time::Expiry;
use crate::wrap::Held;

/// Everything that decides what replicas a key gets: `replicate`. [`Replicate::new`] begins it with the defaults of the command line.
pub struct Replicate {
    /// The Regions of the replicas, in the order in which they are made.
    pub regions: Vec<Region>,
    /// Every key material of the key: more than one after rotations.
    pub materials: Vec<Box<dyn Held>>,
    /// The alias in each of those Regions.
    pub alias: Option<AliasName>,
    /// The description of each replica: public, up to 8192 characters.
    pub description: Option<String>,
    /// The key policy as JSON; KMS's default if absent.
    pub policy: Option<String>,
    /// Names (1 to 128 characters) and values (up to 256) of the tags: public, at most 50.
    pub tags: Vec<(String, String)>,
    /// How the material is wrapped.
    pub wrapping: Wrapping,
    /// When it expires there.
    pub expiry: Expiry,
    /// How much is proven afterwards, in each Region.
    pub level: Level,
    /// The key, and what the user said about it and about replicas that exist.
    pub trust: Trust,
}

impl Replicate {
    /// The multi-Region key of that id, ARN or alias, which holds that key material. Regions are added with [`to`](Self::to).
    pub fn new(key: impl Into<String>, material: KeyMaterial) -> Self {
        Replicate::held(key, Box::new(material))
    }

    /// The same, of a key that is elsewhere, as in a token.
    pub fn held(key: impl Into<String>, material: Box<dyn Held>) -> Self {
        Replicate {
            regions: Vec::new(),
            wrapping: Wrapping::default_for(material.spec()),
            materials: vec![material],
            alias: None,
            description: None,
            policy: None,
            tags: Vec::new(),
            expiry: Expiry::Never,
            level: Level::Use,
            trust: Trust { or_default: false, ..Trust::of(key) },
        }
    }

    /// Into that Region, too.
    pub fn to(mut self, region: Region) -> Self {
        self.regions.push(region);
        self
    }

    /// With that earlier key material, too: a rotated key has more than one, and each Region needs them all.
    pub fn material(mut self, material: KeyMaterial) -> Self {
        self.materials.push(Box::new(material));
        self
    }

    /// The alias in each of the Regions; none otherwise.
    pub fn alias(self, alias: Option<AliasName>) -> Self {
        Replicate { alias, ..self }
    }

    /// The description of each replica; public.
    pub fn description(self, text: Option<String>) -> Self {
        Replicate { description: text, ..self }
    }

    /// The key policy of each replica, as JSON; KMS's default otherwise. A replica that exists must have it.
    pub fn policy(mut self, policy: Option<String>) -> Self {
        self.trust.policy.clone_from(&policy);
        self.policy = policy;
        self
    }

    /// The tags of each replica; public.
    pub fn tags(self, tags: Vec<(String, String)>) -> Self {
        Replicate { tags, ..self }
    }

    /// Wraps the key material so; as is usual for the key spec, with an RSA_4096 wrapping key, otherwise.
    pub fn wrapping(self, wrapping: Wrapping) -> Self {
        Replicate { wrapping, ..self }
    }

    /// When the key material expires in each of the Regions; never otherwise.
    pub fn expiry(self, expiry: Expiry) -> Self {
        Replicate { expiry, ..self }
    }

    /// How much is proven afterwards, in each Region; [`Level::Use`] otherwise.
    pub fn verify(self, level: Level) -> Self {
        Replicate { level, ..self }
    }

    /// Vouches for keys by their ARNs: the primary key, or replicas that exist.
    pub fn adopt(mut self, key_arns: Vec<KeyArn>) -> Self {
        self.trust.adopt = key_arns;
        self
    }

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
    pub(crate) fn distinct_materials(&self) -> Vec<&dyn Held> {
        let mut materials: Vec<&dyn Held> = Vec::new();
        for material in &self.materials {
            let bytes = material.bytes().map(KeyMaterial::expose);
            if bytes.is_none() || !materials.iter().any(|known| known.bytes().map(KeyMaterial::expose) == bytes) {
                materials.push(&**material);
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
