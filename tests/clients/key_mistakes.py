"""Rows of keys in other programs' containers, and of files that are not what people take them for."""

import base64
import hashlib
import json
import shutil
import subprocess

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, x448, x25519
from cryptography.hazmat.primitives.serialization import pkcs12

from key_rows import row, rows, skipped, tool, url, write

Enc, Form, NONE = serialization.Encoding, serialization.PrivateFormat, serialization.NoEncryption()
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def der(tag, *parts):
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(content).to_bytes(size, "big") + content


def integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def number(value):
    return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()


def rsa_forms(big):
    private = big.private_numbers()
    public, spec = private.public_numbers, "RSA_2048"
    members = {"Modulus": public.n, "Exponent": public.e, "P": private.p, "Q": private.q, "DP": private.dmp1}
    members |= {"DQ": private.dmq1, "InverseQ": private.iqmp, "D": private.d}
    xml = "".join(f"\n  <{name}>{number(value)}</{name}>" for name, value in members.items())
    row("rsa.xml", f"<RSAKeyValue>{xml}\n</RSAKeyValue>\n", spec, "foreign_container", right=[0], commands=1)
    half = "".join(f"<{name}>{number(members[name])}</{name}>" for name in ("Modulus", "Exponent"))
    row("utf16.xml", f'<?xml version="1.0"?>\r\n<RSAKeyValue>{xml}</RSAKeyValue>'.encode("utf-16"), spec, "foreign_container", right=[0], commands=1)
    row("for-ec.xml", f"<RSAKeyValue>{xml}</RSAKeyValue>", "ECC_NIST_P256", "material_type", commands=0)
    row("rsa-public.xml", f"<RSAKeyValue>{half}</RSAKeyValue>", spec, "public_half")
    bare = [0, public.n, public.e, private.d, 0, 0, 0, 0, 0]
    row("no-crt.der", der(0x30, *map(integer, bare)), spec, reading=("der", "pkcs1"))
    row("no-primes.der", der(0x30, *map(integer, bare[:4])), spec, reading=("der", "pkcs1"))


def version_2(key, spec):
    """PKCS#8 with the public key behind the private one (RFC 5958), as ring and dalek write it."""
    pkcs8 = key.private_bytes(Enc.DER, Form.PKCS8, NONE)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        point = key.public_key().public_bytes_raw()
    else:
        point = key.public_key().public_bytes(Enc.X962, serialization.PublicFormat.UncompressedPoint)
    at = 2 if pkcs8[1] < 0x80 else 2 + (pkcs8[1] & 0x7F)
    content = pkcs8[at:].replace(integer(0), integer(1), 1)
    made = der(0x30, content, der(0x81, b"\0" + point))
    row(f"{spec}.v2.der", made, spec, reading=("der", "pkcs8_v2"))
    pem = "-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(made).decode() + "-----END PRIVATE KEY-----\n"
    row(f"{spec}.v2.pem", pem, spec, reading=("pem", "pkcs8_v2"))


def seeds(ed):
    spec, seed, public = "ECC_NIST_EDWARDS25519", ed.private_bytes_raw(), ed.public_key().public_bytes_raw()
    row("seed-public", seed + public, spec, reading=("raw", "seed"))
    row("seed-public.hex", (seed + public).hex(), spec, reading=("hex", "seed"))
    row("seed-public-said", seed + public, spec, flags="--material-format seed", reading=("raw", "seed"))
    row("seed-other", seed + bytes(range(32)), spec, "material_inconsistent", right=[0], commands=2)
    row("public-seed", public + seed, spec, "material_inconsistent", right=[0], commands=1)
    row("seed-newline", seed + b"\n", spec, "trailing_newline", right=[0], commands=1)
    row("seed-crlf", seed + b"\r\n", spec, "trailing_newline", right=[0], commands=1)


def base58(data):
    value, text = int.from_bytes(data, "big"), ""
    while value:
        value, digit = divmod(value, 58)
        text = ALPHABET[digit] + text
    return text


