"""A detached CMS signature (RFC 5652) of a file, made by a key in AWS KMS: what `openssl cms -verify` takes.

    pip install asn1crypto boto3
    python cms.py alias/code-signing certificate.pem FILE > FILE.p7s

Permission: kms:Sign on the key, an RSA or EC key. The certificate is that of the key.
"""

import hashlib
import sys
from datetime import datetime, timezone

import boto3
from asn1crypto import algos, cms, core, pem, x509

ALGORITHMS = {"rsa": ("RSASSA_PKCS1_V1_5_SHA_256", "rsassa_pkcs1v15"), "ec": ("ECDSA_SHA_256", "sha256_ecdsa")}

key_id, certificate_file, file = sys.argv[1:]
with open(certificate_file, "rb") as source:
    _, _, der = pem.unarmor(source.read())
with open(file, "rb") as source:
    digest = hashlib.sha256(source.read()).digest()

certificate = x509.Certificate.load(der)
algorithm, name = ALGORITHMS[certificate.public_key.algorithm]
sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
attributes = cms.CMSAttributes([
    cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
    cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": core.UTCTime(datetime.now(timezone.utc))})]}),
    cms.CMSAttribute({"type": "message_digest", "values": [core.OctetString(digest)]}),
])

signed = hashlib.sha256(attributes.dump()).digest()
kms = boto3.client("kms")
signature = kms.sign(KeyId=key_id, Message=signed, MessageType="DIGEST", SigningAlgorithm=algorithm)["Signature"]

signer = cms.SignerInfo({
    "version": "v1",
    "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})}),
    "digest_algorithm": sha256,
    "signed_attrs": attributes,
    "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": name}),
    "signature": signature,
})
content = cms.SignedData({
    "version": "v1",
    "digest_algorithms": [sha256],
    "encap_content_info": {"content_type": "data"},
    "certificates": [certificate],
    "signer_infos": [signer],
})
sys.stdout.buffer.write(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())
