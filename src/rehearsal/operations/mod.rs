//! From the name of an operation to what does it.

mod aliases;
mod checks;
pub(crate) mod create_key;
pub(crate) mod data_keys;
mod encrypt;
mod grants;
mod import;
mod key_deletion;
mod key_metadata;
mod keys;
mod last_usage;
mod mac;
mod paging;
pub(crate) mod parameters;
mod policy;
mod replicas;
mod rotation;
mod sign;
mod tags;

use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::World;

/// Carries out one operation. What the embedded KMS does not know is refused, never answered with success.
pub(crate) fn run(world: &mut World, call: &mut Call) -> Reply {
    let reply = carry_out(world, call)?;
    last_usage::note(world, call, &reply);
    Ok(reply)
}

fn carry_out(world: &mut World, call: &mut Call) -> Reply {
    match call.operation.as_str() {
        "CreateKey" => create_key::create_key(world, call),
        "DescribeKey" => keys::describe_key(world, call),
        "ListKeys" => keys::list_keys(world, call),
        "EnableKey" => keys::enable_key(world, call),
        "DisableKey" => keys::disable_key(world, call),
        "UpdateKeyDescription" => keys::update_key_description(world, call),
        "ScheduleKeyDeletion" => key_deletion::schedule_key_deletion(world, call),
        "CancelKeyDeletion" => key_deletion::cancel_key_deletion(world, call),
        "CreateAlias" => aliases::create_alias(world, call),
        "UpdateAlias" => aliases::update_alias(world, call),
        "DeleteAlias" => aliases::delete_alias(world, call),
        "ListAliases" => aliases::list_aliases(world, call),
        "TagResource" => tags::tag_resource(world, call),
        "UntagResource" => tags::untag_resource(world, call),
        "ListResourceTags" => tags::list_resource_tags(world, call),
        "CreateGrant" => grants::create_grant(world, call),
        "ListGrants" => grants::list_grants(world, call),
        "ListRetirableGrants" => grants::list_retirable_grants(world, call),
        "RetireGrant" => grants::retire_grant(world, call),
        "RevokeGrant" => grants::revoke_grant(world, call),
        "GetKeyPolicy" => policy::get_key_policy(world, call),
        "PutKeyPolicy" => policy::put_key_policy(world, call),
        "ListKeyPolicies" => policy::list_key_policies(world, call),
        "GetParametersForImport" => parameters::get_parameters_for_import(world, call),
        "ImportKeyMaterial" => import::import_key_material(world, call),
        "DeleteImportedKeyMaterial" => import::delete_imported_key_material(world, call),
        "GetPublicKey" => sign::get_public_key(world, call),
        "Sign" => sign::sign(world, call),
        "Verify" => sign::verify(world, call),
        "DeriveSharedSecret" => sign::derive_shared_secret(world, call),
        "GenerateMac" => mac::generate_mac(world, call),
        "VerifyMac" => mac::verify_mac(world, call),
        "Encrypt" => encrypt::encrypt(world, call),
        "Decrypt" => encrypt::decrypt(world, call),
        "ReEncrypt" => encrypt::re_encrypt(world, call),
        "GenerateDataKey" => data_keys::generate_data_key(world, call),
        "GenerateDataKeyWithoutPlaintext" => data_keys::generate_data_key_without_plaintext(world, call),
        "GenerateDataKeyPair" => data_keys::generate_data_key_pair(world, call),
        "GenerateDataKeyPairWithoutPlaintext" => data_keys::generate_data_key_pair_without_plaintext(world, call),
        "GenerateRandom" => data_keys::generate_random(world, call),
        // There are no ML-KEM keys here: every key is refused for its key usage.
        "Encapsulate" | "Decapsulate" => world.admit(call).and_then(|_| Err(unknown())),
        "GetKeyLastUsage" => last_usage::get_key_last_usage(world, call),
        "RotateKeyOnDemand" => rotation::rotate_key_on_demand(world, call),
        "GetKeyRotationStatus" => rotation::get_key_rotation_status(world, call),
        "EnableKeyRotation" => rotation::enable_key_rotation(world, call),
        "DisableKeyRotation" => rotation::disable_key_rotation(world, call),
        "ListKeyRotations" => rotation::list_key_rotations(world, call),
        "ReplicateKey" => replicas::replicate_key(world, call),
        "UpdatePrimaryRegion" => replicas::update_primary_region(world, call),
        _ => Err(unknown()),
    }
}

pub(crate) fn unknown() -> Refusal {
    Refusal::silent("UnknownOperationException")
}
