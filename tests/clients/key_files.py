"""Writes files of key material as people have them into the working directory, with the tools that people use, and prints JSON:
`rows` of name, key spec, flags, passphrase and outcome (`bytes`, which are those of `reference.KEY_SPEC`, or the id of a cause), how it
is read (`reading`: encoding and container), which of the commands that the refusal prints give the bytes of the reference (`right`, by
their numbers), and what was `skipped` as a tool is not there.
"""

import base64
import datetime
import json
import shutil
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

import key_kinds
import key_mistakes
from key_rows import row, rows, skipped, tool, url, write

Enc, Form, NONE = serialization.Encoding, serialization.PrivateFormat, serialization.NoEncryption()
PublicFormat = serialization.PublicFormat


def texts(key, spec):
    """Each form of text that people have of bytes."""
    h, b = key.hex(), base64.b64encode(key).decode()
    forms = {
        "hex": h,
        "hex-upper": h.upper() + "\n",
        "hex-0x": "0x" + h,
        "hex-colons": ":".join(h[i : i + 2] for i in range(0, len(h), 2)) + "\n",
        "hex-spaces": " ".join(h[i : i + 2] for i in range(0, len(h), 2)),
        "hex-crlf": h + "\r\n",
        "hex-lines": "\n".join(h[i : i + 20] for i in range(0, len(h), 20)) + "\n",
        "hex-quoted": f'"{h}"\n',
        "hex-commas": ", ".join(h[i : i + 2] for i in range(0, len(h), 2)),
        "hex-dots": ".".join(h[i : i + 2] for i in range(0, len(h), 2)) + "\n",
        "hex-escapes": "".join(f"\\x{byte:02x}" for byte in key),
        "hex-escapes-quoted": '"' + "".join(f"\\x{byte:02x}" for byte in key) + '"\n',
        "hex-list": "{" + ", ".join(f"0x{byte:02X}" for byte in key) + "};\n",
        "hex-numbers": "[" + ",\n ".join(map(hex, key)) + "]\n",
        "hex-bom": b"\xef\xbb\xbf" + h.encode(),
        "hex-utf16": h.encode("utf-16"),
        "base64": b,
        "base64-newline": b + "\n",
        "base64-unpadded": b.rstrip("="),
        "base64-url": url(key),
        "base64-lines": "\n".join(b[i : i + 16] for i in range(0, len(b), 16)) + "\n",
        "base64-crlf": b + "\r\n",
        "base64-quoted": f"'{b}'",
        "base64-utf16": (b + "\r\n").encode("utf-16-le"),
        "base64-utf16-bom": b"\xff\xfe" + b.encode("utf-16-le"),
        "base64-indented": "    " + b + "\n",
        "base64-json-string": json.dumps(b),
        "base64-json-kms": json.dumps({"KeyId": "k", "Plaintext": b}),
        "jwk": json.dumps({"kty": "oct", "k": url(key)}),
        "jwks": json.dumps({"keys": [{"kty": "oct", "k": url(key), "alg": "A256GCM"}]}),
    }
    for name, text in forms.items():
        # Named after what is around the bytes, from the outside in; how it is folded is no layer.
        encoding = {"hex-bom": "bom+hex", "hex-utf16": "utf16+hex", "base64-utf16": "utf16+base64"}.get(name)
        encoding = encoding or {"base64-utf16-bom": "utf16+base64", "base64-url": "base64url"}.get(name)
        encoding = encoding or {"hex-quoted": "quotes+hex", "hex-escapes-quoted": "quotes+hex", "base64-quoted": "quotes+base64"}.get(name)
        encoding = encoding or {"base64-json-string": "quotes+base64", "base64-json-kms": "json+base64"}.get(name)
        container = {"jwk": "jwk", "jwks": "jwk_set"}.get(name)
        row(name, text, spec, reading=(encoding or ("text" if container else name.split("-")[0]), container))
    for name, command in {
        "xxd-p": ["xxd", "-p"],
        "xxd-pc16": ["xxd", "-p", "-c", "16"],
        "openssl-base64": ["openssl", "base64"],
        "openssl-base64-A": ["openssl", "base64", "-A"],
    }.items():
        made = tool(name, command, key)
        if made is not None:
            row(name, made, spec, reading=("hex" if "xxd" in name else "base64", None))
    row("raw", key, spec, reading=("raw", None))
    row("raw-said", key, spec, flags="--material-format raw", reading=("raw", None))
    row("hex-said", h, spec, flags="--material-format hex", reading=("hex", None))
    row("base64-said", b, spec, flags="--material-format base64", reading=("base64", None))
    row("hex-called-base64", h, spec, "encoding_contradicted", "--material-format base64", right=[0])


