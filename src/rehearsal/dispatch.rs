//! From the name of an operation to what does it.

use super::call::{Call, Reply};
use super::protocol::Refusal;
use super::state::World;
use super::{
    aliases, creation, deletion, grants, import, keys, mac, parameters, policy, replicas, rotation, tags,
    use_asymmetric, use_symmetric,
};

/// Carries out one operation. What the embedded KMS does not know is refused, never answered with success.
pub(super) fn run(world: &mut World, call: &mut Call) -> Reply {
    match call.operation.as_str() {
        "CreateKey" => creation::create_key(world, call),
        "DescribeKey" => keys::describe_key(world, call),
        "ListKeys" => keys::list_keys(world, call),
        "EnableKey" => keys::enable_key(world, call),
        "DisableKey" => keys::disable_key(world, call),
        "UpdateKeyDescription" => keys::update_key_description(world, call),
        "ScheduleKeyDeletion" => deletion::schedule_key_deletion(world, call),
        "CancelKeyDeletion" => deletion::cancel_key_deletion(world, call),
        "CreateAlias" => aliases::create_alias(world, call),
        "UpdateAlias" => aliases::update_alias(world, call),
        "DeleteAlias" => aliases::delete_alias(world, call),
        "ListAliases" => aliases::list_aliases(world, call),
        "TagResource" => tags::tag_resource(world, call),
        "UntagResource" => tags::untag_resource(world, call),
        "ListResourceTags" => tags::list_resource_tags(world, call),
        "CreateGrant" => grants::create_grant(world, call),
        "ListGrants" => grants::list_grants(world, call),
        "GetKeyPolicy" => policy::get_key_policy(world, call),
        "PutKeyPolicy" => policy::put_key_policy(world, call),
        "ListKeyPolicies" => policy::list_key_policies(world, call),
        "GetParametersForImport" => parameters::get_parameters_for_import(world, call),
        "ImportKeyMaterial" => import::import_key_material(world, call),
        "DeleteImportedKeyMaterial" => import::delete_imported_key_material(world, call),
        "GetPublicKey" => use_asymmetric::get_public_key(world, call),
        "Sign" => use_asymmetric::sign(world, call),
        "Verify" => use_asymmetric::verify(world, call),
        "DeriveSharedSecret" => use_asymmetric::derive_shared_secret(world, call),
        "GenerateMac" => mac::generate_mac(world, call),
        "VerifyMac" => mac::verify_mac(world, call),
        "Encrypt" => use_symmetric::encrypt(world, call),
        "Decrypt" => use_symmetric::decrypt(world, call),
        "ReEncrypt" => use_symmetric::re_encrypt(world, call),
        "GenerateDataKey" => use_symmetric::generate_data_key(world, call),
        "GenerateDataKeyWithoutPlaintext" => use_symmetric::generate_data_key_without_plaintext(world, call),
        "GenerateRandom" => use_symmetric::generate_random(world, call),
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

pub(super) fn unknown() -> Refusal {
    Refusal::silent("UnknownOperationException")
}
