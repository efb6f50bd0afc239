"""Commands in the hands of a device: it gets them, works, and reports."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from moto_iot_jobs.moto_api.client import mock

from .exceptions import (
    ExecutionOverError,
    HandlerError,
    RequestRejectedError,
    ResponseLostError,
    ServiceBusyError,
    rejection,
)
from .execution import DeviceClient, Waits, next_pause

FINAL = ("SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT")
REPORTABLE = ("IN_PROGRESS", *FINAL)
_LONGEST_DESCRIPTION = 1024
_CODE = re.compile(r"[A-Z0-9_-]{1,64}")
# Developer guide, commands-troubleshooting: to be repeated, as what is busy.
_RETRIED = ("DataConflict",)


class CommandRequest(NamedTuple):
    """A command as it arrives.

    Attributes:
        topic: that it was published to.
        payload: its bytes.
        content_type: as MQTT 5 tells it; None over MQTT 3.1.1.
    """

    topic: str
    payload: bytes
    content_type: str | None = None

    @property
    def execution_id(self) -> str:
        """The id of the execution."""
        return self.topic.split("/")[5]

    @property
    def response_topic(self) -> str:
        """The topic of reports about it, which are in JSON here whatever the payload is in."""
        return "/".join([*self.topic.split("/")[:6], "response", "json"])


class CommandTransport(Protocol):
    """A device's way to commands."""

    def listen_for_commands(self) -> None:
        """Subscribe to commands. Idempotent."""
        ...

    def command_requests(self) -> Iterable[CommandRequest]:
        """Return the commands that came since the last call and have not timed out."""
        ...

    def report_command(self, topic: str, members: Mapping[str, Any]) -> None:
        """Publish a report, and wait for the response.

        Raises:
            RequestRejectedError: the report was rejected.
            ResponseLostError: no response came.
        """
        ...


@dataclass(frozen=True)
class CommandReport:
    """A report about a command, as a handler returns it.

    Attributes:
        status: SUCCEEDED, FAILED, REJECTED or TIMED_OUT; IN_PROGRESS leaves it open.
        reason_code: capital letters, digits, `_` and `-`; None gives no reason.
        reason: the description of the reason.
        result: text, truth values and bytes by name.
    """

    status: str = "SUCCEEDED"
    reason_code: str | None = None
    reason: str | None = None
    result: Mapping[str, str | bool | bytes] = field(default_factory=dict)

    def members(self) -> dict[str, Any]:
        """Return the report as it is published."""
        members: dict[str, Any] = {"status": self.status}
        if self.reason_code is not None:
            members["statusReason"] = {"reasonCode": self.reason_code}
            if self.reason is not None:
                members["statusReason"]["reasonDescription"] = self.reason
        if self.result:
            members["result"] = {name: _value(value) for name, value in self.result.items()}
        return members


def _value(value: str | bool | bytes) -> dict[str, Any]:
    if isinstance(value, bytes):
        from base64 import b64encode

        return {"bin": b64encode(value).decode()}
    return {"b": value} if isinstance(value, bool) else {"s": value}


class Command:
    """A command, as the handler of its device gets it.

    Attributes:
        thing: the device's thing.
        execution_id: the id of the execution.
        payload: the command's bytes.
        content_type: its content type; None over MQTT 3.1.1.
    """

    def __init__(
        self, thing: str, request: CommandRequest, report: Callable[[CommandReport], None]
    ) -> None:
        self.thing = thing
        self.execution_id = request.execution_id
        self.payload = request.payload
        self.content_type = request.content_type
        self._report = report

    def __repr__(self) -> str:
        return f"<Command {self.execution_id} on {self.thing}>"

    @property
    def json(self) -> Any:
        """The payload, parsed. Raises ValueError when it is not JSON."""
        return json.loads(self.payload)

    def progress(
        self,
        reason_code: str | None = None,
        reason: str | None = None,
        result: Mapping[str, str | bool | bytes] | None = None,
    ) -> None:
        """Report IN_PROGRESS.

        Args:
            reason_code, reason, result: as of `CommandReport`.

        Raises:
            ExecutionOverError: it has timed out; the device stops if its handler does not catch
                this.
            RequestRejectedError: the report breaks a rule of AWS.
        """
        self._report(CommandReport("IN_PROGRESS", reason_code, reason, result or {}))


# None is SUCCEEDED; a text is a status.
CommandVerdict: TypeAlias = CommandReport | str | None
CommandHandler: TypeAlias = Callable[[Command], CommandVerdict]


