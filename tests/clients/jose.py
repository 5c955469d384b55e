"""What the JOSE library joserfc makes of public JWKs.

Standard input has a JSON object for each key: `jwk`, and for a key that signs `input` (the signing input of a compact JWS) and
`signature` as KMS gave it, in hex. Standard output has one for each: `thumbprint`, `spki` in hex, `openssh`, and `verified`: the payload
of the token that was verified by the JWK with its own `alg`, or null.
"""

import base64
import json
import sys
import warnings

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.jwk import JWKRegistry

WIDTHS = {"ES256": 32, "ES256K": 32, "ES384": 48, "ES512": 66}


def raw(signature, algorithm):
    """JOSE has both numbers of ECDSA one after the other (RFC 7518, 3.4), KMS has them in DER."""
    width = WIDTHS.get(algorithm)
    if width is None:
        return signature
    return b"".join(number.to_bytes(width, "big") for number in decode_dss_signature(signature))


def answer(line):
    jwk = line["jwk"]
    key = JWKRegistry.import_key(jwk)
    public = key.public_key
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    openssh = None
    if jwk.get("crv") != "secp256k1":
        openssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    verified = None
    if "signature" in line:
        signature = raw(bytes.fromhex(line["signature"]), jwk["alg"])
        token = line["input"] + "." + base64.urlsafe_b64encode(signature).decode().rstrip("=")
        verified = jws.deserialize_compact(token, key, algorithms=[jwk["alg"]]).payload.decode()
    return {"thumbprint": key.thumbprint(), "spki": spki.hex(), "openssh": openssh, "verified": verified}


def main():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))))


main()
