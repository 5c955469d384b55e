"""What the Python package `cryptography` reads in the private key files of `cryptography-vectors`.

Standard input has a line `PATH<tab>KEY SPEC<tab>PASSPHRASE` for each file; `-` is no passphrase. Standard output is JSON: `root`,
every private key `files` of the package, and the `keys` that are of their key spec, as PKCS#8 in hex; `kinds` says what every key is; `pkits` has the same for the
PKCS#12 files of NIST's PKITS, whose passphrase is `password`: the key of RSA_2048, or null.
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


def is_private_key(path, content):
    """Whatever may hold one: nobody can tell DER of a public key from that of a private one by its name.

    PKITS's PKCS#12 files are 405 of one form, with an answer of their own.
    """
    if path.endswith((".py", ".pyc")) or "PKITS" in path:
        return False
    if path.endswith(".p12") or re.search(rb"BEGIN [A-Z0-9 ]*PRIVATE KEY", content):
        return True
    return path.endswith(".der") and not path.startswith("x509/")


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


def pkcs8_of(path, content, spec, passphrase):
    """The key in hex, if there is one and it is of that key spec."""
    try:
        key = load(path, content, passphrase)
    except Exception:  # noqa: BLE001 whatever it refuses, however it says so
        return None
    if key is None or spec_of(key) != spec:
        return None
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption()).hex()


def kind_of(path, content, passphrase):
    """What the key is: the type, with the bits of RSA or the curve of EC; or why there is none."""
    try:
        key = load(path, content, passphrase)
    except TypeError as error:
        return "encrypted" if "not given" in str(error) else None
    except Exception:  # noqa: BLE001 whatever it refuses, however it says so
        return None
    if isinstance(key, rsa.RSAPrivateKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return f"EC {key.curve.name}"
    return "no key" if key is None else type(key).__name__.removesuffix("PrivateKey").lstrip("_")


def main():
    warnings.simplefilter("ignore")
    root = os.path.dirname(cryptography_vectors.__file__)
    files, keys, kinds, pkits = {}, {}, {}, {}
    for directory, _, names in os.walk(root):
        for name in names:
            full = os.path.join(directory, name)
            with open(full, "rb") as file:
                content = file.read()
            path = os.path.relpath(full, root)
            if is_private_key(path, content):
                files[path] = content
            elif path.endswith(".p12"):
                pkits[path] = pkcs8_of(path, content, "RSA_2048", b"password")
    for line in sys.stdin:
        path, spec, passphrase = line.rstrip("\n").split("\t")
        secret = None if passphrase == "-" else passphrase.encode()
        kinds[path] = kind_of(path, files[path], secret)
        der = pkcs8_of(path, files[path], spec, secret)
        if der is not None:
            keys[path] = der
    json.dump({"root": root, "files": sorted(files), "keys": keys, "kinds": kinds, "pkits": pkits}, sys.stdout)


main()
