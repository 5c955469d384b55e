"""The rows of scripts/bench about fleets: many keys from a manifest, at the speed of the quotas and without them."""

import datetime
import json
import subprocess
import sys
import threading
import time

import __main__ as bench

KEYS = 3600  # an hour of one account and Region at the quotas of KMS
SCALE = 20  # and three minutes at so many times them
QUOTAS = {"GetParametersForImport": 1, "CreateKey": 5, "CreateAlias": 5, "ImportKeyMaterial": 15}

# What a process has cost, all of it: a Python that loads nothing spawns it, so that the peak is its own.
COST = """
import posix, sys, time
began = time.perf_counter()
pid = posix.posix_spawn(sys.argv[1], sys.argv[1:], posix.environ, file_actions=[(posix.POSIX_SPAWN_OPEN, 1, "/dev/null", 1, 0)])
_, status, usage = posix.wait4(pid, 0)
print(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
sys.exit(status != 0)
"""

# The same keys with the same proof, as one writes it with boto3 and a pool of threads. Arguments: the endpoint, how many, how many threads.
POOL = bench.IMPORT_BY_BOTO3 + """
from concurrent.futures import ThreadPoolExecutor
from botocore.config import Config
url, keys, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
kms = boto3.client("kms", region_name="us-east-1", endpoint_url=url, config=Config(max_pool_connections=threads))
with ThreadPoolExecutor(threads) as pool:
    list(pool.map(lambda number: make(kms, f"alias/pool-{os.getpid()}-{number}"), range(keys)))
"""


