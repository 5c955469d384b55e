"""What the tables of key files are made of: rows, the files that they name, and tools that may not be installed."""

import base64
import os
import shutil
import subprocess
import sys

rows, skipped = [], []


def write(name, content):
    with open(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def row(name, content, spec, outcome="bytes", flags="", passphrase=None, reading=None, right=(), commands=None):
    name = f"{len(rows):03}.{name}"
    if content is not None:
        write(name, content)
    made = {"name": name, "spec": spec, "flags": flags, "passphrase": passphrase, "outcome": outcome}
    rows.append(made | {"reading": reading, "right": list(right), "commands": commands})
    return name


def tool(name, command, content=None, output=None):
    """What a tool makes; nothing where it is not installed."""
    if not shutil.which(command[0]):
        skipped.append(f"{name}: no {command[0]}")
        return None
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{command}: {done.stderr.decode()}")
    if output is None:
        return done.stdout
    with open(output, "rb") as file:
        return file.read()


def url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
