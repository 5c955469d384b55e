//! What is asked for when one key is provisioned.

use crate::kms::KeyArn;
use crate::lifecycle::import::expiry::Expires;
use crate::lifecycle::import::generate::Source;
use crate::lifecycle::key::existing::{Asked, AskedMaterial};
use crate::lifecycle::key::pending_requests::PendingRequests;
use crate::lifecycle::key::request::KeyRequest;
use crate::lifecycle::key::trust::Trust;
use crate::proof::Level;
use crate::time::Expiry;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// Everything that decides how one key is provisioned.
pub struct Provision {
    /// The key.
    pub request: KeyRequest,
    /// Its material.
    pub source: Source,
    /// How it is wrapped.
    pub algorithm: WrappingAlgorithm,
    /// With how large a key.
    pub wrapping: WrappingKeySpec,
    /// When the material expires.
    pub expiry: Expiry,
    /// The description of the material, for symmetric keys.
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

impl Provision {
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
