//! The stages of `rotate`: the new bytes, the key material that waits in every Region, the rotation, the proof.

mod told;

use crate::kms::KeyDescription;
use crate::lifecycle::import::bytes::{Bytes, StoredBackup, Unstored};
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::replica::Replicas;
use crate::proof::Proof;

/// How far `rotate` has come.
#[derive(Clone, Debug, Default)]
pub enum Reached {
    /// The key is not known yet.
    #[default]
    Nothing,
    /// There are no new bytes yet, or none any more.
    KeyFound(Rotation),
    /// The new bytes are in this file, and were not sent.
    BackupStored {
        /// The key.
        rotation: Rotation,
        /// The file.
        backup: StoredBackup,
    },
    /// The new bytes are about to be sent to the primary key, or were sent.
    ImportSent {
        /// The key.
        rotation: Rotation,
        /// The new bytes.
        bytes: Bytes,
        /// The Regions of the replicas, which want them too.
        regions: Vec<String>,
    },
    /// The primary key has the new key material, and KMS was not asked to rotate.
    RotationPending(Pending),
    /// KMS rotates.
    Rotating(Pending),
    /// The key encrypts with the new key material.
    Current(Pending),
    /// KMS was asked for proofs.
    Proven(Rotated),
}

/// A key that is rotated.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The key.
    pub named: NamedKey,
    /// What it encrypted with before.
    pub previous: Option<String>,
    /// What waited for rotation when the run began.
    pub waiting: Option<String>,
    /// On-demand rotations that KMS still allows, of 25.
    pub left: Option<usize>,
    /// The replicas that the run has looked at so far.
    pub replicas: Replicas,
}

/// Key material that is rotated to.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The key.
    pub rotation: Rotation,
    /// The key material.
    pub material_id: Option<String>,
    /// Where its bytes are.
    pub bytes: Bytes,
    /// The Regions that still wait for its import.
    pub missing_in: Vec<String>,
    /// Whether this run asked KMS to rotate.
    pub begun: bool,
}

/// A key that encrypts with the new key material.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// What it is rotated to.
    pub current: Pending,
    /// What was proven. Where it contradicts, the run has failed.
    pub proof: Proof,
}

impl Rotation {
    pub(crate) fn new(key: &KeyDescription) -> Self {
        Rotation {
            named: NamedKey::new(key),
            previous: key.current_key_material_id.clone(),
            waiting: None,
            left: None,
            replicas: Replicas::default(),
        }
    }
}

impl Pending {
    /// Key material of that id, which is in the key already.
    pub(crate) fn new(rotation: Rotation, material_id: &str) -> Self {
        let material_id = Some(material_id.to_owned());
        Pending { rotation, material_id, bytes: Bytes::NONE, missing_in: Vec::new(), begun: false }
    }

    /// Whether every Region has the key material, so that nobody needs its bytes.
    fn is_everywhere(&self) -> bool {
        self.missing_in.is_empty()
    }
}

impl From<Rotated> for Reached {
    fn from(rotated: Rotated) -> Self {
        Reached::Proven(rotated)
    }
}

impl Reached {
    fn rotation(&self) -> Option<&Rotation> {
        match self {
            Reached::Nothing => None,
            Reached::KeyFound(rotation)
            | Reached::BackupStored { rotation, .. }
            | Reached::ImportSent { rotation, .. } => Some(rotation),
            Reached::RotationPending(pending) | Reached::Rotating(pending) | Reached::Current(pending) => {
                Some(&pending.rotation)
            }
            Reached::Proven(rotated) => Some(&rotated.current.rotation),
        }
    }

    fn pending_mut(&mut self) -> Option<&mut Pending> {
        match self {
            Reached::RotationPending(pending) | Reached::Rotating(pending) | Reached::Current(pending) => Some(pending),
            Reached::Proven(rotated) => Some(&mut rotated.current),
            _ => None,
        }
    }

    /// The key as it was found, whatever has become of new bytes.
    pub(crate) fn without_bytes(self) -> Self {
        match self.rotation() {
            Some(rotation) => Reached::KeyFound(rotation.clone()),
            None => self,
        }
    }

    /// Key material of that id waits: `missing_in` those Regions.
    pub(crate) fn waits(self, id: &str, missing_in: Vec<String>) -> Self {
        match self {
            Reached::RotationPending(pending) => Reached::RotationPending(Pending { missing_in, ..pending }),
            Reached::Nothing => Reached::Nothing,
            other => match other.rotation() {
                Some(rotation) => {
                    Reached::RotationPending(Pending { missing_in, ..Pending::new(rotation.clone(), id) })
                }
                None => other,
            },
        }
    }

    /// The bytes of what waits are nowhere but in KMS.
    pub(crate) fn abandoned(mut self) -> Self {
        if let Some(pending) = self.pending_mut() {
            pending.bytes = Bytes::Unstored(Unstored::Abandoned);
        }
        self
    }

    /// What waits has another id than the one that KMS answered with.
    pub(crate) fn unnamed(mut self) -> Self {
        if let Some(pending) = self.pending_mut() {
            pending.material_id = None;
        }
        self
    }

    /// A replica has it.
    pub(crate) fn delivered(mut self, replica: &KeyDescription) -> Self {
        if let Some(pending) = self.pending_mut() {
            pending.missing_in.retain(|region| *replica.arn.region() != **region);
            pending.rotation.replicas.note(replica, |replica| replica.imported = true);
        }
        self
    }

    /// KMS has begun to rotate.
    pub(crate) fn rotating(mut self) -> Self {
        match self.pending_mut() {
            Some(pending) => {
                pending.begun = true;
                pending.rotation.left = pending.rotation.left.map(|left| left.saturating_sub(1));
                Reached::Rotating(pending.clone())
            }
            None => self,
        }
    }

    /// The key encrypts with what it has now.
    pub(crate) fn current(mut self, now: &KeyDescription) -> Pending {
        let mut pending = match (self.pending_mut().cloned(), self) {
            (Some(pending), _) => pending,
            (None, Reached::BackupStored { rotation, backup }) => {
                Pending { bytes: Bytes::Stored(backup), ..Pending::new(rotation, "") }
            }
            (None, Reached::ImportSent { rotation, bytes, .. }) => Pending { bytes, ..Pending::new(rotation, "") },
            (None, other) => Pending::new(other.rotation().cloned().unwrap_or_else(|| Rotation::new(now)), ""),
        };
        pending.material_id.clone_from(&now.current_key_material_id);
        pending.rotation.named.seen(now);
        pending
    }

    /// On-demand rotations that are left.
    pub(crate) fn left(&self) -> Option<usize> {
        self.rotation().and_then(|rotation| rotation.left)
    }
}
