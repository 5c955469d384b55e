//! A KMS key as the service keeps it: a few hundred bytes, of which nothing grows with the number of requests.

use std::fmt;

use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;
use zeroize::Zeroizing;

use super::clock::Millis;
use super::protocol::Refusal;
use crate::material::{KeySpec, KeyUsage};

/// Unwrapped key material, or whatever else must be wiped.
pub(super) type Plain = Zeroizing<Vec<u8>>;

/// `1234abcd-12ab-34cd-56ef-1234567890ab`, or `mrk-` and 32 hexadecimal digits for multi-Region keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyId {
    multi_region: bool,
    id: u128,
}

pub(super) struct Key {
    pub(super) spec: KeySpec,
    pub(super) usage: KeyUsage,
    pub(super) origin: Origin,
    pub(super) role: Role,
    pub(super) created: Millis,
    /// Until then requests that look for it do not find it.
    pub(super) visible: Millis,
    /// Until then a replica is Creating.
    pub(super) complete: Millis,
    /// Until then a change of the primary Region goes on.
    pub(super) updated: Millis,
    pub(super) disabled: bool,
    pub(super) deletion: Option<Deletion>,
    pub(super) description: Box<str>,
    /// `None` is the default policy.
    pub(super) policy: Option<Box<str>>,
    pub(super) tags: Vec<(Box<str>, Box<str>)>,
    /// By their ids, as ListGrants shows them.
    pub(super) grants: Vec<(Box<str>, serde_json::Value)>,
    pub(super) aliases: u8,
    /// In the order in which they became this key's; the first import is first.
    pub(super) materials: Vec<KeyMaterial>,
    pub(super) rotations: Rotations,
}

#[derive(Default)]
pub(super) struct Rotations {
    /// Days between automatic rotations, and the next one.
    pub(super) automatic: Option<(u32, Millis)>,
    /// When a rotation on demand was asked for that is not done yet.
    pub(super) started: Option<Millis>,
    /// Rotations on demand so far: 25 and no more.
    pub(super) on_demand: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    AwsKms,
    External,
}

/// What a key is among its relatives in other Regions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Single,
    Primary,
    Replica,
}

pub(super) struct Deletion {
    pub(super) window_in_days: u32,
    /// `None` while a primary waits for its replicas to be gone.
    pub(super) date: Option<Millis>,
}

/// One key material that belongs to a key, whether its bytes are here at the moment or not.
pub(super) struct KeyMaterial {
    pub(super) id: [u8; 32],
    pub(super) bytes: Option<Plain>,
    /// The public key of a private key whose bytes are gone: GetPublicKey still tells it.
    pub(super) public: Option<Vec<u8>>,
    pub(super) valid_to: Option<Millis>,
    pub(super) description: Option<Box<str>>,
    pub(super) stage: Stage,
    /// When it became current by rotation, and whether on demand.
    pub(super) rotated: Option<(Millis, bool)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Current,
    NonCurrent,
    Pending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Creating,
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    PendingReplicaDeletion,
    Updating,
}

/// The states in which a key can be used: Updating is no obstacle.
pub(super) const IN_USE: &[State] = &[State::Enabled, State::Updating];
/// The states of a key that is not about to be deleted.
pub(super) const ALIVE: &[State] =
    &[State::Creating, State::Enabled, State::Disabled, State::PendingImport, State::Updating];

