"""Tink with an imported key of the embedded KMS: as a remote AEAD, and as the key of data keys, through a rotation.

    tink_life.py URL
"""

import sys

from boto3_session import Endpoint
from library_key import ImportedKey, fails
from tink import aead
from tink.integration import awskms

CONTEXT = b"purpose: test"


def main(url):
    aead.register()
    endpoint = Endpoint(url)
    for envelope in (False, True):
        key = ImportedKey(endpoint, f"alias/tink-{envelope}")
        uri = f"aws-kms://{key.arn}"
        remote = awskms.new_client(boto3_client=endpoint.kms, key_uri=uri).get_aead(uri)
        used = aead.KmsEnvelopeAead(aead.aead_key_templates.AES256_GCM, remote) if envelope else remote
        key.live(lambda plain: used.encrypt(plain, CONTEXT), lambda sealed: used.decrypt(sealed, CONTEXT))
        sealed = used.encrypt(b"with a context", CONTEXT)
        fails(lambda other: used.decrypt(sealed, other), b"purpose: another")
    endpoint.finish()


if __name__ == "__main__":
    main(sys.argv[1])
