"""What faults can be ordered: the operations, errors and conditions that there are, and what to
write instead of others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from typing import TypeAlias

from moto_iot_jobs.wire import SERVICES, ServiceApi
from moto_iot_jobs.wire.exceptions import TWINS
from moto_iot_jobs.wire.model import load

# A service and one of its operations.
Target: TypeAlias = tuple[str, str]

# Common errors of AWS's APIs; moto's IAM gives these when it is switched on.
_OF_EVERY_OPERATION = frozenset(
    {"AccessDeniedException", "InvalidSignatureException", "UnrecognizedClientException"}
)
# AWS IoT developer guide, software-package-catalog-troubleshooting; the model does not know them.
_OF_DOCUMENTS = frozenset({"InvalidJobDocumentException", "InvalidRoleException"})
_WITH_DOCUMENTS = {("iot", "CreateJob"), ("iot", "UpdateJob")}


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a question that names the known word that is most like another, or nothing."""
    by_letters = {_letters(each): each for each in known}
    close = get_close_matches(_letters(word), by_letters, 1, 0.6)
    return f" Did you mean {by_letters[close[0]]!r}?" if close else ""


def _letters(word: str) -> str:
    return word.replace("_", "").replace("-", "").lower().removesuffix("exception")


def find_targets(operation: str, service: str | None) -> frozenset[Target]:
    """Return the operations that a name or pattern means.

    Args:
        operation: as AWS writes it; with `*` for any letters it means all operations that fit.
        service: "iot" or "iot-jobs-data"; None is the first that has the operation, and both for a
            pattern.

    Raises:
        ValueError: no such service or operation.
    """
    if service is not None and service not in SERVICES:
        raise ValueError(f"There is no service {service!r}; it is one of: {', '.join(SERVICES)}.")
    services = SERVICES if service is None else (service,)
    found = [
        (name, each)
        for name in services
        for each in ServiceApi.of(name).operations
        if fnmatchcase(each, operation)
    ]
    if found:
        return frozenset(found if "*" in operation else found[:1])
    raise ValueError(_no_such_operation(operation, services))


def _no_such_operation(operation: str, services: Collection[str]) -> str:
    elsewhere = [
        name
        for name in SERVICES
        if name not in services and operation in ServiceApi.of(name).operations
    ]
    if elsewhere:
        return f"{operation!r} is an operation of {elsewhere[0]!r}; write service={elsewhere[0]!r}."
    known = sorted({each for name in services for each in ServiceApi.of(name).operations})
    return (
        f"There is no operation {operation!r}.{suggestion(operation, known)} It is one of:"
        f" {', '.join(known)}."
    )


def _errors(target: Target) -> frozenset[str]:
    service, operation = target
    declared = ServiceApi.of(service).errors(operation)
    return declared | _OF_DOCUMENTS if target in _WITH_DOCUMENTS else declared


def targets_giving(error: str, targets: frozenset[Target]) -> frozenset[Target]:
    """Return those of some operations that can give an error: an exception, or a code of the MQTT
    API.

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


def targets_naming(member: str, condition: str, targets: frozenset[Target]) -> frozenset[Target]:
    """Return those of some operations whose path or topic names a thing ("thingName") or a job
    ("jobId").

    Args:
        condition: what the caller wrote, for the message.

    Raises:
        ValueError: none of them does.
    """
    naming = frozenset(
        target for target in targets if f"{{{member}}}" in _uris(target[0])[target[1]]
    )
    if naming:
        return naming
    names = ", ".join(sorted({operation for _, operation in targets}))
    raise ValueError(f"No request of {names} names a {condition}; leave {condition}= out.")


@cache
def _uris(service: str) -> dict[str, str]:
    model = load(service)
    return {
        operation: model.operation_model(operation).http["requestUri"]
        for operation in ServiceApi.of(service).operations
    }
