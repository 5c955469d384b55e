"""Rows of files that have a key in them and are none themselves: compressed, encrypted, packed, or written by another program."""

import base64
import bz2
import gzip
import hashlib
import io
import lzma
import pickle
import shutil
import sqlite3
import subprocess
import tarfile
import zipfile
import zlib

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization

from key_rows import row, skipped, tool, write

RAW = ("SYMMETRIC_DEFAULT", "HMAC_256")
NONE = serialization.NoEncryption()


def archive(key):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        entry = tarfile.TarInfo("k")
        entry.size = len(key)
        tar.addfile(entry, io.BytesIO(key))
    return made.getvalue()


def zipped(key):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("k", key)
    return made.getvalue()


def packed(key, long, pem):
    packers = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "tar": archive}
    for name, pack in packers.items():
        row(name, pack(key), "SYMMETRIC_DEFAULT", "foreign_container", right=[0], commands=1)
        row(name, pack(long), "HMAC_512", "foreign_container", right=[0], commands=1)
        row(f"{name}.base64", base64.b64encode(pack(long)), "HMAC_512", "foreign_container", right=[0], commands=1)
        if name != "tar":
            row(f"pem.{name}", pack(pem), "ECC_NIST_P256", "foreign_container", right=[0], commands=1)
    for name, command in {"gzip": ["gzip", "-c"], "zst": ["zstd", "-qc"], "lz4": ["lz4", "-qc"]}.items():
        made = tool(f"a file of {name}", command, long)
        if made is not None:
            row(f"tool.{name}", made, "HMAC_512", "foreign_container", right=[0], commands=1)
    row("zip", zipped(key), "HMAC_256", "foreign_container", commands=0)
    row("zip", zipped(pem), "ECC_NIST_P256", "foreign_container", commands=0)
    row("7z", b"7z\xbc\xaf\x27\x1c" + hashlib.shake_256(key).digest(90), "HMAC_256", "foreign_container", commands=0)


