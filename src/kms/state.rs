//! What a key and its key materials can be, by KMS's names.
//! Source: AWS KMS API reference, `KeyMetadata` and `RotationsListEntry`.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

/// The state of a key (API reference, `KeyMetadata`). It parses from KMS's name, as in `PendingImport`, and reads as it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)] // the variants are KMS's own names
pub enum KeyState {
    Creating,
    Disabled,
    Enabled,
    PendingDeletion,
    PendingImport,
    PendingReplicaDeletion,
    Unavailable,
    Updating,
}

impl KeyState {
    /// Whether its deletion is scheduled.
    pub const fn is_deletion(self) -> bool {
        matches!(self, KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)
    }

    /// Whether it waits, for key material or for its deletion.
    pub const fn is_pending(self) -> bool {
        matches!(self, KeyState::PendingImport) || self.is_deletion()
    }

    /// Whether KMS takes key material for a key in that state (developer guide, "Key states of AWS KMS keys").
    pub const fn takes_material(self) -> bool {
        matches!(self, KeyState::PendingImport | KeyState::Enabled | KeyState::Disabled)
    }
}

/// Where the key material of a key comes from. It parses from KMS's name, as in `EXTERNAL`, and reads as it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Origin {
    /// KMS made it.
    AwsKms,
    /// It is imported.
    External,
    /// It is in an AWS CloudHSM key store.
    #[strum(serialize = "AWS_CLOUDHSM")]
    #[serde(rename = "AWS_CLOUDHSM")]
    AwsCloudHsm,
    /// It is in an external key store.
    ExternalKeyStore,
}

/// Whether key material expires, as DescribeKey says. It parses from KMS's name, as in `KEY_MATERIAL_EXPIRES`, and reads as it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, Serialize)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExpirationModel {
    /// KMS deletes it at ValidTo.
    KeyMaterialExpires,
    /// It stays until it is deleted.
    KeyMaterialDoesNotExpire,
}

/// What one key material is to its symmetric key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MaterialState {
    /// The key encrypts and decrypts with it.
    Current,
    /// The key decrypts with it.
    NonCurrent,
    /// It waits for its import into every Region, and then for rotation.
    PendingMultiRegionImportAndRotation,
    /// It waits for rotation.
    PendingRotation,
}

/// Whether KMS has the bytes of one key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportState {
    /// KMS has the bytes.
    Imported,
    /// KMS lacks them: they were never imported, or have expired, or were deleted.
    PendingImport,
}

/// Who asked for a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, Serialize)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RotationType {
    /// KMS, by the key's rotation period.
    Automatic,
    /// A caller of RotateKeyOnDemand.
    OnDemand,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_as_kms_writes_them() {
        fn round<T: std::str::FromStr + ToString + Serialize>(name: &str) {
            let value: T = name.parse().unwrap_or_else(|_| panic!("{name}"));
            assert_eq!((value.to_string().as_str(), serde_json::to_value(&value).unwrap()), (name, name.into()));
        }
        for name in
            "Creating Disabled Enabled PendingDeletion PendingImport PendingReplicaDeletion Unavailable Updating"
                .split(' ')
        {
            round::<KeyState>(name);
        }
        "AWS_KMS EXTERNAL AWS_CLOUDHSM EXTERNAL_KEY_STORE".split(' ').for_each(round::<Origin>);
        "KEY_MATERIAL_EXPIRES KEY_MATERIAL_DOES_NOT_EXPIRE".split(' ').for_each(round::<ExpirationModel>);
        "CURRENT NON_CURRENT PENDING_MULTI_REGION_IMPORT_AND_ROTATION PENDING_ROTATION"
            .split(' ')
            .for_each(round::<MaterialState>);
        "IMPORTED PENDING_IMPORT".split(' ').for_each(round::<ImportState>);
        "AUTOMATIC ON_DEMAND".split(' ').for_each(round::<RotationType>);
        assert!("pendingimport".parse::<KeyState>().is_err());
    }
}
