"""The embedded KMS for pytest: `kms` is a client of one that lives as long as the tests.

    pip install pytest boto3
    pytest examples/rehearsal

It starts the program `kms-byok` (or what KMS_BYOK names) on a free port of loopback, and reads the URL from its first line. There is nothing to
wait for, nothing to clean up between runs, and no account: keys cost nothing, and a signature is never checked.
"""

import os
import subprocess

import boto3
import pytest


@pytest.fixture(scope="session")
def kms_url():
    command = [os.environ.get("KMS_BYOK", "kms-byok"), "rehearsal", "serve", "--listen", "127.0.0.1:0", "--no-quotas"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture
def kms(kms_url):
    return client(kms_url)


def client(url):
    return boto3.client(
        "kms", endpoint_url=url, region_name="eu-central-1", aws_access_key_id="local", aws_secret_access_key="local"
    )
