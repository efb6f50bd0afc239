"""Runs a fleet through a job, from one step of a device or timer of the service to the next.

A device that waits costs nothing. That it starts as soon as an execution is queued stands for the
notification that a real device gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple, Protocol

from moto_iot_jobs.moto_api.client import mock
from moto_iot_jobs.service.events import DELETED
from moto_iot_jobs.service.settings import MINUTE
from moto_iot_jobs.service.states import LIVE, OPEN

from .device import work
from .exceptions import ResponseLostError, ServiceBusyError, UnknownThingError
from .execution import DeviceClient, Waits
from .job_source import ExecutionState, JobSource, JobState
from .outcomes import AnyHandler, name_of
from .rollout import ExecutionEnd, Rollout, StopReason
from .timeline import STATUSES, TimelinePoint

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# A server does not tell the time of its next timer. It is polled each minute, and less often while
# nothing changes.
_LONGEST_POLLING = 60 * MINUTE


class DeviceBehaviour(Protocol):
    """The draws of a fleet: when its devices start, what they do, and for how long."""

    def start_seconds(self, thing: str, job_id: str, number: int) -> float:
        """Return how long after it was queued an execution is started."""
        ...

    def work_on(self, thing: str, job_id: str, number: int) -> tuple[AnyHandler, float]:
        """Return the handler of an execution, and how many seconds its device works on it."""
        ...


class _Key(NamedTuple):
    thing: str
    execution_number: int


class FleetSimulation:
    """One run of a fleet.

    Args:
        behaviour: the fleet's draws.
        job_id: the id of the job that the result is about.
        source: that job.
        clients: the devices' clients, by their things.
        on_progress: called with every point of the timeline.
        run_commands: lets devices run the commands that were sent meanwhile.

    Raises:
        LookupError: no such job.
    """

    def __init__(
        self,
        behaviour: DeviceBehaviour,
        job_id: str,
        source: JobSource,
        clients: Mapping[str, DeviceClient],
        on_progress: Callable[[TimelinePoint], object] | None,
        run_commands: Callable[[], object] | None = None,
    ) -> None:
        self._behaviour, self._job_id, self._source = behaviour, job_id, source
        self._clients, self._on_progress = clients, on_progress
        self._run_commands = run_commands
        self._schedule: list[tuple[int, int, str, Waits[None]]] = []
        self._entries = count()
        self._busy: set[str] = set()
        self._reached: set[str] = set()
        # The queued executions that their devices were notified of; with the job's status, it shows
        # whether there is anything new.
        self._notified: set[_Key] = set()
        self._notified_status = ""
        self._outcomes: dict[_Key, str] = {}
        self._given_up: dict[_Key, str] = {}
        self._timeline: list[TimelinePoint] = []
        self._polling = MINUTE
        self._next_poll = 0
        mock().advance(0)
        state = source.state()
        if state is None:
            raise LookupError(
                f"There is no job {job_id!r}. Create it with targets=fleet.targets, "
                f"or let the fleet do it: fleet.roll_out({job_id!r})."
            )
        self._state: JobState = state
        self._began = state.created_at
        self._now = max(mock().now(), self._began)

    def run(self, seconds: float) -> Rollout:
        """Run until no timer and no device is left, for so long at most, in the mock's time."""
        end = self._now + round(seconds * 1000)
        self._notify_devices()
        self._record(self._now)
        while (due := self._next_due()) is not None and due <= end:
            self._move_to(due)
            self._take_steps()
            self._notify_devices()
        self._record(self._now)
        if due is not None:
            return self._result("TIME_LIMIT")
        return self._result("IDLE" if self._is_live() else "FINISHED")

    # Time

    def _next_due(self) -> int | None:
        if not self._schedule and not self._is_live():
            return None
        source = self._source
        timer = source.next_due() if source.knows_next_timer else self._next_poll
        dues = [self._schedule[0][0]] if self._schedule else []
        return min([*dues, timer] if timer is not None else dues, default=None)

    def _is_live(self) -> bool:
        """Return whether something may still come of the job without a device's doing."""
        self._refresh()
        return self._state.status in LIVE or bool(self._state.counts["IN_PROGRESS"])

    def _refresh(self) -> None:
        state = self._source.state()
        gone = self._state._replace(status=DELETED, counts=dict.fromkeys(STATUSES, 0))
        self._state = state or gone

    def _move_to(self, due: int) -> None:
        if due <= self._now:
            return
        minutes = (self._now - self._began) // MINUTE
        if (due - self._began) // MINUTE > minutes:
            self._record(self._began + (minutes + 1) * MINUTE)
        behind = due - mock().now()
        if behind > 0:
            mock().advance(behind)
        self._now = due

    # Devices

    def _notify_devices(self) -> None:
        """Notify devices of the executions that were queued for them meanwhile."""
        if self._run_commands is not None:
            self._run_commands()
        if not self._source.knows_next_timer and self._now < self._next_poll:
            return
        status, queued = self._source.summary()
        is_new = status != self._notified_status or queued != len(self._notified)
        self._polling = MINUTE if is_new else min(self._polling * 2, _LONGEST_POLLING)
        this_minute = self._began + (self._now - self._began) // MINUTE * MINUTE
        self._next_poll = this_minute + self._polling
        if is_new:
            self._notified, self._notified_status = set(), status
            for each in self._source.executions("QUEUED"):
                self._notify(each)

    def _notify(self, queued: ExecutionState) -> None:
        thing, number = queued.thing, queued.execution_number
        self._notified.add(_Key(thing, number))
        self._reached.add(thing)
        is_free = thing in self._clients and thing not in self._busy
        if is_free and self._notified_status == "IN_PROGRESS":
            self._busy.add(thing)
            seconds = self._behaviour.start_seconds(thing, self._job_id, number)
            starts = queued.queued_at + round(seconds * 1000)
            self._schedule_step(max(starts, self._now), thing, self._device_loop(thing))

    def _schedule_step(self, due: int, thing: str, steps: Waits[None]) -> None:
        heappush(self._schedule, (due, next(self._entries), thing, steps))

    def _take_steps(self) -> None:
        """Run every device whose next step is due."""
        while self._schedule and self._schedule[0][0] <= self._now:
            due, _, thing, steps = heappop(self._schedule)
            try:
                seconds = next(steps)
            except StopIteration:
                self._busy.discard(thing)
            else:
                self._schedule_step(due + round(seconds * 1000), thing, steps)

    def _device_loop(self, thing: str) -> Waits[None]:
        """Work on a device's pending executions until there are none."""
        client = self._clients[thing]
        key = _Key(thing, 0)
        try:
            while (execution := (yield from client.start_next())) is not None:
                key = _Key(thing, execution.execution_number)
                handler, seconds = self._behaviour.work_on(
                    thing, execution.job_id, execution.execution_number
                )
                if execution.job_id == self._job_id:
                    self._reached.add(thing)
                    self._notified.discard(key)
                    self._outcomes[key] = name_of(handler)
                run = yield from work(execution, handler, seconds)
                if run.is_open:
                    return
        except (ServiceBusyError, ResponseLostError, UnknownThingError) as problem:
            self._given_up[key] = str(problem)

    # The result

    def _record(self, at: int) -> None:
        self._refresh()
        point = TimelinePoint(
            at=_datetime(at),
            elapsed=timedelta(milliseconds=at - self._began),
            counts={name: number for name in STATUSES if (number := self._state.counts[name])},
            unreached=len(self._clients) - len(self._reached & self._clients.keys()),
        )
        if self._timeline and self._timeline[-1].at == point.at:
            self._timeline.pop()
        self._timeline.append(point)
        if self._on_progress is not None:
            self._on_progress(point)

    def _result(self, stop_reason: StopReason) -> Rollout:
        positions = {thing: position for position, thing in enumerate(self._clients)}

        def order(end: ExecutionEnd) -> tuple[int, str, int]:
            return positions.get(end.thing, len(positions)), end.thing, end.execution_number

        state = self._state
        return Rollout(
            job_id=self._job_id,
            status=state.status,
            reason_code=state.reason_code,
            comment=state.comment,
            created_at=_datetime(self._began),
            ended_at=_datetime_or_none(state.ended_at),
            duration=timedelta(milliseconds=self._now - self._began),
            stop_reason=stop_reason,
            timeline=self._timeline,
            executions=tuple(sorted(self._ends(), key=order)),
        )

    def _ends(self) -> Iterator[ExecutionEnd]:
        for each in self._source.executions():
            key = _Key(each.thing, each.execution_number)
            ended_at = each.last_updated_at if each.status not in OPEN else None
            yield ExecutionEnd(
                thing=each.thing,
                execution_number=each.execution_number,
                status=each.status,
                outcome=self._outcomes.get(key),
                queued_at=_datetime(each.queued_at),
                started_at=_datetime_or_none(each.started_at),
                ended_at=_datetime_or_none(ended_at),
                given_up=self._given_up.get(key) or self._given_up.get(_Key(each.thing, 0)),
            )


def _datetime(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _datetime_or_none(milliseconds: int | None) -> datetime | None:
    return _datetime(milliseconds) if milliseconds is not None else None
