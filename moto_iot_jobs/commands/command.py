"""Commands and their executions, and the requests that make and change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from moto_iot_jobs.service.timers import Timer

from .parameters import Parameter, ParameterValue
from .states import (
    AVAILABLE,
    CREATED,
    DEPRECATED,
    PENDING_DELETION,
    CommandState,
    ExecutionState,
    ExecutionStatus,
)
from .timer_kinds import CommandTimer

SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR

# AWS general reference, IoT Device Management quotas (commands-limits).
LONGEST_TIMEOUT_SECONDS = 43_200
RETENTION_MS = 180 * DAY
MOST_ACTIVE_EXECUTIONS = 100
# Developer guide, iot-remote-command-execution-start-monitor.
DEFAULT_TIMEOUT_SECONDS = 10
# Developer guide, iot-remote-command-create-manage.
LARGEST_PAYLOAD_BYTES = 32 * 1024
DELETION_MS = 12 * HOUR

NAMESPACE = "AWS-IoT"
DEFAULT_CONTENT_TYPE = "application/octet-stream"


class Payload(NamedTuple):
    """The stored instructions of a static command."""

    content: bytes | None = None
    content_type: str | None = None


class JsonSubstitution(NamedTuple):
    """The way in which a template becomes a payload."""

    output_format: str


class Preprocessor(NamedTuple):
    """The settings by which the payload of a dynamic command is made."""

    aws_json_substitution: JsonSubstitution | None = None


@dataclass(frozen=True)
class Tag:
    """A tag of a request."""

    key: str = field(metadata={"member": "Key"})
    value: str | None = field(default=None, metadata={"member": "Value"})


class CommandRequest(NamedTuple):
    """CreateCommand."""

    command_id: str
    namespace: str | None = None
    display_name: str | None = None
    description: str | None = None
    payload: Payload | None = None
    payload_template: str | None = None
    preprocessor: Preprocessor | None = None
    mandatory_parameters: tuple[Parameter, ...] | None = None
    role_arn: str | None = None
    tags: tuple[Tag, ...] | None = None


class CommandUpdate(NamedTuple):
    """UpdateCommand.

    What is None stays.
    """

    command_id: str
    display_name: str | None = None
    description: str | None = None
    deprecated: bool | None = None


class StartRequest(NamedTuple):
    """StartCommandExecution."""

    target_arn: str
    command_arn: str
    parameters: Mapping[str, ParameterValue] | None = None
    execution_timeout_seconds: int | None = None
    client_token: str | None = None


class CommandTarget(NamedTuple):
    """The device of an execution.

    Attributes:
        arn: as the API has it.
        kind: ``thing`` or ``client``.
        name: name of the thing, or client id.
    """

    arn: str
    kind: str
    name: str


class Message(NamedTuple):
    """The instructions as the device gets them."""

    payload: bytes
    content_type: str | None


class StatusReason(NamedTuple):
    """The reason that a report gives for its status."""

    reason_code: str
    reason_description: str | None = None


NO_RESPONSE_FROM_DEVICE = StatusReason("$NO_RESPONSE_FROM_DEVICE")


class ResultValue(NamedTuple):
    """A value of a result: one of text, truth value and bytes."""

    s: str | None = None
    b: bool | None = None
    bin: bytes | None = None


class Report(NamedTuple):
    """A device's report about an execution."""

    status: ExecutionStatus
    reason: StatusReason | None = None
    result: Mapping[str, ResultValue] | None = None


class Command:
    """A command.

    Attributes:
        request: as it was created. All but name and description is immutable.
        display_name, description, tags: as given at creation, or changed since.
        arn: its ARN.
        order: its number among the commands of its account and region.
        created_at, last_updated_at: milliseconds since the epoch.
        deprecated_at: since when it is deprecated; None while it is not.
        deleted_at: since when it is pending deletion; None while it is not.
    """

    def __init__(
        self, request: CommandRequest, arn: str, tags: dict[str, str], order: int, now: int
    ) -> None:
        self.request = request
        self.arn = arn
        self.tags = tags
        self.order = order
        self.display_name = request.display_name
        self.description = request.description
        self.created_at = self.last_updated_at = now
        self.deprecated_at: int | None = None
        self.deleted_at: int | None = None

    @property
    def command_id(self) -> str:
        """Its id."""
        return self.request.command_id

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.request.namespace or NAMESPACE

    @property
    def state(self) -> CommandState:
        """Its state, as `states` has it."""
        if self.deleted_at is not None:
            return PENDING_DELETION
        return AVAILABLE if self.deprecated_at is None else DEPRECATED

    def is_settled(self, now: int) -> bool:
        """Return whether it has been deprecated for so long that no execution can be under way."""
        return self.deprecated_at is not None and now - self.deprecated_at >= DELETION_MS


class CommandExecution:
    """An execution of a command on one device.

    Attributes:
        execution_id: its id.
        command: the command, as it was at the start.
        target: the device.
        request: as it was started.
        message: the instructions as the device gets them.
        parameters: the values that were used; empty for a static command.
        timeout_seconds: the time that the device has.
        order: its number among the executions of its account and region.
        state: see `states`.
        reason, result: as reported last; a report without result leaves the one before.
        created_at, last_updated_at: milliseconds since the epoch.
        completed_at: when the device reported a terminal status.
        timer: the one that runs while the execution is active.
    """

    def __init__(
        self,
        execution_id: str,
        command: Command,
        target: CommandTarget,
        request: StartRequest,
        message: Message,
        parameters: Mapping[str, ParameterValue],
        timeout_seconds: int,
        order: int,
        now: int,
    ) -> None:
        self.execution_id = execution_id
        self.command = command
        self.target = target
        self.request = request
        self.message = message
        self.parameters = parameters
        self.timeout_seconds = timeout_seconds
        self.order = order
        self.state: ExecutionState = CREATED
        self.reason: StatusReason | None = None
        self.result: Mapping[str, ResultValue] = {}
        self.created_at = self.last_updated_at = now
        self.completed_at: int | None = None
        self.timer: Timer[CommandTimer] | None = None

    @property
    def status(self) -> ExecutionStatus:
        """The status that the API shows."""
        return self.state.status

    @property
    def due(self) -> int:
        """The time at which the device's time is over, in milliseconds since the epoch."""
        return self.created_at + self.timeout_seconds * SECOND

    @property
    def expires_at(self) -> int:
        """The time at which it is forgotten (timeToLive), in milliseconds since the epoch."""
        return self.created_at + RETENTION_MS
