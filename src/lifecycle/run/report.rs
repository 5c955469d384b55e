//! What a run answers: the JSON of the verbs that change AWS.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::escrow::RecipientIdentity;
use crate::kms::{KeyArn, KeyId, KeyState, KmsName, Region};
use crate::material::{KeySpec, KeyUsage};
use crate::printable;
use crate::proof::Proof;

/// The account of a run. Its serialized form is the JSON answer of `provision`, `create-key` and `import`.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)] // the contract's own names
pub struct Report {
    pub key_arn: Option<KeyArn>,
    pub key_id: Option<KeyId>,
    pub alias: Option<String>,
    pub region: Option<Region>,
    /// The endpoint, only when it is not AWS's own.
    pub endpoint: Option<String>,
    pub key_spec: Option<KmsName<KeySpec>>,
    pub key_usage: Option<KmsName<KeyUsage>>,
    pub key_state: Option<KeyState>,
    pub wrapping_algorithm: Option<&'static str>,
    pub wrapping_key_spec: Option<&'static str>,
    pub key_material_id: Option<String>,
    /// RFC 3339, or nothing for material that does not expire.
    pub expires: Option<String>,
    /// Whether this run changed anything in AWS.
    pub changed: bool,
    /// Whether this run made the key material.
    pub generated: bool,
    /// Where the plaintext was kept.
    #[serde(serialize_with = "printable::maybe_path")]
    pub kept: Option<PathBuf>,
    #[serde(serialize_with = "printable::maybe_path")]
    pub escrow: Option<PathBuf>,
    /// Who can open the escrow file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escrow_recipients: Vec<RecipientIdentity>,
    pub rehearsal: bool,
    pub proof: Option<Proof>,
    /// What `rotate` did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationReport>,
    /// What stands in other Regions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<ReplicaReport>,
    /// The changing call whose reply was not seen: it may have taken effect.
    pub in_doubt: Option<&'static str>,
    /// Keys that this run made and nobody needs.
    pub leftovers: Vec<Leftover>,
    /// The command that completes a partial run.
    pub next: Option<String>,
}

/// How far a rotation has come.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct RotationReport {
    pub previous_key_material_id: Option<String>,
    /// The material that is rotated to, once KMS has it.
    pub new_key_material_id: Option<String>,
    /// The Regions that still wait for its import.
    pub missing_in: Vec<String>,
    /// Whether this run asked KMS to rotate.
    pub begun: bool,
    /// Whether the new material is current.
    pub rotated: bool,
    /// On-demand rotations that KMS still allows, of 25.
    pub rotations_left: Option<usize>,
}

/// A replica of a multi-Region key, and what this run did to it.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct ReplicaReport {
    pub key_arn: String,
    pub region: String,
    pub alias: Option<String>,
    pub key_state: String,
    pub key_material_id: Option<String>,
    pub expires: Option<String>,
    /// Whether this run made it.
    pub created: bool,
    /// Whether this run imported into it.
    pub imported: bool,
    pub proof: Option<Proof>,
}

/// A key that was made and is not used, with the command that removes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Leftover {
    pub key_arn: String,
    pub reason: String,
    pub remove: String,
}

/// A proof, and the key it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenKey {
    /// The key; absent when it was not known yet.
    pub key_arn: Option<String>,
    /// What was proven and what was not.
    #[serde(flatten)]
    pub proof: Proof,
}