def wallets(k1):
    spec, scalar = "ECC_SECG_P256K1", k1.private_numbers().private_value.to_bytes(32, "big")
    for name, body in {"wif": b"\x80" + scalar, "wif-compressed": b"\x80" + scalar + b"\x01"}.items():
        check = hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
        row(f"own.{name}", base58(body + check) + "\n", spec, "foreign_container", right=[0], commands=1)
        row(f"utf16.{name}", base58(body + check).encode("utf-16"), spec, "foreign_container", right=[0], commands=1)
        row(f"quoted.{name}", f'"{base58(body + check)}"', spec, "foreign_container", right=[0], commands=1)
        row(f"other.{name}", base58(body + check), "ECC_NIST_P256", "material_curve", commands=0)
        row(f"rsa.{name}", base58(body + check), "RSA_2048", "material_type", commands=0)
        row(f"raw.{name}", base58(body + check), "HMAC_512", "material_type", commands=0)
    keystores(spec, scalar)
    row("number-newline", scalar + b"\n", spec, "trailing_newline", right=[0], commands=1)


def keystores(spec, scalar):
    """Keystores of wallets and of validators, made by the package that reads them, where it is installed."""
    crypto = {"cipher": "aes-128-ctr", "ciphertext": scalar.hex(), "kdf": "scrypt", "mac": "00" * 32}
    row("UTC--2015.json", json.dumps({"version": 1, "id": "a", "Crypto": crypto}), spec, "foreign_container", commands=0)
    row("UTC--other.json", json.dumps({"version": 3, "id": "a", "crypto": crypto}), "ECC_NIST_P384", "material_curve", commands=0)
    row("UTC--raw.json", json.dumps({"version": 3, "id": "a", "crypto": crypto}), "SYMMETRIC_DEFAULT", "material_type", commands=0)
    validator = {"version": 4, "crypto": {"kdf": {"function": "scrypt"}}, "path": "m/12381/3600/0/0/0", "pubkey": "00" * 48}
    row("keystore-m.json", json.dumps(validator), spec, "material_type", commands=0)
    try:
        import eth_keyfile
    except ImportError:
        skipped.append("keystores of a wallet: no eth_keyfile")
        return
    for kdf in ("scrypt", "pbkdf2"):
        made = eth_keyfile.create_keyfile_json(scalar, b"sesame", kdf=kdf, iterations=4096)
        row(f"UTC--{kdf}.json", json.dumps(made), spec, "foreign_container", right=[0], commands=1)


def key_blocks(key):
    """TR-31 key blocks: one that nobody here has the key of, and one made by the package that unwraps it, where it is installed."""
    block = "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E"
    for spec in ("HMAC_512", "RSA_2048"):
        row("tr31", block, spec, "foreign_container")
        rows[-1]["closed"] = True
    try:
        import psec
    except ImportError:
        skipped.append("a TR-31 key block that can be opened: no psec")
        return
    protection = hashlib.sha256(b"protection").digest()
    block = psec.tr31.wrap(protection, psec.tr31.Header("D", "K0", "A", "B", "00", "E"), key)
    row("own.tr31", block + "\n", "SYMMETRIC_DEFAULT", "foreign_container", passphrase=protection.hex(), right=[0], commands=1)


def several_in_openssh(p256, ed, big):
    """A file of several keys, which the format of OpenSSH has and none of its programs writes."""

    def string(data):
        return len(data).to_bytes(4, "big") + data

    def parts(key):
        """The public key, and the private one with its comment."""
        lines = openssh(key).decode().splitlines()
        data, strings = base64.b64decode("".join(lines[1:-1]))[15:], []
        while len(strings) < 3:
            strings, data = [*strings, data[4 : 4 + int.from_bytes(data[:4], "big")]], data[4 + int.from_bytes(data[:4], "big") :]
        data = data[4:]
        size = int.from_bytes(data[:4], "big")
        public, private = data[4 : 4 + size], data[4 + size + 4 + 8 :]
        padding = private[-1] if private[-1] <= 8 and private.endswith(bytes(range(1, private[-1] + 1))) else 0
        return public, private[: len(private) - padding]

    keys = [parts(key) for key in (big, p256, ed, ec.generate_private_key(ec.SECP256R1()))]
    section = b"same" * 2 + b"".join(private for _, private in keys)
    section += bytes(range(1, 1 + -len(section) % 8))
    head = b"openssh-key-v1\0" + string(b"none") * 2 + string(b"") + len(keys).to_bytes(4, "big")
    made = head + b"".join(string(public) for public, _ in keys) + string(section)
    text = base64.encodebytes(made).decode()
    pem = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{text}-----END OPENSSH PRIVATE KEY-----\n"
    row("several.openssh", pem, "ECC_NIST_P256", "several_keys", right=[0], commands=2)
    row("several.openssh", pem, "RSA_2048", "several_keys", right=[0], commands=1)
    row("several.openssh", pem, "ECC_NIST_EDWARDS25519", "several_keys", right=[0], commands=1)
    row("several.openssh", pem, "ECC_NIST_P384", "several_keys", commands=0)
    row("several.openssh64", text, "RSA_2048", "several_keys", right=[0], commands=1)
    row("several.binary", made, "ECC_NIST_EDWARDS25519", "several_keys", right=[0], commands=1)


