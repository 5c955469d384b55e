"""Breaks every constraint that KMS's service model puts on a request, one at a time, and reads the refusal.

    model_constraints.py URL

Nothing here knows the embedded KMS: requests and expected words come from the model that botocore ships.
"""

import base64
import http.client
import json
import re
import sys
from collections import Counter
from urllib.parse import urlsplit

from kms_model import SERVED, constraint, service_model

class Endpoint:
    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def __call__(self, operation, body):
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"TrentService.{operation}",
            "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0",
        }
        self.connection.request("POST", "/", json.dumps(body), headers)
        reply = self.connection.getresponse()
        text = reply.read()
        return reply.status, json.loads(text) if text else {}


def sample(shape):
    """A value that meets every constraint of a shape."""
    kind = shape.type_name
    if kind == "structure":
        return {name: sample(member) for name, member in shape.members.items() if name in shape.required_members}
    if kind == "list":
        return [sample(shape.member)] * max(1, constraint(shape, "min") or 0)
    if kind == "map":
        return {}
    if kind == "string":
        return shape.enum[0] if shape.enum else text(shape)
    if kind == "blob":
        return blob(max(1, constraint(shape, "min") or 0))
    return {"boolean": False, "timestamp": 0, "integer": constraint(shape, "min") or 0}[kind]


def text(shape, length=None):
    """A text of this length that fits the shape's pattern, as far as a text of that length can."""
    if length is None:
        length = 5 if "(\\.[" in (constraint(shape, "pattern") or "") else max(1, constraint(shape, "min") or 0)
    if "{2,3}" in (constraint(shape, "pattern") or "") and length:  # a Region
        return "us-east-1" + "1" * (length - len("us-east-1"))
    if "(\\.[" in (constraint(shape, "pattern") or "") and length > 4:  # the name of a service
        return "a.b." + "c" * (length - 4)
    return "a" * length


def blob(length):
    return base64.b64encode(bytes(length)).decode()


def broken(shape, value):
    """What a scalar breaks, in KMS's words. The order of an enumeration is AWS's own: a set stands for it."""
    low, high, pattern = (constraint(shape, name) for name in ("min", "max", "pattern"))
    what, size = ("value", value) if isinstance(value, int) else ("length", len(value))
    if shape.type_name == "blob":
        size = len(base64.b64decode(value))
    if high is not None and size > high:
        yield f"have {what} less than or equal to {high}"
    if low is not None and size < low:
        yield f"have {what} greater than or equal to {low}"
    if pattern and not re.fullmatch(pattern, value):
        yield f"satisfy regular expression pattern: {pattern}"
    if shape.type_name == "string" and shape.enum:
        yield frozenset(shape.enum)


def attempts(shape):
    """Values of the right type that break something about a scalar."""
    low, high = constraint(shape, "min"), constraint(shape, "max")
    if shape.type_name == "string":
        if shape.enum:
            yield "NO_SUCH_VALUE"
        yield from (text(shape, length) for length in (high + 1 if high else None, low - 1 if low else None) if length is not None)
        if constraint(shape, "pattern"):
            yield "\u20ac" * max(1, low or 1)
    elif shape.type_name == "blob":
        yield from (blob(high + 1), blob(low - 1))
    elif shape.type_name == "integer":
        yield from (high + 1, low - 1)


def violations(shape, path):
    """Requests, or parts of them, that break constraints at one place; with the place and the words of each refusal."""
    if shape.type_name == "list":
        if high := constraint(shape, "max"):
            yield [sample(shape.member)] * (high + 1), {f"Value at '{path}'": [f"have length less than or equal to {high}"]}
        for value, wanted in violations(shape.member, f"{path}.1.member"):
            yield [value], wanted
    elif shape.type_name == "structure":
        whole = {name: sample(member) for name, member in shape.members.items()}
        for name, member in shape.members.items():
            inner = (f"{path}." if path else "") + name[0].lower() + name[1:]
            if name in shape.required_members:
                yield {key: value for key, value in whole.items() if key != name}, {f"Value null at '{inner}'": ["not be null"]}
            for value, wanted in violations(member, inner):
                yield {**whole, name: value}, wanted
    else:
        for value in attempts(shape):
            shown = "" if shape.type_name == "blob" else f"'{value}' "  # contents of blobs are not repeated
            yield value, {f"Value {shown}at '{path}'": list(broken(shape, value))}


def wrong_types(shape, path):
    """Values of another JSON type, which never reach the constraints."""
    kind = shape.type_name
    wrong = {"string": 7, "blob": 7, "integer": "7", "boolean": "yes", "timestamp": "now", "list": "a", "map": "a", "structure": "a"}
    if kind != "structure" or path:
        yield wrong[kind]
    if kind == "list":
        yield from ([value] for value in wrong_types(shape.member, path + "[]"))
    if kind == "map":
        yield {"a": 7}
    if kind == "structure":
        for name, member in shape.members.items():
            yield from ({name: value} for value in wrong_types(member, f"{path}.{name}"))


def difference(status, reply, wanted):
    """How a refusal differs from AWS's words for what is broken; `None` if it does not."""
    if (status, reply.get("__type")) != (400, "ValidationException"):
        return f"not a ValidationException: {status} {reply}"
    ((value, phrases),) = wanted.items()
    count = len(phrases)
    start = f"{count} validation error{'s' if count > 1 else ''} detected: "
    message = reply.get("message", "")
    found = message.removeprefix(start).split(f"{value} failed to satisfy constraint: Member must ")
    found = [phrase.removesuffix("; ") for phrase in found]
    listed = [re.fullmatch(r"satisfy enum value set: \[(.*)\]", phrase) for phrase in found]
    found = [frozenset(values[1].split(", ")) if values else phrase for values, phrase in zip(listed, found)]
    right = message.startswith(start) and found[0] == "" and Counter(found[1:]) == Counter(phrases)
    return None if right else f"wanted `{start}{value}: {phrases}`, got `{message}`"


def main(url):
    endpoint, model = Endpoint(url), service_model()
    wrong, checked = [], 0
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        if operation not in SERVED:
            status, reply = endpoint(operation, sample(shape) if shape else {})
            checked += 1
            if (status, reply) != (400, {"__type": "UnknownOperationException"}):
                wrong.append(f"{operation} is not served, and yet: {status} {reply}")
            continue
        for body, wanted in violations(shape, ""):
            checked += 1
            found = difference(*endpoint(operation, body), wanted)
            wrong += [f"{operation}: {found}"] if found else []
        for body in wrong_types(shape, ""):
            checked += 1
            status, reply = endpoint(operation, {**sample(shape), **body})
            if (status, reply.get("__type")) != (400, "SerializationException"):
                wrong.append(f"{operation} {body}: wanted a SerializationException, got {status} {reply}")
    print(*wrong, sep="\n", end="\n" * bool(wrong))
    print(f"{checked} requests that break the model, {len(wrong)} answered otherwise")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
