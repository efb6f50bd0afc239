"""One simulated device: takes its thing's executions from the data plane, and ends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLContext
from typing import NamedTuple

from moto_iot_jobs.iotjobsdata.topics import Operation
from moto_iot_jobs.runtime.defaults import home_account, home_region

from .commands import (
    CommandHandler,
    CommandRun,
    CommandTransport,
    MockCommands,
    run_commands,
)
from .commands import succeed as succeed_command
from .durations import Duration, as_seconds
from .exceptions import ExecutionOverError, RequestRejectedError, UnknownThingError
from .execution import FINAL, DeviceClient, Execution, Waits, drain
from .https import HttpsTransport
from .mqtt import MqttTransport
from .outcomes import AnyHandler, check, name_of, run_handler, succeed
from .shadow import Shadow

# The shadow that the package catalog keeps.
PACKAGES = "$package"


class Pending(NamedTuple):
    """The ids of a device's jobs, each list in the order in which the service hands them out."""

    in_progress: tuple[str, ...]
    queued: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """The work of a device on one execution.

    Attributes:
        thing, job_id, execution_number: the execution.
        outcome: the name of the script or handler.
        status: how it ended, as far as the device knows; IN_PROGRESS if it was left open.
        details: the status details, as far as the device knows.
        error: the service's error in response to the report; None if it took the report.
    """

    thing: str
    job_id: str
    execution_number: int
    outcome: str
    status: str
    details: dict[str, str]
    error: RequestRejectedError | None = None

    @property
    def is_open(self) -> bool:
        """True if the device left the execution in progress."""
        return self.status not in FINAL and self.error is None