def openssh(key):
    return key.private_bytes(Enc.PEM, Form.OpenSSH, NONE)


def other_programs(p256, ed, big, certificate):
    for spec, key in (("ECC_NIST_P256", p256), ("ECC_NIST_EDWARDS25519", ed), ("RSA_2048", big)):
        write("ssh", openssh(key))
        if tool("a PuTTY key", ["puttygen", "ssh", "-O", "private", "-o", "ssh.ppk"]) is not None:
            with open("ssh.ppk", "rb") as file:
                row(f"{spec}.ppk", file.read(), spec, "foreign_container", right=[0], commands=1)
    if shutil.which("gpg"):
        home = ["gpg", "--homedir", ".", "--batch", "--pinentry-mode", "loopback", "--passphrase", ""]
        subprocess.run([*home, "--quick-generate-key", "a@example.com", "rsa2048", "sign"], capture_output=True, check=True)
        for name, words in {"pgp": [], "pgp.asc": ["--armor"]}.items():
            made = subprocess.run([*home, *words, "--export-secret-keys"], capture_output=True, check=True).stdout
            row(name, made, "RSA_2048", "foreign_container", commands=1)
        made = subprocess.run([*home, "--export"], capture_output=True, check=True).stdout
        row("pgp.public", made, "RSA_2048", "public_half")
        subprocess.run(["gpgconf", "--homedir", ".", "--kill", "all"], check=False)
    else:
        skipped.append("an OpenPGP key: no gpg")
    two_keys(p256, big, certificate)
    long_chain(p256, big, certificate)
    several_in_openssh(p256, ed, big)


def long_chain(p256, big, certificate):
    """A PKCS#12 file with certificates of more than 16 KiB."""
    best = serialization.BestAvailableEncryption(b"sesame")
    chain = [certificate(big, f"authority {number}") for number in range(24)]
    made = pkcs12.serialize_key_and_certificates(b"a", p256, certificate(p256), chain, best)
    text = base64.encodebytes(made)
    assert len(text) > 16 * 1024
    row("chain.p12", made, "ECC_NIST_P256", passphrase="sesame", reading=("der", "pkcs12"))
    row("chain.p12.base64", text, "ECC_NIST_P256", passphrase="sesame", reading=("base64", "pkcs12"))


def two_keys(p256, big, certificate):
    """A PKCS#12 file and a JWK Set with two keys, one of which is meant."""
    best = serialization.BestAvailableEncryption(b"sesame")
    for name, key in {"one": p256, "two": ec.generate_private_key(ec.SECP256R1())}.items():
        write(f"{name}.p12", pkcs12.serialize_key_and_certificates(name.encode(), key, certificate(key), None, best))
        words = f"keytool -importkeystore -srckeystore {name}.p12 -srcstorepass sesame -destkeystore both.p12 -deststoretype PKCS12"
        both = tool("a PKCS#12 file of two keys", [*words.split(), "-deststorepass", "sesame"], output="both.p12")
    if both:
        row("both.p12", both, "ECC_NIST_P256", "several_keys", passphrase="sesame", right=[0], commands=2)
        write("big.p12", pkcs12.serialize_key_and_certificates(b"big", big, certificate(big), None, best))
        words = words.replace("two.p12", "big.p12").replace("both.p12", "all.p12")
        tool("", [*words.replace("big.p12", "one.p12").split(), "-deststorepass", "sesame"], output="all.p12")
        mixed = tool("", [*words.split(), "-deststorepass", "sesame"], output="all.p12")
        row("mixed.p12", mixed, "ECC_NIST_P256", "several_keys", passphrase="sesame", right=[0], commands=1)
        row("mixed.p12", mixed, "ECC_NIST_P384", "several_keys", passphrase="sesame", commands=0)
    oct = [{"kty": "oct", "kid": name, "k": url(hashlib.sha256(name.encode()).digest())} for name in ("a", "b")]
    row("two.jwks", json.dumps({"keys": oct}), "SYMMETRIC_DEFAULT", "several_keys", commands=2)
    number = p256.private_numbers()
    point = {name: url(value.to_bytes(32, "big")) for name, value in (("x", number.public_numbers.x), ("y", number.public_numbers.y))}
    pair = {"kty": "EC", "crv": "P-256", "d": url(number.private_value.to_bytes(32, "big"))} | point
    row("mixed.jwks", json.dumps({"keys": [*oct, pair]}, indent=4), "ECC_NIST_P256", "several_keys", right=[0], commands=1)


