"""Parsing of faults as they are requested, in process or over HTTP.

They are checked before anything is injected.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase
from types import EllipsisType
from typing import Any, TypeGuard

from moto_iot_jobs.broker.topics import is_valid_filter
from moto_iot_jobs.service.suggestions import suggestion
from moto_iot_jobs.wire import SERVICES, ServiceApi
from moto_iot_jobs.wire.exceptions import TWINS
from moto_iot_jobs.wire.model import load

from .faults import REQUEST_EXPIRED, Delay, Effect, FaultFilter, Target, error_effect

_KINDS = ("error", "delay", "lose", "stale")
_LOST = ("request", "response")
_OF_MESSAGES = {"lose": "lost", "repeat": "repeated", "delay": "delayed"}
_MEMBERS_OF_MESSAGES = ("topic", *_OF_MESSAGES, "times", "after", "probability", "seed")
_MEMBERS = (
    *("operation", *_KINDS, "sleep", "service", "times"),
    *("thing", "job_id", "after", "probability", "seed"),
)

# Common errors of AWS's APIs; moto's IAM gives the first three when it is switched on. The last one
# is that of devices whose clock is wrong (AWS IoT developer guide, jobs-troubleshooting).
_OF_EVERY_OPERATION = frozenset(
    {
        "AccessDeniedException",
        "InvalidSignatureException",
        "UnrecognizedClientException",
        REQUEST_EXPIRED,
    }
)
# AWS IoT developer guide, software-package-catalog-troubleshooting; the model does not know them.
_OF_DOCUMENTS = frozenset({"InvalidJobDocumentException", "InvalidRoleException"})
_LONGEST_DELAY = 100 * 366 * 86_400
_WITH_DOCUMENTS = {("iot", "CreateJob"), ("iot", "UpdateJob")}


def read(members: Mapping[str, Any]) -> tuple[FaultFilter, Effect, int | EllipsisType | None]:
    """Read a fault.

    Args:
        members: operation, and one of error (a name), delay (seconds) and lose ("request" or
            "response") and stale (True). As far as wanted: service, times (None for all), thing,
            job_id, after (a number of calls), probability, seed; for a delay sleep. Or, for
            messages, topic, and one of lose (True), repeat (True) and delay (seconds); and times,
            after, probability, seed.

    Returns:
        The calls that it is for, its effect, and its number of calls (`...` where none was given).

    Raises:
        KeyError: operation is missing.
        ValueError: anything else is wrong; the message says what to write instead.
    """
    if "topic" in members:
        return _read_of_messages(members)
    _check_members(members, _MEMBERS, _KINDS)
    operation = _text(members, "operation")
    if members.get("stale") is not None:
        if operation != "DescribeJobExecution" or members.get("job_id") is not None:
            raise ValueError(
                "stale is for DescribeJobExecution of $next, which names no other job."
            )
        members = {**members, "service": "iot-jobs-data", "job_id": "$next"}
    targets = _find_targets(operation, members.get("service"))
    if members.get("error") is not None:
        targets = _targets_giving(_text(members, "error"), targets)
    return _filter(members, operation, targets), _effect(members, operation), _times(members)


def _check_members(
    members: Mapping[str, Any], known: Collection[str], kinds: Collection[str]
) -> None:
    for name in members:
        if name not in known:
            raise ValueError(
                f"There is no member {name!r}.{suggestion(name, known)} It is one of:"
                f" {', '.join(known)}."
            )
    given = [kind for kind in kinds if members.get(kind) is not None]
    if len(given) != 1:
        raise ValueError(
            f"A fault is one of: {', '.join(kinds)}; not {' and '.join(given) or 'none'}."
        )


def _read_of_messages(
    members: Mapping[str, Any],
) -> tuple[FaultFilter, Effect, int | EllipsisType | None]:
    _check_members(members, _MEMBERS_OF_MESSAGES, _OF_MESSAGES)
    topic = _text(members, "topic")
    if not is_valid_filter(topic):
        raise ValueError(f"topic must be an MQTT topic filter; not {topic!r}.")
    kind = next(each for each in _OF_MESSAGES if members.get(each) is not None)
    seconds = members[kind] if kind == "delay" else 0
    if kind == "delay":
        _check_delay(seconds)
    if kind != "delay" and members[kind] is not True:
        raise ValueError(f"{kind} must be True; not {members[kind]!r}.")
    effect = Effect(message=_OF_MESSAGES[kind], seconds=seconds)
    return _filter(members, topic, frozenset()), effect, _times(members)


def _filter(members: Mapping[str, Any], operation: str, targets: frozenset[Target]) -> FaultFilter:
    thing, job_id = _optional_text(members, "thing"), _optional_text(members, "job_id")
    if thing is not None:
        targets = _targets_naming("thingName", "thing", targets)
    if job_id is not None:
        targets = _targets_naming("jobId", "job_id", targets)
    probability = members.get("probability")
    if probability is not None and not (_is_number(probability) and 0 < probability <= 1):
        raise ValueError(f"probability must be more than 0 and at most 1; not {probability!r}.")
    if members.get("seed") is not None and probability is None:
        raise ValueError("seed is of use with probability only.")
    after = _whole(members, "after", "at least 0", lambda number: number >= 0)
    seed = _whole(members, "seed", "a whole number", lambda _: True)
    return FaultFilter(operation, targets, thing, job_id, after or 0, probability, seed or 0)


def _effect(members: Mapping[str, Any], operation: str) -> Effect:
    sleep = members.get("sleep")
    delay = members.get("delay")
    if delay is None and sleep is not None:
        raise ValueError("sleep is of use with delay only.")
    if sleep not in (None, True, False):
        raise ValueError(f"sleep must be True, False or None; not {sleep!r}.")
    if delay is not None:
        _check_delay(delay)
        return Effect(delay=Delay(delay, sleep))
    if members.get("stale") is not None:
        if members["stale"] is not True:
            raise ValueError(f"stale must be True; not {members['stale']!r}.")
        return Effect(stale={})
    lost = members.get("lose")
    if lost is not None:
        if lost not in _LOST:
            raise ValueError(f"What gets lost is 'request' or 'response'; not {lost!r}.")
        return Effect(lost=lost)
    return error_effect(members["error"], operation)


def _check_delay(seconds: object) -> None:
    if not (_is_number(seconds) and 0 < seconds <= _LONGEST_DELAY):
        raise ValueError(
            "A delay must be a number of seconds more than 0, and at most a hundred years; not"
            f" {seconds!r}."
        )


def _times(members: Mapping[str, Any]) -> int | EllipsisType | None:
    if "times" not in members:
        return ...
    return _whole(
        members, "times", "at least 1, or None for every attempt", lambda number: number >= 1
    )


def _whole(
    members: Mapping[str, Any], name: str, words: str, is_fine: Callable[[int], bool]
) -> int | None:
    number = members.get(name)
    if number is not None and (
        not isinstance(number, int) or isinstance(number, bool) or not is_fine(number)
    ):
        raise ValueError(f"{name} must be {words}; not {number!r}.")
    return number


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _optional_text(members: Mapping[str, Any], name: str) -> str | None:
    return None if members.get(name) is None else _text(members, name)


def _text(members: Mapping[str, Any], name: str) -> str:
    text = members[name]
    if not isinstance(text, str) or not text:
        raise ValueError(f"{name} must be a text; not {text!r}.")
    return text


# The operations, errors and names that there are


def _find_targets(operation: str, service: str | None) -> frozenset[Target]:
    """Return the operations that a name or pattern means.

    Args:
        operation: as AWS writes it; with `*` for any letters it means all operations that fit.
        service: "iot" or "iot-jobs-data"; None is the first that has the operation, and both for a
            pattern.

    Raises:
        ValueError: no such service or operation, or one that moto answers.
    """
    if service is not None and service not in SERVICES:
        raise ValueError(f"There is no service {service!r}; it is one of: {', '.join(SERVICES)}.")
    services = SERVICES if service is None else (service,)
    found = [
        (name, each)
        for name in services
        for each in ServiceApi.of(name).all_operations
        if fnmatchcase(each, operation)
    ]
    if found:
        return frozenset(found if "*" in operation else found[:1])
    raise ValueError(_no_such_operation(operation, services))


def _no_such_operation(operation: str, services: Collection[str]) -> str:
    elsewhere = [
        name
        for name in SERVICES
        if name not in services and operation in ServiceApi.of(name).all_operations
    ]
    if elsewhere:
        return f"{operation!r} is an operation of {elsewhere[0]!r}; write service={elsewhere[0]!r}."
    known = sorted({each for name in services for each in ServiceApi.of(name).all_operations})
    if any(operation in load(name).operation_names for name in services):
        return (
            f"{operation!r} is not an operation of IoT Jobs: moto itself carries it out, and faults"
            f" cannot be injected there. They can be injected for: {', '.join(known)}."
        )
    return (
        f"There is no operation {operation!r}.{suggestion(operation, known)} It is one of:"
        f" {', '.join(known)}."
    )


def _errors(target: Target) -> frozenset[str]:
    service, operation = target
    declared = ServiceApi.of(service).errors(operation)
    return declared | _OF_DOCUMENTS if target in _WITH_DOCUMENTS else declared


def possible_errors(service: str, operation: str) -> list[str]:
    """Return the exceptions that can be injected into an operation, its own ones first."""
    return [*sorted(_errors((service, operation))), *sorted(_OF_EVERY_OPERATION)]


def known_errors() -> frozenset[str]:
    """Return every error that can be injected: exceptions, and codes of the MQTT API."""
    targets = [(name, each) for name in SERVICES for each in ServiceApi.of(name).all_operations]
    declared = (error for target in targets for error in _errors(target))
    return frozenset(declared) | _OF_EVERY_OPERATION | TWINS.keys()


def _targets_giving(error: str, targets: frozenset[Target]) -> frozenset[Target]:
    """Return those of some operations that can give an error.

    It is an exception, or a code of the MQTT API.

    Raises:
        ValueError: none of them ever gives it.
    """
    exception = TWINS.get(error, error)
    giving = frozenset(
        target
        for target in targets
        if exception in _errors(target) | _OF_EVERY_OPERATION
        and (error == exception or target[0] == "iot-jobs-data")
    )
    if giving:
        return giving
    names = sorted({operation for _, operation in targets})
    known = sorted({each for target in targets for each in _errors(target)})
    what = names[0] if len(names) == 1 else "None of these operations ever gives"
    gives = f"{what} never gives" if len(names) == 1 else what
    raise ValueError(
        f"{gives} {error!r}.{suggestion(error, known)} It can give: {', '.join(known)}; "
        f"and, as any operation, {', '.join(sorted(_OF_EVERY_OPERATION))}."
    )


def _targets_naming(member: str, condition: str, targets: frozenset[Target]) -> frozenset[Target]:
    """Return those of some operations whose path or topic has a label.

    A thing's is "thingName" and a job's "jobId".

    Args:
        condition: the condition as the caller wrote it, for the message.

    Raises:
        ValueError: none of them does.
    """
    naming = frozenset(
        target for target in targets if f"{{{member}}}" in ServiceApi.of(target[0]).uri(target[1])
    )
    if naming:
        return naming
    names = ", ".join(sorted({operation for _, operation in targets}))
    noun = "job" if condition == "job_id" else condition
    raise ValueError(f"No request of {names} names a {noun}; leave {condition}= out.")
