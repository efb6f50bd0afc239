"""Drives a fleet through a job: moves the clock to whatever is due next, a device's next step or
something of the service's.

A device that waits costs nothing. That it hears of an execution at once stands for the notification
that a real device gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple, Protocol

from moto_iot_jobs.moto_api.client import mock
from moto_iot_jobs.service.states import LIVE, OPEN

from .device import work
from .exceptions import AnswerLost, Busy, UnknownThing
from .execution import Line, Steps
from .job_source import DELETED, JobView, Look, Seen
from .outcomes import AnyHandler, named
from .rollout import ExecutionEnd, Rollout
from .timeline import STATUSES, Moment

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
# A server does not say when something happens there next. It is looked at each minute, and less
# often while nothing happens.
_LONGEST_STRIDE = 60 * MINUTE


class Draws(Protocol):
    """What a drive has to know of its fleet."""

    def start_seconds(self, thing: str, job_id: str, number: int) -> float:
        """Return how long after it was queued an execution is started."""
        ...

    def work_on(self, thing: str, job_id: str, number: int) -> tuple[AnyHandler, float]:
        """Return what becomes of an execution, and how many seconds its device works on it."""
        ...


class _Key(NamedTuple):
    thing: str
    number: int


class Drive:
    """One run of a fleet.

    Args:
        draws: the fleet.
        job_id: the job that the result is about.
        view: how that job is seen.
        lines: the devices' lines to the service, by their things.
        watch: told of every moment of the timeline.

    Raises:
        LookupError: no such job.
    """

    def __init__(
        self,
        draws: Draws,
        job_id: str,
        view: JobView,
        lines: Mapping[str, Line],
        watch: Callable[[Moment], object] | None,
    ) -> None:
        self._draws, self._job_id, self._view, self._lines, self._watch = (
            draws,
            job_id,
            view,
            lines,
            watch,
        )
        self._agenda: list[tuple[int, int, str, Steps[None]]] = []
        self._entries = count()
        self._busy: set[str] = set()
        self._reached: set[str] = set()
        # What is queued and its device has heard of; with the job's status, it shows whether there
        # is anything new.
        self._heard: set[_Key] = set()
        self._heard_in = ""
        self._outcomes: dict[_Key, str] = {}
        self._given_up: dict[_Key, str] = {}
        self._timeline: list[Moment] = []
        self._stride = MINUTE
        self._next_look = 0
        mock().advance(0)
        look = view.look()
        if look is None:
            raise LookupError(
                f"There is no job {job_id!r}. Create it with targets=fleet.targets, "
                f"or let the fleet do it: fleet.roll_out({job_id!r})."
            )
        self._look: Look = look
        self._began = look.created_at
        self._now = max(mock().now(), self._began)

    def run(self, days: float) -> Rollout:
        """Drive until nothing more happens, for so many days of the mock's time at most."""
        end = self._now + round(days * DAY)
        self._listen()
        self._note(self._now)
        while (due := self._next_due()) is not None and due <= end:
            self._move_to(due)
            self._take_steps()
            self._listen()
        self._note(self._now)
        return self._result()

    # Time

    def _next_due(self) -> int | None:
        if not self._agenda and not self._is_live():
            return None
        theirs = self._view.next_due() if self._view.knows_what_is_due else self._next_look
        dues = [self._agenda[0][0]] if self._agenda else []
        return min([*dues, theirs] if theirs is not None else dues, default=None)

    def _is_live(self) -> bool:
        """Tell whether something may still come of the job without a device's doing."""
        self._refresh()
        return self._look.status in LIVE or bool(self._look.counts["IN_PROGRESS"])

    def _refresh(self) -> None:
        look = self._view.look()
        self._look = look or self._look._replace(status=DELETED, counts=dict.fromkeys(STATUSES, 0))

    def _move_to(self, due: int) -> None:
        if due <= self._now:
            return
        minutes = (self._now - self._began) // MINUTE
        if (due - self._began) // MINUTE > minutes:
            self._note(self._began + (minutes + 1) * MINUTE)
        behind = due - mock().now()
        if behind > 0:
            mock().advance(behind)
        self._now = due

    # Devices

    def _listen(self) -> None:
        """Let devices hear of what was queued for them meanwhile."""
        if not self._view.knows_what_is_due and self._now < self._next_look:
            return
        status, queued = self._view.pulse()
        is_news = status != self._heard_in or queued != len(self._heard)
        self._stride = MINUTE if is_news else min(self._stride * 2, _LONGEST_STRIDE)
        self._next_look = self._began + (self._now - self._began) // MINUTE * MINUTE + self._stride
        if is_news:
            self._heard, self._heard_in = set(), status
            for each in self._view.executions("QUEUED"):
                self._hear(each)

    def _hear(self, queued: Seen) -> None:
        thing, number = queued.thing, queued.number
        self._heard.add(_Key(thing, number))
        self._reached.add(thing)
        if thing in self._lines and thing not in self._busy and self._heard_in == "IN_PROGRESS":
            self._busy.add(thing)
            starts = queued.queued_at + round(
                self._draws.start_seconds(thing, self._job_id, number) * 1000
            )
            self._plan(max(starts, self._now), thing, self._live(thing))

    def _plan(self, due: int, thing: str, steps: Steps[None]) -> None:
        heappush(self._agenda, (due, next(self._entries), thing, steps))

    def _take_steps(self) -> None:
        """Let every device go on whose time has come."""
        while self._agenda and self._agenda[0][0] <= self._now:
            due, _, thing, steps = heappop(self._agenda)
            try:
                seconds = next(steps)
            except StopIteration:
                self._busy.discard(thing)
            else:
                self._plan(due + round(seconds * 1000), thing, steps)

    def _live(self, thing: str) -> Steps[None]:
        """Be a device: work on what is pending, until nothing is."""
        line = self._lines[thing]
        key = _Key(thing, 0)
        try:
            while (execution := (yield from line.take_next())) is not None:
                key = _Key(thing, execution.number)
                handler, seconds = self._draws.work_on(thing, execution.job_id, execution.number)
                if execution.job_id == self._job_id:
                    self._reached.add(thing)
                    self._heard.discard(key)
                    self._outcomes[key] = named(handler)
                run = yield from work(execution, handler, seconds)
                if run.is_open:
                    return
        except (Busy, AnswerLost, UnknownThing) as problem:
            self._given_up[key] = str(problem)

    # What became of it

    def _note(self, at: int) -> None:
        self._refresh()
        counts = {status: number for status in STATUSES if (number := self._look.counts[status])}
        unreached = len(self._lines) - len(self._reached & self._lines.keys())
        moment = Moment((at - self._began) / 1000, counts, unreached)
        if self._timeline and self._timeline[-1].seconds == moment.seconds:
            self._timeline.pop()
        self._timeline.append(moment)
        if self._watch is not None:
            self._watch(moment)

    def _result(self) -> Rollout:
        places = {thing: place for place, thing in enumerate(self._lines)}
        ends = sorted(
            self._ends(),
            key=lambda end: (places.get(end.thing, len(places)), end.thing, end.number),
        )
        look = self._look
        seconds = (self._now - self._began) / 1000
        return Rollout(
            self._job_id,
            look.status,
            look.reason_code,
            look.comment,
            seconds,
            self._timeline,
            tuple(ends),
        )

    def _ends(self) -> Iterator[ExecutionEnd]:
        for each in self._view.executions():
            key = _Key(each.thing, each.number)
            yield ExecutionEnd(
                thing=each.thing,
                number=each.number,
                status=each.status,
                outcome=self._outcomes.get(key),
                queued_seconds=self._since(each.queued_at),
                started_seconds=self._since(each.started_at)
                if each.started_at is not None
                else None,
                ended_seconds=self._since(each.last_updated_at)
                if each.status not in OPEN
                else None,
                given_up=self._given_up.get(key) or self._given_up.get(_Key(each.thing, 0)),
            )

    def _since(self, moment: int) -> float:
        return (moment - self._began) / 1000
