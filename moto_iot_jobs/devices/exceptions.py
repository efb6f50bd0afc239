"""Errors that a device meets, with the same classes over HTTPS and MQTT."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Over HTTPS a mismatch is an InvalidRequestException like any other; only its sentence tells
# (captured).
_MISMATCH = re.compile(r"Expected version \S+ but found version \d+")


class DeviceError(Exception):
    """Base class of the errors of simulated devices."""


class RequestRejectedError(DeviceError):
    """The response to a device's request is an error of the service.

    Attributes:
        code: the error's code, as it is written on the device's transport.
        message: the error's message.
        execution_state: status, statusDetails and versionNumber of the execution, where the error
            carries them (MQTT).
    """

    def __init__(
        self, code: str, message: str, execution_state: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.execution_state = execution_state


class ServiceBusyError(RequestRejectedError):
    """Throttled, or the service has trouble of its own (429, 5xx): a later attempt may succeed."""


class VersionMismatchError(RequestRejectedError):
    """The execution, or shadow, has another version than the device expected."""


class ExecutionOverError(RequestRejectedError):
    """The execution has finished, was canceled or deleted, or never was, and takes no reports."""


class ResponseLostError(DeviceError, ConnectionError):
    """No response came, whether the service carried the request out or never received it."""


class UnknownThingError(DeviceError, LookupError):
    """The device's thing does not exist in its account and region."""


class UnknownShadowError(RequestRejectedError, LookupError):
    """The thing has no such shadow."""


class HandlerError(DeviceError, ValueError):
    """A handler returned or yielded a value that it may not."""


_CLASSES: dict[str, type[RequestRejectedError]] = {
    "ThrottlingException": ServiceBusyError,
    "ServiceUnavailableException": ServiceBusyError,
    "InternalException": ServiceBusyError,
    "InternalFailureException": ServiceBusyError,
    "InternalServerException": ServiceBusyError,
    "RequestThrottled": ServiceBusyError,
    "InternalError": ServiceBusyError,
    "VersionMismatch": VersionMismatchError,
    "VersionConflictException": VersionMismatchError,
    "TerminalStateException": ExecutionOverError,
    "TerminalStateReached": ExecutionOverError,
    "InvalidStateTransitionException": ExecutionOverError,
    "InvalidStateTransition": ExecutionOverError,
    "ResourceNotFoundException": ExecutionOverError,
    "ResourceNotFound": ExecutionOverError,
}


# By exception over HTTPS, by number over MQTT.
_OF_SHADOWS: dict[str, type[RequestRejectedError]] = {
    "ResourceNotFoundException": UnknownShadowError,
    "404": UnknownShadowError,
    "ConflictException": VersionMismatchError,
    "409": VersionMismatchError,
    "ThrottlingException": ServiceBusyError,
    "429": ServiceBusyError,
    "InternalFailureException": ServiceBusyError,
    "500": ServiceBusyError,
    "ServiceUnavailableException": ServiceBusyError,
    "503": ServiceBusyError,
}


def shadow_rejection(code: str, message: str) -> RequestRejectedError:
    """Return an error about a shadow."""
    return _OF_SHADOWS.get(code, RequestRejectedError)(code, message)


def rejection(
    code: str, message: str, execution_state: Mapping[str, Any] | None = None
) -> RequestRejectedError:
    """Return an error of the class that says how a device can go on."""
    is_mismatch = _MISMATCH.match(message)
    kind = VersionMismatchError if is_mismatch else _CLASSES.get(code, RequestRejectedError)
    return kind(code, message, execution_state)
