//! The calls this library makes, and what it may do with each when something goes wrong on the way.

use std::fmt;

/// A call of the KMS API. `Display` is KMS's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // KMS's own names
pub enum Operation {
    CreateAlias,
    CreateKey,
    Decrypt,
    DeleteImportedKeyMaterial,
    DeriveSharedSecret,
    DescribeKey,
    DisableKey,
    Encrypt,
    GenerateMac,
    GetKeyLastUsage,
    GetKeyPolicy,
    GetKeyRotationStatus,
    GetParametersForImport,
    GetPublicKey,
    ImportKeyMaterial,
    ListAliases,
    ListGrants,
    ListKeyRotations,
    ListKeys,
    ListResourceTags,
    ReplicateKey,
    RotateKeyOnDemand,
    ScheduleKeyDeletion,
    Sign,
    TagResource,
    UntagResource,
    UpdateAlias,
}

impl Operation {
    /// The name KMS uses, which is also that of the permission: `kms:NAME`.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::CreateAlias => "CreateAlias",
            Operation::CreateKey => "CreateKey",
            Operation::Decrypt => "Decrypt",
            Operation::DeleteImportedKeyMaterial => "DeleteImportedKeyMaterial",
            Operation::DeriveSharedSecret => "DeriveSharedSecret",
            Operation::DescribeKey => "DescribeKey",
            Operation::DisableKey => "DisableKey",
            Operation::Encrypt => "Encrypt",
            Operation::GenerateMac => "GenerateMac",
            Operation::GetKeyLastUsage => "GetKeyLastUsage",
            Operation::GetKeyPolicy => "GetKeyPolicy",
            Operation::GetKeyRotationStatus => "GetKeyRotationStatus",
            Operation::GetParametersForImport => "GetParametersForImport",
            Operation::GetPublicKey => "GetPublicKey",
            Operation::ImportKeyMaterial => "ImportKeyMaterial",
            Operation::ListAliases => "ListAliases",
            Operation::ListGrants => "ListGrants",
            Operation::ListKeyRotations => "ListKeyRotations",
            Operation::ListKeys => "ListKeys",
            Operation::ListResourceTags => "ListResourceTags",
            Operation::ReplicateKey => "ReplicateKey",
            Operation::RotateKeyOnDemand => "RotateKeyOnDemand",
            Operation::ScheduleKeyDeletion => "ScheduleKeyDeletion",
            Operation::Sign => "Sign",
            Operation::TagResource => "TagResource",
            Operation::UntagResource => "UntagResource",
            Operation::UpdateAlias => "UpdateAlias",
        }
    }

    /// Whether it changes something in AWS when it succeeds.
    pub const fn changes(self) -> bool {
        matches!(
            self,
            Operation::CreateAlias
                | Operation::CreateKey
                | Operation::DeleteImportedKeyMaterial
                | Operation::DisableKey
                | Operation::ImportKeyMaterial
                | Operation::ReplicateKey
                | Operation::RotateKeyOnDemand
                | Operation::ScheduleKeyDeletion
                | Operation::TagResource
                | Operation::UntagResource
                | Operation::UpdateAlias
        )
    }

    /// How often a second one account may make the call in one Region (developer guide, "Request quotas"); `None` where it shares a
    /// quota with others, as the cryptographic operations do, or where none is known here. Adjustable; accounts of long ago may
    /// have less.
    pub const fn quota_per_second(self) -> Option<u32> {
        match self {
            Operation::GetParametersForImport => Some(1),
            Operation::CreateAlias
            | Operation::CreateKey
            | Operation::DisableKey
            | Operation::ReplicateKey
            | Operation::RotateKeyOnDemand
            | Operation::UpdateAlias => Some(5),
            Operation::TagResource | Operation::UntagResource => Some(10),
            Operation::DeleteImportedKeyMaterial | Operation::ImportKeyMaterial => Some(15),
            Operation::ListGrants | Operation::ListKeyRotations => Some(100),
            Operation::ListAliases | Operation::ListKeys => Some(500),
            Operation::GetKeyRotationStatus => Some(1000),
            Operation::DescribeKey | Operation::GetPublicKey | Operation::ListResourceTags => Some(2000),
            Operation::Decrypt
            | Operation::DeriveSharedSecret
            | Operation::Encrypt
            | Operation::GenerateMac
            | Operation::GetKeyLastUsage
            | Operation::GetKeyPolicy
            | Operation::ScheduleKeyDeletion
            | Operation::Sign => None,
        }
    }

    /// Whether a second call after a lost reply does no harm. KMS has no idempotency tokens: a repeated CreateKey makes
    /// a second key, a repeated RotateKeyOnDemand spends a second of 25 rotations.
    pub const fn is_repeatable(self) -> bool {
        !matches!(self, Operation::CreateKey | Operation::ReplicateKey | Operation::RotateKeyOnDemand)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
