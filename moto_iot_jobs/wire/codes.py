"""Which of AWS's exceptions each kind of refusal is, on which plane, and by topic.

Statuses follow from the botocore model.
"""

from __future__ import annotations

from moto_iot_jobs.service import errors

from . import WireError

_ON_BOTH: dict[type[errors.ServiceError], str] = {
    errors.InvalidRequest: "InvalidRequestException",
    errors.InvalidJobDocument: "InvalidJobDocumentException",
    errors.InvalidRole: "InvalidRoleException",
    errors.ResourceNotFound: "ResourceNotFoundException",
    errors.InvalidStateTransition: "InvalidStateTransitionException",
    # The younger APIs (packages, commands) have another family of exceptions than Jobs.
    errors.InvalidInput: "ValidationException",
    errors.QuotaExceeded: "ServiceQuotaExceededException",
}

OWNER = _ON_BOTH | {
    errors.VersionConflict: "VersionConflictException",
    errors.ResourceAlreadyExists: "ResourceAlreadyExistsException",
    errors.Conflict: "ConflictException",
    errors.LimitExceeded: "LimitExceededException",
}

# The data plane declares no VersionConflictException: there it is an invalid request (botocore
# model, iot-jobs-data).
DEVICE = _ON_BOTH | {
    errors.VersionConflict: "InvalidRequestException",
    errors.TerminalState: "TerminalStateException",
}

VERSION_MISMATCH = "VersionMismatch"
# AWS IoT developer guide, jobs-api: the codes of rejections over MQTT.
MQTT_CODES = {
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
}

_CODES = {"iot": OWNER, "iot-jobs-data": DEVICE}


def to_wire(refusal: errors.ServiceError, service: str) -> WireError:
    """Return a refusal as clients of a service see it."""
    codes = _CODES[service]
    code = next(codes[kind] for kind in type(refusal).__mro__ if kind in codes)
    if isinstance(refusal, errors.ResourceAlreadyExists):
        return WireError(
            code, refusal.message, resourceId=refusal.resource_id, resourceArn=refusal.resource_arn
        )
    if isinstance(refusal, errors.Conflict):
        # Captured of job templates: the member is there and null.
        return WireError(code, refusal.message, resourceId=refusal.resource_id)
    return WireError(code, refusal.message)


def to_topic(refusal: errors.ServiceError) -> str:
    """Return the code of a refusal of the data plane by topic."""
    if isinstance(refusal, errors.VersionConflict):
        return VERSION_MISMATCH
    return MQTT_CODES[to_wire(refusal, "iot-jobs-data").code]
