//! What a run answers: the JSON of the verbs that change AWS.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::escrow::RecipientIdentity;
use crate::kms::{KeyArn, KeyId, KeyState, KmsName, Region};
use crate::lifecycle::key::last_usage::LastUse;
use crate::material::{KeySpec, KeyUsage, TokenObject};
use crate::printable;
use crate::proof::Proof;
use crate::public_key::{Forms, Jwk, KeptJwks, PublicKey};

/// The account of a run: the JSON answer of the verbs that change AWS has its fields.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Report {
    /// The key's ARN; `None` while there is no key.
    pub key_arn: Option<KeyArn>,
    /// The key's id.
    pub key_id: Option<KeyId>,
    /// The account that owns it: twelve digits.
    pub account: Option<String>,
    /// The key that the alias named before, where `rotate` moves an alias.
    pub previous_key_arn: Option<KeyArn>,
    /// The alias that names it, if the run was given one.
    pub alias: Option<String>,
    /// The Region that was asked.
    pub region: Option<Region>,
    /// The endpoint, only when it is not AWS's own.
    pub endpoint: Option<String>,
    /// The key spec.
    pub key_spec: Option<KmsName<KeySpec>>,
    /// What it may be used for.
    pub key_usage: Option<KmsName<KeyUsage>>,
    /// Its state, as KMS told it last.
    pub key_state: Option<KeyState>,
    /// KMS's name of the wrapping algorithm; `None` if nothing was wrapped.
    pub wrapping_algorithm: Option<&'static str>,
    /// KMS's name of the wrapping key's size.
    pub wrapping_key_spec: Option<&'static str>,
    /// The id of the current key material; symmetric keys only.
    pub key_material_id: Option<String>,
    /// RFC 3339 in UTC, or `None` for material that does not expire.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub expires: Option<String>,
    /// Whether this run changed anything in AWS.
    pub changed: bool,
    /// Whether this run made the key material.
    pub generated: bool,
    /// The file in which the plaintext was kept.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub kept: Option<PathBuf>,
    /// The file with the encrypted backup.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub escrow: Option<PathBuf>,
    /// Who can open the escrow file.
    pub escrow_recipients: Vec<RecipientIdentity>,
    /// The key in a token, where the key material is one: the token is its backup.
    #[serde(skip)]
    pub token: Option<TokenObject>,
    /// Which files still hold the key material in plaintext; `None` where the run had none at hand.
    pub plaintext: Option<Plaintext>,
    /// Whether the KMS is an embedded one: nothing of this is in AWS.
    pub rehearsal: bool,
    /// What was proven; `None` if nothing was asked for.
    pub proof: Option<Proof>,
    /// Which key it is: the public half of an asymmetric key that has key material.
    pub public_key: Option<Forms>,
    /// What `rotate` did.
    pub rotation: Option<RotationReport>,
    /// What `rotate` did where it moves an alias.
    pub alias_rotation: Option<AliasRotationReport>,
    /// The replicas in other Regions.
    pub replicas: Vec<ReplicaReport>,
    /// The changing call whose reply was not seen: it may have taken effect.
    pub in_doubt: Option<&'static str>,
    /// Keys that this run made and nobody needs.
    pub leftovers: Vec<Leftover>,
    /// The command that completes a partial run.
    pub next: Option<String>,
}

impl Report {
    /// Adds which key it is, where a proof of the key, or of a replica of it, knows its public half.
    pub fn show_public_key(&mut self) {
        let usage = self.key_usage.as_ref().and_then(|usage| usage.known().ok());
        let of_replicas = self.replicas.iter().filter_map(|replica| replica.proof.as_ref());
        let public = self.proof.iter().chain(of_replicas).find_map(Proof::public_key);
        let public = public.and_then(|der| PublicKey::from_der(der).ok());
        self.public_key = usage.zip(public).and_then(|(usage, public)| Forms::of(&public, usage).ok());
    }
}

/// How far a rotation has come.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RotationReport {
    /// The key material that was current before.
    pub previous_key_material_id: Option<String>,
    /// The material that is rotated to, once KMS has it.
    pub new_key_material_id: Option<String>,
    /// The Regions that still wait for its import, as in `eu-west-1`.
    pub missing_in: Vec<String>,
    /// Whether this run asked KMS to rotate.
    pub begun: bool,
    /// Whether the new material is current.
    pub rotated: bool,
    /// On-demand rotations that KMS still allows, of 25.
    pub rotations_left: Option<usize>,
}

/// How far a rotation by alias has come.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AliasRotationReport {
    /// The alias that moves.
    pub alias: String,
    /// Whether it names the new key.
    pub moved: bool,
    /// Whether it goes back: the new key is the one before the previous one.
    pub rolled_back: bool,
    /// The key that it names instead, where somebody else has moved it.
    pub alias_names: Option<KeyArn>,
    /// The state of the old key.
    pub previous_key_state: Option<KeyState>,
    /// The other aliases of the old key, which do not move; nothing where KMS does not tell them.
    pub other_aliases: Option<Vec<String>>,
    /// When the old key was last used; nothing where KMS does not tell it.
    pub last_use: Option<LastUse>,
    /// The public keys of both, the new one first: what verifiers must know before the alias moves.
    pub jwks: Vec<Jwk>,
    /// The file with the JWK Set of all generations, where one was asked for.
    pub jwks_file: Option<KeptJwks>,
    /// The command that disables the old key, once the alias has moved.
    pub disable: Option<String>,
    /// The command that enables the old key again, where it is disabled.
    pub enable: Option<String>,
}

/// A replica of a multi-Region key, and what this run did to it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ReplicaReport {
    /// The replica's ARN.
    pub key_arn: KeyArn,
    /// Its Region.
    pub region: Region,
    /// The alias that names it there, if the run was given one.
    pub alias: Option<String>,
    /// Its state, as KMS told it last.
    pub key_state: KeyState,
    /// The id of its current key material; symmetric keys only.
    pub key_material_id: Option<String>,
    /// RFC 3339 in UTC, or `None` for key material that does not expire.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub expires: Option<String>,
    /// Whether this run made it.
    pub created: bool,
    /// Whether this run imported into it.
    pub imported: bool,
    /// What was proven about it.
    pub proof: Option<Proof>,
}

/// The key material of a run outside KMS, as far as the run has read or written it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Plaintext {
    /// The files that hold it in plaintext.
    #[serde(serialize_with = "printable::paths")]
    #[cfg_attr(feature = "schemas", schemars(with = "Vec<String>"))]
    pub files: Vec<PathBuf>,
    /// A file that holds it encrypted, and that this run has made or read.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub encrypted_backup: Option<PathBuf>,
    /// The command that removes the files. Nothing while KMS is not known to have the key material, or what completes the run needs them.
    pub remove: Option<String>,
}

/// A key that was made and is not used, with the command that removes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Leftover {
    /// The key's ARN.
    pub key_arn: String,
    /// Why it is not used.
    pub reason: String,
    /// The command that schedules its deletion.
    pub remove: String,
}

/// A proof, and the key it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ProvenKey {
    /// The key; `None` when it was not known yet.
    pub key_arn: Option<String>,
    /// What was proven and what was not.
    #[serde(flatten)]
    pub proof: Proof,
}
