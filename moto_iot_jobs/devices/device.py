"""One simulated device: takes its thing's executions from the public data plane, and finishes
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from ssl import SSLContext
from typing import NamedTuple

from moto_iot_jobs.runtime.defaults import home_account, home_region

from .exceptions import ExecutionOver, Refused, UnknownThing
from .execution import FINAL, Execution, Line, Steps, drain
from .https import HttpsPlane
from .mqtt import MqttPlane
from .outcomes import AnyHandler, carry_out, check, named, succeed
from .transport import GET_PENDING, Plane


class Pending(NamedTuple):
    """The ids of a device's jobs, each list in the order in which they are given to it."""

    in_progress: tuple[str, ...]
    queued: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """What a device did with one execution.

    Attributes:
        thing, job_id, number: which execution.
        outcome: the name of the script or handler.
        status: how it ended, as far as the device knows; IN_PROGRESS if it left it open.
        details: the status details that it knows of.
        refusal: why the service would not have the report; None if it was accepted.
    """

    thing: str
    job_id: str
    number: int
    outcome: str
    status: str
    details: dict[str, str]
    refusal: Refused | None = None

    @property
    def is_open(self) -> bool:
        """Whether the device left the execution in progress."""
        return self.status not in FINAL and self.refusal is None


class Device:
    """A thing's device, which does nothing unless it is told to.

    It speaks HTTPS, as boto3 does, to the mock of this process or, in moto's server mode, to the
    server; or MQTT, when it is given an address. What it is refused with 429, 500 or 503 it asks
    again, up to ten times with pauses of up to a minute; while it pauses and works, the clock of
    the mock is moved.

    Args:
        thing: the thing's name.
        region: where it is; the environment's by default, else us-east-1.
        account: whose it is, over HTTPS; moto's own by default. Over MQTT the endpoint decides.
        address: host and port of an MQTT endpoint or broker.
        username, password, tls: how to connect there; as nobody and without TLS by default.
        patience: how long an answer over MQTT may take, in seconds of the time of day, before it
            counts as lost.

    Raises:
        ImportError: an address, but the extra `mqtt` is not installed.
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
        patience: float = 10,
    ) -> None:
        self.thing = thing
        plane: Plane
        if address is None:
            plane = HttpsPlane(home_region(region), home_account(account))
        else:
            plane = MqttPlane(
                thing, address, username=username, password=password, tls=tls, patience=patience
            )
        self._line = Line(thing, plane, "device")

    def __repr__(self) -> str:
        return f"<Device {self.thing} at {self._line.plane.place}>"

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def pending(self) -> Pending:
        """Ask which jobs wait for the device (GetPendingJobExecutions).

        Raises:
            UnknownThing: no such thing.
        """
        try:
            answer = drain(self._line.ask(GET_PENDING))
        except ExecutionOver as missing:
            raise UnknownThing(
                f"There is no thing {self.thing!r} at {self._line.plane.place}."
            ) from missing
        in_progress, queued = (
            tuple(each["jobId"] for each in answer[name])
            for name in ("inProgressJobs", "queuedJobs")
        )
        return Pending(in_progress, queued)

    def run_next(self, handler: AnyHandler = succeed, *, seconds: float = 0) -> Run | None:
        """Start the next execution (or take up the one in progress), let a handler deal with it,
        and report what became of it.

        Args:
            handler: a function that is given the `Execution`. It returns None (SUCCEEDED), a
                status, a pair of status and details, or raises (FAILED, with the exception as the
                detail `reason`). A generator function may yield seconds, for which it works. Or one
                of this module's scripts, or its name: "fail", `devices.fail(reason="no space")`.
            seconds: how long the device works, in the mock's time; a generator says it itself.

        Returns:
            What was done; None when nothing is pending.

        Raises:
            UnknownThing: no such thing.
            Refused: the service refused for a reason that the device can do nothing about, or was
                busy all the time.
            AnswerLost: the service could not be reached all the time.
            ValueError, TypeError: unknown outcome, or a handler that returned what is no verdict.
        """
        check(handler)
        return drain(next_run(self._line, handler, seconds))

    def run_all(self, handler: AnyHandler = succeed, *, seconds: float = 0) -> list[Run]:
        """Do what `run_next` does until nothing is pending, or an execution was left in progress.

        Returns:
            What was done, in order.
        """
        runs: list[Run] = []
        while (
            not (runs and runs[-1].is_open)
            and (run := self.run_next(handler, seconds=seconds)) is not None
        ):
            runs.append(run)
        return runs

    def close(self) -> None:
        """Drop the connection, if there is one; the next request makes a new one."""
        self._line.plane.disconnect()


def next_run(line: Line, handler: AnyHandler, seconds: float) -> Steps[Run | None]:
    """Take the next execution and work on it."""
    execution = yield from line.take_next()
    return None if execution is None else (yield from work(execution, handler, seconds))


def work(execution: Execution, handler: AnyHandler, seconds: float) -> Steps[Run]:
    """Let a handler deal with an execution, and report what became of it."""
    status = "SUCCEEDED"
    refusal = None
    try:
        status, details = yield from carry_out(handler, execution, seconds)
        if status in FINAL or details is not None:
            yield from execution.reporting(status, details)
    except ExecutionOver as over:
        refusal, status = over, execution.status
    number, known = execution.number, execution.details
    return Run(execution.thing, execution.job_id, number, named(handler), status, known, refusal)
