"""Requests of every operation that are right, and all those that break one rule of the model.

The constraints come from the generator of `tests/wire/test_constraints.py`; the wrong types are
made here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from botocore.model import OperationModel, Shape

from moto_iot_jobs.wire import ServiceApi
from tests.wire.test_constraints import ABSENT, MODELS, Constraints

OPERATIONS = [
    (service, operation) for service in MODELS for operation in ServiceApi.of(service).operations
]
#: Has nothing that could be wrong.
WITHOUT_INPUT = {
    "DescribeEventConfigurations",
    "GetIndexingConfiguration",
    "GetPackageConfiguration",
}

ACCOUNT, REGION = "123456789012", "eu-west-1"
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"

# What the account of the tests has; see the fixture `account`.
_NAMES: dict[str, Any] = {
    "jobId": "running",
    "thingName": "t1",
    "jobTemplateId": "m1",
    "thingGroupName": "d1",
    "templateName": "AWS-Reboot",
    "resourceArn": f"{ARN}:job/running",
    "queryString": "thingName:t*",
    "indexName": "AWS_Things",
    "queryVersion": "2017-09-30",
    "namespaceId": ABSENT,
    "nextToken": ABSENT,
    "executionNumber": 1,
    "status": "IN_PROGRESS",
    "targets": [f"{ARN}:thing/t3"],
    "packageName": "firmware",
    "versionName": "2",
    "commandId": "blink",
    "commandArn": f"{ARN}:command/blink",
    "targetArn": f"{ARN}:thing/t3",
    # The account of the tests puts that of an execution here.
    "executionId": "unknown",
}


def name_execution(execution_id: str) -> None:
    """Let right requests name a command's execution, whose id nobody can choose."""
    _NAMES["executionId"] = execution_id


# Some members shut others out, need what this account lacks, or name what is to be made.
_ROLLOUT = {
    "maximumPerMinute": 50,
    "exponentialRate": {
        "baseRatePerMinute": 5,
        "incrementFactor": 2.0,
        "rateIncreaseCriteria": {"numberOfNotifiedThings": 9},
    },
}
_JOB: dict[str, Any] = {
    "jobExecutionsRolloutConfig": _ROLLOUT,
    "documentSource": ABSENT,
    "document": '{"op":"x"}',
    "destinationPackageVersions": ABSENT,
    "presignedUrlConfig": {"roleArn": ROLE, "expiresInSec": 60},
}
_OF_ONE: dict[str, dict[str, Any]] = {
    "AssociateTargetsWithJob": {"targets": [f"{ARN}:thinggroup/g2"]},
    "CancelJobExecution": {"expectedVersion": ABSENT},
    "CreateCommand": {
        "commandId": "new",
        "payload": {"content": "YQ==", "contentType": "text/plain"},
        "payloadTemplate": ABSENT,
        "preprocessor": ABSENT,
        "mandatoryParameters": ABSENT,
        "roleArn": ABSENT,
    },
    "CreateDynamicThingGroup": {"thingGroupName": "d2"},
    "CreateJob": {
        **_JOB,
        "jobId": "new",
        "jobTemplateArn": ABSENT,
        "documentParameters": ABSENT,
        "schedulingConfig": ABSENT,
    },
    "CreateJobTemplate": {
        **_JOB,
        "jobTemplateId": "m2",
        "jobArn": ABSENT,
        "maintenanceWindows": ABSENT,
    },
    "CreatePackage": {"packageName": "new"},
    "CreatePackageVersion": {"versionName": "new"},
    "DeletePackage": {"packageName": "bare"},
    "DescribeEndpoint": {"endpointType": "iot:Jobs"},
    "DescribeManagedJobTemplate": {"templateVersion": "1.0"},
    "ListCommandExecutions": {
        "startedTimeFilter": {"after": "2020-01-01T00:00", "before": "2030-01-01T00:00"},
        "completedTimeFilter": ABSENT,
        "targetArn": ABSENT,
        "status": "CREATED",
    },
    "ListPackageVersions": {"status": "PUBLISHED"},
    "ListJobs": {"thingGroupId": ABSENT, "thingGroupName": "g1"},
    "ListThingGroups": {"parentGroup": "g1", "namePrefixFilter": ABSENT},
    "StartCommandExecution": {"parameters": ABSENT},
    "StartNextPendingJobExecution": {"thingName": "t2"},
    "UpdateCommand": {"deprecated": False},
    "UpdateDynamicThingGroup": {"expectedVersion": 1},
    "DeleteDynamicThingGroup": {"expectedVersion": ABSENT},
    # The account has a dynamic group, and so the index is not switched off.
    "UpdateIndexingConfiguration": {
        "thingIndexingConfiguration": {
            "thingIndexingMode": "REGISTRY_AND_SHADOW",
            "thingConnectivityIndexingMode": "STATUS",
            "namedShadowIndexingMode": "ON",
            "filter": {"namedShadowNames": ["s"]},
        },
        "thingGroupIndexingConfiguration": {"thingGroupIndexingMode": "ON"},
    },
    "UpdateJob": {
        "jobExecutionsRolloutConfig": _ROLLOUT,
        "presignedUrlConfig": _JOB["presignedUrlConfig"],
    },
    "UpdateJobExecution": {"expectedVersion": 2},
    "UpdatePackage": {"defaultVersionName": "1", "unsetDefaultVersion": ABSENT},
    "UpdatePackageConfiguration": {"versionUpdateByJobsConfig": {"enabled": True, "roleArn": ROLE}},
}

