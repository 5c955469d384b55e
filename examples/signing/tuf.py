"""The root metadata of a TUF repository, signed by a key in AWS KMS.

    pip install 'securesystemslib[awskms]'
    python tuf.py alias/tuf-root root.json

Permissions: kms:GetPublicKey and kms:Sign on the key, an RSA key or one on P-256 or P-384.
"""

import json
import sys

from securesystemslib.signer import AWSSigner

key_id, file = sys.argv[1:]
with open(file, "rb") as metadata:
    payload = metadata.read()

uri, public_key = AWSSigner.import_(key_id)
signature = AWSSigner.from_priv_key_uri(uri, public_key).sign(payload)
public_key.verify_signature(signature, payload)
json.dump({"uri": uri, "keyid": signature.keyid, "key": public_key.to_dict(), "sig": signature.signature}, sys.stdout)