impl Key {
    pub(super) fn state(&self, now: Millis) -> State {
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
    pub(super) fn require(&self, arn: &str, now: Millis, allowed: &[State]) -> Result<(), Refusal> {
        let state = self.state(now);
        if allowed.contains(&state) {
            return Ok(());
        }
        Err(match state {
            State::Disabled => Refusal::new("DisabledException", format!("{arn} is disabled.")),
            State::Enabled => Refusal::invalid_state(format!("{arn} is enabled.")),
            _ => Refusal::invalid_state(format!("{arn} is {}.", state.words())),
        })
    }

    pub(super) fn require_usage(&self, arn: &str, usage: KeyUsage, operation: &str) -> Result<(), Refusal> {
        if self.usage == usage {
            return Ok(());
        }
        let found = self.usage;
        Err(Refusal::new(
            "InvalidKeyUsageException",
            format!("{arn} key usage is {found} which is not valid for {operation}."),
        ))
    }

    pub(super) fn require_origin(&self, arn: &str, origin: Origin) -> Result<(), Refusal> {
        if self.origin == origin {
            return Ok(());
        }
        let found = self.origin.name();
        Err(Refusal::unsupported(format!("{arn} origin is {found} which is not valid for this operation.")))
    }

    /// The material that encrypts, signs and authenticates. It stays current when its bytes are gone.
    pub(super) fn current(&self) -> Option<&KeyMaterial> {
        self.materials.iter().find(|material| material.stage == Stage::Current)
    }

    /// The public key of a key that waits for the material it had: the guide's table of key states allows GetPublicKey then.
    pub(super) fn public_of_the_gone(&self, now: Millis) -> Option<&[u8]> {
        let gone = self.current().filter(|_| self.state(now) == State::PendingImport);
        gone?.public.as_deref()
    }

    pub(super) fn pending(&self) -> Option<&KeyMaterial> {
        self.materials.iter().find(|material| material.stage == Stage::Pending)
    }

    /// The bytes of the current material, for a key that `require` found in use.
    pub(super) fn bytes(&self) -> Result<&Plain, Refusal> {
        self.current()
            .and_then(|material| material.bytes.as_ref())
            .ok_or_else(|| Refusal::internal("a usable key without material"))
    }

    /// Removes material whose time is over.
    pub(super) fn expire(&mut self, now: Millis) {
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
    pub(super) fn is_permanent(&self) -> bool {
        self.stage != Stage::Pending
    }

    pub(super) fn forget(&mut self, spec: KeySpec) {
        let private = self.bytes.take().filter(|_| spec.is_private_key());
        let public = private.and_then(|bytes| super::containers::private_key(&bytes)?.public_key_to_der().ok());
        self.public = public.or(self.public.take());
        self.valid_to = None;
    }
}

impl KeyId {
    pub(super) fn random(multi_region: bool) -> Result<Self, ErrorStack> {
        let mut bytes = [0; 16];
        rand_bytes(&mut bytes)?;
        if !multi_region {
            bytes[6] = bytes[6] & 0x0f | 0x40; // version 4, RFC 9562
            bytes[8] = bytes[8] & 0x3f | 0x80;
        }
        Ok(KeyId { multi_region, id: u128::from_be_bytes(bytes) })
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let id = match text.strip_prefix("mrk-") {
            Some(digits) if digits.len() == 32 => {
                KeyId { multi_region: true, id: u128::from_str_radix(digits, 16).ok()? }
            }
            Some(_) => return None,
            None => KeyId { multi_region: false, id: u128::from_str_radix(&text.replace('-', ""), 16).ok()? },
        };
        (id.to_string() == text).then_some(id)
    }

    pub(super) fn bytes(self) -> [u8; 17] {
        let mut bytes = [u8::from(self.multi_region); 17];
        bytes[1..].copy_from_slice(&self.id.to_be_bytes());
        bytes
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (multi_region, id) = bytes.split_first()?;
        Some(KeyId { multi_region: *multi_region == 1, id: u128::from_be_bytes(id.try_into().ok()?) })
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.id);
        if self.multi_region {
            return write!(f, "mrk-{hex}");
        }
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl Origin {
    pub(super) fn name(self) -> &'static str {
        match self {
            Origin::AwsKms => "AWS_KMS",
            Origin::External => "EXTERNAL",
        }
    }
}

impl State {
    pub(super) fn name(self) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_are_read_as_they_are_written() {
        for multi_region in [false, true] {
            let id = KeyId::random(multi_region).unwrap();
            assert_eq!(KeyId::read(&id.to_string()), Some(id));
            assert_eq!(KeyId::of_bytes(&id.bytes()), Some(id));
        }
        for wrong in ["fake-key-id", "mrk-fake-key-id", "134f2428cec14b25a1ae9048164dba47", "", "mrk-"] {
            assert_eq!(KeyId::read(wrong), None, "{wrong}");
        }
    }
}
