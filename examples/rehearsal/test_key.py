"""Tests of code that uses KMS, without AWS. `kms` and `kms_url` are fixtures of conftest.py."""

import json
import os
import subprocess
import urllib.request

import pytest


@pytest.fixture
def key(kms_url, request):
    """A key with key material of one's own, as the application finds it in production; another for each test."""
    command = [
        os.environ.get("KMS_BYOK", "kms-byok"), "--endpoint-url", kms_url, "--region", "eu-central-1", "--output", "json",
        "provision", "--alias", f"alias/{request.node.name}", "--generate", "--discard", "--expires-in", "90d",
    ]
    credentials = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    report = subprocess.run(command, env={**os.environ, **credentials}, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(report)["key_arn"]


def test_what_was_encrypted_with_the_imported_key_is_decrypted(kms, key):
    sealed = kms.encrypt(KeyId=key, Plaintext=b"hello")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"hello"


def test_the_day_on_which_the_key_material_has_expired(kms, kms_url, key):
    sealed = kms.encrypt(KeyId=key, Plaintext=b"hello")["CiphertextBlob"]
    move_clock(kms_url, {"advance": "91d"})
    try:
        with pytest.raises(kms.exceptions.KMSInvalidStateException):
            kms.decrypt(CiphertextBlob=sealed)
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingImport"
    finally:
        move_clock(kms_url, {"reset": True})


def move_clock(kms_url, how):
    urllib.request.urlopen(f"{kms_url}/_rehearsal/clock", json.dumps(how).encode()).close()
