"""What the Python package `cryptography` reads in the private key files of `cryptography-vectors`.

Standard input has a line `PATH<tab>KEY SPEC<tab>PASSPHRASE` for each file; `-` is no passphrase. Standard output is JSON: `root`,
every private key `files` of the package, and the `keys` that are of their key spec, as PKCS#8 in hex.
"""

import json
import os
import re
import sys
import warnings

import cryptography_vectors
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

CURVES = {
    "secp256r1": "ECC_NIST_P256",
    "secp384r1": "ECC_NIST_P384",
    "secp521r1": "ECC_NIST_P521",
    "secp256k1": "ECC_SECG_P256K1",
}
NOT_PRIVATE = re.compile(r"pub|dhp\.|dhp_rfc|^x509/.*\.der$|^pkcs7/.*\.der$")


def is_private_key(path, content):
    """PKITS's PKCS#12 files are left out: they are 405 of one form."""
    if path.endswith((".py", ".pyc", ".txt")) or "PKITS" in path:
        return False
    if path.endswith(".p12") or re.search(rb"BEGIN [A-Z0-9 ]*PRIVATE KEY", content):
        return True
    return path.endswith(".der") and not NOT_PRIVATE.search(path)


def load(path, content, passphrase):
    if path.endswith(".p12"):
        return pkcs12.load_key_and_certificates(content, passphrase)[0]
    if b"BEGIN OPENSSH" in content:
        return serialization.load_ssh_private_key(content, passphrase)
    if b"-----BEGIN" in content:
        return serialization.load_pem_private_key(content, passphrase)
    return serialization.load_der_private_key(content, passphrase)


def spec_of(key):
    if isinstance(key, rsa.RSAPrivateKey):
        return f"RSA_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return CURVES.get(key.curve.name)
    return "ECC_NIST_EDWARDS25519" if isinstance(key, ed25519.Ed25519PrivateKey) else None


def main():
    warnings.simplefilter("ignore")
    root = os.path.dirname(cryptography_vectors.__file__)
    files, keys = {}, {}
    for directory, _, names in os.walk(root):
        for name in names:
            full = os.path.join(directory, name)
            with open(full, "rb") as file:
                content = file.read()
            path = os.path.relpath(full, root)
            if is_private_key(path, content):
                files[path] = content
    for line in sys.stdin:
        path, spec, passphrase = line.rstrip("\n").split("\t")
        try:
            key = load(path, files[path], None if passphrase == "-" else passphrase.encode())
        except Exception:  # noqa: BLE001 whatever it refuses, however it says so
            continue
        if key is not None and spec_of(key) == spec:
            form = serialization.PrivateFormat.PKCS8
            der = key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
            keys[path] = der.hex()
    json.dump({"root": root, "files": sorted(files), "keys": keys}, sys.stdout)


main()
