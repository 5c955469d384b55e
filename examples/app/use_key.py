"""Encrypts and decrypts a sentence with the key named by KMS_KEY_ID, as an application would."""

import os

import boto3

kms = boto3.client("kms", endpoint_url=os.environ.get("KMS_ENDPOINT_URL"))
sentence = b"a sentence only this key can hide"
sealed = kms.encrypt(KeyId=os.environ["KMS_KEY_ID"], Plaintext=sentence)
opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])
assert opened["Plaintext"] == sentence and sentence not in sealed["CiphertextBlob"]
print("used", opened["KeyId"])
