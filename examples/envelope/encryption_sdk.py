"""A file under a data key that a key in AWS KMS encrypts, with the AWS Encryption SDK for Python.

    pip install 'aws-encryption-sdk[MPL]' boto3
    python encryption_sdk.py encrypt KEY_ARN plain > sealed
    python encryption_sdk.py decrypt KEY_ARN sealed > plain

Permissions: kms:GenerateDataKey to encrypt, kms:Decrypt to decrypt.
"""

import sys

import aws_encryption_sdk
import boto3
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsKeyringInput

what, key_arn, file = sys.argv[1:]
providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
keyring = providers.create_aws_kms_keyring(CreateAwsKmsKeyringInput(kms_key_id=key_arn, kms_client=boto3.client("kms")))
client = aws_encryption_sdk.EncryptionSDKClient()
run = {"encrypt": client.encrypt, "decrypt": client.decrypt}[what]
with open(file, "rb") as source:
    # The context is no secret; it is authenticated, and must be the same to decrypt.
    result, _ = run(source=source.read(), keyring=keyring, encryption_context={"purpose": "example"})
sys.stdout.buffer.write(result)
