"""One thing's run of one job, and one thing's executions in the orders in which they are asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from .agenda import Happening
from .order import insert_sorted, merged, remove_sorted
from .states import IN_PROGRESS, OPEN, QUEUED, ExecutionStatus

# AWS IoT developer guide, job-limits: ten without a schedule, five more for jobs with one inside their windows.
MOST_PENDING = 10
MOST_PENDING_SCHEDULED = 15


class Timers:
    """The timers of an execution in progress: moments in milliseconds, or None where no such timer runs."""

    __slots__ = ("deadline", "happening", "step_deadline")

    def __init__(self, deadline: int | None) -> None:
        self.deadline = deadline
        self.step_deadline: int | None = None
        self.happening: Happening | None = None

    @property
    def due(self) -> int | None:
        """When the execution times out: the step timer never outlasts the in-progress timer."""
        moments = [moment for moment in (self.deadline, self.step_deadline) if moment is not None]
        return min(moments, default=None)


class JobExecution:
    """One thing's run of one job. All moments are milliseconds since the epoch.

    Attributes:
        job_id, job_order: the job it belongs to, and that job's place among all jobs.
        thing: the executions of the thing it runs on.
        previous: the thing's execution of this job with the next lower number, if it has one.
        touched: its place among all changes of the store, by which lists of a job are ordered.
        failed_retries, timed_out_retries: retries done before it, by what they followed.
    """

    __slots__ = (
        "execution_number",
        "failed_retries",
        "force_canceled",
        "job_id",
        "job_order",
        "last_updated_at",
        "previous",
        "queued_at",
        "started_at",
        "status",
        "status_details",
        "thing",
        "timed_out_retries",
        "timers",
        "touched",
        "version_number",
    )

    def __init__(
        self,
        job_id: str,
        job_order: int,
        thing: ThingExecutions,
        previous: JobExecution | None,
        queued_at: int,
        touched: int,
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
        self.touched = touched
        self.status_details: Mapping[str, str] | None = None
        self.force_canceled = False
        self.failed_retries = 0
        self.timed_out_retries = 0
        self.timers: Timers | None = None

    @property
    def is_open(self) -> bool:
        """Whether a device may still work on it."""
        return self.status in OPEN

    @property
    def retry_attempt(self) -> int:
        """How many retries were done before this execution; 0 for the first."""
        return self.failed_retries + self.timed_out_retries

    def seconds_left(self, now: int) -> int | None:
        """Return the whole seconds until it times out, or None when no timer runs."""
        due = self.timers.due if self.timers and self.status is IN_PROGRESS else None
        return None if due is None else max(0, (due - now) // 1000)


def _listing_key(execution: JobExecution) -> tuple[int, int]:
    return execution.job_order, execution.execution_number


def _pending_key(execution: JobExecution) -> tuple[int, int]:
    return execution.queued_at, execution.job_order


_NONE: tuple[JobExecution, ...] = ()


class Listing:
    """Executions of one thing by status, each list in the order of (job, number).

    There is one for every thing of a fleet, so the lists stand in slots and an empty tuple stands for an empty list.
    """

    __slots__ = tuple(status.value for status in ExecutionStatus)

    def __init__(self) -> None:
        for name in Listing.__slots__:
            setattr(self, name, _NONE)

    def add(self, execution: JobExecution) -> None:
        """Put an execution in the list of its status."""
        name = execution.status.value
        setattr(self, name, insert_sorted(getattr(self, name), execution, _listing_key))

    def remove(self, execution: JobExecution, status: ExecutionStatus) -> None:
        """Take an execution out of the list of the status it had."""
        remove_sorted(getattr(self, status.value), execution, _listing_key)

    def descending(self, status: ExecutionStatus | None, below: tuple[int, int] | None = None) -> Iterator[JobExecution]:
        """Yield executions, newest job first and newest number first, those below a (job, number) if one is given."""
        statuses = ExecutionStatus if status is None else (status,)
        return merged([_descend(getattr(self, each.value), below) for each in statuses], _listing_key)


def _descend(executions: Sequence[JobExecution], below: tuple[int, int] | None) -> Iterator[JobExecution]:
    end = len(executions) if below is None else bisect_left(executions, below, key=_listing_key)
    for at in range(end - 1, -1, -1):
        yield executions[at]


class ThingExecutions(Listing):
    """Everything that one thing was ever asked to do, and what of it is pending.

    Attributes:
        name: the thing's name.
        in_progress, queued: what the device can see, oldest first. Executions hidden by a closed window are not here.
        namespaces: the same listing for each namespace that jobs of this thing have; None while there is none.
    """

    __slots__ = ("in_progress", "name", "namespaces", "queued")

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.in_progress: Sequence[JobExecution] = _NONE
        self.queued: Sequence[JobExecution] = _NONE
        self.namespaces: dict[str, Listing] | None = None

    def listings(self, namespace: str | None) -> Iterator[Listing]:
        """Yield the listings that an execution of a job with that namespace belongs to."""
        yield self
        if namespace is not None:
            if self.namespaces is None:
                self.namespaces = {}
            yield self.namespaces.setdefault(namespace, Listing())

    def listing(self, namespace: str | None) -> Listing | None:
        """Return the listing of a namespace, or of everything for None; None when the namespace has none."""
        return self if namespace is None else (self.namespaces or {}).get(namespace)

    def is_empty(self) -> bool:
        """Whether the thing has no execution at all."""
        return not any(getattr(self, name) for name in Listing.__slots__)

    def front(self) -> JobExecution | None:
        """Return the execution that `$next` stands for: those in progress come before those queued, oldest first."""
        if self.in_progress:
            return self.in_progress[0]
        return self.queued[0] if self.queued else None

    def show(self, execution: JobExecution) -> None:
        """Let the device see an open execution."""
        if execution.status is QUEUED:
            self.queued = insert_sorted(self.queued, execution, _pending_key)
        else:
            self.in_progress = insert_sorted(self.in_progress, execution, _pending_key)

    def hide(self, execution: JobExecution, status: ExecutionStatus) -> bool:
        """Take an execution that had a status out of what the device sees; return whether it was there."""
        pending = self.queued if status is QUEUED else self.in_progress
        if not isinstance(pending, list) or not _holds(pending, execution):
            return False
        remove_sorted(pending, execution, _pending_key)
        return True

    def pending(self, limit: int) -> tuple[Sequence[JobExecution], Sequence[JobExecution]]:
        """Return what is in progress and what is queued, each oldest first and as long as a list may be."""
        return self.in_progress[:MOST_PENDING_SCHEDULED], self.queued[:limit]


def _holds(pending: list[JobExecution], execution: JobExecution) -> bool:
    at = bisect_left(pending, _pending_key(execution), key=_pending_key)
    return at < len(pending) and pending[at] is execution
