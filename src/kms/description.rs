//! What KMS says about a key, checked.

use aws_sdk_kms::types::KeyMetadata;
use aws_smithy_types::DateTime;

use super::arn::KeyArn;
use super::error::KmsError;
use super::operation::Operation;
use super::reply::Reply;

/// A key as DescribeKey, CreateKey and ReplicateKey tell of it, with KMS's own names for specs, usages and states.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct KeyDescription {
    pub arn: String,
    pub id: String,
    pub account: String,
    pub region: String,
    pub spec: String,
    pub usage: String,
    pub origin: String,
    pub state: String,
    pub enabled: bool,
    /// Symmetric keys only; kept when their material expires or is deleted.
    pub current_key_material_id: Option<String>,
    /// ValidTo, while there is material that expires.
    pub expires: Option<DateTime>,
    pub expiration_model: Option<String>,
    pub multi_region: Option<MultiRegion>,
    pub description: String,
    pub created: Option<DateTime>,
    pub deletion_date: Option<DateTime>,
}

/// The relatives of a multi-Region key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct MultiRegion {
    /// Whether this is the primary key.
    pub primary: bool,
    pub primary_arn: String,
    pub replica_arns: Vec<String>,
}

const STATES: &[&str] = &[
    "Creating",
    "Disabled",
    "Enabled",
    "PendingDeletion",
    "PendingImport",
    "PendingReplicaDeletion",
    "Unavailable",
    "Updating",
];
const ORIGINS: &[&str] = &["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];

impl KeyDescription {
    pub(super) fn of(reply: Reply, key: Option<KeyMetadata>) -> Result<Self, KmsError> {
        let key = reply.need("KeyMetadata", key)?;
        let arn = reply.key_arn("Arn", key.arn())?;
        let parts = reply.need("Arn", KeyArn::parse(&arn))?;
        let (id, account, region) = (parts.id.to_owned(), parts.account.to_owned(), parts.region.to_owned());
        if reply.text("KeyId", Some(key.key_id()))? != id {
            return Err(KmsError::OtherKey {
                operation: reply.0,
                asked: arn,
                answered: super::reply::printable(key.key_id()),
            });
        }
        let state = reply.text("KeyState", key.key_state().map(|state| state.as_str()))?;
        let origin = reply.text("Origin", key.origin().map(|origin| origin.as_str()))?;
        // An EXTERNAL key is enabled because material was imported, and KMS then tells its expiration model. What calls a key
        // enabled without it knows nothing of imports.
        if reply.0 == Operation::DescribeKey && origin == "EXTERNAL" && state == "Enabled" {
            reply.need("ExpirationModel", key.expiration_model())?;
        }
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
            id,
            account,
            region,
            spec: reply.name("KeySpec", key.key_spec().map(|spec| spec.as_str()))?,
            usage: reply.name("KeyUsage", key.key_usage().map(|usage| usage.as_str()))?,
            origin: reply.known("Origin", &origin, ORIGINS)?,
            state: reply.known("KeyState", &state, STATES)?,
            enabled: key.enabled(),
            current_key_material_id: reply.material_id("CurrentKeyMaterialId", key.current_key_material_id())?,
            expires: key.valid_to().copied(),
            expiration_model: key.expiration_model().map(|model| model.as_str().to_owned()),
            multi_region,
            description: key.description().unwrap_or_default().to_owned(),
            created: key.creation_date().copied(),
            deletion_date: key.deletion_date().copied(),
            arn,
        })
    }
}
