//! What each operation asks of its key, and the order in which KMS asks it.
//!
//! 1. The request fits the service model (before any of this; so do parameters that contradict each other).
//! 2. The key exists: the operation takes this kind of name, and the name leads to a key.
//! 3. Its state allows the operation (developer guide, "Key states of AWS KMS keys").
//! 4. It is of the right kind: key spec, origin, role among its relatives.
//! 5. It was made for this use, and the algorithm is one of its own.
//! 6. The quota of what it keeps is not spent.
//!
//! The order is one for all operations. It is recorded of RotateKeyOnDemand, which answers DisabledException for a disabled RSA key
//! although no RSA key rotates, and of Encrypt, which names the key usage before the algorithm.

use crate::material::KeySpec;
use crate::rehearsal::model::call::{Call, incompatible};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::operations::key_metadata::algorithms;
use crate::rehearsal::state::key::{Key, Origin, Role, State};
use crate::rehearsal::state::{By, Found, World};

/// The algorithm of a request that names none.
pub(crate) const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";

/// No member of the request names the algorithm: it is SYMMETRIC_DEFAULT.
const NONE: &str = "";

/// One row of the table.
struct Check {
    operation: &'static str,
    /// The member of the request that names the key.
    member: &'static str,
    by: By,
    states: &'static [State],
    kinds: &'static [Kind],
    /// The use, and the member that names the algorithm.
    usage: Option<(&'static str, &'static str)>,
    quota: Option<Quota>,
}

/// What kind of key an operation works with.
#[derive(Clone, Copy)]
enum Kind {
    /// KMS refuses other key specs without a word.
    Rotates,
    Primary,
    NoReplica,
    Imported,
    MadeByKms,
    /// A key with a public half.
    Public,
    /// A key that can have made a symmetric ciphertext, if that is what the request brings.
    Opens,
}

/// How much of something one key keeps.
#[derive(Clone, Copy)]
enum Quota {
    Rotations,
    Aliases,
    Grants,
}

use State::*;

const ANY: &[State] = &[Creating, Enabled, Disabled, PendingDeletion, PendingImport, PendingReplicaDeletion, Updating];
/// Not about to be deleted.
const ALIVE: &[State] = &[Creating, Enabled, Disabled, PendingImport, Updating];
const DELETING: &[State] = &[PendingDeletion, PendingReplicaDeletion];
/// At work: a change of the primary Region is no obstacle.
const IN_USE: &[State] = &[Enabled, Updating];
const ON_OR_OFF: &[State] = &[Enabled, Disabled];
const AT_REST: &[State] = &[Enabled, Disabled, PendingImport];

const fn check(operation: &'static str, by: By, states: &'static [State]) -> Check {
    Check { operation, member: "KeyId", by, states, kinds: &[], usage: None, quota: None }
}

impl Check {
    const fn named(self, member: &'static str) -> Self {
        Check { member, ..self }
    }

    const fn of(self, kinds: &'static [Kind]) -> Self {
        Check { kinds, ..self }
    }

    const fn made_for(self, usage: &'static str, algorithm: &'static str) -> Self {
        Check { usage: Some((usage, algorithm)), ..self }
    }

    const fn at_most(self, quota: Quota) -> Self {
        Check { quota: Some(quota), ..self }
    }
}

