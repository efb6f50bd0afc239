"""Counts of the operations, errors and status transitions that the tests exercised.

Counted from `start` on, over all mocks and resets; the counts of other processes can be added.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.base_backend import backend_lock

from moto_iot_jobs.runtime import neighbours, runtime
from moto_iot_jobs.runtime.calls import HandledCall
from moto_iot_jobs.runtime.delivery import EventBatch, live_jobs
from moto_iot_jobs.runtime.forks import protect
from moto_iot_jobs.service.events import (
    OF_EXECUTIONS,
    ExecutionDeleted,
    ExecutionQueued,
    JobChanged,
    NeighbourEvent,
    StatusChanged,
)
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.service.lifecycle import ABORTED
from moto_iot_jobs.service.states import (
    IN_PROGRESS,
    LIVE,
    QUEUED,
    TERMINAL,
    Act,
    ExecutionStatus,
    JobAct,
    JobStatus,
)

FINISHED = "finished"
"""Column of the six terminal statuses, which no act distinguishes."""

# Executions and jobs whose last status is remembered; the transitions of older ones are not
# counted.
_MOST_STATUSES = 100_000
_MOST_SCHEDULED = 1_000

_Key = tuple[str, ...]


def column(status: str) -> str:
    """Return the column of an execution's status in the table of transitions."""
    return FINISHED if status in TERMINAL else str(status)


