//! The operations and their inputs, as the service model of KMS (2014-11-01) declares them.

pub(crate) mod call;
pub(crate) mod protocol;
pub(crate) mod shapes;
pub(crate) mod validate;

use self::shapes::*;

/// The members that a request for this operation may have; `None` if the embedded KMS does not serve it.
pub(crate) fn input_of(operation: &str) -> Option<&'static [Member]> {
    OPERATIONS.iter().find(|(name, _)| *name == operation).map(|(_, members)| *members)
}

/// All that the embedded KMS serves.
#[cfg(test)]
pub(crate) fn operations() -> impl Iterator<Item = &'static (&'static str, &'static [Member])> {
    OPERATIONS.iter()
}

static OPERATIONS: &[(&str, &[Member])] = &[
    (
        "CreateKey",
        &[
            may("Policy", &POLICY),
            may("Description", &DESCRIPTION),
            may("KeyUsage", &KEY_USAGE),
            may("CustomerMasterKeySpec", &CUSTOMER_MASTER_KEY_SPEC),
            may("KeySpec", &KEY_SPEC),
            may("Origin", &ORIGIN),
            may("CustomKeyStoreId", &STORE_ID),
            may("BypassPolicyLockoutSafetyCheck", &FLAG),
            may("Tags", &TAGS),
            may("MultiRegion", &FLAG),
            may("XksKeyId", &XKS_KEY_ID),
        ],
    ),
    ("DescribeKey", &[need("KeyId", &KEY_ID), may("GrantTokens", &GRANT_TOKENS)]),
    ("ListKeys", &[may("Limit", &LIMIT), may("Marker", &MARKER), may("ResourceOwners", &RESOURCE_OWNERS)]),
    ("UpdateKeyDescription", &[need("KeyId", &KEY_ID), need("Description", &DESCRIPTION)]),
    ("EnableKey", &[need("KeyId", &KEY_ID)]),
    ("DisableKey", &[need("KeyId", &KEY_ID)]),
    ("ScheduleKeyDeletion", &[need("KeyId", &KEY_ID), may("PendingWindowInDays", &WINDOW)]),
    ("CancelKeyDeletion", &[need("KeyId", &KEY_ID)]),
    ("CreateAlias", &[need("AliasName", &ALIAS_NAME), need("TargetKeyId", &KEY_ID)]),
    ("UpdateAlias", &[need("AliasName", &ALIAS_NAME), need("TargetKeyId", &KEY_ID)]),
    ("DeleteAlias", &[need("AliasName", &ALIAS_NAME)]),
    ("ListAliases", &[may("KeyId", &KEY_ID), may("Limit", &LIMIT), may("Marker", &MARKER)]),
    ("TagResource", &[need("KeyId", &KEY_ID), need("Tags", &TAGS)]),
    ("UntagResource", &[need("KeyId", &KEY_ID), need("TagKeys", &TAG_KEYS)]),
    ("ListResourceTags", &[need("KeyId", &KEY_ID), may("Limit", &LIMIT), may("Marker", &MARKER)]),
    (
        "CreateGrant",
        &[
            need("KeyId", &KEY_ID),
            may("GranteePrincipal", &PRINCIPAL),
            may("RetiringPrincipal", &PRINCIPAL),
            need("Operations", &GRANT_OPERATIONS),
            may("Constraints", &GRANT_CONSTRAINTS),
            may("GrantTokens", &GRANT_TOKENS),
            may("Name", &GRANT_NAME),
            may("DryRun", &FLAG),
            may("GranteeServicePrincipal", &SERVICE),
            may("RetiringServicePrincipal", &SERVICE),
        ],
    ),
    (
        "ListGrants",
        &[
            may("Limit", &LIMIT),
            may("Marker", &MARKER),
            need("KeyId", &KEY_ID),
            may("GrantId", &GRANT_ID),
            may("GranteePrincipal", &PRINCIPAL),
            may("GranteeServicePrincipal", &SERVICE),
        ],
    ),
    (
        "ListRetirableGrants",
        &[
            may("Limit", &LIMIT),
            may("Marker", &MARKER),
            may("RetiringPrincipal", &PRINCIPAL),
            may("RetiringServicePrincipal", &SERVICE),
        ],
    ),
    (
        "RetireGrant",
        &[may("GrantToken", &GRANT_TOKEN), may("KeyId", &KEY_ID), may("GrantId", &GRANT_ID), may("DryRun", &FLAG)],
    ),
    ("RevokeGrant", &[need("KeyId", &KEY_ID), need("GrantId", &GRANT_ID), may("DryRun", &FLAG)]),
    ("GetKeyPolicy", &[need("KeyId", &KEY_ID), may("PolicyName", &POLICY_NAME)]),
    (
        "PutKeyPolicy",
        &[
            need("KeyId", &KEY_ID),
            may("PolicyName", &POLICY_NAME),
            need("Policy", &POLICY),
            may("BypassPolicyLockoutSafetyCheck", &FLAG),
        ],
    ),
    ("ListKeyPolicies", &[need("KeyId", &KEY_ID), may("Limit", &LIMIT), may("Marker", &MARKER)]),
    (
        "GetParametersForImport",
        &[
            need("KeyId", &KEY_ID),
            need("WrappingAlgorithm", &WRAPPING_ALGORITHM),
            need("WrappingKeySpec", &WRAPPING_KEY_SPEC),
        ],
    ),
    (
        "ImportKeyMaterial",
        &[
            need("KeyId", &KEY_ID),
            need("ImportToken", &CIPHERTEXT),
            need("EncryptedKeyMaterial", &CIPHERTEXT),
            may("ValidTo", &TIME),
            may("ExpirationModel", &EXPIRATION_MODEL),
            may("ImportType", &IMPORT_TYPE),
            may("KeyMaterialDescription", &MATERIAL_DESCRIPTION),
            may("KeyMaterialId", &MATERIAL_ID),
        ],
    ),
    ("DeleteImportedKeyMaterial", &[need("KeyId", &KEY_ID), may("KeyMaterialId", &MATERIAL_ID)]),
    ("GetPublicKey", &[need("KeyId", &KEY_ID), may("GrantTokens", &GRANT_TOKENS)]),
    (
        "Sign",
        &[
            need("KeyId", &KEY_ID),
            need("Message", &PLAINTEXT),
            may("MessageType", &MESSAGE_TYPE),
            may("GrantTokens", &GRANT_TOKENS),
            need("SigningAlgorithm", &SIGNING_ALGORITHM),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "Verify",
        &[
            need("KeyId", &KEY_ID),
            need("Message", &PLAINTEXT),
            may("MessageType", &MESSAGE_TYPE),
            need("Signature", &CIPHERTEXT),
            need("SigningAlgorithm", &SIGNING_ALGORITHM),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "GenerateMac",
        &[
            need("Message", &PLAINTEXT),
            need("KeyId", &KEY_ID),
            need("MacAlgorithm", &MAC_ALGORITHM),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "VerifyMac",
        &[
            need("Message", &PLAINTEXT),
            need("KeyId", &KEY_ID),
            need("MacAlgorithm", &MAC_ALGORITHM),
            need("Mac", &CIPHERTEXT),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "Encrypt",
        &[
            need("KeyId", &KEY_ID),
            need("Plaintext", &PLAINTEXT),
            may("EncryptionContext", &CONTEXT),
            may("GrantTokens", &GRANT_TOKENS),
            may("EncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "Decrypt",
        &[
            may("CiphertextBlob", &CIPHERTEXT),
            may("EncryptionContext", &CONTEXT),
            may("GrantTokens", &GRANT_TOKENS),
            may("KeyId", &KEY_ID),
            may("EncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
            may("Recipient", &RECIPIENT),
            may("DryRun", &FLAG),
            may("DryRunModifiers", &MODIFIERS),
        ],
    ),
    (
        "ReEncrypt",
        &[
            may("CiphertextBlob", &CIPHERTEXT),
            may("SourceEncryptionContext", &CONTEXT),
            may("SourceKeyId", &KEY_ID),
            need("DestinationKeyId", &KEY_ID),
            may("DestinationEncryptionContext", &CONTEXT),
            may("SourceEncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
            may("DestinationEncryptionAlgorithm", &ENCRYPTION_ALGORITHM),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
            may("DryRunModifiers", &MODIFIERS),
        ],
    ),
    (
        "GenerateDataKey",
        &[
            need("KeyId", &KEY_ID),
            may("EncryptionContext", &CONTEXT),
            may("NumberOfBytes", &BYTES_WANTED),
            may("KeySpec", &DATA_KEY_SPEC),
            may("GrantTokens", &GRANT_TOKENS),
            may("Recipient", &RECIPIENT),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "GenerateDataKeyWithoutPlaintext",
        &[
            need("KeyId", &KEY_ID),
            may("EncryptionContext", &CONTEXT),
            may("KeySpec", &DATA_KEY_SPEC),
            may("NumberOfBytes", &BYTES_WANTED),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "GenerateDataKeyPair",
        &[
            may("EncryptionContext", &CONTEXT),
            need("KeyId", &KEY_ID),
            need("KeyPairSpec", &DATA_KEY_PAIR_SPEC),
            may("GrantTokens", &GRANT_TOKENS),
            may("Recipient", &RECIPIENT),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "GenerateDataKeyPairWithoutPlaintext",
        &[
            may("EncryptionContext", &CONTEXT),
            need("KeyId", &KEY_ID),
            need("KeyPairSpec", &DATA_KEY_PAIR_SPEC),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "Encapsulate",
        &[
            need("KeyId", &KEY_ID),
            need("EncapsulationAlgorithm", &ENCAPSULATION_ALGORITHM),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
        ],
    ),
    (
        "Decapsulate",
        &[
            need("KeyId", &KEY_ID),
            need("SharedSecretCiphertextBlob", &CIPHERTEXT),
            need("EncapsulationAlgorithm", &ENCAPSULATION_ALGORITHM),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
        ],
    ),
    ("GetKeyLastUsage", &[need("KeyId", &KEY_ID)]),
    (
        "GenerateRandom",
        &[may("NumberOfBytes", &BYTES_WANTED), may("CustomKeyStoreId", &STORE_ID), may("Recipient", &RECIPIENT)],
    ),
    (
        "DeriveSharedSecret",
        &[
            need("KeyId", &KEY_ID),
            need("KeyAgreementAlgorithm", &AGREEMENT_ALGORITHM),
            need("PublicKey", &PUBLIC_KEY),
            may("GrantTokens", &GRANT_TOKENS),
            may("DryRun", &FLAG),
            may("Recipient", &RECIPIENT),
        ],
    ),
    ("RotateKeyOnDemand", &[need("KeyId", &KEY_ID)]),
    ("GetKeyRotationStatus", &[need("KeyId", &KEY_ID)]),
    ("EnableKeyRotation", &[need("KeyId", &KEY_ID), may("RotationPeriodInDays", &PERIOD)]),
    ("DisableKeyRotation", &[need("KeyId", &KEY_ID)]),
    (
        "ListKeyRotations",
        &[
            need("KeyId", &KEY_ID),
            may("IncludeKeyMaterial", &INCLUDE_MATERIAL),
            may("Limit", &LIMIT),
            may("Marker", &MARKER),
        ],
    ),
    (
        "ReplicateKey",
        &[
            need("KeyId", &KEY_ID),
            need("ReplicaRegion", &REGION),
            may("Policy", &POLICY),
            may("BypassPolicyLockoutSafetyCheck", &FLAG),
            may("Description", &DESCRIPTION),
            may("Tags", &TAGS),
        ],
    ),
    ("UpdatePrimaryRegion", &[need("KeyId", &KEY_ID), need("PrimaryRegion", &REGION)]),
];
