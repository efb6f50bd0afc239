"""Executions: one thing's run of one job, and all runs of one thing in their orders."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .sorted_index import insert_sorted, merged, remove_sorted
from .states import IN_PROGRESS, OPEN, QUEUED, ExecutionStatus
from .timers import Timer, TimerKind

# AWS IoT developer guide, job-limits: ten without a schedule, five more for jobs with one inside
# their windows.
MOST_PENDING = 10
MOST_PENDING_SCHEDULED = 15


class Timers:
    """The timers of an execution in progress.

    Times are in milliseconds, None where no such timer runs.
    """

    __slots__ = ("deadline", "step_deadline", "timer")

    def __init__(self, deadline: int | None) -> None:
        self.deadline = deadline
        self.step_deadline: int | None = None
        self.timer: Timer[TimerKind] | None = None

    @property
    def due(self) -> int | None:
        """The time of the timeout: the step timer never outlasts the in-progress timer."""
        times = [time for time in (self.deadline, self.step_deadline) if time is not None]
        return min(times, default=None)


class Retries(NamedTuple):
    """Numbers of retries of one thing before an execution.

    Attributes:
        failed, timed_out: those that count, by the failure that they followed.
        attempt: all of them, those that no longer count included.
    """

    failed: int
    timed_out: int
    attempt: int

    def after(self, status: ExecutionStatus) -> Retries:
        """Return the numbers for the retry of an execution that ended in a status."""
        failed = self.failed + (status is ExecutionStatus.FAILED)
        timed_out = self.timed_out + (status is not ExecutionStatus.FAILED)
        return Retries(failed, timed_out, failed + timed_out)

    def reset(self) -> Retries:
        """Return the numbers of an execution whose thing left the targets of its job."""
        return Retries(0, 0, self.attempt)


NO_RETRIES = Retries(0, 0, 0)


class JobExecution:
    """One thing's run of one job. Times are milliseconds since the epoch.

    Attributes:
        job_id, job_order: the job it belongs to, and that job's place among all jobs.
        thing: the executions of the thing it runs on.
        previous: the thing's execution of this job with the next lower number, if it has one.
        change_number: its place among all changes of the store, by which lists of a job are
            ordered.
        retries: retries done before it.
    """

    __slots__ = (
        "change_number",
        "execution_number",
        "force_canceled",
        "job_id",
        "job_order",
        "last_updated_at",
        "previous",
        "queued_at",
        "retries",
        "started_at",
        "status",
        "status_details",
        "thing",
        "timers",
        "version_number",
    )

    def __init__(
        self,
        job_id: str,
        job_order: int,
        thing: ThingExecutions,
        previous: JobExecution | None,
        queued_at: int,
        change_number: int,
    ) -> None:
        self.job_id = job_id
        self.job_order = job_order
        self.thing = thing
        self.previous = previous
        self.execution_number: int = previous.execution_number + 1 if previous else 1
        self.status = QUEUED
        self.queued_at = queued_at
        self.started_at: int | None = None
        self.last_updated_at = queued_at
        self.version_number = 1
        self.change_number = change_number
        self.status_details: Mapping[str, str] | None = None
        self.force_canceled = False
        self.retries = NO_RETRIES
        self.timers: Timers | None = None

    @property
    def is_open(self) -> bool:
        """True while a device may still work on it."""
        return self.status in OPEN

    @property
    def retry_attempt(self) -> int:
        """The number of retries before this execution.

        0 for the first.
        """
        return self.retries.attempt

    def seconds_left(self, now: int) -> int | None:
        """Return the whole seconds until it times out, or None when no timer runs."""
        due = self.timers.due if self.timers and self.status is IN_PROGRESS else None
        return None if due is None else max(0, (due - now) // 1000)


def _listing_key(execution: JobExecution) -> tuple[int, int]:
    return execution.job_order, execution.execution_number


def _pending_key(execution: JobExecution) -> tuple[int, int]:
    return execution.queued_at, execution.job_order


_NONE: tuple[JobExecution, ...] = ()


class _ByStatus:
    """A sorted list for each status, which is an empty tuple as long as it is empty."""

    __slots__ = tuple(status.value for status in ExecutionStatus)

    def __init__(self) -> None:
        for name in _ByStatus.__slots__:
            setattr(self, name, _NONE)

    def add(self, execution: JobExecution) -> None:
        """Put an execution in the list of its status."""
        name = execution.status.value
        setattr(self, name, insert_sorted(getattr(self, name), execution, _listing_key))


class Listing:
    """Executions of one thing by status, each list in the order of (job, number).

    There is one for every thing, and most things have one execution: lists are made for the second.
    """

    __slots__ = ("_listed",)

    def __init__(self) -> None:
        self._listed: JobExecution | _ByStatus | None = None

    def add(self, execution: JobExecution) -> None:
        """Put an execution in the list of its status."""
        listed = self._listed
        if listed is None:
            self._listed = execution
            return
        if isinstance(listed, JobExecution):
            self._listed = _ByStatus()
            self._listed.add(listed)
            listed = self._listed
        listed.add(execution)

    def remove(self, execution: JobExecution, status: ExecutionStatus) -> None:
        """Take an execution out of the list of the status it had."""
        if self._listed is execution:
            self._listed = None
        else:
            remove_sorted(getattr(self._listed, status.value), execution, _listing_key)

    def descending(
        self, status: ExecutionStatus | None, below: tuple[int, int] | None = None
    ) -> Iterator[JobExecution]:
        """Yield executions, newest job first and newest number first.

        Args:
            status: the only one, if one is given.
            below: the (job, number) below which to begin, if one is given.
        """
        statuses = ExecutionStatus if status is None else (status,)
        return merged([_descend(self._of(each), below) for each in statuses], _listing_key)

    def _of(self, status: ExecutionStatus) -> Sequence[JobExecution]:
        listed = self._listed
        if isinstance(listed, JobExecution):
            return (listed,) if listed.status is status else _NONE
        return _NONE if listed is None else getattr(listed, status.value)


def _descend(
    executions: Sequence[JobExecution], below: tuple[int, int] | None
) -> Iterator[JobExecution]:
    end = len(executions) if below is None else bisect_left(executions, below, key=_listing_key)
    for at in range(end - 1, -1, -1):
        yield executions[at]


class _Pending:
    """Executions that a device can see, oldest first.

    Attributes:
        scheduled: the queued executions of jobs with a schedule.
    """

    __slots__ = ("in_progress", "queued", "scheduled")

    def __init__(self) -> None:
        self.in_progress: Sequence[JobExecution] = _NONE
        self.queued: Sequence[JobExecution] = _NONE
        self.scheduled: Sequence[JobExecution] = _NONE

    def add(self, execution: JobExecution, *, is_scheduled: bool) -> None:
        """Put an execution in the list of its status."""
        name = self.list_of(execution.status, is_scheduled)
        setattr(self, name, insert_sorted(getattr(self, name), execution, _pending_key))

    @staticmethod
    def list_of(status: ExecutionStatus, is_scheduled: bool) -> str:
        """Return the name of the list for a status."""
        if status is not QUEUED:
            return "in_progress"
        return "scheduled" if is_scheduled else "queued"


class ThingExecutions(Listing):
    """All executions of one thing, and those of them that are pending.

    Pending is what the device can see; executions hidden by a closed window are not. As long as it
    is one execution, of a job without a schedule, there are no lists of them either.

    Attributes:
        name: the thing's name.
        namespaces: the same listing for each namespace that jobs of this thing have; None while
            there is none.
    """

    __slots__ = ("_pending", "name", "namespaces")

    def __init__(self, name: str) -> None:
        self._listed = None
        self._pending: JobExecution | _Pending | None = None
        self.name = name
        self.namespaces: dict[str, Listing] | None = None

    def listings(self, namespace: str | None) -> tuple[Listing, ...]:
        """Return the listings that an execution of a job with that namespace belongs to."""
        if namespace is None:
            return (self,)
        if self.namespaces is None:
            self.namespaces = {}
        return self, self.namespaces.setdefault(namespace, Listing())

    def listing(self, namespace: str | None) -> Listing | None:
        """Return the listing of a namespace, or of everything for None.

        The result is None when the namespace has none.
        """
        return self if namespace is None else (self.namespaces or {}).get(namespace)

    def is_empty(self) -> bool:
        """Return whether the thing has no execution at all."""
        listed = self._listed
        if listed is None or isinstance(listed, JobExecution):
            return listed is None
        return not any(getattr(listed, name) for name in _ByStatus.__slots__)

    def front(self) -> JobExecution | None:
        """Return the execution that `$next` stands for.

        Those in progress come before those queued, oldest first.
        """
        pending = self._pending
        if pending is None or isinstance(pending, JobExecution):
            return pending
        if pending.in_progress:
            return pending.in_progress[0]
        if not pending.queued or not pending.scheduled:
            return next(iter(pending.queued or pending.scheduled), None)
        return min(pending.queued[0], pending.scheduled[0], key=_pending_key)

    def front_of(self, namespace: str) -> JobExecution | None:
        """Return the first pending execution of a namespace, by the same order."""
        listing = self.listing(namespace)
        for status in (IN_PROGRESS, QUEUED):
            executions = listing.descending(status) if listing is not None else ()
            visible = [each for each in executions if self._is_pending(each)]
            if visible:
                return min(visible, key=_pending_key)
        return None

    def _is_pending(self, execution: JobExecution) -> bool:
        pending = self._pending
        if pending is None or isinstance(pending, JobExecution):
            return pending is execution
        if execution.status is IN_PROGRESS:
            return _holds(pending.in_progress, execution)
        return _holds(pending.queued, execution) or _holds(pending.scheduled, execution)

    def show(self, execution: JobExecution, *, is_scheduled: bool) -> None:
        """Make an open execution visible to the device.

        Args:
            is_scheduled: true when its job has a schedule.
        """
        pending = self._pending
        if not isinstance(pending, _Pending):
            if pending is None and not is_scheduled:
                self._pending = execution
                return
            lists = self._pending = _Pending()
            if pending is not None:
                lists.add(pending, is_scheduled=False)
            pending = lists
        pending.add(execution, is_scheduled=is_scheduled)

    def hide(self, execution: JobExecution, status: ExecutionStatus, *, is_scheduled: bool) -> bool:
        """Hide an execution from the device.

        Return whether it was visible.

        Args:
            status: the status that it had when it was shown.
            is_scheduled: true when its job has a schedule.
        """
        pending = self._pending
        if not isinstance(pending, _Pending):
            if pending is not execution:
                return False
            self._pending = None
            return True
        items = getattr(pending, _Pending.list_of(status, is_scheduled))
        if not _holds(items, execution):
            return False
        remove_sorted(items, execution, _pending_key)
        return True

    def pending(self) -> tuple[Sequence[JobExecution], Sequence[JobExecution]]:
        """Return the executions in progress and those queued, each oldest first.

        There are no more of them than AWS lists.
        """
        pending = self._pending
        if pending is None or isinstance(pending, JobExecution):
            one = _NONE if pending is None else (pending,)
            is_queued = pending is not None and pending.status is QUEUED
            return (_NONE, one) if is_queued else (one, _NONE)
        in_progress = pending.in_progress[:MOST_PENDING_SCHEDULED]
        queued = pending.queued[:MOST_PENDING]
        scheduled = pending.scheduled[:MOST_PENDING_SCHEDULED]
        if not queued or not scheduled:
            return in_progress, queued or scheduled
        both = sorted((*queued, *scheduled), key=_pending_key)
        return in_progress, both[:MOST_PENDING_SCHEDULED]


def _holds(pending: Sequence[JobExecution], execution: JobExecution) -> bool:
    at = bisect_left(pending, _pending_key(execution), key=_pending_key)
    return at < len(pending) and pending[at] is execution
