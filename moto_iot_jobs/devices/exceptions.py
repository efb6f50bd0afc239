"""What a device is told instead of an answer, in one language for HTTPS and MQTT."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Over HTTPS a mismatch is an InvalidRequestException like any other; only its sentence tells
# (captured).
_MISMATCH = re.compile(r"Expected version \S+ but found version \d+")


class Refused(Exception):
    """The service refused what the device asked for.

    Attributes:
        code: the error's code, as it is written on the device's transport.
        message: what the service says of it.
        state: status, statusDetails and versionNumber of the execution, where the refusal carries
            them (MQTT).
    """

    def __init__(self, code: str, message: str, state: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.state = state


class Busy(Refused):
    """Throttled, or the service has trouble of its own (429, 5xx): it may work later."""


class VersionMismatch(Refused):
    """The execution has another version than the device expected."""


class ExecutionOver(Refused):
    """The execution has finished, was canceled or deleted, or never was: there is nothing to
    report to.
    """


class AnswerLost(ConnectionError):
    """No answer came; the service may have carried out what was asked, or may never have heard of
    it.
    """


class UnknownThing(LookupError):
    """There is no such thing where the device asks."""


_KINDS: dict[str, type[Refused]] = {
    "ThrottlingException": Busy,
    "ServiceUnavailableException": Busy,
    "InternalException": Busy,
    "InternalFailureException": Busy,
    "InternalServerException": Busy,
    "RequestThrottled": Busy,
    "InternalError": Busy,
    "VersionMismatch": VersionMismatch,
    "VersionConflictException": VersionMismatch,
    "TerminalStateException": ExecutionOver,
    "TerminalStateReached": ExecutionOver,
    "InvalidStateTransitionException": ExecutionOver,
    "InvalidStateTransition": ExecutionOver,
    "ResourceNotFoundException": ExecutionOver,
    "ResourceNotFound": ExecutionOver,
}


def refusal(code: str, message: str, state: Mapping[str, Any] | None = None) -> Refused:
    """Return the refusal of the class that says what a device can do about it."""
    kind = VersionMismatch if _MISMATCH.match(message) else _KINDS.get(code, Refused)
    return kind(code, message, state)
