"""Every constraint that the model puts on every operation's input, broken one at a time."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from moto_iot_jobs.wire import BadRequest, Call, ServiceApi

MODELS = {
    service: ServiceModel(Loader().load_service_model(service, "service-2"))
    for service in ("iot", "iot-jobs-data")
}
OPERATIONS = [
    pytest.param(service, operation, id=f"{service} {operation}")
    for service in MODELS
    for operation in ServiceApi.of(service).operations
]

# A text that matches each pattern; repeating its last character must match as well.
MATCHING = {
    r"[a-zA-Z0-9_-]+": "a",
    r"[a-zA-Z0-9_-]+|^\$next": "a",
    r"[a-zA-Z0-9:_-]+": "a",
    r"[$a-zA-Z0-9:_-]+": "a",
    r"[a-zA-Z0-9-_.]+": "a",
    r"\S{36,64}": "a",
    r"[a-zA-Z0-9\-]+": "a",
    r"[^\p{C}]+": "é",
    r"[^\p{C}]*": "é",
    r"[\p{Upper}\p{Digit}_]+": "A",
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$": "ñ",
    r"^arn:[!-~]+$": "arn:a",
    r"^[1-9]+.[0-9]+": "1.0",
    r"^[.$a-zA-Z0-9_-]+$": "$a",
    r"^[\x21-\x7E]+$": "a",
    r"^[0-9]*$": "1",
    r"[\p{Graph}\x20]*": "a",
    r"[a-zA-Z0-9_.,@/:#-]+": "a",
    r"[a-zA-Z0-9_.,@/:#=\[\]-]*": "a",
    r"[\s\S]*": "a",
}
TAKE_THE_EMPTY_TEXT = {
    r"[^\p{C}]*",
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$",
    r"^[0-9]*$",
    r"[\p{Graph}\x20]*",
    r"[a-zA-Z0-9_.,@/:#=\[\]-]*",
    r"[\s\S]*",
}
# What is too long or too short for these breaks the pattern as well.
COUNT_CHARACTERS = {r"\S{36,64}"}
TAKE_ANYTHING = {r"[\s\S]*"}

BEYOND_THE_MODEL = {
    ("iot", "MaxJobExecutionsPerMin"): {"max": 1000},
    ("iot-jobs-data", "DetailsValue"): {"max": 1024},
}
CAPTURED_ENUMS = {
    "JobExecutionFailureType": "ALL, TIMED_OUT, FAILED, REJECTED",
    "RetryableFailureType": "ALL, TIMED_OUT, FAILED",
    "JobExecutionStatus": (
        "REMOVED, SUCCEEDED, TIMED_OUT, IN_PROGRESS, QUEUED, CANCELED, FAILED, REJECTED"
    ),
}
SIZES = ("string", "blob", "list", "map")

# Of a role, the core says so in another sentence.
TOO_SHORT = ["a" * 19]

ABSENT = object()


class Breach(NamedTuple):
    """A member's value, where it goes in a request that is otherwise right, and the clauses it
    must give.
    """

    steps: tuple[str | int, ...]
    value: Any
    clauses: tuple[str, ...]


class Constraints:
    """The constraints of one service's model, as values that break them."""

    def __init__(self, service: str) -> None:
        self.service = service

    def traits(self, shape: Shape) -> Mapping[str, Any]:
        return {**shape.metadata, **BEYOND_THE_MODEL.get((self.service, shape.name), {})}

    def right(self, shape: Shape) -> Any:
        """A value that breaks nothing, with every member set."""
        traits = self.traits(shape)
        if shape.type_name == "structure":
            return {name: self.right(member) for name, member in shape.members.items()}
        if shape.type_name == "list":
            return [self.right(shape.member)]
        if shape.type_name == "map":
            return {self.right(shape.key): self.right(shape.value)}
        if shape.type_name == "string":
            text = (
                traits["enum"][0]
                if "enum" in traits
                else MATCHING[traits.get("pattern", r"[\s\S]*")]
            )
            return text.ljust(traits.get("min", 0), "a")
        others = {"boolean": True, "double": float(traits.get("min", 1)), "blob": "YQ=="}
        return others.get(shape.type_name, traits.get("min", 1))

    def violations(
        self, shape: Shape, steps: tuple[str | int, ...] = (), at: str = ""
    ) -> Iterator[Breach]:
        """Every way to break one constraint in a value of this shape."""
        if shape.type_name == "structure":
            for name, member in shape.members.items():
                small = name[0].lower() + name[1:]
                shown = f"{at}.{small}" if at else small
                if name in shape.required_members and member.serialization.get("location") != "uri":
                    null = (
                        f"Value null at '{shown}' failed to satisfy constraint: Member must not be"
                        " null"
                    )
                    yield Breach((*steps, name), ABSENT, (null,))
                yield from self.violations(member, (*steps, name), shown)
            return
        for value, rules in self.broken(shape):
            quoted = f"Value '{java(shape, value)}' at '{at}' failed to satisfy constraint: "
            yield Breach(steps, value, tuple(quoted + rule for rule in rules))
        if shape.type_name == "list" and shape.member.type_name == "structure":
            yield from self.violations(shape.member, (*steps, 0), f"{at}.1.member")
        elif shape.type_name == "list":
            for value, _ in self.broken(shape.member):
                yield Breach(
                    steps, [value], (self.of_all(shape, [value], at, "Member", shape.member),)
                )
        elif shape.type_name == "map":
            for key, _ in self.broken(shape.key):
                value = {key: self.right(shape.value)}
                yield Breach(steps, value, (self.of_all(shape, value, at, "Map keys", shape.key),))
            if shape.value.type_name != "structure":
                for each, _ in self.broken(shape.value):
                    value = {self.right(shape.key): each}
                    yield Breach(
                        steps, value, (self.of_all(shape, value, at, "Map value", shape.value),)
                    )

    def of_all(self, shape: Shape, value: Any, at: str, subject: str, item: Shape) -> str:
        """The one clause that stands for all scalars in a list or map."""
        by_enum = shape.type_name == "map" and "enum" in shape.key.metadata
        quoted = "Value" if by_enum else f"Value '{java(shape, value)}'"
        rules = ", ".join(self.rules(item))
        return (
            f"{quoted} at '{at}' failed to satisfy constraint: {subject} must satisfy constraint:"
            f" [{rules}]"
        )

    def rules(self, shape: Shape) -> list[str]:
        """The wording of a scalar's rules, in the order in which AWS lists them."""
        traits = self.traits(shape)
        noun = "length" if shape.type_name in SIZES else "value"
        rules = []
        if "max" in traits:
            rules.append(f"Member must have {noun} less than or equal to {traits['max']}")
        if "min" in traits:
            rules.append(f"Member must have {noun} greater than or equal to {traits['min']}")
        if "pattern" in traits:
            rules.append(f"Member must satisfy regular expression pattern: {traits['pattern']}")
        if "enum" in traits:
            values = CAPTURED_ENUMS.get(shape.name, ", ".join(traits["enum"]))
            rules.append(f"Member must satisfy enum value set: [{values}]")
        return rules

    def broken(self, shape: Shape) -> Iterator[tuple[Any, list[str]]]:
        """Values that break a rule, with the rules they break in the order of their clauses."""
        traits = self.traits(shape)
        pattern = traits.get("pattern")
        rule = {
            words.split(" must ")[1].split(":")[0].split(" to ")[0]: words
            for words in self.rules(shape)
        }
        if "enum" in traits:
            yield "NONE", [rule["satisfy enum value set"]]
        if pattern and pattern not in TAKE_ANYTHING:
            wrong = "\n" if pattern in COUNT_CHARACTERS else "\x07"
            yield self.right(shape) + wrong, [rule["satisfy regular expression pattern"]]
        counted = (
            [rule["satisfy regular expression pattern"]] if pattern in COUNT_CHARACTERS else []
        )
        if "max" in traits and shape.type_name in SIZES:
            yield (
                larger(self.right(shape), traits["max"] + 1),
                [*counted, rule["have length less than or equal"]],
            )
        elif "max" in traits:
            yield traits["max"] + 1, [rule["have value less than or equal"]]
        if traits.get("min") and shape.type_name in SIZES:
            smaller = (
                self.right(shape)[: traits["min"] - 1]
                if traits["min"] > 1
                else type(self.right(shape))()
            )
            rules = [*counted, rule["have length greater than or equal"]]
            if smaller == "" and pattern and pattern not in TAKE_THE_EMPTY_TEXT:
                rules.insert(0, rule["satisfy regular expression pattern"])
            yield smaller, rules
        elif "min" in traits and shape.type_name not in SIZES:
            yield traits["min"] - 1, [rule["have value greater than or equal"]]


