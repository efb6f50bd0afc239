"""Exceptions on the wire, and which of AWS's each error of the core is on each plane.

Statuses follow from the botocore model.
"""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.service import errors


class WireError(Exception):
    """An error as the client sees it.

    Args:
        code: name of AWS's exception, such as ``ConflictException``.
        message: its text.
        members: further members of the body under their model names, such as ``resourceId``; None
            is written as null.

    Attributes:
        mqtt_code: its code in a rejection over MQTT, where that does not follow from `code`.
    """

    def __init__(self, code: str, message: str, **members: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.members = members
        self.mqtt_code: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class BadRequest(WireError):
    """The request breaks constraints that hold whatever is in the store."""

    def __init__(self, message: str, code: str = "InvalidRequestException") -> None:
        super().__init__(code, message)


class Malformed(BadRequest):
    """The request cannot be understood: no JSON, or another type than the model's."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "SerializationException")


_ON_BOTH: dict[type[errors.ServiceError], str] = {
    errors.InvalidRequest: "InvalidRequestException",
    errors.InvalidJobDocument: "InvalidJobDocumentException",
    errors.InvalidRole: "InvalidRoleException",
    errors.ResourceNotFound: "ResourceNotFoundException",
    errors.InvalidStateTransition: "InvalidStateTransitionException",
    # The younger APIs (packages, commands) have another family of exceptions than Jobs.
    errors.InvalidInput: "ValidationException",
    errors.QuotaExceeded: "ServiceQuotaExceededException",
    errors.Conflict: "ConflictException",
}

_CONTROL_PLANE = _ON_BOTH | {
    errors.VersionConflict: "VersionConflictException",
    errors.ResourceAlreadyExists: "ResourceAlreadyExistsException",
    errors.LimitExceeded: "LimitExceededException",
}

# The data plane declares no VersionConflictException: there it is an invalid request (botocore
# model, iot-jobs-data).
_DATA_PLANE = _ON_BOTH | {
    errors.VersionConflict: "InvalidRequestException",
    errors.TerminalState: "TerminalStateException",
}

VERSION_MISMATCH = "VersionMismatch"
# AWS IoT developer guide, jobs-api and commands-troubleshooting: the codes of rejections over MQTT.
MQTT_CODES = {
    "ConflictException": "DataConflict",
    "InvalidRequestException": "InvalidRequest",
    "InvalidStateTransitionException": "InvalidStateTransition",
    "ResourceNotFoundException": "ResourceNotFound",
    "TerminalStateException": "TerminalStateReached",
    "ThrottlingException": "RequestThrottled",
}
# What those codes are over HTTPS. A version that does not match has a code of its own over MQTT
# only.
TWINS = {code: exception for exception, code in MQTT_CODES.items()} | {
    VERSION_MISMATCH: "InvalidRequestException",
    "InternalError": "InternalFailureException",
    "InvalidJson": "InvalidRequestException",
    "InvalidTopic": "InvalidRequestException",
}

_CODES = {"iot": _CONTROL_PLANE, "iot-jobs-data": _DATA_PLANE}


def to_wire(error: errors.ServiceError, service: str) -> WireError:
    """Return an error of the core as clients of a service see it."""
    codes = _CODES[service]
    code = next(codes[kind] for kind in type(error).__mro__ if kind in codes)
    if isinstance(error, errors.ResourceAlreadyExists):
        return WireError(
            code, error.message, resourceId=error.resource_id, resourceArn=error.resource_arn
        )
    if isinstance(error, errors.Conflict):
        # Captured of job templates: the member is there and null.
        return WireError(code, error.message, resourceId=error.resource_id)
    found = WireError(code, error.message)
    if isinstance(error, errors.VersionConflict):
        found.mqtt_code = VERSION_MISMATCH
    return found
