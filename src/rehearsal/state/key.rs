//! A KMS key as the service keeps it: a few hundred bytes, of which nothing grows with the number of requests.

use openssl::pkey::{PKey, Private};

use super::clock::Millis;
use crate::material::{KeySpec, KeyUsage};
use crate::rehearsal::crypto::Plaintext;
use crate::rehearsal::crypto::key_material;
use crate::rehearsal::model::protocol::Refusal;

pub(crate) struct Key {
    pub(crate) spec: KeySpec,
    pub(crate) usage: KeyUsage,
    pub(crate) origin: Origin,
    pub(crate) role: Role,
    pub(crate) created: Millis,
    /// Until then requests that look for it do not find it.
    pub(crate) visible: Millis,
    /// Until then a replica is Creating.
    pub(crate) complete: Millis,
    /// Until then a change of the primary Region goes on.
    pub(crate) updated: Millis,
    pub(crate) disabled: bool,
    pub(crate) deletion: Option<Deletion>,
    pub(crate) description: Box<str>,
    /// `None` is the default policy.
    pub(crate) policy: Option<Box<str>>,
    pub(crate) tags: Vec<(Box<str>, Box<str>)>,
    /// By their ids, as ListGrants shows them.
    pub(crate) grants: Vec<(Box<str>, serde_json::Value)>,
    pub(crate) aliases: u8,
    /// In the order in which they became this key's; the first import is first.
    pub(crate) materials: Vec<KeyMaterial>,
    pub(crate) rotations: Rotations,
    pub(crate) last_usage: Option<Usage>,
}

/// The last successful cryptographic operation with a key.
pub(crate) struct Usage {
    pub(crate) operation: &'static str,
    pub(crate) time: Millis,
    pub(crate) request_id: Box<str>,
    pub(crate) event_id: Box<str>,
}

#[derive(Default)]
pub(crate) struct Rotations {
    /// Days between automatic rotations, and the next one.
    pub(crate) automatic: Option<(u32, Millis)>,
    /// When a rotation on demand was asked for that is not done yet.
    pub(crate) started: Option<Millis>,
    /// Rotations on demand so far: 25 and no more.
    pub(crate) on_demand: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    AwsKms,
    External,
}

/// What a key is among its relatives in other Regions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Single,
    Primary,
    Replica,
}

pub(crate) struct Deletion {
    pub(crate) window_in_days: u32,
    /// `None` while a primary waits for its replicas to be gone.
    pub(crate) date: Option<Millis>,
}

/// One key material that belongs to a key, whether its bytes are here at the moment or not.
pub(crate) struct KeyMaterial {
    pub(crate) id: [u8; 32],
    pub(crate) bytes: Option<Plaintext>,
    /// The public key of a private key whose bytes are gone: GetPublicKey still tells it.
    pub(crate) public: Option<Vec<u8>>,
    pub(crate) valid_to: Option<Millis>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) stage: Stage,
    /// When it became current by rotation, and whether on demand.
    pub(crate) rotated: Option<(Millis, bool)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Current,
    NonCurrent,
    Pending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Creating,
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    PendingReplicaDeletion,
    Updating,
}

impl Key {
    pub(crate) fn state(&self, now: Millis) -> State {
        let lacks_material = self.materials.iter().any(|material| material.is_permanent() && material.bytes.is_none());
        match &self.deletion {
            Some(Deletion { date: Some(_), .. }) => State::PendingDeletion,
            Some(_) => State::PendingReplicaDeletion,
            None if now < self.complete => State::Creating,
            None if now < self.updated => State::Updating,
            None if lacks_material || self.current().is_none() => State::PendingImport,
            None if self.disabled => State::Disabled,
            None => State::Enabled,
        }
    }

    /// Refuses in KMS's words unless the key is in one of these states.
    pub(crate) fn require(&self, arn: &str, now: Millis, allowed: &[State]) -> Result<(), Refusal> {
        let state = self.state(now);
        if allowed.contains(&state) {
            return Ok(());
        }
        Err(match state {
            _ if allowed.contains(&State::PendingDeletion) && !allowed.contains(&State::Disabled) => {
                Refusal::invalid_state(format!("{arn} is not pending deletion."))
            }
            State::Disabled => Refusal::new("DisabledException", format!("{arn} is disabled.")),
            State::Enabled => Refusal::invalid_state(format!("{arn} is enabled.")),
            _ => Refusal::invalid_state(format!("{arn} is {}.", state.words())),
        })
    }

