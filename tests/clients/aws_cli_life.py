"""A life of imported keys through the aws CLI and the openssl command line, against the embedded KMS.

    aws_cli_life.py URL

Each command goes through the CLI's own parser, paginator and formatter, in this one process: starting the CLI takes most of a
second. scripts/compare-with-recipe runs it as a user does. Ends with an error at the first thing that is not as KMS says.
"""

import base64
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

from awscli.clidriver import create_clidriver

FOR_EVER = ("--expiration-model", "KEY_MATERIAL_DOES_NOT_EXPIRE")


class Cli:
    def __init__(self, url):
        self.url, self.calls, self.driver = url, 0, create_clidriver()

    def run(self, words, region):
        self.calls += 1
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = self.driver.main(["--endpoint-url", self.url, "--region", region, "--output", "json", *words])
        return code, out.getvalue(), err.getvalue()

    def __call__(self, *words, region="us-east-1"):
        """The answer of a command that succeeds."""
        code, out, err = self.run(words, region)
        assert code == 0, f"aws {' '.join(words)}: {err}"
        return json.loads(out) if out else None

    def kms(self, *words, **where):
        return self("kms", *words, **where)

    def refused(self, error, *words):
        code, out, err = self.run(("kms", *words), "us-east-1")
        assert code in (254, 255) and f"An error occurred ({error}) when calling" in err, f"aws kms {' '.join(words)}: {code} {out}{err}"

    def advance(self, how):
        request = urllib.request.Request(self.url + "/_rehearsal/clock", json.dumps({"advance": how}).encode(), method="POST")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).read()


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


def file(name, content=None):
    with open(name, "rb" if content is None else "wb") as opened:
        return opened.read() if content is None else opened.write(content)


def oaep(plain, wrapped, digest="sha256"):
    """The documented command."""
    openssl(
        "pkeyutl", "-encrypt", "-in", plain, "-out", wrapped, "-inkey", "PublicKey.bin", "-keyform", "DER", "-pubin",
        "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{digest}",
    )  # fmt: skip


def key_wrap(plain, wrapped):
    """RSA_AES_KEY_WRAP: an AES key under OAEP, followed by the material under it (RFC 5649)."""
    openssl("rand", "-out", "aes.key", "32")
    oaep("aes.key", "aes.wrapped")
    openssl("enc", "-id-aes256-wrap-pad", "-K", file("aes.key").hex(), "-iv", "A65959A6", "-in", plain, "-out", "material.wrapped")
    file(wrapped, file("aes.wrapped") + file("material.wrapped"))


def parameters(cli, key, algorithm="RSAES_OAEP_SHA_256"):
    words = ("--wrapping-algorithm", algorithm, "--wrapping-key-spec", "RSA_2048")
    answer = cli.kms("get-parameters-for-import", "--key-id", key, *words)
    file("PublicKey.bin", base64.b64decode(answer["PublicKey"]))
    file("ImportToken.bin", base64.b64decode(answer["ImportToken"]))


def importing(key, *more):
    blobs = ("--encrypted-key-material", "fileb://wrapped", "--import-token", "fileb://ImportToken.bin")
    return ("import-key-material", "--key-id", key, *blobs, *(more or FOR_EVER))


def symmetric(cli):
    for name in ("first", "second"):
        openssl("rand", "-out", name, "32")
    file("plain", b"hello")
    key = cli.kms("create-key", "--origin", "EXTERNAL", "--tags", "TagKey=team,TagValue=payments")["KeyMetadata"]["Arn"]
    cli.kms("create-alias", "--alias-name", "alias/cli", "--target-key-id", key)
    cli.kms("tag-resource", "--key-id", key, "--tags", "TagKey=stage,TagValue=test")
    tags = cli.kms("list-resource-tags", "--key-id", key, "--page-size", "1")["Tags"]
    assert [tag["TagKey"] for tag in tags] == ["stage", "team"], tags
    file("policy", cli.kms("get-key-policy", "--key-id", key)["Policy"].encode())
    cli.kms("put-key-policy", "--key-id", key, "--policy", "file://policy")

    parameters(cli, key)
    oaep("first", "wrapped", "sha1")
    cli.refused("InvalidCiphertextException", *importing(key))
    oaep("first", "wrapped")
    cli.refused("ValidationException", *importing(key, "--expiration-model", "KEY_MATERIAL_EXPIRES"))
    first = cli.kms(*importing(key))["KeyMaterialId"]
    metadata = cli.kms("describe-key", "--key-id", "alias/cli")["KeyMetadata"]
    assert (metadata["KeyState"], metadata["CurrentKeyMaterialId"]) == ("Enabled", first), metadata
    context = ("--encryption-context", "purpose=test")
    sealed = cli.kms("encrypt", "--key-id", "alias/cli", "--plaintext", "fileb://plain", *context)["CiphertextBlob"]
    file("sealed", base64.b64decode(sealed))
    opened = cli.kms("decrypt", "--ciphertext-blob", "fileb://sealed", *context)["Plaintext"]
    assert base64.b64decode(opened) == b"hello"
    cli.refused("InvalidCiphertextException", "decrypt", "--ciphertext-blob", "fileb://sealed")

    parameters(cli, key)
    oaep("second", "wrapped")
    cli.refused("IncorrectKeyMaterialException", *importing(key))
    second = cli.kms(*importing(key, *FOR_EVER, "--import-type", "NEW_KEY_MATERIAL"))["KeyMaterialId"]
    assert cli.kms("rotate-key-on-demand", "--key-id", key)["KeyId"] == key
    while "OnDemandRotationStartDate" in cli.kms("get-key-rotation-status", "--key-id", key):
        time.sleep(0.02)
    everything = ("--include-key-material", "ALL_KEY_MATERIAL", "--page-size", "1")
    rotations = cli.kms("list-key-rotations", "--key-id", key, *everything)["Rotations"]
    assert [entry["KeyMaterialId"] for entry in rotations] == [second, first], rotations

    cli.kms("delete-imported-key-material", "--key-id", key, "--key-material-id", first)
    cli.refused("KMSInvalidStateException", "encrypt", "--key-id", key, "--plaintext", "fileb://plain")
    parameters(cli, key)
    oaep("first", "wrapped")
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5 * 86_400))
    cli.kms(*importing(key, "--valid-to", end, "--expiration-model", "KEY_MATERIAL_EXPIRES"))
    cli.advance("6d")
    assert cli.kms("describe-key", "--key-id", key)["KeyMetadata"]["KeyState"] == "PendingImport"
    cli.refused("ExpiredImportTokenException", *importing(key))


