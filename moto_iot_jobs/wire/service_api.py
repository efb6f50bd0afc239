"""The services of which operations are ours: the control plane and the data planes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from moto_iot_jobs.service.lazy import lazy
from moto_iot_jobs.service.record import Record

from .deviations import UNMODELLED_STATUS
from .exceptions import WireError
from .model import load
from .operations import Operation
from .routing import Call, Routes
from .serialising import encode

_OPERATIONS = {
    "iot": (
        "AssociateTargetsWithJob",
        "CancelJob",
        "CancelJobExecution",
        "CreateDynamicThingGroup",
        "CreateJob",
        "CreateJobTemplate",
        "DeleteDynamicThingGroup",
        "DeleteJob",
        "DeleteJobExecution",
        "DeleteJobTemplate",
        "DescribeEndpoint",
        "DescribeEventConfigurations",
        "DescribeIndex",
        "DescribeJob",
        "DescribeJobExecution",
        "DescribeJobTemplate",
        "DescribeManagedJobTemplate",
        "GetIndexingConfiguration",
        "GetJobDocument",
        "ListIndices",
        "ListJobExecutionsForJob",
        "ListJobExecutionsForThing",
        "ListJobTemplates",
        "ListJobs",
        "ListManagedJobTemplates",
        "ListTagsForResource",
        "SearchIndex",
        "ListThingGroups",
        "ListThingGroupsForThing",
        "ListThingsInThingGroup",
        "TagResource",
        "UntagResource",
        "UpdateDynamicThingGroup",
        "UpdateEventConfigurations",
        "UpdateIndexingConfiguration",
        "UpdateJob",
    ),
    "iot-jobs-data": (
        "DescribeJobExecution",
        "GetPendingJobExecutions",
        "StartNextPendingJobExecution",
        "UpdateJobExecution",
    ),
    "iot-data": (
        "DeleteThingShadow",
        "GetThingShadow",
        "ListNamedShadowsForThing",
        "UpdateThingShadow",
    ),
}
#: Operations of the neighbours of Jobs, by room and service.
NEIGHBOURS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "commands": {
        "iot": (
            "CreateCommand",
            "DeleteCommand",
            "DeleteCommandExecution",
            "GetCommand",
            "GetCommandExecution",
            "ListCommandExecutions",
            "ListCommands",
            "UpdateCommand",
        ),
        "iot-jobs-data": ("StartCommandExecution",),
    },
    "packages": {
        "iot": (
            "AssociateSbomWithPackageVersion",
            "CreatePackage",
            "CreatePackageVersion",
            "DeletePackage",
            "DeletePackageVersion",
            "DisassociateSbomFromPackageVersion",
            "GetPackage",
            "GetPackageConfiguration",
            "GetPackageVersion",
            "ListPackageVersions",
            "ListPackages",
            "ListSbomValidationResults",
            "UpdatePackage",
            "UpdatePackageConfiguration",
            "UpdatePackageVersion",
        ),
    },
}
SERVICES = tuple(_OPERATIONS)

_NO_CONTENT = 204


class TopicOperation(Record):
    """An operation that exists over MQTT only, so that no model of botocore has it.

    Attributes:
        uri: its topic, with labels in braces.
        errors: the exceptions of which it has the codes (see `exceptions.MQTT_CODES`).
    """

    uri: str
    errors: frozenset[str]


#: By service. Errors: AWS IoT developer guide, commands-troubleshooting, and AWS's device SDKs.
TOPIC_OPERATIONS: Mapping[str, Mapping[str, TopicOperation]] = {
    "iot-jobs-data": {
        "UpdateCommandExecution": TopicOperation(
            "$aws/commands/things/{thingName}/executions/{executionId}/response",
            frozenset(
                {
                    "ConflictException",
                    "InvalidRequestException",
                    "InvalidStateTransitionException",
                    "ResourceNotFoundException",
                    "TerminalStateException",
                    "ThrottlingException",
                }
            ),
        ),
    },
}


class ServiceApi:
    """One service's requests, responses and errors on the wire.

    Get it with `Plane.of`; it loads its model when used.

    Args:
        service: ``iot``, ``iot-jobs-data`` or ``iot-data``, as botocore names it.
    """

    def __init__(self, service: str) -> None:
        self.service = service

    @staticmethod
    @cache
    def of(service: str) -> ServiceApi:
        """Return the API of a service, always the same object."""
        return ServiceApi(service)

    @property
    def operations(self) -> tuple[str, ...]:
        """Names of the operations that belong to Jobs and that the installed botocore knows."""
        return tuple(self.by_name)

    @property
    def topic_operations(self) -> Mapping[str, TopicOperation]:
        """The operations that exist over MQTT only."""
        return TOPIC_OPERATIONS.get(self.service, {})

    @property
    def all_operations(self) -> tuple[str, ...]:
        """Names of all operations, those included that exist over MQTT only."""
        return (*self.operations, *self.topic_operations)

    def errors(self, operation: str) -> frozenset[str]:
        """Return the exceptions that an operation declares, InternalFailureException included."""
        if operation in self.topic_operations:
            declared = self.topic_operations[operation].errors
        else:
            declared = frozenset(self.by_name[operation].statuses)
        return declared | {"InternalFailureException"}

    def uri(self, operation: str) -> str:
        """Return the path or topic of an operation, with labels in braces."""
        if operation in self.topic_operations:
            return self.topic_operations[operation].uri
        return self.by_name[operation].uri

    def match(self, method: str, raw_path: str) -> Call | None:
        """Find the operation that a request line means.

        None if it is none of ours.

        Args:
            method: HTTP method in capital letters.
            raw_path: path without query string. It may be percent-encoded.
        """
        return self.routes.match(method, raw_path)

    def read(self, call: Call, query: str, body: bytes) -> dict[str, Any]:
        """Read a request's members, in the model's types and by its names.

        Args:
            call: what `match` found.
            query: query string without its question mark.
            body: as it came. Empty means no members; an operation whose members all travel
                elsewhere ignores it.

        Raises:
            BadRequest: a value is not of the model's type (SerializationException) or breaks a
                constraint of the model (InvalidRequestException with one clause for each, in the
                service's order).
        """
        return self.by_name[call.operation].read(call.labels, query, body)

    def write(self, operation: str, response: Mapping[str, Any] | None) -> bytes:
        """Write the body of an operation's response with status 200.

        Args:
            response: members by their model names; timestamps in milliseconds since the epoch. None
                is not set.

        Raises:
            TypeError: the response has members that the operation's output has not.
        """
        return self.by_name[operation].write(response)

    def write_error(
        self, operation: str | None, error: WireError
    ) -> tuple[int, dict[str, str], bytes]:
        """Write an error: status, headers and body.

        Args:
            operation: the operation that failed; None if it is not known.
        """
        status = self.status(operation, error.code)
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
        return status, headers, encode({"message": error.message, **error.members})

    def status(self, operation: str | None, code: str) -> int:
        """Return the HTTP status of an operation's error.

        None is an operation that is not known.
        """
        found = self.by_name.get(operation) if operation else None
        declared = found.statuses if found is not None else {}
        return declared.get(code) or self._statuses.get(code, 400)

    @lazy
    def by_name(self) -> dict[str, Operation]:
        """The operations, compiled from the model."""
        model = load(self.service)
        ours = list(_OPERATIONS[self.service])
        for operations in NEIGHBOURS.values():
            ours += operations.get(self.service, ())
        known = [name for name in ours if name in model.operation_names]
        return {name: Operation(model.operation_model(name)) for name in known}

    @lazy
    def routes(self) -> Routes:
        """The routes of its requests."""
        return Routes(
            (name, operation.method, operation.uri) for name, operation in self.by_name.items()
        )

    @lazy
    def _statuses(self) -> dict[str, int]:
        """Of errors that an operation gives without declaring them, as injected faults may be."""
        statuses = dict(UNMODELLED_STATUS)
        for operation in self.by_name.values():
            statuses.update(operation.statuses)
        return statuses