def pems(pem, spec):
    """Each form in which a PEM reaches people."""
    line = "".join(pem.splitlines())
    begin, end = line.index("-----", 5) + 5, line.rindex("-----END")
    head, body, foot = line[:begin], line[begin:end], line[end:]
    b = base64.b64encode(pem.encode()).decode()
    forms = {
        "pem": pem,
        "pem-crlf": pem.replace("\n", "\r\n"),
        "pem-bom": b"\xef\xbb\xbf" + pem.encode(),
        "pem-utf16": pem.encode("utf-16"),
        "pem-indented": "".join("    " + x + "\n" for x in pem.splitlines()),
        "pem-one-line": f"{head} {body} {foot}\n",
        "pem-escaped": pem.replace("\n", "\\n"),
        "pem-escaped-quoted": json.dumps(pem),
        "pem-json": json.dumps({"private_key": pem}),
        "pem-base64": b,
        "pem-base64-lines": "\n".join(b[i : i + 76] for i in range(0, len(b), 76)) + "\n",
        "pem-bag-attributes": "Bag Attributes\n    friendlyName: a\nKey Attributes: <No Attributes>\n" + pem,
        "pem-comment": "# the key of payments\n" + pem,
        "der-base64-lines": body + "\n",
        "der-hex": base64.b64decode(body).hex(),
    }
    layers = {"pem-bom": "bom+", "pem-utf16": "utf16+", "pem-json": "json+", "pem-base64": "base64+"}
    layers |= {"pem-escaped": "escaped+", "pem-escaped-quoted": "quotes+", "pem-base64-lines": "base64+"}
    whole = {"der-base64-lines": "base64", "der-hex": "hex"}
    for name, text in forms.items():
        reading = (whole.get(name) or layers.get(name, "") + "pem", "pkcs8")
        row(f"{spec}.{name}", text, spec, reading=reading)
    row(f"{spec}.pem-cut", pem[: len(pem) // 2], spec, "damaged")
    row(f"{spec}.two", pem + pem.replace(body[:64], body[:64]), spec, "several_keys", right=[0, 1])


def bare_public_halves(spec, public):
    """What wallets and `.pub` files hold of a public key: a point, and the second word of OpenSSH's line."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        for form, name in [(PublicFormat.UncompressedPoint, "point"), (PublicFormat.CompressedPoint, "compressed")]:
            point = public.public_bytes(Enc.X962, form)
            row(f"{spec}.public.{name}", point, spec, "public_half")
            row(f"{spec}.public.{name}.hex", point.hex().encode() + b"\n", spec, "public_half")
    if spec != "ECC_SECG_P256K1":
        blob = public.public_bytes(Enc.OpenSSH, PublicFormat.OpenSSH).split()[1]
        row(f"{spec}.public.ssh-word", blob + b"\n", spec, "public_half")
        row(f"{spec}.public.ssh-blob", base64.b64decode(blob), spec, "public_half")


def certificate(key, name="a"):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime(2026, 1, 1)
    built = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + datetime.timedelta(3650))
    return built.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def containers(key, spec, other):
    pkcs8 = key.private_bytes(Enc.DER, Form.PKCS8, NONE)
    pem = key.private_bytes(Enc.PEM, Form.PKCS8, NONE).decode()
    write(f"reference.{spec}", pkcs8)
    pems(pem, spec)
    row(f"{spec}.pkcs8.der", pkcs8, spec, reading=("der", "pkcs8"))
    row(f"{spec}.der-said", pkcs8, spec, flags="--material-format der", reading=("der", "pkcs8"))
    row(f"{spec}.pem-said", pem, spec, flags="--material-format pem", reading=("pem", "pkcs8"))
    next_to = other.private_bytes(Enc.DER, Form.PKCS8, NONE)
    row(f"{spec}.two.der", pkcs8 + pkcs8, spec, "several_keys", right=[0, 1], commands=2)
    row(f"{spec}.two-other.der", pkcs8 + next_to, spec, "several_keys", right=[0], commands=1)
    row(f"{spec}.other-two.der", next_to + pkcs8 + b"\n", spec, "several_keys", right=[0], commands=1)
    row(f"{spec}.two.base64", base64.b64encode(pkcs8 + pkcs8), spec, "several_keys", right=[0, 1], commands=2)
    row(f"{spec}.cut.der", pkcs8[:-7], spec, "damaged")
    row(f"{spec}.newline.der", pkcs8 + b"\n", spec, reading=("der", "pkcs8"))
    best = serialization.BestAvailableEncryption(b"sesame")
    locked = key.private_bytes(Enc.PEM, Form.PKCS8, best)
    row(f"{spec}.encrypted.pem", locked, spec, passphrase="sesame", reading=("pem", "encrypted_pkcs8"))
    row(f"{spec}.encrypted.der", key.private_bytes(Enc.DER, Form.PKCS8, best), spec, passphrase="sesame", reading=("der", "encrypted_pkcs8"))
    row(f"{spec}.encrypted-wrong.pem", locked, spec, "wrong_passphrase", passphrase="open")
    row(f"{spec}.encrypted-none.pem", locked, spec, "passphrase_needed")
    public = key.public_key().public_bytes(Enc.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    row(f"{spec}.public.pem", public, spec, "public_half")
    bare_public_halves(spec, key.public_key())
    mine, foreign = certificate(key), certificate(other)
    row(f"{spec}.certificate.pem", mine.public_bytes(Enc.PEM), spec, "public_half")
    row(f"{spec}.with-certificate.pem", pem.encode() + mine.public_bytes(Enc.PEM), spec, reading=("pem", "pkcs8"))
    row(f"{spec}.with-foreign-certificate.pem", pem.encode() + foreign.public_bytes(Enc.PEM), spec, "certificate_mismatch")
    row(f"{spec}.latin1.der", pkcs8.decode("latin-1"), spec, "not_encoded_text", right=[0], commands=1)
    p12 = pkcs12.serialize_key_and_certificates(b"a", key, mine, None, best)
    row(f"{spec}.p12", p12, spec, passphrase="sesame", reading=("der", "pkcs12"))
    row(f"{spec}.base64.p12", base64.b64encode(p12), spec, passphrase="sesame", reading=("base64", "pkcs12"))
    row(f"{spec}.wrong.p12", p12, spec, "wrong_passphrase", passphrase="open")
    row(f"{spec}.none.p12", p12, spec, "passphrase_needed")
    old = tool("legacy PBE", ["openssl", "pkcs8", "-topk8", "-v1", "PBE-MD5-DES", "-passout", "pass:sesame", "-provider", "legacy", "-provider", "default"], pem.encode())
    row(f"{spec}.legacy.pem", old, spec, "missing_cipher", passphrase="sesame")
    ssh = key.private_bytes(Enc.PEM, Form.OpenSSH, NONE) if spec != "ECC_SECG_P256K1" else None
    if ssh:
        row(f"{spec}.openssh", ssh, spec, reading=("pem", "openssh"))
        row(f"{spec}.openssh-said", ssh, spec, flags="--material-format openssh", reading=("pem", "openssh"))
        name = row(f"{spec}.openssh-encrypted", ssh, spec, "unreadable_form")
        if tool("ssh-keygen", ["ssh-keygen", "-q", "-p", "-N", "sesame", "-f", name]) is None:
            rows.pop()
    write("node-in.pem", pem)
    script = "const k=require('crypto').createPrivateKey(require('fs').readFileSync('node-in.pem'));process.stdout.write(JSON.stringify(k.export({format:'jwk'})))"
    jwk = tool("node", ["node", "-e", script])
    if jwk is not None:
        row(f"{spec}.jwk", jwk, spec, reading=("text", "jwk"))
        row(f"{spec}.jwk-said", jwk, spec, flags="--material-format jwk", reading=("text", "jwk"))
        row(f"{spec}.jwks", json.dumps({"keys": [json.loads(jwk)]}), spec, reading=("text", "jwk_set"))
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        inner = "pkcs1" if spec.startswith("RSA") else "sec1"
        for name, encoding in (("pem", Enc.PEM), ("der", Enc.DER)):
            made = key.private_bytes(encoding, Form.TraditionalOpenSSL, NONE)
            row(f"{spec}.traditional.{name}", made, spec, reading=(name, inner))


def numbers(spec, number, format_):
    for name, text in {"raw": number, "hex": number.hex(), "0x": "0x" + number.hex() + "\n"}.items():
        row(f"{spec}.number-{name}", text, spec, "bare_number", right=[0])
        reading = ("raw" if name == "raw" else "hex", format_)
        row(f"{spec}.number-{name}-said", text, spec, flags=f"--material-format {format_}", reading=reading)


def main():
    key = bytes.fromhex("00d19a43fe628b1077c905ee3481bc5fa02df716984ce3690bb257da2186cd3a")
    write("reference.SYMMETRIC_DEFAULT", key)
    texts(key, "SYMMETRIC_DEFAULT")
    long = hashes.Hash(hashes.SHA512())
    long.update(key)
    long = long.finalize()
    write("reference.HMAC_512", long)
    texts(long, "HMAC_512")
    h, b = key.hex(), base64.b64encode(key).decode()
    row("seen-1", h, "HMAC_384", "material_length")
    row("seen-1-said", h, "HMAC_384", "encoding_contradicted", "--material-format base64")
    row("seen-3-half", h[:32], "SYMMETRIC_DEFAULT", "material_length")
    row("seen-3-half-newline", h[:32] + "\n", "SYMMETRIC_DEFAULT", "material_length")
    row("seen-3-base64", base64.b64encode(key[:24]), "SYMMETRIC_DEFAULT", "material_length")
    row("seen-3-letters", "correcthorsebatterystapleoncemor", "SYMMETRIC_DEFAULT", "not_encoded_text")
    row("passphrase", "correct horse battery staple 123", "SYMMETRIC_DEFAULT", "not_encoded_text")
    row("assignment", f"KEY={h}\n", "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0])
    row("assignment-hmac", f"export SECRET={url(long)}\n", "HMAC_512", "not_encoded_text", right=[0])
    row("newline", key + b"\n", "SYMMETRIC_DEFAULT", "trailing_newline", right=[0], commands=1)
    row("newline-hmac", long + b"\n", "HMAC_512", "trailing_newline", right=[0], commands=2)
    row("zero", bytes(32), "SYMMETRIC_DEFAULT", "material_all_zero")
    row("cut-base64", b[:41], "SYMMETRIC_DEFAULT", "damaged")
    row("two-lines", f"{b}\n{b}\n", "SYMMETRIC_DEFAULT", "not_encoded_text", right=[0, 1])
    p256, k1, ed = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256K1()), ed25519.Ed25519PrivateKey.generate()
    big = rsa.generate_private_key(65537, 2048)
    containers(p256, "ECC_NIST_P256", k1)
    containers(k1, "ECC_SECG_P256K1", p256)
    containers(ed, "ECC_NIST_EDWARDS25519", p256)
    containers(big, "RSA_2048", p256)
    for spec, k in (("ECC_NIST_P256", p256), ("ECC_SECG_P256K1", k1)):
        numbers(spec, k.private_numbers().private_value.to_bytes(32, "big"), "scalar")
    numbers("ECC_NIST_EDWARDS25519", ed.private_bytes_raw(), "seed")
    other = ec.generate_private_key(ec.SECP384R1()).private_bytes(Enc.PEM, Form.PKCS8, NONE)
    row("other-curve.pem", other, "ECC_NIST_P256", "material_curve")
    row("pem-for-symmetric", other, "SYMMETRIC_DEFAULT", "material_type")
    row("ec-for-rsa", other, "RSA_2048", "material_type")
    row("rsa-3072.pem", big.private_bytes(Enc.PEM, Form.PKCS8, NONE), "RSA_3072", "material_modulus")
    if shutil.which("keytool"):
        pair = "keytool -genkeypair -keystore store.jks -storetype JKS -storepass sesame -keypass sesame -alias a -keyalg EC -groupname secp256r1 -dname CN=a".split()
        row("keystore.jks", tool("keytool", pair, output="store.jks"), "ECC_NIST_P256", "foreign_container", passphrase="sesame", commands=1)
    else:
        skipped.append("a Java key store: no keytool")
    row("wif", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "ECC_SECG_P256K1", "foreign_container")
    key_kinds.all_kinds(key, p256, ed, big)
    key_mistakes.add(key, p256, k1, ed, big, certificate)
    json.dump({"rows": rows, "skipped": skipped}, sys.stdout)


main()
