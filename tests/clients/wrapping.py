"""Wraps key material as KMS's documentation says, by the Python package `cryptography` alone."""

import os

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding

DIGESTS = {"SHA_1": hashes.SHA1, "SHA_256": hashes.SHA256}


def wrap(algorithm, public_key, material):
    """RSAES_OAEP_SHA_n, or RSA_AES_KEY_WRAP_SHA_n: an AES key under OAEP, followed by the material under it (RFC 5649)."""
    digest = DIGESTS["SHA_1" if algorithm.endswith("SHA_1") else "SHA_256"]
    if algorithm.startswith("RSAES_OAEP"):
        return oaep(public_key, digest, digest, material)
    aes_key = os.urandom(32)
    return oaep(public_key, digest, digest, aes_key) + keywrap.aes_key_wrap_with_padding(aes_key, material)


def oaep(public_key, digest, mgf1, plain):
    key = serialization.load_der_public_key(public_key)
    return key.encrypt(plain, padding.OAEP(mgf=padding.MGF1(mgf1()), algorithm=digest(), label=None))


def pkcs8(key):
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
