"""The measurements behind scripts/bench. Standard library only; run it through scripts/bench."""

import argparse
import asyncio
import base64
import hashlib
import http.client
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
MIB = 1024 * 1024
SMOKE = False  # whether nothing is measured in earnest


# ---- rows of the answer ----

class Table:
    def __init__(self):
        self.rows, self.missed = [], 0

    def add(self, what, value, spread, target, passed):
        word = "-" if passed is None or SMOKE else "PASS" if passed else "MISS"
        self.missed += passed is False
        self.rows.append((what, value, spread, target, word))
        print(f"{word:4}  {what}: {value} {spread} {target}", file=sys.stderr)

    def show(self):
        rows = [("what", "measured", "spread", "target", ""), *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        rows.insert(1, tuple("-" * width for width in widths))
        for row in rows:
            print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")


def ms(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def spread(values, show=ms):
    """The middle half, and how many there were."""
    low, _, high = statistics.quantiles(values, n=4)
    return f"({show(low)} to {show(high)}, n={len(values)})"


median = statistics.median


# ---- running a process, and what it cost ----

class Cost:
    def __init__(self, wall, usage):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime  # its own and that of every child it waited for


def run(command, env=None, may_fail=False):
    """posix_spawn and wait4: the same, small overhead for whatever is run."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    if not may_fail:
        actions.append((os.POSIX_SPAWN_OPEN, 2, str(STDERR), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    command = [str(word) for word in command]
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, env or ENV, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    if status and not may_fail:
        sys.exit(f"bench: {' '.join(command)} failed:\n{STDERR.read_text(errors='replace')}")
    return Cost(wall, usage)


# A process starts with the peak memory of the one that spawned it, so this is spawned by a Python that loads nothing.
PEAK = """
import posix, sys
pid = posix.posix_spawn(sys.argv[1], sys.argv[1:], posix.environ, file_actions=[(posix.POSIX_SPAWN_OPEN, 1, "/dev/null", 1, 0)])
_, status, usage = posix.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(status != 0)
"""


def peak(command):
    done = subprocess.run([sys.executable, "-I", "-S", "-c", PEAK, *map(str, command)], env=ENV, check=True, capture_output=True, text=True)
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)


def floor():
    return peak(["/bin/true"] if os.path.exists("/bin/true") else ["/usr/bin/true"])


class Server:
    """`kms-byok rehearsal serve`, optionally kept to one core."""

    def __init__(self, bin, cpu=None, fault=None, flags=("--no-quotas",)):
        command = [bin, "rehearsal", "serve", "--listen", "127.0.0.1:0", *flags, *(["--fault", fault] if fault else [])]
        if cpu is not None:
            command = ["taskset", "-c", str(cpu), *command]
        self.began = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=ENV, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http://127.0.0.1:"):
            sys.exit(f"bench: the server said `{self.url}` for its URL")
        self.host, self.port = urlsplit(self.url).hostname, urlsplit(self.url).port

    def rss(self):
        fields = Path(f"/proc/{self.process.pid}/status").read_text().split("VmRSS:")[1].split()
        return int(fields[0]) * 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Kms:
    """The least of a KMS client: JSON 1.1 over one kept connection. The embedded KMS checks no signatures."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    HEADERS = {
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/kms/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64,
        "X-Amz-Date": "20260101T000000Z",
    }

    def __call__(self, operation, **parameters):
        headers = {**self.HEADERS, "X-Amz-Target": "TrentService." + operation}
        self.connection.request("POST", "/", json.dumps(parameters), headers)
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            sys.exit(f"bench: {operation} answered {reply.status}: {body[:500]!r}")
        return json.loads(body) if body else {}

    def create(self):
        return self("CreateKey", Origin="EXTERNAL")["KeyMetadata"]["Arn"]

    def parameters(self, key):
        return self("GetParametersForImport", KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")

    def cycle(self):
        key = self.create()
        got = self.parameters(key)
        wrapped = oaep_sha256(base64.b64decode(got["PublicKey"]), secrets.token_bytes(32))
        self("ImportKeyMaterial", KeyId=key, ImportToken=got["ImportToken"], ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
             EncryptedKeyMaterial=base64.b64encode(wrapped).decode())


def oaep_sha256(spki, message):
    """RSAES-OAEP with SHA-256 (RFC 8017, 7.1.1), so that the client needs nothing but Python."""
    n, e = rsa_numbers(spki)
    size = (n.bit_length() + 7) // 8

    def mask(seed, length):
        out, counter = b"", 0
        while len(out) < length:
            out += hashlib.sha256(seed + counter.to_bytes(4, "big")).digest()
            counter += 1
        return out[:length]

    def xor(a, b):
        return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")

    block = hashlib.sha256(b"").digest() + bytes(size - len(message) - 66) + b"\1" + message
    seed = secrets.token_bytes(32)
    block = xor(block, mask(seed, len(block)))
    seed = xor(seed, mask(block, 32))
    return pow(int.from_bytes(b"\0" + seed + block, "big"), e, n).to_bytes(size, "big")


NUMBERS = {}


def rsa_numbers(spki):
    if spki not in NUMBERS:
        def inside(der):  # tag, contents, rest
            length, at = der[1], 2
            if length & 0x80:
                at += length & 0x7F
                length = int.from_bytes(der[2:at], "big")
            return der[at:at + length], der[at + length:]
        _, rest = inside(inside(spki)[0])
        n, rest = inside(inside(inside(rest)[0][1:])[0])
        NUMBERS[spki] = int.from_bytes(n, "big"), int.from_bytes(inside(rest)[0], "big")
    return NUMBERS[spki]


# One key as one writes it in Python, with the same proof.
IMPORT_BY_BOTO3 = """
import os, sys, boto3
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
def make(kms, alias):
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    got = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    wrapped = serialization.load_der_public_key(got["PublicKey"]).encrypt(os.urandom(32), oaep)
    kms.import_key_material(KeyId=key, ImportToken=got["ImportToken"], EncryptedKeyMaterial=wrapped,
                            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    sealed = kms.encrypt(KeyId=key, Plaintext=b"nonce")["CiphertextBlob"]
    assert kms.decrypt(KeyId=key, CiphertextBlob=sealed)["Plaintext"] == b"nonce"
"""

# Arguments: the endpoint, the alias.
BOTO3 = IMPORT_BY_BOTO3 + """
make(boto3.client("kms", region_name="us-east-1", endpoint_url=sys.argv[1]), sys.argv[2])
"""


# ---- a wire that is long ----

class Wire:
    """TLS in front of a server, `delay` seconds away in each direction. Opening a connection takes a round trip, as TCP's handshake
    does, before TLS begins. With `alone`, a second connection is not answered before the first is over."""

    def __init__(self, server, work, delay, alone=False):
        self.server, self.delay, self.alone = server, delay, alone
        self.certificate, key = work / "wire.pem", work / "wire.key"
        if not self.certificate.exists():
            subprocess.run([shutil.which("openssl", path=ENV["PATH"]), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
                            self.certificate], check=True, stderr=subprocess.DEVNULL)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.certificate, key)
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        self.loop.set_exception_handler(lambda *_: None)  # a client that is killed is none
        self.turn, self.url = None, None
        self.thread = threading.Thread(target=self.serve, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def serve(self, ready):
        async def listen():
            self.turn = asyncio.Lock()
            self.inner = await asyncio.start_server(self.end, "127.0.0.1", 0, ssl=self.tls)
            self.outer = await asyncio.start_server(self.middle, "127.0.0.1", 0)
            self.url = f"https://localhost:{self.outer.sockets[0].getsockname()[1]}"
            ready.set()
        self.loop.run_until_complete(listen())
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left))

    async def end(self, reader, writer):
        """Where TLS ends."""
        await self.join(reader, writer, (self.server.host, self.server.port), 0)

    async def middle(self, reader, writer):
        if self.alone:
            async with self.turn:
                return await self.carry(reader, writer)
        await self.carry(reader, writer)

    async def carry(self, reader, writer):
        await asyncio.sleep(2 * self.delay)
        await self.join(reader, writer, self.inner.sockets[0].getsockname(), self.delay)

    async def join(self, reader, writer, address, delay):
        back, forth = await asyncio.open_connection(*address[:2])
        ways = [asyncio.ensure_future(way) for way in (self.pump(reader, forth, delay), self.pump(back, writer, delay))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (forth, writer):
            end.close()

    async def pump(self, reader, writer, delay):
        """What is under way does not wait for what went before."""
        pieces = asyncio.Queue()

        async def deliver():
            while True:
                at, piece = await pieces.get()
                await asyncio.sleep(max(0, at - self.loop.time()))
                writer.write(piece)

        delivering = asyncio.ensure_future(deliver())
        try:
            while piece := await reader.read(65536):
                pieces.put_nowait((self.loop.time() + delay, piece))
            await asyncio.sleep(delay)
        except ConnectionError:
            pass
        finally:
            delivering.cancel()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


# ---- the rows ----

def provision(table, options, work):
    """One key, MiniStack, wrapping key RSA_2048, with an alias: the recipe and `provision` in turns."""
    ministack = [ROOT / "scripts/ministack"]
    state = work / "ministack"
    url = subprocess.run([*ministack, "start", "--dir", state], check=True, capture_output=True, text=True).stdout.strip()
    try:
        recipe, ours, unproven, peaks = [], [], [], []
        for i in range(-1, options.runs):  # the first of each warms the disk cache and is not counted
            tag = f"{os.getpid()}-{i + 1}"
            results = (
                run([ROOT / "scripts/shell-recipe", "--endpoint-url", url, "--quiet", "--dir", work / f"recipe-{tag}",
                     "--alias", f"alias/r-{tag}"]),
                run([options.bin, "--region", "us-east-1", "--endpoint-url", url, "--quiet", "provision", "--wrapping-key-spec",
                     "RSA_2048", "--alias", f"alias/k-{tag}", "--generate", "--discard"]),
                run([options.bin, "--region", "us-east-1", "--endpoint-url", url, "--quiet", "provision", "--wrapping-key-spec",
                     "RSA_2048", "--alias", f"alias/u-{tag}", "--generate", "--discard", "--verify", "off"]),
            )
            if i >= 0:
                for to, cost in zip((recipe, ours, unproven), results):
                    to.append(cost)
        for i in range(5):
            peaks.append(peak([options.bin, "--region", "us-east-1", "--endpoint-url", url, "--quiet", "provision",
                               "--wrapping-key-spec", "RSA_2048", "--alias", f"alias/m-{os.getpid()}-{i}", "--generate", "--discard"]))
    finally:
        subprocess.run([*ministack, "stop", "--dir", state], check=True)
    for name, runs in (("recipe", recipe), ("provision, with proof", ours), ("provision, no proof", unproven)):
        for what in ("wall", "cpu"):
            values = [getattr(cost, what) for cost in runs]
            table.add(f"{name}: {what}", ms(median(values)), spread(values), "", None)
    for what, target in (("wall", 20), ("cpu", 60)):
        ratios = [getattr(theirs, what) / getattr(mine, what) for theirs, mine in zip(recipe, ours)]
        ratio = median([getattr(c, what) for c in recipe]) / median([getattr(c, what) for c in ours])
        table.add(f"recipe / provision with proof: {what}", f"{ratio:.0f}x", spread(ratios, "{:.0f}x".format),
                  f">= {target}x", ratio >= target)
    table.add("provision: peak memory", f"{max(peaks) / MIB:.1f} MiB", f"(can show no less than {floor() / MIB:.1f} MiB)", "<= 20 MiB",
              max(peaks) <= 20 * MIB)


def wrap(table, options, work):
    """The same 32 bytes for the same public key, files in, file out, as whole processes in turns."""
    openssl = shutil.which("openssl", path=ENV["PATH"])
    subprocess.run([openssl, "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", work / "k.pem"],
                   check=True, stderr=subprocess.DEVNULL)
    subprocess.run([openssl, "pkey", "-in", work / "k.pem", "-pubout", "-outform", "DER", "-out", work / "PublicKey.bin"], check=True)
    with open(os.open(work / "material", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as material:
        material.write(secrets.token_bytes(32))
    out = work / "EncryptedKeyMaterial.bin"
    pkeyutl = [openssl, "pkeyutl", "-encrypt", "-in", work / "material", "-out", out, "-inkey", work / "PublicKey.bin", "-keyform", "DER",
               "-pubin", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"]
    # As it is installed: a copy. The file that a linker has just written is cached in small pages, which costs every start 0.1 ms.
    installed = shutil.copy(options.bin, work / "kms-byok")
    ours = [installed, "wrap", "--in", work / "material", "--inkey", work / "PublicKey.bin", "--out", out]
    walls = {"openssl pkeyutl": [], "kms-byok wrap": []}
    for i in range(options.wraps + 10):
        turn = [("openssl pkeyutl", pkeyutl), ("kms-byok wrap", ours)]
        for name, command in turn if i % 2 else reversed(turn):
            out.unlink(missing_ok=True)
            cost = run(command)
            if out.stat().st_size != 256:
                sys.exit(f"bench: {name} wrote {out.stat().st_size} bytes")
            if i >= 10:
                walls[name].append(cost.wall)
    for name, values in walls.items():
        table.add(f"{name}: wall", ms(median(values)), spread(values), "", None)
    ratio = median(walls["kms-byok wrap"]) / median(walls["openssl pkeyutl"])
    table.add("wrap / pkeyutl: wall", f"{ratio:.2f}x", "", "<= 1.08x", ratio <= 1.08)


def size(table, options, _work):
    for name, binary, most in (("binary", options.bin, 8.0), ("binary without the embedded KMS", options.slim, 6.3)):
        if binary is not None:
            size = binary.stat().st_size
            table.add(f"size of the {name}", f"{size / MIB:.2f} MiB", "", f"<= {most} MiB", size <= most * MIB)


def parameters(table, options, _work):
    """GetParametersForImport of the embedded KMS, once its wrapping key exists."""
    with Server(options.bin) as server:
        kms = Kms(server)
        key = kms.create()
        kms.parameters(key)
        times = []
        for _ in range(300):
            began = time.perf_counter()
            kms.parameters(key)
            times.append(time.perf_counter() - began)
    table.add("GetParametersForImport, warm", f"{median(times) * 1000:.2f} ms", spread(times, lambda t: f"{t * 1000:.2f} ms"),
              "< 2 ms", median(times) < 0.002)


def server(table, options, _work):
    """Start of the server, and whole imports against it: the server on one core, the client on another."""
    starts = []
    for _ in range(9):
        with Server(options.bin) as started:
            Kms(started)("ListKeys")
            starts.append(time.perf_counter() - started.began)
    table.add("rehearsal serve: start to first answer", ms(median(starts)), spread(starts), "< 30 ms", median(starts) < 0.03)

    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2 or not shutil.which("taskset"):
        table.add("CreateKey to ImportKeyMaterial", "not measured", "(needs two cores and taskset)", ">= 400/s", False)
        return
    rates = []
    with Server(options.bin, cpu=cores[0]) as pinned:
        os.sched_setaffinity(0, set(cores[1:2]))
        try:
            Kms(pinned).cycle()
            for _ in range(5):
                rates.append(rate(pinned, clients=3, seconds=options.seconds))
        finally:
            os.sched_setaffinity(0, set(cores))
    table.add("CreateKey, GetParameters, Import: cycles", f"{median(rates):.0f}/s", spread(rates, "{:.0f}/s".format), ">= 400/s",
              median(rates) >= 400)


def rate(server, clients, seconds):
    done, until = [0] * clients, time.perf_counter() + seconds

    def work(i):
        kms = Kms(server)
        while time.perf_counter() < until:
            kms.cycle()
            done[i] += 1

    threads = [threading.Thread(target=work, args=(i,)) for i in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def memory(table, options, _work):
    """What a key costs the embedded KMS, imported material included, and whether that stays the same."""
    with Server(options.bin) as server:
        kms = Kms(server)
        kms.cycle()
        steps = [(0, server.rss())]
        for upto in (options.keys // 2, options.keys):
            for _ in range(upto - steps[-1][0]):
                kms.create()
            steps.append((upto, server.rss()))
    (_, empty), (half, at_half), (full, at_full) = steps
    first, second = (at_half - empty) / half, (at_full - at_half) / (full - half)
    table.add(f"memory per key, at {full} keys", f"{(at_full - empty) / full / 1024:.2f} KiB",
              f"(first half {first / 1024:.2f}, second {second / 1024:.2f} KiB)", "flat", second <= first * 1.25 + 64)


def provisioning(options, url, alias):
    return [options.bin, "--region", "us-east-1", "--endpoint-url", url, "--quiet", "provision", "--wrapping-key-spec", "RSA_2048",
            "--alias", f"alias/{alias}", "--generate", "--discard"]


def trips(table, options, work):
    """Where each call takes 100 ms: how many of them a run takes, one after another."""
    walls = {"recipe, without proof": [], "boto3 script, with proof": [], "provision, with proof": [], "provision again": []}
    with Server(options.bin, fault="*:always:latency=100ms") as server:
        key = Kms(server).create()
        Kms(server).parameters(key)  # makes the wrapping key
        for i in range(options.runs):
            for name, command in (
                ("recipe, without proof", [ROOT / "scripts/shell-recipe", "--endpoint-url", server.url, "--quiet", "--dir",
                                           work / f"trips-{i}", "--alias", f"alias/r-{i}"]),
                ("boto3 script, with proof", [sys.executable, "-c", BOTO3, server.url, f"alias/b-{i}"]),
                ("provision, with proof", provisioning(options, server.url, f"k-{i}")),
                ("provision again", provisioning(options, server.url, f"k-{i}")),
            ):
                walls[name].append(run(command).wall / 0.1)
    for name, target in (("recipe, without proof", None), ("boto3 script, with proof", None), ("provision, with proof", 6.5),
                         ("provision again", 3.5)):
        value = median(walls[name])
        table.add(f"{name}: wall at 100 ms a call / 100 ms", f"{value:.1f}", spread(walls[name], "{:.1f}".format),
                  f"<= {target}" if target else "", None if target is None else value <= target)


def tls(table, options, work):
    """TLS and a wire of 50 ms each way: side by side against one connection, over which all goes one after another."""
    walls = {True: [], False: []}
    with Server(options.bin) as server:
        Kms(server).parameters(Kms(server).create())
        with Wire(server, work, 0.05) as many, Wire(server, work, 0.05, alone=True) as alone:
            env = {**ENV, "AWS_CA_BUNDLE": str(many.certificate)}
            for i in range(options.runs):
                for wire in (many, alone) if i % 2 else (alone, many):
                    walls[wire.alone].append(run(provisioning(options, wire.url, f"t{int(wire.alone)}-{i}"), env).wall)
    for alone, name in ((True, "one connection"), (False, "side by side")):
        table.add(f"provision over TLS, 50 ms away, {name}: wall", ms(median(walls[alone])), spread(walls[alone]), "", None)
    ratio = median(walls[False]) / median(walls[True])
    table.add("side by side / one connection: wall", f"{ratio:.2f}x", "", "<= 1x", ratio <= 1)


ROWS = {"provision": provision, "trips": trips, "tls": tls, "wrap": wrap, "size": size, "parameters": parameters, "server": server, "memory": memory}

if __name__ == "__main__":
    import bench_fleet  # which asks for what stands above

    ROWS |= bench_fleet.ROWS
    arguments = argparse.ArgumentParser(prog="scripts/bench")
    arguments.add_argument("--strict", action="store_true")
    arguments.add_argument("--runs", type=int, default=7)
    arguments.add_argument("--smoke", action="store_true")
    arguments.add_argument("--wraps", type=int, default=300)
    arguments.add_argument("--keys", type=int, default=100_000)
    arguments.add_argument("--bin", type=lambda name: Path(name).resolve(), default=ROOT / "target/release/kms-byok")
    arguments.add_argument("--slim", type=lambda name: Path(name).resolve())
    arguments.add_argument("--plot", type=lambda name: Path(name).resolve(), default=ROOT / "target/bench/fleet.svg")
    arguments.add_argument("rows", nargs="*", metavar="ROW", default=[])
    options = arguments.parse_args()
    options.seconds = 3
    if options.smoke:
        SMOKE = True
        options.strict, options.runs, options.wraps, options.keys, options.seconds = False, 2, 4, 200, 0.3
    elif options.runs < 5:
        sys.exit("bench: at least 5 runs, for a median that means something")
    for unknown in set(options.rows) - set(ROWS):
        sys.exit(f"bench: no row `{unknown}`; there are {', '.join(ROWS)}")

    with tempfile.TemporaryDirectory() as directory:
        WORK = Path(directory)
        STDERR = WORK / "stderr"
        # Nothing of the caller's AWS set-up or proxies; the same small environment for everything that is run.
        ENV = {"PATH": os.environ["PATH"], "HOME": directory, "XDG_STATE_HOME": directory, "LANG": "C.UTF-8",
               "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_CONFIG_FILE": "/dev/null",
               "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
        for library in ("LD_LIBRARY_PATH", "KMS_BYOK_PYTHON"):
            if library in os.environ:
                ENV[library] = os.environ[library]
        table = Table()
        for name in options.rows or ROWS:
            ROWS[name](table, options, WORK)
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; load {os.getloadavg()[0]:.1f}\n")
    table.show()
    if options.smoke:
        print(f"\nonly tried: {len(table.rows)} figures of {len(options.rows or ROWS)} rows were measured, and none of them means anything")
    sys.exit(1 if options.strict and table.missed else 0)