def of_types_that_kms_lacks():
    best = serialization.BestAvailableEncryption(b"sesame")
    keys = {"x25519": x25519.X25519PrivateKey, "x448": x448.X448PrivateKey, "ed448": ed448.Ed448PrivateKey}
    made = {name: kind.generate() for name, kind in keys.items()} | {"dsa": dsa.generate_private_key(2048)}
    for name, key in made.items():
        for spec in ("ECC_NIST_EDWARDS25519", "RSA_2048"):
            row(f"{name}.pem", key.private_bytes(Enc.PEM, Form.PKCS8, NONE), spec, "material_type", commands=0)
            row(f"{name}.der", key.private_bytes(Enc.DER, Form.PKCS8, NONE), spec, "material_type", commands=0)
            locked = key.private_bytes(Enc.DER, Form.PKCS8, best)
            row(f"{name}.locked", locked, spec, "material_type", passphrase="sesame", commands=0)
    row("dsa.traditional", made["dsa"].private_bytes(Enc.PEM, Form.TraditionalOpenSSL, NONE), "RSA_2048", "material_type")
    row("dsa.ssh", openssh(dsa.generate_private_key(1024)), "RSA_2048", "material_type")
    for curve in ("X25519", "X448", "Ed448"):
        text = json.dumps({"kty": "OKP", "crv": curve, "d": "AAAA", "x": "AAAA"})
        row(f"{curve}.jwk", text, "ECC_NIST_EDWARDS25519", "material_type")


