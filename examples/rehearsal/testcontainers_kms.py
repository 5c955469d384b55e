"""The embedded KMS with Testcontainers: a container of the image for as long as a test lasts.

    docker build --target rehearsal -t kms-byok:rehearsal .
    pip install testcontainers boto3
    python examples/rehearsal/testcontainers_kms.py

The engine publishes the port on this machine, so clients name it `localhost`, which is always answered. Clients that are in a container
themselves use an address or a name on a network: give it to the server, as in `RehearsalKms("--host", "172.17.0.1")`. The clock moves from
loopback only, which is the container's own here: start it where you want it, as in `RehearsalKms("--clock", "+91d")`.
"""

import os

import boto3
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HealthcheckWaitStrategy


class RehearsalKms(DockerContainer):
    def __init__(self, *flags, image=os.environ.get("KMS_BYOK_IMAGE", "kms-byok:rehearsal")):
        super().__init__(image)
        self.with_exposed_ports(4566)
        self.with_command(["--listen", "0.0.0.0:4566", "--allow-remote", "--no-quotas", *flags])
        self.waiting_for(HealthcheckWaitStrategy())  # the image's own

    def client(self, region="eu-central-1"):
        url = f"http://{self.get_container_host_ip()}:{self.get_exposed_port(4566)}"
        return boto3.client("kms", endpoint_url=url, region_name=region, aws_access_key_id="local", aws_secret_access_key="local")


if __name__ == "__main__":
    with RehearsalKms() as container:
        kms = container.client()
        key = kms.create_key()["KeyMetadata"]["Arn"]
        sealed = kms.encrypt(KeyId=key, Plaintext=b"hello")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"hello"
        print(f"used {key}")
