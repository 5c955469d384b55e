//! How a key stands: its state, every key material, and the same in the other Regions of a multi-Region key.

pub(crate) mod expiring;
pub(crate) mod list;
pub(crate) mod materials;
pub(crate) mod not_seen;
pub(crate) mod request;

use serde::Serialize;

use crate::kms::{
    KeyArn, KeyDescription, KeyId, KeyState, Kms, KmsError, KmsName, MultiRegion, Operation, Origin, Region,
};
use crate::lifecycle::error::Error;
use crate::lifecycle::status::materials::{KeyMaterials, MaterialStatus};
use crate::lifecycle::status::not_seen::NotSeen;
use crate::material::{KeySpec, KeyUsage};
use crate::time::rfc3339;

/// One key in one Region. Its serialized form is the core of the JSON answer of `status`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct KeyStatus {
    /// The key's ARN.
    pub key_arn: KeyArn,
    /// The key's id.
    pub key_id: KeyId,
    /// Its Region.
    pub region: Region,
    /// The account that owns it: twelve digits.
    pub account: String,
    /// The aliases that name it, with their `alias/`; `None` where they were not asked for, or KMS does not tell them.
    pub aliases: Option<Vec<String>>,
    /// The key spec.
    pub key_spec: KmsName<KeySpec>,
    /// What it may be used for.
    pub key_usage: KmsName<KeyUsage>,
    /// Its state.
    pub key_state: KeyState,
    /// Where its key material comes from.
    pub origin: Origin,
    /// The description; empty if there is none.
    pub description: String,
    /// The id of the current key material; symmetric keys only.
    pub key_material_id: Option<String>,
    /// RFC 3339 in UTC; the earliest of all its key materials.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub expires: Option<String>,
    /// Whether it is a multi-Region key.
    pub multi_region: bool,
    /// `primary` or `replica`.
    pub role: Option<&'static str>,
    /// Its key materials; one for keys that are not rotated.
    pub materials: Vec<MaterialStatus>,
    /// Whether these are all, or only what DescribeKey tells.
    pub materials_complete: bool,
    /// How many of 25 on-demand rotations are left; `None` for keys that KMS does not rotate so, and where it cannot be seen.
    pub rotations_left: Option<usize>,
    #[serde(skip)]
    relatives: Option<MultiRegion>,
}

impl KeyStatus {
    /// Asks for the materials of a key. Where they are not told, it has what DescribeKey told, and `unseen` gets the reason.
    ///
    /// # Errors
    /// [`Error::Kms`] or [`Error::Endpoint`] where the next key would fail in the same way: KMS is not reached, throttles, or does not know
    /// the credentials.
    pub async fn of(kms: &Kms, key: &KeyDescription, unseen: &mut Vec<NotSeen>) -> Result<Self, Error> {
        let materials = KeyMaterials::as_told(kms, key, KmsError::is_of_one_call).await?;
        if let Some(cause) = materials.unseen.clone() {
            unseen.push(NotSeen::new(Operation::ListKeyRotations, &key.arn, cause));
        }
        let complete = materials.is_complete();
        let external = key.origin == Origin::External;
        let symmetric = key.spec == KeySpec::SymmetricDefault;
        let key = key.clone();
        Ok(KeyStatus {
            key_id: key.arn.id().clone(),
            region: key.arn.region().clone(),
            account: key.arn.account().to_owned(),
            key_arn: key.arn,
            aliases: None,
            key_spec: key.spec,
            key_usage: key.usage,
            key_state: key.state,
            origin: key.origin,
            description: key.description,
            key_material_id: key.current_key_material_id,
            expires: key.expires.map(rfc3339),
            multi_region: key.multi_region.is_some(),
            role: key.multi_region.as_ref().map(|relatives| if relatives.primary { "primary" } else { "replica" }),
            rotations_left: materials.rotations_left().filter(|_| external && symmetric),
            materials: materials.materials,
            materials_complete: complete,
            relatives: key.multi_region,
        })
    }

    /// The same key in its other Regions, as far as it may be seen there; `unseen` gets what may not. Empty for a single-Region key.
    ///
    /// # Errors
    /// As [`KeyStatus::of`].
    pub async fn elsewhere(&self, kms: &Kms, unseen: &mut Vec<NotSeen>) -> Result<Vec<KeyStatus>, Error> {
        let Some(relatives) = &self.relatives else { return Ok(Vec::new()) };
        let mut others = Vec::new();
        for arn in std::iter::once(&relatives.primary_arn).chain(&relatives.replica_arns) {
            if *arn == self.key_arn {
                continue;
            }
            let kms = kms.for_region(arn.region());
            match kms.describe(arn).await {
                Ok(key) => others.push(KeyStatus::of(&kms, &key, unseen).await?),
                Err(cause) if cause.is_of_one_call() => unseen.push(NotSeen::new(Operation::DescribeKey, arn, cause)),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(others)
    }
}