def files_of_kms(key, big):
    """What belongs to an import and is no key."""
    blob = hashlib.shake_256(key).digest(296)
    row("yubihsm.blob64", base64.b64encode(blob), "HMAC_512", "wrong_file", commands=0)
    for length in (256, 296, 384, 424, 512, 552):
        blob = b"\x77" + hashlib.shake_256(key + bytes([length % 256])).digest(length - 1)
        for spec in ("SYMMETRIC_DEFAULT", "ECC_NIST_P256", "RSA_2048"):
            row(f"{length}.blob", blob, spec, "wrong_file", commands=0)
    public = big.public_key().public_bytes(Enc.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    name = "8f7e6d5c-4b3a-2918-0716-f5e4d3c2b1a0"
    row(f"wrappingKey_{name}", public, "RSA_2048", "public_half", commands=0)
    row(f"wrappingKey_{name}", public, "SYMMETRIC_DEFAULT", "material_type", commands=0)
    row(f"importToken_{name}", hashlib.shake_256(blob).digest(1842), "SYMMETRIC_DEFAULT", "material_length", commands=0)
    for value in (key.hex(), base64.b64encode(key).decode(), "hunter2hunter2"):
        rows.append({"name": value, "spec": "SYMMETRIC_DEFAULT", "flags": "", "passphrase": None, "outcome": "names_no_file", "reading": None, "right": [], "commands": 0})


def weak():
    for name, content, flags in (
        ("same", b"\xa5" * 32, ""),
        ("counter", bytes(range(32)), ""),
        ("printable", b"correct horse battery staple 123", "--material-format raw"),
    ):
        row(f"weak-{name}", content, "HMAC_256", flags=flags, reading=("raw", None))
        row(f"weak-{name}-strict", content, "HMAC_256", "weak_material", flags=flags + " --strict", commands=0)


def dumps(key):
    """What tools that show bytes write, and hex with a mistake in it."""
    spec = "SYMMETRIC_DEFAULT"
    for name, command in {
        "od": ["od", "-tx1"],
        "od-decimal": ["od", "-Ad", "-tx1"],
        "od-hex": ["od", "-Ax", "-tx1"],
        "xxd-dump": ["xxd"],
        "hexdump-C": ["hexdump", "-C"],
    }.items():
        made = tool(name, command, key)
        if made is not None:
            row(name, made, spec, reading=("hexdump", None))
    for name, command in {"od-words": ["od", "-Ax", "-x"], "hexdump-words": ["hexdump"]}.items():
        made = tool(name, command, key + key[:16])
        if made is not None:
            row(name, made, "HMAC_512", "damaged", commands=0)
    h = key.hex()
    row("hex-dashes", "-".join(h[i : i + 2] for i in range(0, 64, 2)), spec, reading=("hex", None))
    row("hex-typo", h[:40] + "O" + h[41:], spec, "damaged", commands=0)
    row("hex-typo-hmac", (h + h)[:95] + "O", "HMAC_512", "damaged", commands=0)
    row("decimal", str(int.from_bytes(key, "big")), "HMAC_512", "not_encoded_text")
    for name, first in {"base58": b"\xff", "base58-short": b"\x01"}.items():
        row(name, base58(first + key[1:]), "HMAC_512", "not_encoded_text", commands=0)
    row("nul", key + b"\0", spec, "material_length", right=[0], commands=1)
    row("two-newlines", key + b"\n\n", spec, "material_length", right=[0], commands=1)
    row("laravel", "APP_KEY=base64:" + base64.b64encode(key).decode(), spec, "not_encoded_text", right=[0], commands=1)
    row("vault", json.dumps({"data": {"keys": {"1": h}}}), spec, "not_encoded_text", right=[0], commands=1)


def doubts(key):
    h, b = key.hex(), base64.b64encode(key).decode()
    row("letters", "correcthorsebatterystapleoncemorecorrecthos", "HMAC_512", "not_encoded_text", commands=0)
    row("dotenv", f"A=1\nKEY='{b}'\n", "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0], commands=1)
    for name, text in {
        "item": f'- "{b}"\n',
        "items": f"keys:\n  - other\n  - '{h}'\n",
        "block": f"apiVersion: v1\nkind: Secret\ndata:\n  key: {b}\n  user: cGF5bWVudHM=\nmetadata:\n  name: a\n",
        "env": "".join(f"V{number}=x\n" for number in range(12)) + f"KEY={b}\n",
        "ini": f"; the key\n[payments]\nkey = {h}\n",
        "xxd-i": "unsigned char k[] = {\n  " + ",\n  ".join(f"0x{byte:02x}" for byte in key) + "\n};\nunsigned int k_len = 32;\n",
        "rust": "const K: [u8; 32] = [" + ", ".join(map(hex, key)) + "];\n",
        "java": "byte[] k = {" + ", ".join(str(byte - 256 * (byte > 127)) for byte in key) + "};\n",
        "bytes": json.dumps(list(key)),
        "buffer": json.dumps({"type": "Buffer", "data": list(key)}),
        "objects": json.dumps([{"id": 1, "key": h}]),
        "escapes": json.dumps({"note": 'a "key" \\ \n', "key": b}).replace("/", "\\/"),
    }.items():
        row(name, text, "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0], commands=1)
    # Binary that a program took for text: `key.toString('latin1')`, and `key.toString()`, which loses bytes.
    long = hashlib.sha512(key).digest()
    row("latin1", key.decode("latin-1"), "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0], commands=1)
    row("latin1-hmac", long.decode("latin-1"), "HMAC_512", "not_encoded_text", right=[0], commands=2)
    row("latin1-base64", base64.b64encode(long.decode("latin-1").encode()), "HMAC_512", "not_encoded_text", right=[0])
    row("lossy-hmac", long.decode(errors="replace")[:40], "HMAC_512", "not_encoded_text", commands=1)
    row("lossy", key.decode(errors="replace"), "SYMMETRIC_DEFAULT", "not_encoded_text", commands=0)
    secret = f"-----BEGIN SECRET-----\n{b}\n-----END SECRET-----\n"
    row("pem-of-no-key", secret, "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0], commands=1)
    # What POSIX's tools do not take apart safely, jq does.
    unicode = json.dumps({"key": h}).replace(h[:2], "\\u0030\\u0030", 1)
    row("unicode-jq", unicode, "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0], commands=1)
    words = [int.from_bytes(key[at : at + 4], "big") for at in range(0, 32, 4)]
    row("words", " ".join(map(hex, words)), "SYMMETRIC_DEFAULT", "damaged", commands=0)
    row("odd-groups", " ".join(f"{byte:x}" for byte in key), "SYMMETRIC_DEFAULT", "damaged", commands=0)
    row("odd-groups-even", " ".join(f"{byte:x}" for byte in bytes([5, 9, *key[2:]])), "SYMMETRIC_DEFAULT", "damaged", commands=0)
    row("yaml", f"key: {h}\n", "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0], commands=1)
    row("json", json.dumps({"answer": b, "id": "a"}), "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0], commands=1)
    row("lines-crlf", f"{h}\r\n{'ab' * 32}\r\n", "SYMMETRIC_DEFAULT", "material_length", right=[0], commands=2)
    row("twice", base64.b64encode(h.encode()), "SYMMETRIC_DEFAULT", reading=("base64+hex", None))
    row("twice-said", base64.b64encode(h.encode()), "SYMMETRIC_DEFAULT", "ambiguous", "--material-format base64", right=[0])
    row("newline64", base64.b64encode(key + b"\n"), "SYMMETRIC_DEFAULT", "trailing_newline", right=[0], commands=1)
    row("newline-hex", (key + b"\r\n").hex(), "SYMMETRIC_DEFAULT", "trailing_newline", right=[0], commands=1)
    row("newline-utf16", (key + b"\n").hex().encode("utf-16"), "SYMMETRIC_DEFAULT", "trailing_newline", right=[0], commands=1)


def in_json(key, p256):
    """Replies of AWS and files of its users, with something around the key or beside it."""
    h, b = key.hex(), base64.b64encode(key).decode()
    reply = {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a", "VersionId": "8f7e6d5c-4b3a-2918-0716-f5e4d3c2b1a0"}
    inner = {"key": b, "user": "payments"}
    for name, value, outcome in (
        ("members", json.dumps(inner), "not_encoded_text"),
        ("assignment", f"KEY={h}", "not_encoded_text"),
        ("lines", f"A=1\nKEY={h}\n", "not_encoded_text"),
        ("newline", base64.b64encode(key + b"\n").decode(), "trailing_newline"),
    ):
        row(f"secret-{name}.json", json.dumps(reply | {"SecretString": value}), "SYMMETRIC_DEFAULT", outcome, right=[0], commands=1)
        deep = {"Secret": reply | {"SecretString": value}}
        row(f"deep-{name}.json", json.dumps(deep), "SYMMETRIC_DEFAULT", outcome, right=[0], commands=1)
    words = "correct horse battery staple " * 3
    row("secret-words.json", json.dumps(reply | {"SecretString": words}), "HMAC_512", "not_encoded_text", commands=1)
    row("secret-quotes", f'"{words}"', "HMAC_512", "not_encoded_text", commands=2)
    row("secret-short.json", json.dumps(reply | {"SecretString": "hunter2"}), "HMAC_512", "not_encoded_text", commands=0)
    pem = p256.private_bytes(Enc.PEM, Form.PKCS8, NONE).decode()
    row("secret-two.json", json.dumps({"SecretString": pem + pem}), "ECC_NIST_P256", "several_keys", right=[0, 1], commands=2)


def add(key, p256, k1, ed, big, certificate):
    rsa_forms(big)
    for spec, pair in (("ECC_NIST_P256", p256), ("ECC_NIST_EDWARDS25519", ed), ("ECC_SECG_P256K1", k1)):
        version_2(pair, spec)
    seeds(ed)
    wallets(k1)
    other_programs(p256, ed, big, certificate)
    of_types_that_kms_lacks()
    files_of_kms(key, big)
    key_blocks(key)
    in_json(key, p256)
    weak()
    doubts(key)
    dumps(key)
