//! What KMS says about a key, checked.

use aws_sdk_kms::types::KeyMetadata;
use aws_smithy_types::DateTime;

use super::arn::KeyArn;
use super::error::KmsError;
use super::name::KmsName;
use super::reply::Reply;
use super::state::{ExpirationModel, KeyState, Origin};
use crate::material::{KeySpec, KeyUsage};

/// A key as DescribeKey, CreateKey and ReplicateKey tell of it (API reference, `KeyMetadata`). Its id, account and Region are in its ARN.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyDescription {
    /// The key's ARN.
    pub arn: KeyArn,
    /// Any key spec of KMS, also one that takes no imported key material.
    pub spec: KmsName<KeySpec>,
    /// What it may be used for.
    pub usage: KmsName<KeyUsage>,
    /// Where its key material comes from.
    pub origin: Origin,
    /// Its state; Enabled or Disabled only while KMS has the key material.
    pub state: KeyState,
    /// Whether it may be used now.
    pub enabled: bool,
    /// 64 hex digits, for symmetric keys only; kept when their material expires or is deleted.
    pub current_key_material_id: Option<String>,
    /// When the key material expires (ValidTo, UTC); `None` for material that does not, and while there is none.
    pub expires: Option<DateTime>,
    /// Whether its key material expires; absent while there is none.
    pub expiration_model: Option<KmsName<ExpirationModel>>,
    /// The primary key and its replicas; absent for a single-Region key.
    pub multi_region: Option<MultiRegion>,
    /// The description, public; empty if there is none.
    pub description: String,
    /// When it was created, by KMS's clock.
    pub created: Option<DateTime>,
    /// When it will be deleted, if that is scheduled.
    pub deletion_date: Option<DateTime>,
}

/// The relatives of a multi-Region key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiRegion {
    /// Whether this is the primary key.
    pub primary: bool,
    /// The primary key's ARN.
    pub primary_arn: KeyArn,
    /// The replicas' ARNs, without the primary key's.
    pub replica_arns: Vec<KeyArn>,
}

impl KeyDescription {
    pub(super) fn of(reply: Reply, key: Option<KeyMetadata>) -> Result<Self, KmsError> {
        let key = reply.need("KeyMetadata", key)?;
        let arn = reply.key_arn("Arn", key.arn())?;
        if *arn.id() != *reply.text("KeyId", Some(key.key_id()))? {
            let answered = super::reply::printable(key.key_id());
            return Err(KmsError::OtherKey { operation: reply.0, asked: arn.to_string(), answered });
        }
        let state = reply.text("KeyState", key.key_state().map(|state| state.as_str()))?;
        let origin = reply.text("Origin", key.origin().map(|origin| origin.as_str()))?;
        let (state, origin) = (reply.known("KeyState", &state)?, reply.known("Origin", &origin)?);
        let multi_region = match key.multi_region_configuration() {
            Some(relatives) if key.multi_region() == Some(true) => Some(MultiRegion {
                primary: relatives.multi_region_key_type().is_some_and(|kind| kind.as_str() == "PRIMARY"),
                primary_arn: reply.key_arn("PrimaryKey.Arn", relatives.primary_key().and_then(|key| key.arn()))?,
                replica_arns: relatives
                    .replica_keys()
                    .iter()
                    .map(|key| reply.key_arn("ReplicaKeys.Arn", key.arn()))
                    .collect::<Result<_, _>>()?,
            }),
            _ => None,
        };
        Ok(KeyDescription {
            arn,
            spec: reply.name("KeySpec", key.key_spec().map(|spec| spec.as_str()))?,
            usage: reply.name("KeyUsage", key.key_usage().map(|usage| usage.as_str()))?,
            origin,
            state,
            enabled: key.enabled(),
            current_key_material_id: reply.material_id("CurrentKeyMaterialId", key.current_key_material_id())?,
            expires: key.valid_to().copied(),
            expiration_model: key.expiration_model().map(|model| KmsName::of(model.as_str())),
            multi_region,
            description: key.description().unwrap_or_default().to_owned(),
            created: key.creation_date().copied(),
            deletion_date: key.deletion_date().copied(),
        })
    }

    /// An EXTERNAL key is enabled because material was imported, and KMS then tells its expiration model. What calls a key enabled without
    /// it knows nothing of imports.
    pub(super) fn check_imported(&self, reply: Reply) -> Result<(), KmsError> {
        if self.is_enabled_without_import() {
            reply.need("ExpirationModel", self.expiration_model.as_ref()).map(drop)
        } else {
            Ok(())
        }
    }

    /// Whether a server that is not KMS calls the key enabled that nothing was imported into.
    pub(crate) fn is_enabled_without_import(&self) -> bool {
        self.origin == Origin::External && self.state == KeyState::Enabled && self.expiration_model.is_none()
    }
}
