"""One execution in the hands of its device, and the client that sends the device's requests.

What takes time is a generator that yields the seconds to wait (`Waits`). Its driver moves the clock
meanwhile, or lets other devices work.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeAlias, TypeVar

from moto_iot_jobs.iotjobsdata.topics import Operation
from moto_iot_jobs.moto_api.client import mock
from moto_iot_jobs.service.states import DEVICE_REPORTS, OPEN, TERMINAL

from .exceptions import (
    ExecutionOverError,
    ResponseLostError,
    ServiceBusyError,
    UnknownThingError,
    VersionMismatchError,
)
from .transport import JobExecution, Transport

Result = TypeVar("Result")
Waits: TypeAlias = Generator[float, None, Result]

# The statuses that a device may report, and those that end an execution.
REPORTABLE = tuple(map(str, DEVICE_REPORTS))
FINAL = tuple(str(status) for status in DEVICE_REPORTS if status in TERMINAL)

ATTEMPTS = 10
LONGEST_PAUSE_SECONDS = 64.0
# Ends the race with another client that changes the execution as fast as the device reads it.
_MOST_MISMATCHES = 10


class DeviceClient:
    """Sends a device's requests, and repeats them after 429, 5xx and lost responses.

    Args:
        thing: the device's thing.
        transport: its access to the data plane.
        seed: determines the lengths of the pauses between attempts.
    """

    def __init__(self, thing: str, transport: Transport, seed: object) -> None:
        self.thing = thing
        self.transport = transport
        self._seed = seed

    def request(
        self, operation: Operation, job_id: str | None = None, **members: Any
    ) -> Waits[dict[str, Any]]:
        """Send a request that may be carried out twice."""
        waits = self.pauses()
        while True:
            try:
                return (yield from self.request_once(operation, job_id, waits, **members))
            except ResponseLostError as lost:
                yield next_pause(waits, lost)

    def request_once(
        self, operation: Operation, job_id: str | None, waits: Iterator[float], **members: Any
    ) -> Waits[dict[str, Any]]:
        """Send a request, and repeat it after an error, but not after a lost response."""
        while True:
            try:
                return self.transport.request(operation, self.thing, job_id, members)
            except ServiceBusyError as busy:
                yield next_pause(waits, busy)

    def pauses(self) -> Iterator[float]:
        """Return the pauses between the attempts of one request, in seconds."""
        return backoff(f"{self._seed}/{self.thing}")

    def start_next(self) -> Waits[Execution | None]:
        """Start the next execution, or get the one in progress again.

        Raises:
            UnknownThingError: no such thing.
        """
        try:
            response = yield from self.request(Operation.START_NEXT)
        except ExecutionOverError as missing:
            raise UnknownThingError(
                f"There is no thing {self.thing!r} at {self.transport.endpoint}. Create it there"
                f" first, iot.create_thing(thingName={self.thing!r}), or give the device the region"
                " where it is."
            ) from missing
        members = response.get("execution")
        if not members:
            return None
        return Execution(self, JobExecution.of(members, members.get("jobDocument")))


def backoff(seed: str) -> Iterator[float]:
    """Yield the pauses between the attempts of one request, in seconds.

    They double from one second to 64, each between half and the whole of that, so that a fleet does
    not come back all at once. After the last the device gives up.

    Args:
        seed: the same seed gives the same pauses.
    """
    drawn = Random(seed)
    for attempt in range(1, ATTEMPTS):
        longest = min(2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
        yield round(longest * (0.5 + 0.5 * drawn.random()), 3)


def next_pause(waits: Iterator[float], problem: Exception) -> float:
    """Return the next pause, or raise the problem after the last attempt."""
    wait = next(waits, None)
    if wait is None:
        raise problem
    return wait


class Execution:
    """One execution, as the handler of its device gets it.

    Attributes:
        thing: the device's thing.
    """

    def __init__(self, client: DeviceClient, state: JobExecution) -> None:
        self._client = client
        self._state = state
        self.thing = client.thing

    def __repr__(self) -> str:
        return (
            f"<Execution {self.execution_number} of {self.job_id} on {self.thing}: {self.status},"
            f" version {self.version}>"
        )

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self._state.job_id

    @property
    def execution_number(self) -> int:
        """The execution number, from 2 on for retries."""
        return self._state.execution_number

    @property
    def version(self) -> int:
        """The version, as far as the device knows."""
        return self._state.version

    @property
    def status(self) -> str:
        """The status, as far as the device knows."""
        return self._state.status

    @property
    def document(self) -> Any:
        """The job document, parsed."""
        return self._state.document

    @property
    def details(self) -> dict[str, str]:
        """The status details that were reported last, by this device object or one before it."""
        return dict(self._state.details)

    @property
    def queued_at(self) -> datetime | None:
        """The time at which it was queued, in UTC and whole seconds."""
        return self._state.queued_at

    @property
    def time_left(self) -> timedelta | None:
        """The time before it times out, as of the last response, or None while no timer runs."""
        return self._state.time_left

    def progress(
        self,
        details: Mapping[str, object] | None = None,
        /,
        *,
        step_timeout_in_minutes: int | None = None,
        **more: object,
    ) -> None:
        """Report IN_PROGRESS with status details, which replace those before.

        Args:
            details, more: the details; numbers and truth values become text.
            step_timeout_in_minutes: starts, restarts or (-1) cancels the step timer.

        Raises:
            ExecutionOverError: it was canceled or deleted, or has timed out; the device stops if
                its handler does not catch this.
            RequestRejectedError: the details break a rule of AWS.
        """
        reported = {**(details or {}), **more} or None
        drain(self.report("IN_PROGRESS", reported, step_timeout_in_minutes=step_timeout_in_minutes))

    def report(
        self,
        status: str,
        details: Mapping[str, object] | None = None,
        *,
        step_timeout_in_minutes: int | None = None,
        version: int | None = None,
    ) -> Waits[None]:
        """Report a status from a generator: `yield from execution.report("IN_PROGRESS", {...})`.

        Args:
            status: IN_PROGRESS, SUCCEEDED, FAILED or REJECTED.
            details: status details; None leaves those before.
            step_timeout_in_minutes: starts, restarts or (-1) cancels the step timer.
            version: the version to expect, if it is to be another one than the right one.

        Raises:
            ExecutionOverError: the execution takes no more reports.
        """
        sent = texts(details) if details is not None else None
        members: dict[str, Any] = {
            "status": status,
            "executionNumber": self.execution_number,
            "includeJobExecutionState": True,
        }
        if sent is not None:
            members["statusDetails"] = sent
        if step_timeout_in_minutes is not None:
            members["stepTimeoutInMinutes"] = step_timeout_in_minutes
        waits = self._client.pauses()
        expected = self.version if version is None else version
        mismatches = 0
        while True:
            try:
                response = yield from self._client.request_once(
                    Operation.UPDATE, self.job_id, waits, **members, expectedVersion=expected
                )
                self._update(response["executionState"])
                return
            except VersionMismatchError as mismatch:
                mismatches += 1
                if mismatches > _MOST_MISMATCHES:
                    raise
                yield from self._catch_up(mismatch)
            except ResponseLostError as lost:
                yield next_pause(waits, lost)
                if (yield from self._was_received(status, sent)):
                    return
            expected = self.version

    def refresh(self) -> Waits[None]:
        """Describe the execution, as a device does that was away: `yield from execution.refresh()`.

        Raises:
            ExecutionOverError: it has finished meanwhile, or is gone.
        """
        response = yield from self._client.request(
            Operation.DESCRIBE, self.job_id, executionNumber=self.execution_number
        )
        members = response["execution"]
        self._state = JobExecution.of(members, members.get("jobDocument", self.document))

    def disconnect(self) -> None:
        """Drop the connection, of which the next report makes a new one."""
        self._client.transport.disconnect()

    def _catch_up(self, mismatch: VersionMismatchError) -> Waits[None]:
        if mismatch.execution_state is None:
            yield from self.refresh()
            return
        # Over MQTT the rejection says how things stand, so that nothing has to be described
        # (developer guide, jobs-api).
        self._update(mismatch.execution_state)
        if self.status not in OPEN:
            raise ExecutionOverError(
                "VersionMismatch", f"{mismatch.message}; it is {self.status}"
            ) from mismatch

    def _was_received(self, status: str, details: Mapping[str, str] | None) -> Waits[bool]:
        """Find out whether a report arrived whose response was lost."""
        before = self.version
        try:
            yield from self.refresh()
        except ExecutionOverError:
            if status in FINAL:
                self._state.status = status
                self._state.details = dict(details) if details is not None else self._state.details
                return True
            raise
        same = self.status == status and (details is None or self.details == dict(details))
        return same and self.version == before + 1

    def _update(self, state: Mapping[str, Any]) -> None:
        self._state.status = state["status"]
        self._state.version = int(state["versionNumber"])
        self._state.details = dict(state.get("statusDetails") or {})


def drain(steps: Waits[Result]) -> Result:
    """Carry out steps, moving the clock of the mock while they wait."""
    while True:
        try:
            seconds = next(steps)
        except StopIteration as done:
            result: Result = done.value
            return result
        mock().advance(round(seconds * 1000))


def texts(details: Mapping[str, object]) -> dict[str, str]:
    """Return status details as AWS takes them: text, truth values in JSON's spelling."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in details.items()
    }
