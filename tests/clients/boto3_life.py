"""A whole life of imported keys through boto3, against the embedded KMS.

    boto3_life.py URL

boto3 checks what it sends; what comes back is held to the service model byte for byte (kms_model.py). Wrapping, verifying and
encrypting are done by `cryptography`. Ends with an error at the first thing that is not as KMS says.
"""

import datetime
import json
import os
import sys
import time

from boto3_session import NO_EXPIRY, Endpoint, refused
from boto3_uses import hmac_keys, private_keys
from cryptography.hazmat.primitives import hashes, serialization
from kms_model import SERVED
from wrapping import oaep

# Members of replies that nothing here can have: custom key stores, enclaves, ML-KEM keys, and a second policy of a key.
NEVER = {
    "DecapsulateResponse.EncapsulationAlgorithm",
    "DecapsulateResponse.KeyId",
    "DecapsulateResponse.SharedSecret",
    "DecryptResponse.CiphertextForRecipient",
    "DeriveSharedSecretResponse.CiphertextForRecipient",
    "EncapsulateResponse.EncapsulationAlgorithm",
    "EncapsulateResponse.KeyId",
    "EncapsulateResponse.SharedSecret",
    "EncapsulateResponse.SharedSecretCiphertextBlob",
    "GenerateDataKeyPairResponse.CiphertextForRecipient",
    "GenerateDataKeyResponse.CiphertextForRecipient",
    "GenerateRandomResponse.CiphertextForRecipient",
    "GetPublicKeyResponse.EncapsulationAlgorithms",
    "KeyMetadata.CloudHsmClusterId",
    "KeyMetadata.CustomKeyStoreId",
    "KeyMetadata.EncapsulationAlgorithms",
    "KeyMetadata.XksKeyConfiguration",
    "ListKeyPoliciesResponse.NextMarker",
    "XksKeyConfigurationType.Id",
}