// Only a replica is ever Creating: the operations of primaries let that state pass, and answer that it is no primary, as KMS does.
#[rustfmt::skip]
static TABLE: &[Check] = &[
    check("CancelKeyDeletion", By::IdOrArn, DELETING),
    check("CreateAlias", By::IdOrArn, ALIVE).named("TargetKeyId").at_most(Quota::Aliases),
    check("CreateGrant", By::IdOrArn, IN_USE).at_most(Quota::Grants),
    check("Decrypt", By::Anything, IN_USE).of(&[Kind::Opens]).made_for("ENCRYPT_DECRYPT", "EncryptionAlgorithm"),
    check("Decapsulate", By::Anything, IN_USE).made_for("ENCAPSULATE_DECAPSULATE", "EncapsulationAlgorithm"),
    check("DeleteImportedKeyMaterial", By::IdOrArn, &[Enabled, Disabled, PendingImport, PendingDeletion, PendingReplicaDeletion]).of(&[Kind::Imported]),
    check("DeriveSharedSecret", By::Anything, IN_USE).made_for("KEY_AGREEMENT", "KeyAgreementAlgorithm"),
    check("DescribeKey", By::Anything, ANY),
    check("DisableKey", By::IdOrArn, ON_OR_OFF),
    check("DisableKeyRotation", By::IdOrArn, &[Enabled, PendingImport, Updating]).of(&[Kind::Rotates, Kind::MadeByKms, Kind::NoReplica]),
    check("EnableKey", By::IdOrArn, ON_OR_OFF),
    check("EnableKeyRotation", By::IdOrArn, &[Enabled, PendingImport, Updating]).of(&[Kind::Rotates, Kind::MadeByKms, Kind::NoReplica]),
    check("Encapsulate", By::Anything, IN_USE).made_for("ENCAPSULATE_DECAPSULATE", "EncapsulationAlgorithm"),
    check("Encrypt", By::Anything, IN_USE).made_for("ENCRYPT_DECRYPT", "EncryptionAlgorithm"),
    check("GenerateDataKey", By::Anything, IN_USE).made_for("ENCRYPT_DECRYPT", NONE),
    check("GenerateDataKeyPair", By::Anything, IN_USE).made_for("ENCRYPT_DECRYPT", NONE),
    check("GenerateDataKeyPairWithoutPlaintext", By::Anything, IN_USE).made_for("ENCRYPT_DECRYPT", NONE),
    check("GenerateDataKeyWithoutPlaintext", By::Anything, IN_USE).made_for("ENCRYPT_DECRYPT", NONE),
    check("GenerateMac", By::Anything, IN_USE).made_for("GENERATE_VERIFY_MAC", "MacAlgorithm"),
    check("GetKeyLastUsage", By::IdOrArn, ANY),
    check("GetKeyPolicy", By::IdOrArn, ANY),
    check("GetKeyRotationStatus", By::IdOrArn, ANY).of(&[Kind::Rotates]),
    check("GetParametersForImport", By::IdOrArn, AT_REST).of(&[Kind::Imported]),
    check("GetPublicKey", By::Anything, &[Enabled, Disabled, PendingImport, Updating]).of(&[Kind::Public]),
    check("ImportKeyMaterial", By::IdOrArn, &[Enabled, Disabled, PendingImport, Updating]).of(&[Kind::Imported]),
    check("ListAliases", By::IdOrArn, ANY),
    check("ListGrants", By::IdOrArn, ANY),
    check("ListKeyPolicies", By::IdOrArn, ANY),
    check("ListKeyRotations", By::IdOrArn, ANY).of(&[Kind::Rotates]),
    check("ListResourceTags", By::IdOrArn, ANY),
    check("PutKeyPolicy", By::IdOrArn, ANY),
    check("ReEncrypt", By::Anything, IN_USE).named("SourceKeyId").of(&[Kind::Opens]).made_for("ENCRYPT_DECRYPT", "SourceEncryptionAlgorithm"),
    check("ReEncrypt", By::Anything, IN_USE).named("DestinationKeyId").made_for("ENCRYPT_DECRYPT", "DestinationEncryptionAlgorithm"),
    check("ReplicateKey", By::IdOrArn, &[Enabled, Creating]).of(&[Kind::Primary]),
    check("RetireGrant", By::IdOrArn, ANY),
    check("RevokeGrant", By::IdOrArn, ANY),
    check("RotateKeyOnDemand", By::IdOrArn, IN_USE).of(&[Kind::Rotates, Kind::NoReplica]).at_most(Quota::Rotations),
    check("ScheduleKeyDeletion", By::IdOrArn, &[Creating, Enabled, Disabled, PendingImport]),
    check("Sign", By::Anything, IN_USE).made_for("SIGN_VERIFY", "SigningAlgorithm"),
    check("TagResource", By::IdOrArn, ALIVE),
    check("UntagResource", By::IdOrArn, ALIVE),
    check("UpdateAlias", By::IdOrArn, ALIVE).named("TargetKeyId"),
    check("UpdateKeyDescription", By::IdOrArn, ALIVE),
    check("UpdatePrimaryRegion", By::IdOrArn, &[Enabled, Updating, Creating]).of(&[Kind::Primary]),
    check("Verify", By::Anything, IN_USE).made_for("SIGN_VERIFY", "SigningAlgorithm"),
    check("VerifyMac", By::Anything, IN_USE).made_for("GENERATE_VERIFY_MAC", "MacAlgorithm"),
];

impl World {
    /// The key that `KeyId` of the request names, once it is seen to be all that the operation asks.
    pub(crate) fn admit(&mut self, call: &Call) -> Result<Found, Refusal> {
        self.admit_as(call, "KeyId")
    }

