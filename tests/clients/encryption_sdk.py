"""The AWS Encryption SDK for Python with an imported key of the embedded KMS, through a rotation.

    encryption_sdk.py URL
"""

import logging
import sys

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsKeyringInput
from boto3_session import Endpoint
from library_key import ImportedKey, fails

CONTEXT = {"purpose": "test"}
logging.disable(logging.CRITICAL)  # the SDK logs each refusal, and here some are wanted


def keyring(endpoint, key):
    providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
    return {"keyring": providers.create_aws_kms_keyring(CreateAwsKmsKeyringInput(kms_key_id=key.arn, kms_client=endpoint.kms))}


def main(url):
    endpoint = Endpoint(url)
    client = aws_encryption_sdk.EncryptionSDKClient()
    key = ImportedKey(endpoint, "alias/encryption-sdk")
    way = keyring(endpoint, key)
    encrypt = lambda plain: client.encrypt(source=plain, encryption_context=CONTEXT, **way)[0]
    decrypt = lambda sealed: client.decrypt(source=sealed, encryption_context=CONTEXT, **way)[0]
    key.live(encrypt, decrypt)
    other = ImportedKey(endpoint, "alias/other")
    wrong = keyring(endpoint, other)
    fails(lambda sealed: client.decrypt(source=sealed, encryption_context=CONTEXT, **wrong), encrypt(b"of the first key"))
    assert endpoint.kms.get_key_last_usage(KeyId=key.arn)["KeyLastUsage"]["Operation"] == "GenerateDataKey"
    endpoint.finish()


if __name__ == "__main__":
    main(sys.argv[1])
