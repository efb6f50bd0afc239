"""One execution in the hands of its device: what is to be done, and what the service is told of it.

What takes time is written as a generator that yields how many seconds to wait (`Steps`); whoever
drives the device moves the clock, or lets other devices work meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from moto_iot_jobs.moto_api.client import mock
from moto_iot_jobs.service.states import DEVICE_REPORTS, OPEN, TERMINAL

from .backoff import pauses
from .exceptions import AnswerLost, Busy, ExecutionOver, UnknownThing, VersionMismatch
from .transport import DESCRIBE, START_NEXT, UPDATE, ExecutionState, Plane

Result = TypeVar("Result")
Steps: TypeAlias = Generator[float, None, Result]

# What a device may report, and how it may end an execution.
REPORTABLE = tuple(status.value for status in DEVICE_REPORTS)
FINAL = tuple(status.value for status in DEVICE_REPORTS if status in TERMINAL)

# Somebody who changes the execution as fast as the device reads it is not waited for for ever.
_CATCHING_UP = 10


class Line:
    """A device's line to the service: asks again after 429, 5xx and lost answers, as long as
    `pauses` allows.

    Args:
        thing: the device's thing.
        plane: its way to the service.
        seed: what the lengths of the pauses are drawn from.
    """

    def __init__(self, thing: str, plane: Plane, seed: object) -> None:
        self.thing = thing
        self.plane = plane
        self._seed = seed

    def ask(
        self, operation: str, job_id: str | None = None, **members: Any
    ) -> Steps[dict[str, Any]]:
        """Ask what may be asked twice."""
        waits = self.pauses()
        while True:
            try:
                return (yield from self.ask_once(operation, job_id, waits, **members))
            except AnswerLost as lost:
                yield _next(waits, lost)

    def ask_once(
        self, operation: str, job_id: str | None, waits: Iterator[float], **members: Any
    ) -> Steps[dict[str, Any]]:
        """Ask what may be carried out only once: again after a refusal, but not after a lost
        answer.
        """
        while True:
            try:
                return self.plane.ask(operation, self.thing, job_id, members)
            except Busy as busy:
                yield _next(waits, busy)

    def pauses(self) -> Iterator[float]:
        """Return the pauses of one request, in seconds."""
        return pauses(f"{self._seed}/{self.thing}")

    def take_next(self) -> Steps[Execution | None]:
        """Start the next execution, or get the one in progress again."""
        try:
            answer = yield from self.ask(START_NEXT)
        except ExecutionOver as missing:
            raise UnknownThing(
                f"There is no thing {self.thing!r} at {self.plane.place}. Create it there first,"
                f" iot.create_thing(thingName={self.thing!r}), or give the device the region where"
                " it is."
            ) from missing
        members = answer.get("execution")
        return (
            Execution(self, ExecutionState.of(members, members.get("jobDocument")))
            if members
            else None
        )


def _next(waits: Iterator[float], problem: Exception) -> float:
    """Return how long to wait after a problem; none left, the device gives up and says why."""
    wait = next(waits, None)
    if wait is None:
        raise problem
    return wait


class Execution:
    """One execution, as its device's handler is given it.

    Attributes:
        thing: the device's thing.
    """

    def __init__(self, line: Line, state: ExecutionState) -> None:
        self._line = line
        self._state = state
        self.thing = line.thing

    def __repr__(self) -> str:
        return (
            f"<Execution {self.number} of {self.job_id} on {self.thing}: {self.status}, version"
            f" {self.version}>"
        )

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self._state.job_id

    @property
    def number(self) -> int:
        """The execution number; 2 and more for retries."""
        return self._state.number

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
        """The status details that were reported last, by this device or before it lost its memory."""
        return dict(self._state.details)

    @property
    def queued_at(self) -> int | None:
        """When it was queued, in seconds since the epoch."""
        return self._state.queued_at

    @property
    def seconds_left(self) -> int | None:
        """Seconds before it times out, as of the last answer that told; None while no timer runs."""
        return self._state.seconds_left

    def progress(
        self,
        details: Mapping[str, object] | None = None,
        /,
        *,
        step_timeout_in_minutes: int | None = None,
        **more: object,
    ) -> None:
        """Report IN_PROGRESS with status details, which take the place of those before.

        Args:
            details, more: the details; numbers and truth values become text.
            step_timeout_in_minutes: start, restart or (-1) cancel the step timer.

        Raises:
            ExecutionOver: it was canceled or deleted, or has timed out; a handler that lets this
                through has ended.
            Refused: the details break a rule of AWS.
        """
        told = {**(details or {}), **more}
        steps = self.reporting(
            "IN_PROGRESS", told or None, step_timeout_in_minutes=step_timeout_in_minutes
        )
        drain(steps)

    def reporting(
        self,
        status: str,
        details: Mapping[str, object] | None = None,
        *,
        step_timeout_in_minutes: int | None = None,
        version: int | None = None,
    ) -> Steps[None]:
        """Report, wherever the waiting is somebody else's: `yield from
        execution.reporting("IN_PROGRESS", {...})`.

        Args:
            status: IN_PROGRESS, SUCCEEDED, FAILED or REJECTED.
            details: status details; None leaves those there are.
            step_timeout_in_minutes: start, restart or (-1) cancel the step timer.
            version: the version to expect, where it is not to be the right one.

        Raises:
            ExecutionOver: there is nothing to report to any more.
        """
        told = texts(details) if details is not None else None
        members: dict[str, Any] = {
            "status": status,
            "executionNumber": self.number,
            "includeJobExecutionState": True,
        }
        members |= {"statusDetails": told} if told is not None else {}
        members |= (
            {"stepTimeoutInMinutes": step_timeout_in_minutes}
            if step_timeout_in_minutes is not None
            else {}
        )
        waits = self._line.pauses()
        expected = self.version if version is None else version
        mismatches = 0
        while True:
            try:
                answer = yield from self._line.ask_once(
                    UPDATE, self.job_id, waits, **members, expectedVersion=expected
                )
                self._note(answer["executionState"])
                return
            except VersionMismatch as mismatch:
                mismatches += 1
                if mismatches > _CATCHING_UP:
                    raise
                yield from self._catch_up(mismatch)
            except AnswerLost as lost:
                yield _next(waits, lost)
                if (yield from self._was_heard(status, told)):
                    return
            expected = self.version

    def catching_up(self) -> Steps[None]:
        """Ask how the execution stands, as a device does that was away.

        Raises:
            ExecutionOver: it has finished meanwhile, or is gone.
        """
        answer = yield from self._line.ask(DESCRIBE, self.job_id, executionNumber=self.number)
        members = answer["execution"]
        self._state = ExecutionState.of(members, members.get("jobDocument", self.document))

    def disconnect(self) -> None:
        """Lose the connection; the next report makes a new one."""
        self._line.plane.disconnect()

    def _catch_up(self, mismatch: VersionMismatch) -> Steps[None]:
        if mismatch.state is None:
            yield from self.catching_up()
            return
        # Over MQTT the rejection says how things stand, so that nothing has to be asked (developer
        # guide, jobs-api).
        self._note(mismatch.state)
        if self.status not in OPEN:
            raise ExecutionOver(
                "VersionMismatch", f"{mismatch.message}; it is {self.status}"
            ) from mismatch

    def _was_heard(self, status: str, details: Mapping[str, str] | None) -> Steps[bool]:
        """Find out whether a report arrived whose answer was lost."""
        before = self.version
        try:
            yield from self.catching_up()
        except ExecutionOver:
            if status in FINAL:
                self._state.status = status
                self._state.details = dict(details) if details is not None else self._state.details
                return True
            raise
        same = self.status == status and (details is None or self.details == dict(details))
        return same and self.version == before + 1

    def _note(self, state: Mapping[str, Any]) -> None:
        self._state.status = state["status"]
        self._state.version = int(state["versionNumber"])
        self._state.details = dict(state.get("statusDetails") or {})


def drain(steps: Steps[Result]) -> Result:
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
