"""A file under a data key that a key in AWS KMS encrypts, with Tink.

    pip install 'tink[awskms]' boto3
    python tink_aead.py encrypt KEY_ARN plain > sealed
    python tink_aead.py decrypt KEY_ARN sealed > plain

Permissions: kms:Encrypt to encrypt, kms:Decrypt to decrypt.
"""

import sys

import boto3
from tink import aead
from tink.integration import awskms

what, key_arn, file = sys.argv[1:]
aead.register()
uri = f"aws-kms://{key_arn}"
remote = awskms.new_client(boto3_client=boto3.client("kms"), key_uri=uri).get_aead(uri)
envelope = aead.KmsEnvelopeAead(aead.aead_key_templates.AES256_GCM, remote)
run = {"encrypt": envelope.encrypt, "decrypt": envelope.decrypt}[what]
with open(file, "rb") as source:
    # The context is no secret; it is authenticated, and must be the same to decrypt.
    sys.stdout.buffer.write(run(source.read(), b"purpose: example"))
