"""An imported key for the libraries that encrypt with KMS keys, and its rotation while they use it."""

import os
import time


class ImportedKey:
    """A symmetric key whose material was made here."""

    def __init__(self, endpoint, alias):
        self.endpoint, self.kms = endpoint, endpoint.kms
        self.arn = endpoint.new_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        self.first = endpoint.import_into(self.arn, os.urandom(32))["KeyMaterialId"]
        self.kms.create_alias(AliasName=alias, TargetKeyId=self.arn)

    def rotate(self):
        """Imports new material and makes it current."""
        second = self.endpoint.import_into(self.arn, os.urandom(32), ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
        self.kms.rotate_key_on_demand(KeyId=self.arn)
        while "OnDemandRotationStartDate" in self.kms.get_key_rotation_status(KeyId=self.arn):
            time.sleep(0.02)
        assert self.kms.describe_key(KeyId=self.arn)["KeyMetadata"]["CurrentKeyMaterialId"] == second != self.first
        return second

    def live(self, encrypt, decrypt):
        """What was encrypted before a rotation opens after it, and so does what is encrypted then; not while the key is disabled."""
        before = encrypt(b"before the rotation")
        assert decrypt(before) == b"before the rotation"
        self.rotate()
        assert decrypt(before) == b"before the rotation"
        after = encrypt(b"after the rotation")
        assert decrypt(after) == b"after the rotation"
        self.kms.disable_key(KeyId=self.arn)
        fails(decrypt, before)
        fails(encrypt, b"nothing")
        self.kms.enable_key(KeyId=self.arn)
        assert decrypt(after) == b"after the rotation"


def fails(call, argument):
    try:
        call(argument)
    except Exception:  # each library has its own
        return
    raise AssertionError("a disabled key was used")
