"""Imported HMAC and private keys at work in KMS, checked by `cryptography` on this side."""

import hmac
import os

from boto3_session import refused
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from wrapping import oaep, pkcs8, spki

MESSAGE = b"a message for a machine that was never told it"


def hmac_keys(endpoint):
    kms = endpoint.kms
    for bits, digest in ((224, "sha224"), (256, "sha256"), (384, "sha384"), (512, "sha512")):
        material = os.urandom(bits // 8)
        key = endpoint.new_key(f"HMAC_{bits}", "GENERATE_VERIFY_MAC")
        other = "HMAC_SHA_512" if bits == 256 else "HMAC_SHA_256"
        refused("KMSInvalidStateException", kms.generate_mac, KeyId=key, Message=MESSAGE, MacAlgorithm=other)
        reply = endpoint.import_into(key, material)
        refused("InvalidKeyUsageException", kms.generate_mac, KeyId=key, Message=MESSAGE, MacAlgorithm=other)
        assert "KeyMaterialId" not in reply
        request = {"KeyId": key, "Message": MESSAGE, "MacAlgorithm": f"HMAC_SHA_{bits}"}
        mac = kms.generate_mac(**request)["Mac"]
        assert mac == hmac.digest(material, MESSAGE, digest)
        assert kms.verify_mac(Mac=mac, **request)["MacValid"] is True
        assert refused("KMSInvalidMacException", kms.verify_mac, Mac=bytes(len(mac)), **request) == ""


def private_keys(endpoint):
    rsa_2048, rsa_3072 = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 3072)
    imported(endpoint, "RSA_2048", "SIGN_VERIFY", rsa_2048, rsa_signatures)
    imported(endpoint, "RSA_3072", "ENCRYPT_DECRYPT", rsa_3072, rsa_encryption)
    for spec, curve, digest in (
        ("ECC_NIST_P256", ec.SECP256R1, hashes.SHA256),
        ("ECC_NIST_P384", ec.SECP384R1, hashes.SHA384),
        ("ECC_NIST_P521", ec.SECP521R1, hashes.SHA512),
        ("ECC_SECG_P256K1", ec.SECP256K1, hashes.SHA256),
    ):
        imported(endpoint, spec, "SIGN_VERIFY", ec.generate_private_key(curve()), ecdsa(digest()))
    imported(endpoint, "ECC_NIST_P256", "KEY_AGREEMENT", ec.generate_private_key(ec.SECP256R1()), agreement)
    imported(endpoint, "ECC_NIST_EDWARDS25519", "SIGN_VERIFY", ed25519.Ed25519PrivateKey.generate(), ed25519_signatures)


def imported(endpoint, spec, usage, private_key, use):
    """Imports under the two combined algorithms, one after the other, and sees that KMS has this key."""
    kms, key = endpoint.kms, endpoint.new_key(spec, usage)
    for algorithm in ("RSA_AES_KEY_WRAP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1"):
        endpoint.import_into(key, pkcs8(private_key), algorithm)
        public = kms.get_public_key(KeyId=key)
        assert public["PublicKey"] == spki(private_key), spec
        assert (public["KeySpec"], public["KeyUsage"]) == (spec, usage)
        use(kms, key, private_key)
        kms.delete_imported_key_material(KeyId=key)
        # The public half is public: KMS tells it while the private one is gone (key state table of the developer guide).
        assert kms.get_public_key(KeyId=key)["PublicKey"] == spki(private_key), spec


def rsa_signatures(kms, key, private_key):
    for bits, digest in ((256, hashes.SHA256()), (384, hashes.SHA384()), (512, hashes.SHA512())):
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        for name, pad in ((f"RSASSA_PSS_SHA_{bits}", pss), (f"RSASSA_PKCS1_V1_5_SHA_{bits}", padding.PKCS1v15())):
            check = lambda signature, pad=pad, digest=digest: private_key.public_key().verify(signature, MESSAGE, pad, digest)
            signs(kms, key, name, check)


def ecdsa(digest):
    def use(kms, key, private_key):
        name = f"ECDSA_SHA_{digest.digest_size * 8}"
        signs(kms, key, name, lambda signature: private_key.public_key().verify(signature, MESSAGE, ec.ECDSA(digest)))
        hasher = hashes.Hash(digest)
        hasher.update(MESSAGE)
        hashed = hasher.finalize()
        reply = kms.sign(KeyId=key, Message=hashed, MessageType="DIGEST", SigningAlgorithm=name)
        private_key.public_key().verify(reply["Signature"], hashed, ec.ECDSA(Prehashed(digest)))
        refused("ValidationException", kms.sign, KeyId=key, Message=hashed[1:], MessageType="DIGEST", SigningAlgorithm=name)

    return use


def ed25519_signatures(kms, key, private_key):
    signs(kms, key, "ED25519_SHA_512", lambda signature: private_key.public_key().verify(signature, MESSAGE))


def signs(kms, key, algorithm, check):
    request = {"KeyId": key, "Message": MESSAGE, "SigningAlgorithm": algorithm}
    signature = kms.sign(**request)["Signature"]
    check(signature)
    damaged = bytes([signature[0] ^ 1]) + signature[1:]
    try:
        check(damaged)
        raise AssertionError("a damaged signature is valid here")
    except InvalidSignature:
        pass
    assert kms.verify(Signature=signature, **request)["SignatureValid"] is True
    assert refused("KMSInvalidSignatureException", kms.verify, Signature=damaged, **request) == ""


def rsa_encryption(kms, key, private_key):
    for name, digest in (("RSAES_OAEP_SHA_1", hashes.SHA1), ("RSAES_OAEP_SHA_256", hashes.SHA256)):
        sealed = oaep(spki(private_key), digest, digest, MESSAGE)
        assert kms.decrypt(KeyId=key, CiphertextBlob=sealed, EncryptionAlgorithm=name)["Plaintext"] == MESSAGE
        blob = kms.encrypt(KeyId=key, Plaintext=MESSAGE, EncryptionAlgorithm=name)["CiphertextBlob"]
        pad = padding.OAEP(mgf=padding.MGF1(digest()), algorithm=digest(), label=None)
        assert private_key.decrypt(blob, pad) == MESSAGE


def agreement(kms, key, private_key):
    ours = ec.generate_private_key(ec.SECP256R1())
    reply = kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=spki(ours))
    assert reply["SharedSecret"] == ours.exchange(ec.ECDH(), private_key.public_key())
    assert reply["KeyOrigin"] == "EXTERNAL"
    other = ec.generate_private_key(ec.SECP384R1())
    refused("ValidationException", kms.derive_shared_secret, KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=spki(other))
    assert serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"]) == private_key.public_key()
