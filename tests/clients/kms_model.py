"""KMS's own service model, as botocore ships it: an independent word on what a reply may look like.

botocore reads replies leniently: it skips members that the model does not know and takes whatever type comes. Here every reply is
read strictly, from its raw bytes.
"""

import base64
import binascii
import json
import re

import botocore.session

# The embedded KMS has no custom key stores. All else that the model knows it serves: an operation that a newer model has, and that
# the code lacks, is answered with UnknownOperationException, and its test fails.
REFUSED = """
    ConnectCustomKeyStore CreateCustomKeyStore DeleteCustomKeyStore DescribeCustomKeyStores DisconnectCustomKeyStore UpdateCustomKeyStore
""".split()

# Replies that AWS's front end gives before KMS itself is reached: no operation declares them.
COMMON_ERRORS = {
    "AccessDeniedException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
    "NotAuthorizedException",
    "SerializationException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
}


def service_model():
    session = botocore.session.Session()
    return session.get_service_model("kms")


SERVED = [operation for operation in service_model().operation_names if operation not in REFUSED]


def constraint(shape, name):
    """`min`, `max` or `pattern` of a shape, if it has one."""
    return shape.metadata.get(name)


def reply_problems(operation, status, headers, body):
    """What is wrong with a reply to `operation`, an OperationModel."""
    try:
        value = json.loads(body) if body else None
    except ValueError:
        return [f"not JSON: {body[:80]!r}"]
    problems = []
    if headers.get("content-type") != "application/x-amz-json-1.1":
        problems.append(f"content type {headers.get('content-type')}")
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers.get("x-amzn-requestid", "")):
        problems.append("no request id")
    if status == 200:
        output = operation.output_shape
        if output is None:
            problems += [] if value in (None, {}) else [f"an answer where none is declared: {value}"]
        else:
            problems += structure_problems(output, value, operation.name)
    else:
        problems += refusal_problems(operation, status, value)
    return problems


def refusal_problems(operation, status, value):
    if not isinstance(value, dict) or not isinstance(value.get("__type"), str):
        return [f"a refusal without a type: {value}"]
    code = value["__type"]
    declared = {shape.name: shape for shape in operation.error_shapes}
    problems = []
    if code not in COMMON_ERRORS and code not in declared:
        problems.append(f"{operation.name} declares no {code}")
    # The model gives its own status to internal errors and time-outs only; KMS answers all else with 400.
    wanted = declared[code].metadata.get("error", {}).get("httpStatusCode", 400) if code in declared else 400
    if (status >= 500) != (wanted >= 500):
        problems.append(f"{code} with status {status}, not {wanted}")
    if not set(value) <= {"__type", "message"} or not isinstance(value.get("message", ""), str):
        problems.append(f"unknown members: {value}")
    if value.get("message") == "":
        problems.append("an empty message instead of none")
    return problems


def structure_problems(shape, value, path):
    if not isinstance(value, dict):
        return [f"{path} is no structure: {value!r}"]
    problems = [f"{path}.{name} is not in the model" for name in value if name not in shape.members]
    problems += [f"{path}.{name} is missing" for name in shape.required_members if name not in value]
    for name, member in shape.members.items():
        if name in value:
            problems += value_problems(member, value[name], f"{path}.{name}")
    return problems


def value_problems(shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        return structure_problems(shape, value, path)
    if kind == "list":
        if not isinstance(value, list):
            return [f"{path} is no list: {value!r}"]
        items = [value_problems(shape.member, item, f"{path}[{index}]") for index, item in enumerate(value)]
        return size_problems(shape, len(value), path) + sum(items, [])
    if kind == "string":
        if not isinstance(value, str):
            return [f"{path} is no string: {value!r}"]
        problems = size_problems(shape, len(value), path)
        if shape.enum and value not in shape.enum:
            problems.append(f"{path} is none of {shape.enum}: {value!r}")
        pattern = constraint(shape, "pattern")
        if pattern and value and not re.fullmatch(pattern, value):
            problems.append(f"{path} does not match {pattern}: {value!r}")
        return problems
    if kind == "blob":
        try:
            return size_problems(shape, len(base64.b64decode(value, validate=True)), path)
        except (TypeError, ValueError, binascii.Error):
            return [f"{path} is no base64: {value!r}"]
    if kind == "boolean":
        return [] if isinstance(value, bool) else [f"{path} is no boolean: {value!r}"]
    if kind in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            return [f"{path} is no integer: {value!r}"]
        return size_problems(shape, value, path)
    if kind == "timestamp":  # JSON 1.1 writes seconds since 1970
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return [] if number else [f"{path} is no time: {value!r}"]
    if kind == "map":  # the encryption contexts of grants
        texts = isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
        return [] if texts else [f"{path} is no map of texts: {value!r}"]
    return [f"{path}: no reply is known to have a {kind}"]


def size_problems(shape, size, path):
    low, high = constraint(shape, "min"), constraint(shape, "max")
    problems = [f"{path} is below {low}: {size}"] if low is not None and size < low else []
    return problems + ([f"{path} is above {high}: {size}"] if high is not None and size > high else [])


class Strict:
    """Hooks into a boto3 client: each raw reply is held to the model before boto3 reads it."""

    def __init__(self):
        self.replies, self.problems = 0, []
        self.seen = set()  # members of output shapes that a reply had

    def watch(self, client):
        client.meta.events.register("after-call.kms", self.check)
        return client

    def check(self, http_response, model, **_):
        headers = {name.lower(): value for name, value in http_response.headers.items()}
        found = reply_problems(model, http_response.status_code, headers, http_response.content)
        self.replies += 1
        self.problems += [f"{model.name}: {problem}" for problem in found]
        if http_response.status_code == 200 and http_response.content:
            self.note(model.output_shape, json.loads(http_response.content))

    def note(self, shape, value):
        if shape.type_name == "structure":
            for name in shape.members.keys() & value.keys():
                self.seen.add(f"{shape.name}.{name}")
                self.note(shape.members[name], value[name])
        elif shape.type_name == "list":
            for inner in value:
                self.note(shape.member, inner)

    def never_seen(self, operations):
        """Members that the model gives to replies of these operations, and that none had."""
        model, found = service_model(), set()
        for operation in operations:
            found |= members(model.operation_model(operation).output_shape)
        return sorted(found - self.seen)


def members(shape):
    if shape is None:
        return set()
    if shape.type_name == "list":
        return members(shape.member)
    if shape.type_name != "structure":
        return set()
    inner = [members(member) for member in shape.members.values()]
    return {f"{shape.name}.{name}" for name in shape.members}.union(*inner)