    pub(crate) fn require_usage(&self, arn: &str, usage: &str, operation: &str) -> Result<(), Refusal> {
        if self.usage.name() == usage {
            return Ok(());
        }
        let found = self.usage;
        Err(Refusal::new(
            "InvalidKeyUsageException",
            format!("{arn} key usage is {found} which is not valid for {operation}."),
        ))
    }

    pub(crate) fn require_origin(&self, arn: &str, origin: Origin) -> Result<(), Refusal> {
        if self.origin == origin {
            return Ok(());
        }
        let found = self.origin.name();
        Err(Refusal::unsupported(format!("{arn} origin is {found} which is not valid for this operation.")))
    }

    /// The material that encrypts, signs and authenticates. It stays current when its bytes are gone.
    pub(crate) fn current(&self) -> Option<&KeyMaterial> {
        self.materials.iter().find(|material| material.stage == Stage::Current)
    }

    /// The public key, as DER. A key that waits for the material it had still tells it; what KMS answers before the very first
    /// import is not known, and here it is that the key is pending import.
    pub(crate) fn public_half(&self, arn: &str) -> Result<Vec<u8>, Refusal> {
        match self.current().and_then(|material| material.public.clone()) {
            Some(public) => Ok(public),
            None if self.current().is_none() => Err(Refusal::invalid_state(format!("{arn} is pending import."))),
            None => Ok(self.private_key()?.public_key_to_der()?),
        }
    }

    pub(crate) fn pending(&self) -> Option<&KeyMaterial> {
        self.materials.iter().find(|material| material.stage == Stage::Pending)
    }

    /// The bytes of the current material, for a key that `require` found in use.
    pub(crate) fn bytes(&self) -> Result<&Plaintext, Refusal> {
        self.current()
            .and_then(|material| material.bytes.as_ref())
            .ok_or_else(|| Refusal::internal("a usable key without material"))
    }

    /// The current material of a private key, for a key that `require` found in use.
    pub(crate) fn private_key(&self) -> Result<PKey<Private>, Refusal> {
        key_material::private_key(self.bytes()?).ok_or_else(|| Refusal::internal("unreadable key material"))
    }

    /// Removes material whose time is over.
    pub(crate) fn expire(&mut self, now: Millis) {
        let mut lost = false;
        for material in &mut self.materials {
            if material.bytes.is_some() && material.valid_to.is_some_and(|end| end <= now) {
                material.forget(self.spec);
                lost |= material.is_permanent();
            }
        }
        // PendingImport takes the place of Disabled, and an import makes Enabled of it.
        self.disabled &= !lost;
    }
}

impl KeyMaterial {
    /// Material pending rotation may still be taken back; all other belongs to the key for ever.
    pub(crate) fn is_permanent(&self) -> bool {
        self.stage != Stage::Pending
    }

    pub(crate) fn forget(&mut self, spec: KeySpec) {
        let private = self.bytes.take().filter(|_| spec.is_private_key());
        let public = private.and_then(|bytes| key_material::private_key(&bytes)?.public_key_to_der().ok());
        self.public = public.or(self.public.take());
        self.valid_to = None;
    }
}

impl Origin {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Origin::AwsKms => "AWS_KMS",
            Origin::External => "EXTERNAL",
        }
    }
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Creating => "Creating",
            State::Enabled => "Enabled",
            State::Disabled => "Disabled",
            State::PendingDeletion => "PendingDeletion",
            State::PendingImport => "PendingImport",
            State::PendingReplicaDeletion => "PendingReplicaDeletion",
            State::Updating => "Updating",
        }
    }

    fn words(self) -> &'static str {
        match self {
            State::Creating => "creating",
            State::Enabled => "enabled",
            State::Disabled => "disabled",
            State::PendingDeletion => "pending deletion",
            State::PendingImport => "pending import",
            State::PendingReplicaDeletion => "pending replica deletion",
            State::Updating => "updating",
        }
    }
}