class Device:
    """A thing's device, which works when a test calls it.

    It speaks HTTPS, as boto3 does, to the mock of this process or, in moto's server mode, to the
    server; or MQTT, when it is given an address. After 429, 500 or 503 it repeats its request, up
    to ten times with pauses of up to a minute; while it pauses and works, the clock of the mock is
    moved.

    Args:
        thing: the thing's name.
        region: the thing's region; the environment's by default, else us-east-1.
        account: the thing's account, over HTTPS; moto's own by default. Over MQTT it is the
            endpoint's.
        address: host and port of an MQTT endpoint or broker.
        username, password, tls: credentials and TLS of the connection to it; none by default.
        timeout: real seconds after which a response over MQTT counts as lost.

    Raises:
        ImportError: an address, but the extra `mqtt` is not installed.
        ValueError: no such region.
    """

    def __init__(
        self,
        thing: str,
        *,
        region: str | None = None,
        account: str | None = None,
        address: tuple[str, int] | None = None,
        username: str | None = None,
        password: str | None = None,
        tls: SSLContext | None = None,
        timeout: float = 10,
    ) -> None:
        self.thing = thing
        transport: HttpsTransport | MqttTransport
        if address is None:
            transport = HttpsTransport(home_region(region), home_account(account))
        else:
            transport = MqttTransport(
                thing, address, username=username, password=password, tls=tls, timeout=timeout
            )
        self._client = DeviceClient(thing, transport, "device")
        self._transport = transport
        self._commands: CommandTransport = (
            transport
            if isinstance(transport, MqttTransport)
            else MockCommands(thing, home_region(region), home_account(account))
        )

    def __repr__(self) -> str:
        return f"<Device {self.thing} at {self._client.transport.endpoint}>"

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def pending(self) -> Pending:
        """Return the jobs that wait for the device (GetPendingJobExecutions).

        Raises:
            UnknownThingError: no such thing.
        """
        try:
            response = drain(self._client.request(Operation.GET_PENDING))
        except ExecutionOverError as missing:
            raise UnknownThingError(
                f"There is no thing {self.thing!r} at {self._client.transport.endpoint}."
            ) from missing
        in_progress, queued = (
            tuple(each["jobId"] for each in response[name])
            for name in ("inProgressJobs", "queuedJobs")
        )
        return Pending(in_progress, queued)

    def run_next(self, handler: AnyHandler = succeed, *, seconds: Duration = 0) -> Run | None:
        """Start the next execution, or take up the one in progress, run a handler, and report.

        Args:
            handler: a function that gets the `Execution`. It returns None (SUCCEEDED), a status, a
                pair of status and details, or raises (FAILED, with the exception as the detail
                `reason`; but a failed assertion fails the test). A generator function may yield
                seconds, for which it works. Or one of this module's scripts, or its name: "fail",
                `devices.fail(reason="no space")`.
            seconds: how long the device works, in the mock's time; a generator yields that itself.

        Returns:
            The work done; None when nothing is pending.

        Raises:
            UnknownThingError: no such thing.
            RequestRejectedError: an error that the device can do nothing about, or the service was
                busy at each attempt.
            ResponseLostError: no response at any attempt.
            HandlerError: the handler returned or yielded a value that it may not.
            AssertionError: an assertion of the handler failed.
            ValueError: unknown outcome, or a length of time that cannot be.
        """
        check(handler)
        return drain(next_run(self._client, handler, as_seconds("seconds", seconds)))

    def run_all(self, handler: AnyHandler = succeed, *, seconds: Duration = 0) -> list[Run]:
        """Repeat `run_next` until nothing is pending, or an execution was left in progress.

        Returns:
            The work done, oldest first.
        """
        runs: list[Run] = []
        while (
            not (runs and runs[-1].is_open)
            and (run := self.run_next(handler, seconds=seconds)) is not None
        ):
            runs.append(run)
        return runs

    def shadow(self, name: str | None = None) -> Shadow:
        """Return one of the thing's shadows, whether it exists or not.

        Args:
            name: the shadow's name; the classic one by default.
        """
        return Shadow(self._client, self._transport, name)

    def packages(self) -> dict[str, str]:
        """Return the versions that the thing has by its shadow `$package`, by package."""
        state = self.shadow(PACKAGES).get()
        reported = state.reported if state is not None else {}
        return {
            name: each["version"]
            for name, each in reported.items()
            if isinstance(each, dict) and "version" in each
        }

    def report_packages(self, versions: Mapping[str, str | None]) -> int:
        """Report in the shadow `$package` the versions that the device runs.

        A job with `destinationPackageVersions` that succeeds writes there too, where the package
        configuration says so.

        Args:
            versions: by package; None for one that the device no longer has. Others stay.

        Returns:
            The shadow's version.
        """
        reported = {
            name: None if version is None else {"version": version, "attributes": {}}
            for name, version in versions.items()
        }
        return self.shadow(PACKAGES).report(reported)

    def listen_for_commands(self) -> None:
        """Subscribe to commands, as a device's program does when it starts.

        Over MQTT those that were started before are not received. Without an address nothing needs
        to be done: `run_commands` finds all that the device has not reported about.
        """
        self._commands.listen_for_commands()

    def run_commands(self, handler: CommandHandler = succeed_command) -> list[CommandRun]:
        """Run a handler for each command that came since the last call, and report its result.

        Commands that have timed out by now are not received. Over MQTT, the first call subscribes,
        and later ones wait for a command for up to a second.

        Args:
            handler: a function that gets the `Command`. It returns None (SUCCEEDED), a status or a
                `CommandReport`, or raises (FAILED, with the exception as the reason; but a failed
                assertion fails the test).

        Returns:
            The work done, oldest first.

        Raises:
            RequestRejectedError: an error that the device can do nothing about, or the service was
                busy at each attempt.
            ResponseLostError: no response at any attempt.
            HandlerError: the handler returned a value that it may not.
        """
        return drain(run_commands(self._client, self._commands, handler))

    def close(self) -> None:
        """Drop the connection, of which the next request makes a new one. Idempotent."""
        self._client.transport.disconnect()


def next_run(client: DeviceClient, handler: AnyHandler, seconds: float) -> Waits[Run | None]:
    """Take the next execution and work on it."""
    execution = yield from client.start_next()
    return None if execution is None else (yield from work(execution, handler, seconds))


def work(execution: Execution, handler: AnyHandler, seconds: float) -> Waits[Run]:
    """Run a handler for an execution, and report its result."""
    status = "SUCCEEDED"
    error = None
    try:
        status, details = yield from run_handler(handler, execution, seconds)
        if status in FINAL or details is not None:
            yield from execution.report(status, details)
    except ExecutionOverError as over:
        error, status = over, execution.status
    return Run(
        execution.thing,
        execution.job_id,
        execution.execution_number,
        name_of(handler),
        status,
        execution.details,
        error,
    )