class CoverageCounts:
    """Counts of operations, errors and transitions.

    Attributes:
        calls: by service and operation, failed ones included.
        errors: by service, operation and code.
        transitions: of executions, by act and the column of the status before.
        job_transitions: by act.
        neighbour_transitions: by neighbour, act and the column of the status before.
    """

    def __init__(self) -> None:
        self.calls: Counter[_Key] = Counter()
        self.errors: Counter[_Key] = Counter()
        self.transitions: Counter[_Key] = Counter()
        self.job_transitions: Counter[_Key] = Counter()
        self.neighbour_transitions: Counter[_Key] = Counter()
        self._statuses: dict[_Key, str] = {}
        self._scheduled: dict[int, tuple[Job, JobStatus, bool]] = {}
        self._listening = False
        self._lock = threading.Lock()
        protect(self._lock)

    def start(self) -> None:
        """Count from now on. Idempotent."""
        if not self._listening:
            self._listening = True
            runtime.call_handled.connect(self._count_call)
            runtime.delivery.events_published.connect(self._count_events)
            runtime.ended.connect(self._forget_jobs)

    def stop(self) -> None:
        """End `start`, and keep the counts."""
        if self._listening:
            self._listening = False
            runtime.delivery.deliver()
            runtime.call_handled.disconnect(self._count_call)
            runtime.delivery.events_published.disconnect(self._count_events)
            runtime.ended.disconnect(self._forget_jobs)

    def clear(self) -> None:
        """Set all counts to zero."""
        for counter in self._counters().values():
            counter.clear()

    def counts(self) -> dict[str, list[list[Any]]]:
        """Return all counts, ready for JSON: for each kind, rows that end with the count."""
        runtime.delivery.deliver()
        return {
            name: [[*key, count] for key, count in sorted(found.items())]
            for name, found in self._counters().items()
        }

    def add(self, counts: Mapping[str, Iterable[Iterable[Any]]]) -> None:
        """Add the counts of another process."""
        for name, counter in self._counters().items():
            for row in counts.get(name, ()):
                *key, count = row
                counter[tuple(key)] += count

    def _counters(self) -> dict[str, Counter[_Key]]:
        return {
            "calls": self.calls,
            "errors": self.errors,
            "transitions": self.transitions,
            "jobTransitions": self.job_transitions,
            "neighbourTransitions": self.neighbour_transitions,
        }

    def _count_call(self, call: HandledCall) -> None:
        service, operation, code = call.service, call.operation, call.code
        with self._lock:
            self.calls[service, operation] += 1
            if code is not None:
                self.errors[service, operation, code] += 1
        if code is None and operation == "CreateJob":
            self._track_newest_jobs()
        self._count_scheduled_jobs()

    def _count_events(self, batch: EventBatch) -> None:
        jobs, cause = batch.jobs, batch.cause
        for event in batch.events:
            if isinstance(event, OF_EXECUTIONS):
                self._count_execution_transition(jobs, event, cause)
            elif isinstance(event, JobChanged):
                self._count_job_transition(event)
            elif isinstance(event, NeighbourEvent):
                self._count_change(jobs, event, cause)
        self._count_scheduled_jobs()

    def _count_change(self, jobs: JobsService, event: NeighbourEvent, cause: str) -> None:
        for name, load in neighbours.introspections.items():
            change = load().change(jobs, event)
            if change is None or change.column is None:
                continue
            act = change.act or cause
            self.neighbour_transitions[name, act, change.column] += 1

    def _count_execution_transition(
        self,
        jobs: JobsService,
        event: ExecutionQueued | StatusChanged | ExecutionDeleted,
        cause: str,
    ) -> None:
        location = jobs.location
        key = (
            location.account,
            location.region,
            event.job_id,
            event.thing,
            str(event.execution_number),
        )
        before = self._statuses.pop(key, None)
        if isinstance(event, ExecutionQueued):
            self._remember(key, QUEUED)
        elif isinstance(event, StatusChanged):
            self._remember(key, event.status)
            if before is not None:
                self.transitions[event.act.value, column(before)] += 1
        elif cause == "DeleteJobExecution" and before is not None:
            # An event does not say whether force was given; it is certain only for a status that
            # needs it.
            act = Act.DELETE_EXECUTION_FORCE if before == IN_PROGRESS else Act.DELETE_EXECUTION
            self.transitions[act.value, column(before)] += 1

    def _remember(self, key: _Key, status: str) -> None:
        if len(self._statuses) >= _MOST_STATUSES:
            del self._statuses[next(iter(self._statuses))]
        self._statuses[key] = ExecutionStatus(status).value

    def _count_job_transition(self, event: JobChanged) -> None:
        act = _job_act(event)
        if act is not None:
            self.job_transitions[(act.value,)] += 1

    # No event is recorded for jobs that start, pause and reach their endTime.

    def _track_newest_jobs(self) -> None:
        with backend_lock:
            newest = [next(reversed(jobs.store.jobs.values()), None) for jobs in live_jobs()]
        for job in newest:
            if job is not None and job.is_scheduled and len(self._scheduled) < _MOST_SCHEDULED:
                self._scheduled.setdefault(id(job), (job, job.status, job.ended))

    def _count_scheduled_jobs(self) -> None:
        for key, (job, before, had_ended) in list(self._scheduled.items()):
            self._scheduled[key] = (job, job.status, job.ended)
            if job.status not in LIVE:
                del self._scheduled[key]
            if job.ended and not had_ended:
                self.job_transitions[(JobAct.END.value,)] += 1
            elif before is JobStatus.SCHEDULED and job.status in (
                JobStatus.IN_PROGRESS,
                JobStatus.COMPLETED,
            ):
                self.job_transitions[(JobAct.START.value,)] += 1
            elif before is JobStatus.IN_PROGRESS and job.status is JobStatus.SCHEDULED:
                self.job_transitions[(JobAct.PAUSE.value,)] += 1

    def _forget_jobs(self) -> None:
        self._statuses.clear()
        self._scheduled.clear()


def _job_act(event: JobChanged) -> JobAct | None:
    match event.operation:
        case "canceled":
            return JobAct.ABORT if event.reason_code == ABORTED else JobAct.CANCEL
        case "completed":
            return JobAct.CLOSE
        case "deletion_in_progress":
            finished = event.completed_at is not None or event.force_canceled is not None
            return JobAct.DELETE if finished else JobAct.DELETE_FORCE
    return None


coverage_counts = CoverageCounts()