def manage(kms):
    """Everything about a key but its material."""
    policy = json.loads(kms.get_key_policy(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])["Policy"])
    policy["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"})
    tags = [{"TagKey": f"tag-{n:02}", "TagValue": str(n)} for n in range(5)]
    key = kms.create_key(Origin="EXTERNAL", Description="payments", Tags=tags, Policy=json.dumps(policy))["KeyMetadata"]
    arn, key_id = key["Arn"], key["KeyId"]
    assert (key["KeyState"], key["Enabled"], key["Origin"], key["Description"]) == ("PendingImport", False, "EXTERNAL", "payments")
    assert json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]) == policy
    kms.put_key_policy(KeyId=arn, Policy=json.dumps({**policy, "Id": "mine"}), BypassPolicyLockoutSafetyCheck=True)
    assert json.loads(kms.get_key_policy(KeyId=arn)["Policy"])["Id"] == "mine"
    assert kms.list_key_policies(KeyId=arn)["PolicyNames"] == ["default"]
    refused("MalformedPolicyDocumentException", kms.put_key_policy, KeyId=arn, Policy="{")

    kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "tag-00", "TagValue": "new"}])
    kms.untag_resource(KeyId=arn, TagKeys=["tag-04"])
    pages = list(kms.get_paginator("list_resource_tags").paginate(KeyId=arn, PaginationConfig={"PageSize": 2}))
    listed = [(tag["TagKey"], tag["TagValue"]) for page in pages for tag in page["Tags"]]
    assert len(pages) == 2 and listed == [("tag-00", "new"), ("tag-01", "1"), ("tag-02", "2"), ("tag-03", "3")]
    refused("TagException", kms.tag_resource, KeyId=arn, Tags=[{"TagKey": "aws:x", "TagValue": ""}])

    for name in ("alias/a", "alias/b", "alias/c"):
        kms.create_alias(AliasName=name, TargetKeyId=arn)
    refused("AlreadyExistsException", kms.create_alias, AliasName="alias/a", TargetKeyId=arn)
    other = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName="alias/b", TargetKeyId=other)
    kms.delete_alias(AliasName="alias/c")
    pages = list(kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 1}))
    assert [(page["Aliases"][0]["AliasName"], page["Truncated"]) for page in pages] == [("alias/a", True), ("alias/b", False)]
    assert [alias["TargetKeyId"] for alias in kms.list_aliases(KeyId=other)["Aliases"]] == [other]
    assert kms.describe_key(KeyId="alias/a")["KeyMetadata"]["KeyId"] == key_id
    refused("InvalidAliasNameException", kms.create_alias, AliasName="alias/", TargetKeyId=arn)

    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1}))
    assert {page["Keys"][0]["KeyArn"] for page in pages} >= {arn} and len(pages) == 3
    refused("InvalidMarkerException", kms.list_keys, Marker="nonsense")
    assert len(kms.list_keys(ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM", "SELF"])["Keys"]) == 3
    assert kms.list_keys(ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"])["Keys"] == []
    kms.update_key_description(KeyId=key_id, Description="")
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["Description"] == ""
    return arn


def import_and_use(endpoint, key):
    """The first import, what it refuses, and the key at work."""
    kms, material = endpoint.kms, os.urandom(32)
    refused("KMSInvalidStateException", kms.encrypt, KeyId=key, Plaintext=b"x")
    set_ = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_4096")
    assert set_["KeyId"] == key and serialization.load_der_public_key(set_["PublicKey"]).key_size == 4096
    hours = (set_["ParametersValidTo"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600
    assert 23.9 < hours < 24.1, hours
    request = {"KeyId": key, "ImportToken": set_["ImportToken"], **NO_EXPIRY}
    forgotten = oaep(set_["PublicKey"], hashes.SHA1, hashes.SHA1, material)
    assert refused("InvalidCiphertextException", kms.import_key_material, EncryptedKeyMaterial=forgotten, **request) == ""
    good = oaep(set_["PublicKey"], hashes.SHA256, hashes.SHA256, material)
    other_token = {**request, "ImportToken": os.urandom(100)}
    refused("InvalidImportTokenException", kms.import_key_material, EncryptedKeyMaterial=good, **other_token)
    expires = {**request, "ExpirationModel": "KEY_MATERIAL_EXPIRES"}
    message = refused("ValidationException", kms.import_key_material, EncryptedKeyMaterial=good, **expires)
    assert message == "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    imported = kms.import_key_material(EncryptedKeyMaterial=good, KeyMaterialDescription="first", **request)
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (imported["KeyId"], imported["KeyMaterialId"]) == (key, metadata["CurrentKeyMaterialId"])
    assert (metadata["KeyState"], metadata["ExpirationModel"]) == ("Enabled", "KEY_MATERIAL_DOES_NOT_EXPIRE")

    context = {"purpose": "test", "n": "1"}
    reader = "arn:aws:iam::111122223333:role/reader"
    grant = kms.create_grant(KeyId=key, GranteePrincipal=reader, Operations=["Decrypt"], RetiringPrincipal=reader,
                             Constraints={"EncryptionContextSubset": context, "EncryptionContextEquals": context})
    kms.create_grant(KeyId=key, GranteeServicePrincipal="ec2.amazonaws.com", Operations=["CreateGrant"], Name="disks",
                     RetiringServicePrincipal="ec2.amazonaws.com", Constraints={"SourceArn": "arn:aws:ec2:us-east-1:111122223333:volume/*"})
    refused("ValidationException", kms.create_grant, KeyId=key, Operations=["Decrypt"])
    refused("DryRunOperationException", kms.create_grant, KeyId=key, GranteePrincipal=reader, Operations=[], DryRun=True)
    pages = list(kms.get_paginator("list_grants").paginate(KeyId=key, PaginationConfig={"PageSize": 1}))
    assert len(pages) == 2 and {grant.get("Name") for page in pages for grant in page["Grants"]} == {None, "disks"}
    [listed] = kms.list_grants(KeyId=key, GrantId=grant["GrantId"])["Grants"]
    assert (listed["GranteePrincipal"], listed["Operations"]) == (reader, ["Decrypt"])
    grants(kms, key, grant, reader)

    assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"] == {}

    sealed = kms.encrypt(KeyId="alias/a", Plaintext=b"hello", EncryptionContext=context)
    assert sealed["KeyId"] == key and sealed["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=context)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"hello", imported["KeyMaterialId"])
    assert refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=sealed["CiphertextBlob"]) == ""
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]
    hidden = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=7)
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 7
    destination = kms.create_key()["KeyMetadata"]["Arn"]
    moved = kms.re_encrypt(
        CiphertextBlob=sealed["CiphertextBlob"], SourceEncryptionContext=context, SourceKeyId=key, DestinationKeyId=destination
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (key, destination)
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == b"hello"
    refused("IncorrectKeyException", kms.decrypt, CiphertextBlob=sealed["CiphertextBlob"], KeyId=destination)
    refused("DryRunOperationException", kms.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)
    assert len(kms.generate_random(NumberOfBytes=24)["Plaintext"]) == 24

    data_key_pairs(kms, key, context)
    refused("InvalidKeyUsageException", kms.encapsulate, KeyId=key, EncapsulationAlgorithm="ML_KEM")
    blob = {"SharedSecretCiphertextBlob": b"x", "EncapsulationAlgorithm": "ML_KEM"}
    refused("InvalidKeyUsageException", kms.decapsulate, KeyId=key, **blob)
    enclave = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"nobody signed this"}
    for call, request in (
        (kms.decrypt, {"CiphertextBlob": sealed["CiphertextBlob"], "EncryptionContext": context}),
        (kms.generate_data_key, {"KeyId": key, "KeySpec": "AES_256"}),
        (kms.generate_data_key_pair, {"KeyId": key, "KeyPairSpec": "RSA_2048"}),
        (kms.generate_random, {"NumberOfBytes": 24}),
    ):
        refused("ValidationException", call, Recipient=enclave, **request)

    refused("IncorrectKeyMaterialException", endpoint.import_into, key=key, material=os.urandom(32))
    endpoint.import_into(key, material, KeyMaterialId=imported["KeyMaterialId"], ImportType="EXISTING_KEY_MATERIAL")
    return material, sealed["CiphertextBlob"], context


def grants(kms, key, grant, reader):
    """A grant for a reader and one for a service, found by who may retire them, and ended."""
    pages = kms.get_paginator("list_retirable_grants").paginate(RetiringPrincipal=reader, PaginationConfig={"PageSize": 1})
    assert [entry["GrantId"] for page in pages for entry in page["Grants"]] == [grant["GrantId"]]
    [disks] = kms.list_retirable_grants(RetiringServicePrincipal="ec2.amazonaws.com")["Grants"]
    again = {"KeyId": key, "GranteePrincipal": reader, "Operations": ["Decrypt"], "Name": "mine"}
    first, second = kms.create_grant(**again), kms.create_grant(**again)
    assert first["GrantId"] == second["GrantId"] and first["GrantToken"] != second["GrantToken"]
    kms.retire_grant(GrantToken=first["GrantToken"])
    refused("NotFoundException", kms.retire_grant, GrantToken=second["GrantToken"])
    refused("InvalidGrantTokenException", kms.retire_grant, GrantToken="nonsense")
    refused("ValidationException", kms.retire_grant, KeyId=key)
    refused("DryRunOperationException", kms.revoke_grant, KeyId=key, GrantId=disks["GrantId"], DryRun=True)
    kms.revoke_grant(KeyId=key, GrantId=disks["GrantId"])
    refused("NotFoundException", kms.revoke_grant, KeyId=key, GrantId=disks["GrantId"])
    refused("InvalidGrantIdException", kms.revoke_grant, KeyId=key, GrantId="nonsense")
    kms.retire_grant(KeyId=key, GrantId=grant["GrantId"])
    assert kms.list_grants(KeyId=key)["Grants"] == []
    refused("ValidationException", kms.create_grant, KeyId=key, GranteePrincipal=reader, Operations=["Sign"])
    service = {"KeyId": key, "GranteeServicePrincipal": "ec2.amazonaws.com", "Operations": ["Decrypt"]}
    refused("ValidationException", kms.create_grant, RetiringPrincipal=reader, **service)


def data_key_pairs(kms, key, context):
    """Pairs whose private half is the public half's, and opens under the KMS key; then the key was last used for that."""
    for spec, size in (("RSA_2048", 2048), ("RSA_3072", 3072), ("ECC_NIST_P521", 521), ("ECC_SECG_P256K1", 256)):
        pair = kms.generate_data_key_pair(KeyId="alias/a", KeyPairSpec=spec, EncryptionContext=context)
        private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
        assert private.public_key() == serialization.load_der_public_key(pair["PublicKey"]) and private.key_size == size
        assert (pair["KeyId"], pair["KeyPairSpec"]) == (key, spec)
        opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"], EncryptionContext=context)
        assert opened["Plaintext"] == pair["PrivateKeyPlaintext"]
    hidden = kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_EDWARDS25519")
    usage = kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]
    assert usage["Operation"] == "GenerateDataKeyPairWithoutPlaintext"
    assert usage["KmsRequestId"] == hidden["ResponseMetadata"]["RequestId"]
    opened = kms.decrypt(CiphertextBlob=hidden["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert serialization.load_der_private_key(opened, None).public_key() == serialization.load_der_public_key(hidden["PublicKey"])
    assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"] == "Decrypt"
    refused("UnsupportedOperationException", kms.generate_data_key_pair, KeyId=key, KeyPairSpec="SM2")


def rotate(endpoint, key, first, sealed, context):
    """New material, pending, rotated to, listed; old ciphertext opens."""
    kms = endpoint.kms
    refused("KMSInvalidStateException", kms.rotate_key_on_demand, KeyId=key)
    second = os.urandom(32)
    new = endpoint.import_into(key, second, ImportType="NEW_KEY_MATERIAL", KeyMaterialDescription="second")["KeyMaterialId"]
    refused("KMSInvalidStateException", endpoint.import_into, key=key, material=os.urandom(32), ImportType="NEW_KEY_MATERIAL")
    assert kms.rotate_key_on_demand(KeyId=key)["KeyId"] == key
    status = kms.get_key_rotation_status(KeyId=key)
    assert status["KeyRotationEnabled"] is False and "OnDemandRotationStartDate" in status
    refused("ConflictException", kms.rotate_key_on_demand, KeyId=key)
    while "OnDemandRotationStartDate" in kms.get_key_rotation_status(KeyId=key):
        time.sleep(0.02)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] == new
    pages = kms.get_paginator("list_key_rotations").paginate(
        KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL", PaginationConfig={"PageSize": 1}
    )
    entries = [entry for page in pages for entry in page["Rotations"]]
    states = [(entry["KeyMaterialState"], entry["KeyMaterialDescription"], entry.get("RotationType")) for entry in entries]
    assert states == [("CURRENT", "second", "ON_DEMAND"), ("NON_CURRENT", "first", None)], states
    assert kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)["Plaintext"] == b"hello"

    kms.delete_imported_key_material(KeyId=key, KeyMaterialId=entries[1]["KeyMaterialId"])
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (metadata["KeyState"], metadata["CurrentKeyMaterialId"]) == ("PendingImport", new)
    refused("KMSInvalidStateException", kms.decrypt, CiphertextBlob=sealed, EncryptionContext=context)
    until = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=30)
    endpoint.import_into(key, first, ValidTo=until, ExpirationModel="KEY_MATERIAL_EXPIRES")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["ValidTo"] == until
    entries = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert ["ValidTo" in entry for entry in entries] == [False, True]
    endpoint.advance("31d")
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert metadata["KeyState"] == "PendingImport" and "ValidTo" not in metadata
    late = {**NO_EXPIRY, "KeyId": key, "ImportToken": b"x", "EncryptedKeyMaterial": b"x"}
    refused("InvalidImportTokenException", kms.import_key_material, **late)
    endpoint.import_into(key, first)


def expired_set(endpoint, key):
    set_ = endpoint.kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_3072")
    endpoint.advance("25h")
    request = {"KeyId": key, "ImportToken": set_["ImportToken"], "EncryptedKeyMaterial": bytes(384), **NO_EXPIRY}
    refused("ExpiredImportTokenException", endpoint.kms.import_key_material, **request)


def replicate(endpoint):
    """Primary, replica, the same bytes in both, rotation, and the primary moved."""
    kms, london = endpoint.kms, endpoint.client("eu-west-2")
    key, material = endpoint.new_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", MultiRegion=True), os.urandom(32)
    refused("KMSInvalidStateException", kms.replicate_key, KeyId=key, ReplicaRegion="eu-west-2")
    endpoint.import_into(key, material)
    tags = [{"TagKey": "where", "TagValue": "London"}]
    reply = kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-2", Description="copy", Tags=tags)
    assert reply["ReplicaTags"] == tags and reply["ReplicaKeyMetadata"]["KeyState"] == "Creating"
    replica = reply["ReplicaKeyMetadata"]["Arn"]
    refused("AlreadyExistsException", kms.replicate_key, KeyId=key, ReplicaRegion="eu-west-2")
    endpoint.advance("1s")
    assert london.describe_key(KeyId=replica)["KeyMetadata"]["KeyState"] == "PendingImport"
    refused("IncorrectKeyMaterialException", endpoint.import_into, key=replica, material=os.urandom(32), kms=london)
    endpoint.import_into(replica, material, kms=london)
    sealed = kms.encrypt(KeyId=key, Plaintext=b"over the sea")["CiphertextBlob"]
    assert london.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"over the sea"
    second = os.urandom(32)
    endpoint.import_into(key, second, ImportType="NEW_KEY_MATERIAL")
    waiting = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"][0]
    assert waiting["KeyMaterialState"] == "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    endpoint.import_into(replica, second, kms=london)
    kms.rotate_key_on_demand(KeyId=key)
    endpoint.advance("1s")
    kms.update_primary_region(KeyId=key, PrimaryRegion="eu-west-2")
    endpoint.advance("1s")
    configuration = london.describe_key(KeyId=replica)["KeyMetadata"]["MultiRegionConfiguration"]
    assert configuration["MultiRegionKeyType"] == "PRIMARY" and configuration["ReplicaKeys"] == [{"Arn": key, "Region": "us-east-1"}]
    reply = london.schedule_key_deletion(KeyId=replica, PendingWindowInDays=7)
    assert reply["KeyState"] == "PendingReplicaDeletion"
    assert london.describe_key(KeyId=replica)["KeyMetadata"]["PendingDeletionWindowInDays"] == 7


def aws_keys(kms):
    """Keys that KMS makes itself, which ordinary clients use."""
    key = kms.create_key(KeySpec="SYMMETRIC_DEFAULT")["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=key)
    assert status["KeyRotationEnabled"] and status["RotationPeriodInDays"] == 90 and "NextRotationDate" in status
    kms.disable_key_rotation(KeyId=key)
    request = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    refused("UnsupportedOperationException", kms.get_parameters_for_import, KeyId=key, **request)


def end(endpoint, key):
    """Disabled, enabled, scheduled for deletion, rescued, gone."""
    kms = endpoint.kms
    kms.disable_key(KeyId=key)
    refused("DisabledException", kms.encrypt, KeyId=key, Plaintext=b"x")
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    refused("KMSInvalidStateException", kms.enable_key, KeyId=key)
    assert kms.cancel_key_deletion(KeyId=key)["KeyId"] == key
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    date = kms.schedule_key_deletion(KeyId=key)["DeletionDate"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["DeletionDate"] == date
    endpoint.advance("31d")
    refused("NotFoundException", kms.describe_key, KeyId=key)
    refused("NotFoundException", kms.describe_key, KeyId="alias/a")
    refused("InvalidArnException", kms.describe_key, KeyId="arn:aws:kms:nonsense")


def main(url):
    endpoint = Endpoint(url)
    identity = endpoint.client("us-east-1", "sts").get_caller_identity()
    assert (identity["Account"], identity["UserId"]) == ("000000000000", "local"), identity
    key = manage(endpoint.kms)
    rotate(endpoint, key, *import_and_use(endpoint, key))
    expired_set(endpoint, key)
    hmac_keys(endpoint)
    private_keys(endpoint)
    replicate(endpoint)
    aws_keys(endpoint.kms)
    end(endpoint, key)
    # A member that the model knows and no reply of this life had is one that the embedded KMS forgets.
    assert set(endpoint.strict.never_seen(SERVED)) == NEVER, endpoint.strict.never_seen(SERVED)
    endpoint.finish()


if __name__ == "__main__":
    main(sys.argv[1])
