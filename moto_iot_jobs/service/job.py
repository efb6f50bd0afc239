"""One job: settings, executions sorted as lists show them, counters, and what is to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from .documents.document import JobDocument
from .execution import JobExecution
from .settings import (
    AbortCriteria,
    FailureType,
    JobExecutionsRolloutConfig,
    JobSettings,
    SchedulingConfig,
    TargetSelection,
)
from .sorted_index import SortedIndex, merged
from .states import OPEN, TERMINAL, ExecutionStatus, JobStatus
from .targets import Target
from .timers import Timer, TimerKind

if TYPE_CHECKING:
    from .scheduling.windows import MaintenanceWindows

# AWS IoT developer guide, jobs-configurations-details: ten retries a device, all failure types
# together.
MOST_RETRIES = 10

_by_change = attrgetter("change_number")
_LOOKED_UP_AT_ONCE = 250
_NO_COUNTS = dict.fromkeys(ExecutionStatus, 0)

# AWS does not define ALL; captured from AWS: what a device reports or misses, not what an owner
# cancels.
_FAILURES: dict[FailureType, tuple[ExecutionStatus, ...]] = {
    FailureType.FAILED: (ExecutionStatus.FAILED,),
    FailureType.REJECTED: (ExecutionStatus.REJECTED,),
    FailureType.TIMED_OUT: (ExecutionStatus.TIMED_OUT,),
    FailureType.ALL: (ExecutionStatus.FAILED, ExecutionStatus.REJECTED, ExecutionStatus.TIMED_OUT),
}


class Job:
    """One job. Times are milliseconds since the epoch.

    Attributes:
        order: its place among all jobs of the store, by creation.
        order_from_last: the same with the sign changed, for lists that begin with the oldest.
        listed_under: groups and namespaces by which `JobListing` has it.
        starts_at, ends_at: its startTime and endTime; None where it has none.
        executions: the newest execution of each thing.
        cleared: things whose executions were all deleted while the job follows its targets.
        waiting: things that the rollout has still to reach, in order.
        retries_due: things whose retry waits for the next maintenance window, with the failed
            execution.
        resolved: whether the targets' members were taken.
        ended: whether endTime has passed.
        is_canceling: whether executions are still to be canceled with it.
        held_back: whether the rollout waits until fewer jobs are rolling out.
        timers: the job's timers, by kind.
        joined: things whose executions came of joining a group, not of the rollout.
        notified, succeeded: executions that the rollout queued, and things of it that succeeded.
    """

    def __init__(
        self,
        job_id: str,
        arn: str,
        order: int,
        document: JobDocument,
        targets: list[Target],
        created_at: int,
    ) -> None:
        self.job_id = job_id
        self.arn = arn
        self.order = order
        self.order_from_last = -order
        self.document = document
        self.document_source: str | None = None
        self.targets = targets
        self.listed_under: Sequence[tuple[str, str]] = ()
        self.target_selection = TargetSelection.SNAPSHOT
        self.settings = JobSettings()
        self.scheduling_config: SchedulingConfig | None = None
        self.windows: MaintenanceWindows | None = None
        self.starts_at: int | None = None
        self.ends_at: int | None = None
        self.description: str | None = None
        self.namespace_id: str | None = None
        self.job_template_arn: str | None = None
        self.document_parameters: Mapping[str, str] | None = None
        self.destination_package_versions: tuple[str, ...] | None = None
        self.destinations_before_substitution: tuple[str, ...] | None = None
        self.tags: dict[str, str] = {}

        self.status = JobStatus.IN_PROGRESS
        self.created_at = created_at
        self.last_updated_at = created_at
        self.completed_at: int | None = None
        self.comment: str | None = None
        self.reason_code: str | None = None
        self.force_canceled: bool | None = None

        self.executions: dict[str, JobExecution] = {}
        self.cleared: set[str] = set()
        self.waiting: dict[str, None] = {}
        self.retries_due: dict[str, JobExecution] = {}
        self.joined: set[str] = set()
        self.notified = 0
        self.succeeded = 0
        self.resolved = False
        self.ended = False
        self.held_back = False
        self.is_canceling = False
        self.timers: dict[TimerKind, Timer[TimerKind]] = {}
        self._by_status: dict[ExecutionStatus, SortedIndex[JobExecution]] = {}

    @property
    def is_continuous(self) -> bool:
        """True when the job follows its target groups."""
        return self.target_selection is TargetSelection.CONTINUOUS

    @property
    def is_scheduled(self) -> bool:
        """True when the job has a schedule.

        A schedulingConfig without any time is none.
        """
        return self.starts_at is not None or self.ends_at is not None

    @property
    def is_concurrent(self) -> bool:
        """True while the job is rolling out, or its executions are canceled (AWS: isConcurrent)."""
        if self.is_canceling:
            return self.status is JobStatus.CANCELED
        return bool(self.waiting) and self.status is JobStatus.IN_PROGRESS and not self.held_back

    @property
    def open_count(self) -> int:
        """Number of executions that a device may still work on."""
        count = 0
        for status in OPEN:
            count += self.count(status)
        return count

    @property
    def terminal_count(self) -> int:
        """Number of executions that have finished, in whatever way."""
        return sum(self.count(status) for status in TERMINAL)

    def count(self, status: ExecutionStatus) -> int:
        """Return how many executions have a status.

        Executions are counted, not things, as AWS does.
        """
        executions = self._by_status.get(status)
        return len(executions) if executions is not None else 0

    def counts(self) -> dict[ExecutionStatus, int]:
        """Return how many executions have each status."""
        counts = _NO_COUNTS.copy()
        for status, executions in self._by_status.items():
            counts[status] = len(executions)
        return counts

    def enter(self, execution: JobExecution) -> None:
        """Put an execution in the list of its status."""
        executions = self._by_status.get(execution.status)
        if executions is None:
            executions = self._by_status[execution.status] = SortedIndex(_by_change)
        executions.add(execution)

    def leave(self, execution: JobExecution) -> None:
        """Take an execution out of the list of its status.

        To be called before its status or `change_number` changes.
        """
        self._by_status[execution.status].remove(execution)

    def with_status(self, status: ExecutionStatus) -> list[JobExecution]:
        """Return the executions that have a status, least recently changed first."""
        executions = self._by_status.get(status)
        return list(executions.descending())[::-1] if executions is not None else []

    def changed_after(self, change: int, status: ExecutionStatus, most: int) -> list[JobExecution]:
        """Return the executions of a status that changed first after a change, at most so many.

        Args:
            change: a `change_number`.
        """
        executions = self._by_status.get(status)
        return list(islice(executions.ascending(change), most)) if executions is not None else []

    def each(self, status: ExecutionStatus) -> Iterator[JobExecution]:
        """Yield the executions that have a status, least recently changed first.

        They may change meanwhile.
        """
        change = 0
        while (executions := self._by_status.get(status)) and executions.greatest > change:
            found = list(islice(executions.ascending(change), _LOOKED_UP_AT_ONCE))
            change = found[-1].change_number
            for execution in found:
                if execution.status is status:
                    yield execution

    def recent_executions(
        self, status: ExecutionStatus | None, below: int | None
    ) -> Iterator[JobExecution]:
        """Yield executions, most recently changed first.

        Args:
            status: the only one, if one is given.
            below: the `change_number` below which to begin, if one is given.
        """
        statuses = self._by_status if status is None else {status: self._by_status.get(status)}
        found = [index.descending(below) for index in statuses.values() if index]
        return merged(found, _by_change)

    def find(self, thing: str, number: int | None) -> JobExecution | None:
        """Return a thing's execution with that number, or its newest one.

        None when there is none.
        """
        execution = self.executions.get(thing)
        while execution is not None and number is not None and execution.execution_number != number:
            execution = execution.previous
        return execution

    def executions_of(
        self, thing: str, status: ExecutionStatus | None, below: tuple[int, int] | None
    ) -> Iterator[JobExecution]:
        """Yield a thing's executions, newest first, those below a (job, number) if one is given."""
        execution = self.executions.get(thing)
        while execution is not None:
            key = (self.order, execution.execution_number)
            if status in (None, execution.status) and (below is None or key < below):
                yield execution
            execution = execution.previous

    def next_batch(self) -> list[str]:
        """Return the things that the rollout reaches in the coming minute."""
        if not self.waiting:
            return []
        config = self.settings.job_executions_rollout_config or JobExecutionsRolloutConfig()
        return list(islice(self.waiting, config.rate(self.notified, self.succeeded)))

    def retries_left(self, execution: JobExecution) -> bool:
        """Return whether the retry criteria allow another attempt after an execution failed."""
        config = self.settings.job_executions_retry_config
        failed, timed_out = execution.retries.failed, execution.retries.timed_out
        if config is None or failed + timed_out >= MOST_RETRIES:
            return False
        for criterion in config.criteria_list:
            if criterion.failure_type is FailureType.ALL:
                return failed + timed_out < criterion.number_of_retries
            if criterion.failure_type.value == execution.status.value:
                done = failed if execution.status is ExecutionStatus.FAILED else timed_out
                return done < criterion.number_of_retries
        return False

    def abort_reason(self) -> str | None:
        """Return AWS's comment on the abort criterion that is met, or None.

        Source: AWS IoT developer guide, job-configurations-api; wording captured.
        """
        config = self.settings.abort_config
        if config is None:
            return None
        completed = self.terminal_count
        for criterion in config.criteria_list:
            failures = sum(self.count(status) for status in _FAILURES[criterion.failure_type])
            if _is_met(criterion, completed, failures):
                return (
                    f"Abort criteria for failure type {criterion.failure_type} with threshold"
                    f" {criterion.threshold_percentage:.2f}% met. Total completed executions:"
                    f" {completed}, total {criterion.failure_type} executions: {failures}"
                )
        return None

    def has_nothing_left(self) -> bool:
        """Return whether no execution is open and none is to come, so that the job completes.

        A CONTINUOUS job always has something to come until its endTime (AWS IoT developer guide,
        iot-jobs-lifecycle).
        """
        if self.open_count or self.waiting or self.retries_due:
            return False
        return not self.is_continuous or self.ended


def _is_met(criterion: AbortCriteria, completed: int, failures: int) -> bool:
    if completed < criterion.min_number_of_executed_things:
        return False
    # In hundredths of a percent, which a threshold is made of, because 8.8 * 375 is more than 3300
    # in floats.
    return failures * 10_000 >= round(criterion.threshold_percentage * 100) * completed