def encrypted(key, pem):
    for cipher in ("-aes-256-cbc", "-aes-256-ctr", "-chacha20"):
        command = ["openssl", "enc", cipher, "-pbkdf2", "-pass", "pass:sesame"]
        made = tool("a file that openssl enc has encrypted", command, key)
        for spec in ("HMAC_224", *RAW, "RSA_2048"):
            row(f"enc{cipher}", made, spec, "foreign_container", commands=0)
        row("enc.said", base64.b64encode(made), "HMAC_256", "foreign_container", flags="--material-format base64", commands=0)
    made = tool("", ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-a", "-pass", "pass:sesame"], pem)
    row("enc.base64", made, "ECC_NIST_P256", "foreign_container", commands=0)
    for content in (key[:16], key):
        row("fernet", Fernet(Fernet.generate_key()).encrypt(content), "HMAC_256", "foreign_container", commands=0)
    row("fernet-key", base64.urlsafe_b64encode(b"\xfb\xef\xbe" + key[3:]), "HMAC_256", reading=("base64url", None))
    data_key = bytes.fromhex("0102020078") + hashlib.shake_256(key).digest(179)
    row("ciphertext", data_key, "SYMMETRIC_DEFAULT", "foreign_container", commands=0)
    row("ciphertext.base64", base64.b64encode(data_key), "SYMMETRIC_DEFAULT", "foreign_container", commands=0)
    row("age", b"age-encryption.org/v1\n-> X25519 abc\n" + hashlib.shake_256(key).digest(80), "HMAC_256", "foreign_container", commands=0)
    armored = base64.encodebytes(hashlib.shake_256(key).digest(200)).decode()
    row("age.asc", f"-----BEGIN AGE ENCRYPTED FILE-----\n{armored}-----END AGE ENCRYPTED FILE-----\n", "RSA_2048", "foreign_container", commands=0)
    if not shutil.which("gpg"):
        skipped.append("a file that gpg has encrypted: no gpg")
        return
    for cipher in ("AES256", "CAMELLIA128"):
        command = "gpg --homedir . --batch --pinentry-mode loopback --passphrase sesame -c --cipher-algo"
        made = subprocess.run([*command.split(), cipher, "-o", "-"], input=key[:20], capture_output=True, check=True).stdout
        assert 28 <= len(made) <= 128, len(made)
        for spec in RAW:
            row(f"gpg-{cipher}", made, spec, "material_type", commands=0)
    subprocess.run(["gpgconf", "--homedir", ".", "--kill", "all"], check=False)


def written_by_programs(key):
    for protocol in (2, 3, 4, 5):
        for value in (key, {"key": key[:24]}):
            row(f"pickle-{protocol}", pickle.dumps(value, protocol), "HMAC_256", "foreign_container", commands=0)
    spec = b"javax.crypto.spec.SecretKeySpec"
    java = b"\xac\xed\x00\x05sr" + len(spec).to_bytes(2, "big") + spec + b"\x5b\x47\x0b\x66\xe2\x30\x61\x4d\x02\x00\x02" + key
    row("java", java, "HMAC_256", "foreign_container", commands=0)
    with sqlite3.connect("made.db") as database:
        database.execute("create table keys (value blob)")
        database.execute("insert into keys values (?)", (key,))
    database.close()
    with open("made.db", "rb") as file:
        row("db", file.read(), "SYMMETRIC_DEFAULT", "foreign_container", commands=0)
    for level in (0, 1, 6, 9):
        row(f"zlib-{level}", zlib.compress(key, level), "HMAC_256", "ambiguous", commands=1)
    cose = bytes.fromhex("a301040305205820") + key
    row("cose", cose, "HMAC_256", "foreign_container", commands=0)
    row("luks", b"LUKS\xba\xbe\0\2" + key * 2, "HMAC_256", "foreign_container", commands=0)
    row("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + key, "HMAC_256", "material_type", commands=0)
    row("png", b"\x89PNG\r\n\x1a\n" + key, "HMAC_256", "material_type", commands=0)
    row("png", b"\x89PNG\r\n\x1a\n" + key, "RSA_2048", "no_private_key", commands=0)


def of_windows(big):
    write("windows.pem", big.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, NONE))
    for form in (["MSBLOB"], ["PVK", "-pvk-none"]):
        made = tool(f"a {form[0]}", ["openssl", "rsa", "-in", "windows.pem", "-outform", *form])
        row(form[0].lower(), made, "RSA_2048", "foreign_container", right=[0], commands=1)
        row(form[0].lower(), made, "ECC_NIST_P256", "material_type", commands=0)
    made = tool("", ["openssl", "rsa", "-in", "windows.pem", "-pubout", "-outform", "MSBLOB"])
    row("public.msblob", made, "RSA_2048", "public_half", commands=0)


def keys_in_text(p256, ed):
    """What is a key of another type stays one where its text is said to be hex or base64."""
    Enc, Form = serialization.Encoding.DER, serialization.PrivateFormat
    for name, made in {"sec1": p256.private_bytes(Enc, Form.TraditionalOpenSSL, NONE), "pkcs8": ed.private_bytes(Enc, Form.PKCS8, NONE)}.items():
        row(f"{name}.hex", made.hex(), "HMAC_256", "material_type", flags="--material-format hex", commands=0)
        row(f"{name}.base64", base64.b64encode(made), "HMAC_256", "material_type", flags="--material-format base64", commands=0)


def octet_strings(key, long, p256, ed):
    """What PKCS#8 and PKCS#11 have around a key."""
    scalar = p256.private_numbers().private_value.to_bytes(32, "big")
    row("octets", b"\x04\x20" + key, "SYMMETRIC_DEFAULT", "ambiguous", right=[0], commands=1)
    row("octets", b"\x04\x40" + long, "HMAC_512", "ambiguous", right=[0], commands=2)
    row("octets.hex", (b"\x04\x40" + long).hex(), "HMAC_512", "ambiguous", right=[0], commands=2)
    row("octets.said", (b"\x04\x40" + long).hex(), "HMAC_512", "ambiguous", flags="--material-format hex", right=[0], commands=2)
    row("sequence", b"\x30\x42\x04\x40" + long, "HMAC_512", "ambiguous", commands=1)
    row("set.base64", base64.b64encode(b"\x31\x45\x02\x01\x01\x04\x40" + long), "HMAC_512", "ambiguous", commands=2)
    row("octets", b"\x04\x20" + scalar, "ECC_NIST_P256", "ambiguous", right=[0], commands=1)
    row("octets", b"\x04\x20" + ed.private_bytes_raw(), "ECC_NIST_EDWARDS25519", "ambiguous", right=[0], commands=1)


def all_kinds(key, p256, ed, big):
    long = hashlib.sha512(key).digest()
    pem = p256.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, NONE)
    packed(key, long, pem)
    encrypted(key, pem)
    written_by_programs(key)
    of_windows(big)
    keys_in_text(p256, ed)
    octet_strings(key, long, p256, ed)