@dataclass(frozen=True)
class CommandRun:
    """The work of a device on one command.

    Attributes:
        thing, execution_id: the execution.
        report: what the device reported last.
        error: the service's error in response to that; None if it took the report.
    """

    thing: str
    execution_id: str
    report: CommandReport
    error: RequestRejectedError | None = None

    @property
    def status(self) -> str:
        """The status that was reported."""
        return self.report.status


def succeed(_command: Command) -> CommandReport:
    """Report SUCCEEDED."""
    return CommandReport()


def run_commands(
    client: DeviceClient, transport: CommandTransport, handler: CommandHandler
) -> Waits[list[CommandRun]]:
    """Work on the commands that came since the last call, oldest first."""
    runs: list[CommandRun] = []
    for request in transport.command_requests():
        run = yield from _run(client, transport, request, handler)
        runs.append(run)
    return runs


def _run(
    client: DeviceClient,
    transport: CommandTransport,
    request: CommandRequest,
    handler: CommandHandler,
) -> Waits[CommandRun]:
    def report_now(report: CommandReport) -> None:
        from .execution import drain

        drain(_report(client, transport, request, report))

    command = Command(client.thing, request, report_now)
    report, error = CommandReport(), None
    try:
        report = _verdict(handler, command)
        yield from _report(client, transport, request, report)
    except ExecutionOverError as over:
        error = over
    return CommandRun(client.thing, request.execution_id, report, error)


def _verdict(handler: CommandHandler, command: Command) -> CommandReport:
    try:
        verdict = handler(command)
    except (
        ExecutionOverError,
        ServiceBusyError,
        ResponseLostError,
        HandlerError,
        AssertionError,
    ):
        raise
    except Exception as error:  # the agent of a real device reports a crash of its program
        return _failure(error)
    report: Any = CommandReport(verdict) if isinstance(verdict, str) else verdict
    if report is None:
        report = CommandReport()
    if not isinstance(report, CommandReport) or report.status not in REPORTABLE:
        raise HandlerError(
            f"A handler of commands returned {verdict!r}. Return None (SUCCEEDED), one of"
            f" {', '.join(REPORTABLE)}, or a CommandReport, or raise an exception (FAILED)."
        )
    return report


def _failure(error: Exception) -> CommandReport:
    """Return the report of an exception: its name as the code, its text as the description."""
    code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(error).__name__).upper()[:64]
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    known = code if _CODE.fullmatch(code) else "FAILED"
    return CommandReport("FAILED", known, text[:_LONGEST_DESCRIPTION] or None)


def _report(
    client: DeviceClient,
    transport: CommandTransport,
    request: CommandRequest,
    report: CommandReport,
) -> Waits[None]:
    waits, lost = client.pauses(), False
    while True:
        try:
            transport.report_command(request.response_topic, report.members())
            return
        except ResponseLostError as problem:
            lost = True
            yield next_pause(waits, problem)
        except ServiceBusyError as problem:
            yield next_pause(waits, problem)
        except ExecutionOverError:
            # The report whose response was lost may be the one that ended the execution.
            if lost and report.status in FINAL:
                return
            raise


def rejected(members: Mapping[str, Any]) -> RequestRejectedError:
    """Return the error that a rejection over MQTT stands for."""
    code, message = str(members.get("error")), str(members.get("errorMessage", ""))
    kind = ServiceBusyError if code in _RETRIED else None
    return kind(code, message) if kind is not None else rejection(code, message)


class MockCommands:
    """Commands without sockets: what the mock published, and reports to it.

    Args:
        thing: the device's name, as thing and as client id.
        region, account: those of the device.
    """

    def __init__(self, thing: str, region: str, account: str) -> None:
        self._thing = thing
        self._region, self._account = region, account
        self._taken: set[str] = set()

    def listen_for_commands(self) -> None:
        """Do nothing: messages are read from the mock."""

    def command_requests(self) -> Iterator[CommandRequest]:
        """Return new commands, as `CommandTransport.command_requests` says."""
        found = mock("A simulated device").command_requests(
            self._thing, self._region, self._account
        )
        for message in found:
            if message.topic not in self._taken:
                self._taken.add(message.topic)
                yield CommandRequest(message.topic, message.payload, message.content_type)

    def report_command(self, topic: str, members: Mapping[str, Any]) -> None:
        """Publish a report, as `CommandTransport.report_command` says."""
        payload = json.dumps(members).encode()
        response = mock("A simulated device").request(topic, payload, self._region, self._account)
        if response is None:
            raise ResponseLostError(f"No response on {topic}.")
        if "/rejected" in response.topic:
            raise rejected(response.json)
