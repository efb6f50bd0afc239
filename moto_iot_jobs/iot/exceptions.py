"""Which of AWS's exceptions each kind of refusal is, on which plane. Statuses follow from the botocore model."""

from __future__ import annotations

from moto_iot_jobs.service import errors
from moto_iot_jobs.wire import WireError

_ON_BOTH: dict[type[errors.Refusal], str] = {
    errors.InvalidRequest: "InvalidRequestException",
    errors.InvalidJobDocument: "InvalidJobDocumentException",
    errors.InvalidRole: "InvalidRoleException",
    errors.ResourceNotFound: "ResourceNotFoundException",
    errors.InvalidStateTransition: "InvalidStateTransitionException",
}

OWNER = _ON_BOTH | {
    errors.VersionConflict: "VersionConflictException",
    errors.ResourceAlreadyExists: "ResourceAlreadyExistsException",
    errors.Conflict: "ConflictException",
    errors.LimitExceeded: "LimitExceededException",
}

# The device plane declares no VersionConflictException: there it is an invalid request (botocore model, iot-jobs-data).
DEVICE = _ON_BOTH | {
    errors.VersionConflict: "InvalidRequestException",
    errors.TerminalState: "TerminalStateException",
}

_CODES = {"iot": OWNER, "iot-jobs-data": DEVICE}


def to_wire(refusal: errors.Refusal, service: str) -> WireError:
    """Return a refusal as clients of a service see it."""
    codes = _CODES[service]
    code = next(codes[kind] for kind in type(refusal).__mro__ if kind in codes)
    if isinstance(refusal, errors.ResourceAlreadyExists):
        return WireError(code, refusal.message, resourceId=refusal.resource_id, resourceArn=refusal.resource_arn)
    if isinstance(refusal, errors.Conflict):
        # Captured: the member is there and null.
        return WireError(code, refusal.message, resourceId=None)
    return WireError(code, refusal.message)