def hmac_key(cli):
    key = cli.kms("create-key", "--origin", "EXTERNAL", "--key-spec", "HMAC_256", "--key-usage", "GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    parameters(cli, key, "RSAES_OAEP_SHA_1")
    oaep("first", "wrapped", "sha1")
    assert cli.kms(*importing(key)) == {"KeyId": key}
    message = ("--message", "fileb://plain", "--mac-algorithm", "HMAC_SHA_256")
    mac = base64.b64decode(cli.kms("generate-mac", "--key-id", key, *message)["Mac"])
    ours = openssl("dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{file('first').hex()}", "plain")
    assert ours.split()[-1].decode() == mac.hex()


def private_key(cli):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.pem")
    openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", "ec.pem", "-out", "ec.der")
    key = cli.kms("create-key", "--origin", "EXTERNAL", "--key-spec", "ECC_NIST_P256", "--key-usage", "SIGN_VERIFY")["KeyMetadata"]["Arn"]
    parameters(cli, key, "RSA_AES_KEY_WRAP_SHA_256")
    key_wrap("ec.der", "wrapped")
    cli.kms(*importing(key))
    signing = ("sign", "--key-id", key, "--message", "fileb://plain", "--signing-algorithm", "ECDSA_SHA_256")
    file("signature", base64.b64decode(cli.kms(*signing)["Signature"]))
    openssl("pkey", "-in", "ec.pem", "-pubout", "-out", "ec.pub")
    assert openssl("dgst", "-sha256", "-verify", "ec.pub", "-signature", "signature", "plain") == b"Verified OK\n"
    shown = base64.b64decode(cli.kms("get-public-key", "--key-id", key)["PublicKey"])
    assert shown == openssl("pkey", "-in", "ec.pem", "-pubout", "-outform", "DER")
    cli.kms("disable-key", "--key-id", key)
    cli.refused("DisabledException", *signing)
    answer = cli.kms("schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "7")
    assert answer["KeyState"] == "PendingDeletion"
    cli.advance("8d")
    cli.refused("NotFoundException", "describe-key", "--key-id", key)


def another_region(cli):
    key = cli.kms("create-key", "--origin", "EXTERNAL", "--multi-region")["KeyMetadata"]["Arn"]
    parameters(cli, key)
    oaep("first", "wrapped")
    cli.kms(*importing(key))
    replica = cli.kms("replicate-key", "--key-id", key, "--replica-region", "eu-west-2")["ReplicaKeyMetadata"]["Arn"]
    cli.advance("1s")
    metadata = cli.kms("describe-key", "--key-id", replica, region="eu-west-2")["KeyMetadata"]
    assert metadata["KeyState"] == "PendingImport", metadata
    assert len(cli.kms("list-keys", "--page-size", "1")["Keys"]) == 3
    assert len(cli.kms("list-keys", region="eu-west-2")["Keys"]) == 1


def main(url):
    nothing = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
    os.environ.update(nothing, AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local", NO_PROXY="127.0.0.1")
    cli = Cli(url)
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        assert cli("sts", "get-caller-identity")["Account"] == "000000000000"
        symmetric(cli)
        hmac_key(cli)
        private_key(cli)
        another_region(cli)
    print(f"{cli.calls} commands answered as KMS answers")


if __name__ == "__main__":
    main(sys.argv[1])
