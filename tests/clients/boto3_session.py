"""boto3 with its own validation on, and each raw reply held to the service model."""

import json
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from kms_model import COMMON_ERRORS, Strict
from wrapping import wrap

NO_EXPIRY = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


class Endpoint:
    def __init__(self, url):
        self.url, self.strict, self.clients = url, Strict(), {}
        self.session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1")
        self.kms = self.client("us-east-1")

    def client(self, region, service="kms"):
        config = Config(parameter_validation=True, retries={"total_max_attempts": 1}, proxies={})
        client = self.session.client(service, region_name=region, endpoint_url=self.url, config=config)
        return self.strict.watch(client) if service == "kms" else client

    def advance(self, how):
        """Moves the clock of the embedded KMS."""
        request = urllib.request.Request(self.url + "/_rehearsal/clock", json.dumps({"advance": how}).encode(), method="POST")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).read()

    def new_key(self, spec, usage, **more):
        return self.kms.create_key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage, **more)["KeyMetadata"]["Arn"]

    def import_into(self, key, material, algorithm=None, kms=None, wrapping="RSA_2048", **more):
        kms = kms or self.kms
        algorithm = algorithm or ("RSA_AES_KEY_WRAP_SHA_256" if len(material) > 128 else "RSAES_OAEP_SHA_256")
        set_ = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=wrapping)
        wrapped = wrap(algorithm, set_["PublicKey"], material)
        if "ValidTo" not in more:
            more = {**NO_EXPIRY, **more}
        return kms.import_key_material(KeyId=key, ImportToken=set_["ImportToken"], EncryptedKeyMaterial=wrapped, **more)

    def finish(self):
        """Prints what the model says against the replies; True if it says anything."""
        print(*self.strict.problems, sep="\n", end="\n" * bool(self.strict.problems))
        print(f"{self.strict.replies} replies held to the service model, {len(self.strict.problems)} problems")
        if self.strict.problems:
            sys.exit(1)


def refused(code, call, **request):
    """Expects a refusal: modelled ones as the exception class of the SDK, the others by their code. Returns its message."""
    try:
        answer = call(**request)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"wanted {code}, got {error}"
        assert code in COMMON_ERRORS or type(error).__name__ == code, f"{code} did not arrive as its class"
        return error.response["Error"]["Message"]
    raise AssertionError(f"wanted {code}, got {answer}")