def larger(value: Any, size: int) -> Any:
    """As many characters or items as it takes."""
    if isinstance(value, str):
        return value.ljust(size, value[-1])
    if isinstance(value, list):
        return value * size
    return {f"{key}{number}": each for key, each in value.items() for number in range(size)}


def java(shape: Shape, value: Any) -> str:
    """A value as Java prints it, unless for bytes, of which that is not known."""
    if shape.type_name == "structure":
        return f"{shape.name}({', '.join(f'{name}={java(shape.members[name], value[name])}' for name in value)})"
    if shape.type_name == "list":
        return f"[{', '.join(java(shape.member, item) for item in value)}]"
    if shape.type_name == "map":
        return (
            "{" + ", ".join(f"{key}={java(shape.value, item)}" for key, item in value.items()) + "}"
        )
    if shape.type_name == "blob":
        return str(b64decode(value))
    if shape.type_name == "boolean":
        return str(value).lower()
    return str(float(value)) if shape.type_name == "double" else str(value)


def send(service: str, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Let a request with these members be read."""
    shapes = model_of(service, operation).input_shape.members if members else {}
    parts: dict[str | None, dict[str, Any]] = {"uri": {}, "querystring": {}, None: {}}
    for name, value in members.items():
        parts[shapes[name].serialization.get("location")][name] = value
    labels = {name: str(value) for name, value in parts["uri"].items()}
    query = urlencode({name: str(value) for name, value in parts["querystring"].items()})
    return ServiceApi.of(service).read(
        Call(operation, labels), query, json.dumps(parts[None]).encode()
    )


def model_of(service: str, operation: str) -> OperationModel:
    return MODELS[service].operation_model(operation)


def violations() -> Iterator[Any]:
    for service, model in MODELS.items():
        for operation in ServiceApi.of(service).operations:
            shape = model.operation_model(operation).input_shape
            for violation in Constraints(service).violations(shape) if shape else ():
                at = ".".join(map(str, violation.steps))
                if at.endswith("presignedUrlConfig.roleArn") and violation.value in TOO_SHORT:
                    continue
                rule = violation.clauses[-1].split(" must ")[-1][:60]
                yield pytest.param(
                    service, operation, violation, id=f"{service} {operation} {at}: {rule}"
                )


VIOLATIONS = list(violations())


@pytest.mark.parametrize("service, operation", OPERATIONS)
def test_a_request_that_breaks_nothing_is_read_as_it_was_sent(service: str, operation: str) -> None:
    shape = model_of(service, operation).input_shape
    members = Constraints(service).right(shape) if shape else {}

    read = send(service, operation, members)

    expected = json.loads(json.dumps(members).replace('"YQ=="', '"a"'))
    assert json.loads(json.dumps(read, default=bytes.decode)) == expected


@pytest.mark.parametrize("service, operation, violation", VIOLATIONS)
def test_an_error_names_the_broken_constraint(
    service: str, operation: str, violation: Breach
) -> None:
    members = Constraints(service).right(model_of(service, operation).input_shape)
    *path, last = violation.steps
    holder = members
    for step in path:
        holder = holder[step]
    if violation.value is ABSENT:
        del holder[last]
    else:
        holder[last] = violation.value

    with pytest.raises(BadRequest) as caught:
        send(service, operation, members)

    errors = "error" if len(violation.clauses) == 1 else "errors"
    assert (
        caught.value.message
        == f"{len(violation.clauses)} validation {errors} detected: {'; '.join(violation.clauses)}"
    )
    declared = {error.name for error in model_of(service, operation).error_shapes}
    is_younger = "ValidationException" in declared
    assert caught.value.code == ("ValidationException" if is_younger else "InvalidRequestException")


@pytest.mark.parametrize("largest", [True, False])
def test_the_limits_themselves_may_be_reached(largest: bool) -> None:
    criteria = {"failureType": "ALL", "numberOfRetries": 10 if largest else 0}
    rate = {"baseRatePerMinute": 1000 if largest else 1, "incrementFactor": 5.0 if largest else 1.1}
    members = {
        "jobId": "j" * (64 if largest else 1),
        "targets": ["t" * 2048 if largest else ""],
        "documentSource": "s" * (1350 if largest else 1),
        "presignedUrlConfig": {
            "roleArn": "r" * (2048 if largest else 20),
            "expiresInSec": 3600 if largest else 60,
        },
        "jobExecutionsRolloutConfig": {
            "maximumPerMinute": 1000 if largest else 1,
            "exponentialRate": {**rate, "rateIncreaseCriteria": {"numberOfNotifiedThings": 1}},
        },
        "jobExecutionsRetryConfig": {"criteriaList": [criteria] * (2 if largest else 1)},
        "documentParameters": {"k" * (128 if largest else 1): "v"},
    }

    assert send("iot", "CreateJob", members) == members


def test_there_are_as_many_violations_as_the_model_has_constraints() -> None:
    """Keeps the two tests above from passing because the generator found nothing."""
    assert len(VIOLATIONS) > 250
