//! What is asked for when one key is provisioned.

use crate::kms::KeyArn;
use crate::lifecycle::import::expiry::Expires;
use crate::lifecycle::import::generate::Material;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::existing::{Asked, AskedMaterial};
use crate::lifecycle::key::pending_requests::PendingRequests;
use crate::lifecycle::key::request::KeyRequest;
use crate::lifecycle::key::trust::Trust;
use crate::proof::Level;
use crate::time::Expiry;

/// Everything that decides how one key is provisioned. [`Provision::new`] begins it with the defaults of the command line.
pub struct Provision {
    /// The key.
    pub request: KeyRequest,
    /// Its material.
    pub source: Material,
    /// How it is wrapped.
    pub wrapping: Wrapping,
    /// When the material expires, counted from KMS's time.
    pub expiry: Expiry,
    /// The description of the material: public, up to 256 characters, for symmetric keys.
    pub material_description: Option<String>,
    /// How much is proven afterwards.
    pub level: Level,
    /// Where requests under way are written down.
    pub pending: PendingRequests,
    /// The ARN of an existing key that the user vouches for.
    pub adopt: Option<KeyArn>,
    /// Refuse a key that is there where not everything about it may be compared.
    pub strict: bool,
}

/// A key to be provisioned whose material is still to be said: there is no default for that.
pub struct WithoutMaterial {
    request: KeyRequest,
}

impl WithoutMaterial {
    /// The material; what is not said further is as on the command line.
    pub fn material(self, material: Material) -> Provision {
        let request = self.request;
        Provision {
            source: material,
            wrapping: Wrapping::default_for(request.spec),
            expiry: Expiry::Never,
            material_description: None,
            level: Level::Use,
            pending: PendingRequests::default(),
            adopt: None,
            strict: false,
            request,
        }
    }
}

impl Provision {
    /// A symmetric key under that alias.
    #[allow(clippy::new_ret_no_self)] // what it gives asks for the material
    pub fn new(alias: AliasName) -> WithoutMaterial {
        Provision::of(KeyRequest::new(Some(alias)))
    }

    /// Any key.
    pub fn of(request: KeyRequest) -> WithoutMaterial {
        WithoutMaterial { request }
    }

    /// Wrapped so, and not as is usual for the key spec: RSA_4096, and OAEP with SHA-256 or what RSA private keys need.
    pub fn wrapping(self, wrapping: Wrapping) -> Self {
        Provision { wrapping, ..self }
    }

    /// Expiring; otherwise the material stays until it is deleted.
    pub fn expiry(self, expiry: Expiry) -> Self {
        Provision { expiry, ..self }
    }

    /// With a description of the material: public, up to 256 characters, for symmetric keys.
    pub fn material_description(self, text: Option<String>) -> Self {
        Provision { material_description: text, ..self }
    }

    /// Proving so much; [`Level::Use`] otherwise.
    pub fn verify(self, level: Level) -> Self {
        Provision { level, ..self }
    }

    /// Writing down requests under way, so that a key whose creation was not answered is found again.
    pub fn pending(self, pending: PendingRequests) -> Self {
        Provision { pending, ..self }
    }

    /// Importing into that key, by its ARN, although this run did not create it.
    pub fn adopt(self, key_arn: Option<KeyArn>) -> Self {
        Provision { adopt: key_arn, ..self }
    }

    /// Refusing a key that is there where not everything about it may be compared.
    pub fn strict(self, strict: bool) -> Self {
        Provision { strict, ..self }
    }

    /// What the user said about a key that is there.
    pub(crate) fn trust(&self) -> Trust {
        Trust { adopt: self.adopt.iter().cloned().collect(), policy: self.request.policy.clone(), ..Trust::default() }
    }

    /// What a key that is there is compared with.
    pub(crate) fn asked(&self) -> Asked<'_> {
        let material = AskedMaterial { expiry: self.expiry, description: self.material_description.as_deref() };
        Asked { request: &self.request, material: Some(material), adopted: self.adopt.is_some(), strict: self.strict }
    }
}

impl Expires for Provision {
    fn expiry(&self) -> Expiry {
        self.expiry
    }
}