# Of each JSON type one value that no reader takes for another type; decimal strings are numbers on
# purpose.
_WRONG: dict[str, tuple[Any, ...]] = {
    "string": (7, True, ["a"], {"a": "b"}),
    "blob": (7, True, ["YQ=="], {"a": "b"}, "no base64!"),
    "boolean": ("yes", 7, [True], {"a": True}),
    "integer": ("seven", 1.5, True, [1], {"a": 1}, 10**30, "9" * 50, 2**31),
    "long": ("seven", 1.5, True, [1], {"a": 1}, 10**30, "9" * 50, 2**63),
    "double": ("seven", True, [1.5], {"a": 1.5}, "1e999", "NaN", 10**400),
    "list": ("a", 7, True, {"a": "b"}),
    "map": ("a", 7, True, ["a"]),
    "structure": ("a", 7, True, ["a"]),
}
_WRONG_TEXTS: dict[str, tuple[str, ...]] = {
    "boolean": ("yes", "7", "[]"),
    "integer": ("seven", "1.5", "true", str(2**31), "9" * 5000),
    "long": ("seven", "1.5", "true", str(2**63), "9" * 5000),
}

Steps = tuple[str | int, ...]


class Wrong(NamedTuple):
    """A request's members of which one is wrong, and which."""

    what: str
    members: dict[str, Any]
    steps: Steps


class HttpForm(NamedTuple):
    """A request as HTTP carries it."""

    method: str
    target: str
    body: bytes


def model_of(service: str, operation: str) -> OperationModel:
    """An operation in botocore's model."""
    return MODELS[service].operation_model(operation)


def right(service: str, operation: str) -> dict[str, Any]:
    """Members that the account of the tests accepts, as many as go together."""
    shape = model_of(service, operation).input_shape
    members = Constraints(service).right(shape) if shape else {}
    for name, value in {**_NAMES, **_OF_ONE.get(operation, {})}.items():
        if value is ABSENT:
            members.pop(name, None)
        elif name in members:
            members[name] = copy.deepcopy(value)
    return members


def wrong_requests(service: str, operation: str) -> Iterator[Wrong]:
    """Every way to break one constraint, to leave out one required member, or to give one member a
    wrong type.
    """
    shape = model_of(service, operation).input_shape
    if shape is None:
        return
    for violation in Constraints(service).violations(shape):
        yield _bent(
            service, operation, violation.steps, violation.value, violation.clauses[-1][-60:]
        )
    for steps, value in _wrong_types(shape, ()):
        yield _bent(service, operation, steps, value, f"wrong type {str(value)[:20]!r}")


def _wrong_types(shape: Shape, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            location = member.serialization.get("location")
            if location is not None:
                yield from (
                    ((*steps, name), text) for text in _WRONG_TEXTS.get(member.type_name, ())
                )
            else:
                yield from (((*steps, name), value) for value in _WRONG[member.type_name])
                yield from _wrong_types(member, (*steps, name))
    elif shape.type_name == "list":
        yield from (((*steps, 0), value) for value in (*_WRONG[shape.member.type_name], None))
        yield from _wrong_types(shape.member, (*steps, 0))
    elif shape.type_name == "map":
        key = Constraints("iot").right(shape.key)
        yield from ((steps, {key: value}) for value in (*_WRONG[shape.value.type_name], None))


def _bent(service: str, operation: str, steps: Steps, value: Any, why: str) -> Wrong:
    """Put a value where the steps lead in an otherwise right request; branches that it lacks are
    grown from the model.
    """
    members = right(service, operation)
    generic = Constraints(service).right(model_of(service, operation).input_shape)
    *path, last = steps
    holder: Any = members
    for step in path:
        if isinstance(holder, dict) and step not in holder:
            holder[step] = copy.deepcopy(generic[step])
        holder, generic = holder[step], generic[step]
    if value is ABSENT:
        holder.pop(last, None)
    else:
        holder[last] = value
    return Wrong(f"{'.'.join(map(str, steps))}: {why}", members, steps)


def over_http(service: str, operation: str, members: Mapping[str, Any]) -> HttpForm:
    """Write a request as HTTP carries it, without any of the help that an SDK gives."""
    model = model_of(service, operation)
    shapes = model.input_shape.members if model.input_shape else {}
    target, query, body = model.http["requestUri"], {}, {}
    for name, value in members.items():
        where, wire_name = (shapes[name].serialization.get(key) for key in ("location", "name"))
        if where == "uri":
            target = target.replace(f"{{{wire_name}}}", quote(_text(value), safe="$"))
        elif where == "querystring":
            query[wire_name] = _text(value)
        else:
            body[wire_name or name] = value
    target += f"?{urlencode(query)}" if query else ""
    return HttpForm(model.http["method"], target, json.dumps(body).encode() if body else b"")


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