    /// The key that this member of the request names.
    pub(crate) fn admit_as(&mut self, call: &Call, member: &'static str) -> Result<Found, Refusal> {
        let check = of(call, member)?;
        let found = self.locate(&call.region, call.required(member), call.now, check.by)?;
        self.hold(call, check, &found)?;
        Ok(found)
    }

    /// The same for a key that something else than the request named: its ciphertext.
    pub(crate) fn admit_found(&mut self, call: &Call, member: &'static str, found: &Found) -> Result<(), Refusal> {
        self.hold(call, of(call, member)?, found)
    }

    fn hold(&mut self, call: &Call, check: &Check, found: &Found) -> Result<(), Refusal> {
        let key = self.key(&call.region, found)?;
        let algorithm = check.usage.and_then(|(_, member)| call.text(member)).unwrap_or(SYMMETRIC);
        key.require(&found.arn, call.now, check.states)?;
        check.kinds.iter().try_for_each(|kind| kind.require(key, &found.arn, algorithm))?;
        if let Some((usage, _)) = check.usage {
            key.require_usage(&found.arn, usage, check.operation)?;
            if !algorithms(key.spec, key.usage).1.contains(&algorithm) {
                return Err(incompatible(algorithm, key.spec));
            }
        }
        check.quota.map_or(Ok(()), |quota| quota.require(key, &found.arn))
    }
}

fn of(call: &Call, member: &str) -> Result<&'static Check, Refusal> {
    let row = TABLE.iter().find(|check| check.operation == call.operation && check.member == member);
    row.ok_or_else(|| Refusal::internal("an operation without a row in the table of checks"))
}

/// Whether a key may take one more alias.
pub(crate) fn takes_an_alias(key: &Key, arn: &str) -> Result<(), Refusal> {
    Quota::Aliases.require(key, arn)
}

impl Kind {
    fn require(self, key: &Key, arn: &str, algorithm: &str) -> Result<(), Refusal> {
        let symmetric = key.spec == KeySpec::SymmetricDefault;
        match self {
            Kind::Rotates if !symmetric => Err(Refusal::silent("UnsupportedOperationException")),
            Kind::Primary if key.role != Role::Primary => Err(not_primary(arn)),
            Kind::NoReplica if key.role == Role::Replica => Err(not_primary(arn)),
            Kind::Imported => key.require_origin(arn, Origin::External),
            Kind::MadeByKms => key.require_origin(arn, Origin::AwsKms),
            Kind::Public if !key.spec.is_private_key() => {
                let spec = key.spec;
                Err(Refusal::unsupported(format!("{arn} key spec is {spec} which is not valid for GetPublicKey.")))
            }
            Kind::Opens if algorithm == SYMMETRIC && !symmetric => Err(wrong_key()),
            _ => Ok(()),
        }
    }
}

fn not_primary(arn: &str) -> Refusal {
    Refusal::unsupported(format!("{arn} is not a multi-region primary key."))
}

/// The ciphertext is not of the key that the request names.
pub(crate) fn wrong_key() -> Refusal {
    Refusal::new(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
}

impl Quota {
    fn require(self, key: &Key, arn: &str) -> Result<(), Refusal> {
        let (kept, most) = match self {
            Quota::Rotations => (key.rotations.on_demand.into(), 25),
            Quota::Aliases => (key.aliases.into(), 50),
            // KMS's quota is 50,000; nobody rehearses with so many.
            Quota::Grants => (key.grants.len(), 1000),
        };
        if kept < most {
            return Ok(());
        }
        let message = match self {
            Quota::Rotations => format!(
                "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: {arn}"
            ),
            Quota::Aliases => format!("A key has at most {most} aliases."),
            Quota::Grants => format!("A key has at most {most} grants here."),
        };
        Err(Refusal::new("LimitExceededException", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::model::operations;

    #[test]
    fn every_operation_with_a_key_has_a_row_for_each_name_of_one() {
        let other = ["XksKeyId", "CustomKeyStoreId"];
        for (operation, members) in operations() {
            for member in members.iter().map(|member| member.name).filter(|name| name.ends_with("KeyId")) {
                let rows = TABLE.iter().filter(|check| check.operation == *operation && check.member == member);
                assert_eq!(rows.count(), usize::from(!other.contains(&member)), "{operation} {member}");
            }
        }
        for check in TABLE {
            assert!(operations().any(|(operation, _)| *operation == check.operation), "{}", check.operation);
        }
    }
}