class Cost:
    def __init__(self, command):
        done = subprocess.run([sys.executable, "-I", "-S", "-c", COST, *map(str, command)], env=bench.ENV, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"bench: {' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
        wall, cpu, peak = done.stdout.split()
        self.wall, self.cpu = float(wall), float(cpu)
        self.peak = int(peak) * (1 if sys.platform == "darwin" else 1024)


def manifest(work, name, keys):
    path = work / f"{name}.csv"
    path.write_text("id\n" + "".join(f"{name}-{number}\n" for number in range(keys)))
    return path


def fleet(options, url, path, quota):
    return [options.bin, "--region", "us-east-1", "--endpoint-url", url, "--quiet", "--output", "json", "fleet", "run", path, "--alias",
            "alias/{id}", "--material", "generate-discard", "--wrapping-key-spec", "RSA_2048", "--quota", quota]


def scaled():
    return ",".join(f"{name}={rate * SCALE}" for name, rate in QUOTAS.items())


class Log:
    """The access log of a server."""

    def __init__(self, path):
        self.lines = [line.split(" ") for line in path.read_text().splitlines()]

    def count(self, code):
        return sum(line[4] == code for line in self.lines)

    def imports(self):
        """When each import was answered, in seconds since the first request."""
        at = [(datetime.datetime.fromisoformat(line[0].replace("Z", "+00:00")).timestamp(), line) for line in self.lines]
        return [when - at[0][0] for when, line in at if line[2:4] == ["ImportKeyMaterial", "200"]]


class Other(threading.Thread):
    """A second client of the same account and Region, which asks for so many parameter sets a second, whatever it is told."""

    def __init__(self, server, rate):
        super().__init__(daemon=True)
        self.kms, self.period, self.over, self.granted, self.refused = Asker(server), 1 / rate, threading.Event(), 0, 0
        self.key = self.kms("CreateKey", Origin="EXTERNAL")[1]["KeyMetadata"]["KeyId"]

    def run(self):
        due = time.perf_counter()
        while not self.over.wait(max(0, due - time.perf_counter())):
            due += self.period
            status, _ = self.kms("GetParametersForImport", KeyId=self.key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
            self.granted += status == 200
            self.refused += status != 200

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


class Asker(bench.Kms):
    """As bench.Kms, but a refusal is an answer."""

    def __call__(self, operation, **parameters):
        headers = {**self.HEADERS, "X-Amz-Target": "TrentService." + operation}
        self.connection.request("POST", "/", json.dumps(parameters), headers)
        reply = self.connection.getresponse()
        body = reply.read()
        return reply.status, json.loads(body) if body else {}


def at_quota(table, options, work):
    """An hour's keys of one account and Region at 20 times the quotas, in server and client; then with a second client that takes half."""
    keys = 3 * SCALE if options.smoke else KEYS
    log = work / "quota.log"
    with bench.Server(options.bin, flags=["--quota-scale", str(SCALE), "--access-log", log]) as server:
        cost = Cost(fleet(options, server.url, manifest(work, "quota", keys), scaled()))
    least, seen = keys / SCALE, Log(log)
    ratio, throttled = cost.wall / least, seen.count("ThrottlingException")
    table.add(f"fleet of {keys} keys at {SCALE} times the quotas", bench.ms(cost.wall), f"(the quota's minimum: {bench.ms(least)})", "", None)
    table.add("the same / the quota's minimum", f"{ratio:.3f}x", f"({throttled} calls throttled)", "<= 1.02x, 0", ratio <= 1.02 and not throttled)
    options.plot.parent.mkdir(parents=True, exist_ok=True)
    options.plot.write_text(plot(seen.imports(), SCALE))
    print(f"      {options.plot}", file=sys.stderr)

    log = work / "shared.log"
    keys //= 2
    with bench.Server(options.bin, flags=["--quota-scale", str(SCALE), "--access-log", log]) as server, Other(server, SCALE / 2) as other:
        cost = Cost(fleet(options, server.url, manifest(work, "shared", keys), scaled()))
        least = (keys + other.granted) / SCALE
    seen = Log(log)
    throttled = seen.count("ThrottlingException") - other.refused
    share, ratio = throttled / (len(seen.lines) - other.granted - other.refused), cost.wall / least
    table.add(f"fleet of {keys} keys beside a client that takes half / the minimum of what remains", f"{ratio:.3f}x",
              f"({share:.2%} of its calls throttled)", "<= 1.10x, < 1 %", ratio <= 1.10 and share < 0.01)


def throughput(table, options, work):
    """Without quotas, client and server on the same two cores: keys a second, cost and memory by the length of the manifest."""
    costs = {}
    for keys in (20, 60) if options.smoke else (100, 1_000, 10_000, 100_000):
        with bench.Server(options.bin) as server:
            bench.Kms(server).cycle()
            costs[keys] = Cost(fleet(options, server.url, manifest(work, f"many{keys}", keys), "none"))
    few, many = min(costs), max(costs)
    for keys, cost in costs.items():
        table.add(f"fleet of {keys} keys without quotas", f"{keys / cost.wall:.0f} keys/s",
                  f"({cost.cpu / keys * 1000:.2f} ms of CPU a key, {cost.peak / bench.MIB:.1f} MiB)", ">= 200/s" if keys == many else "",
                  keys / cost.wall >= 200 if keys == many else None)
    # Of few keys the start is a part.
    ratio = costs[many].cpu / many / (costs[sorted(costs)[1]].cpu / sorted(costs)[1])
    table.add(f"CPU a key, {many} keys / {sorted(costs)[1]} keys", f"{ratio:.2f}x", "", "flat: <= 1.10x", ratio <= 1.10)
    table.add(f"peak memory at {many} keys", f"{costs[many].peak / bench.MIB:.1f} MiB", "", "<= 48 MiB", costs[many].peak <= 48 * bench.MIB)


def beside(table, options, work):
    """The same keys by a boto3 script with a pool of threads, and by the aws CLI and openssl in a loop, in turns."""
    keys, looped = (10, 1) if options.smoke else (1_000, 20)
    with bench.Server(options.bin) as server:
        bench.Kms(server).cycle()
        rates = {"kms-byok": [], "boto3": [], "loop": []}
        for turn in range(1 if options.smoke else 3):
            ours = Cost(fleet(options, server.url, manifest(work, f"beside{turn}", keys), "none"))
            rates["kms-byok"].append(keys / ours.wall)
            rates["boto3"].append(keys / bench.run([sys.executable, "-c", POOL, server.url, str(keys), "32"]).wall)
            began = time.perf_counter()
            for number in range(looped):
                bench.run([bench.ROOT / "scripts/shell-recipe", "--endpoint-url", server.url, "--quiet", "--dir", work / f"loop{turn}-{number}",
                           "--alias", f"alias/loop{turn}-{number}"])
            rates["loop"].append(looped / (time.perf_counter() - began))
    middle = {name: bench.median(values) for name, values in rates.items()}
    for name, what in (("boto3", "a boto3 script with 32 threads"), ("loop", "the aws CLI and openssl in a loop")):
        table.add(f"fleet run / {what}: keys a second", f"{middle['kms-byok'] / middle[name]:.1f}x",
                  f"({middle['kms-byok']:.0f}/s and {middle[name]:.1f}/s)", "", None)


# ---- a plot ----

def plot(times, quota):
    """Keys done against time beside the line of the quota, as SVG that is read by itself."""
    width, height, left, bottom = 720, 400, 64, 48
    end = max([*times, len(times) / quota, 1])
    x = lambda seconds: left + seconds / end * (width - left - 16)
    y = lambda keys: height - bottom - keys / max(len(times), 1) * (height - bottom - 24)
    every = max(1, len(times) // 300)
    done = " ".join(f"{x(when):.1f},{y(number):.1f}" for number, when in enumerate(times, 1) if number % every == 0 or number == len(times))
    axis = "".join(
        f'<text x="{x(end * n / 4):.1f}" y="{height - bottom + 20}" text-anchor="middle">{end * n / 4:.0f} s</text>'
        f'<text x="{left - 8}" y="{y(len(times) * n / 4) + 4:.1f}" text-anchor="end">{len(times) * n // 4}</text>' for n in range(5))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#555">\n'
        f"<title>Keys done against time, and the quota of {quota} a second</title>\n"
        f'<path d="M{left},24V{height - bottom}H{width - 16}" fill="none" stroke="#999"/>\n{axis}\n'
        f'<line x1="{x(0):.1f}" y1="{y(0):.1f}" x2="{x(len(times) / quota):.1f}" y2="{y(len(times)):.1f}" stroke="#d33" stroke-dasharray="6 4"/>\n'
        f'<polyline points="{done}" fill="none" stroke="#27c" stroke-width="2"/>\n'
        f'<text x="{left + 16}" y="40" fill="#d33">the quota: {quota} a second</text><text x="{left + 16}" y="58" fill="#27c">keys done</text>\n'
        "</svg>\n"
    )


ROWS = {"fleet-quota": at_quota, "fleet-rate": throughput, "fleet-beside": beside}
