"""What of the contract of IoT Jobs was seen happening: operations, their errors, and every way in
which a status changed.

Recorded from `start` on, over all mocks and resets, as numbers that those of other processes can be
added to.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.base_backend import backend_lock

from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.calls import HandledCall
from moto_iot_jobs.runtime.delivery import EventBatch, live_jobs
from moto_iot_jobs.service.events import (
    ExecutionDeleted,
    ExecutionQueued,
    JobChanged,
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
"""The column of the six terminal statuses, which no act tells apart."""

# Executions and jobs whose last status is remembered; of what is older it is not known how it
# moved.
_MOST_REMEMBERED = 100_000
_MOST_SCHEDULED = 1_000

_Key = tuple[str, ...]


def column(status: str) -> str:
    """Return the column of an execution's status in the table of who may move what."""
    return FINISHED if status in TERMINAL else str(status)


class Contract:
    """How often each operation, error and transition was seen.

    Attributes:
        calls: by service and operation, refused ones included.
        errors: by service, operation and code.
        moves: by act and the column of the status before.
        job_moves: by act.
    """

    def __init__(self) -> None:
        self.calls: Counter[_Key] = Counter()
        self.errors: Counter[_Key] = Counter()
        self.moves: Counter[_Key] = Counter()
        self.job_moves: Counter[_Key] = Counter()
        self._statuses: dict[_Key, str] = {}
        self._scheduled: dict[int, tuple[Job, JobStatus, bool]] = {}
        self._listening = False
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        """Record from now on. Idempotent."""
        if not self._listening:
            self._listening = True
            runtime.call_handled.connect(self._told)
            runtime.delivery.happened.connect(self._take)
            runtime.ended.connect(self._forget_jobs)

    def stop(self) -> None:
        """End `start`; what was seen stays."""
        if self._listening:
            self._listening = False
            runtime.delivery.deliver()
            runtime.call_handled.disconnect(self._told)
            runtime.delivery.happened.disconnect(self._take)
            runtime.ended.disconnect(self._forget_jobs)

    def clear(self) -> None:
        """Forget everything that was seen."""
        for counter in self._counters().values():
            counter.clear()

    def counts(self) -> dict[str, list[list[Any]]]:
        """Return all numbers as JSON can hold them: for each kind, rows that end with the number."""
        runtime.delivery.deliver()
        return {
            name: [[*key, count] for key, count in sorted(found.items())]
            for name, found in self._counters().items()
        }

    def add(self, counts: Mapping[str, Iterable[Iterable[Any]]]) -> None:
        """Add the numbers of another process."""
        for name, counter in self._counters().items():
            for row in counts.get(name, ()):
                *key, count = row
                counter[tuple(key)] += count

    def _counters(self) -> dict[str, Counter[_Key]]:
        return {
            "calls": self.calls,
            "errors": self.errors,
            "moves": self.moves,
            "jobMoves": self.job_moves,
        }

    def _told(self, call: HandledCall) -> None:
        service, operation, code = call.service, call.operation, call.code
        with self._one_at_a_time:
            self.calls[service, operation] += 1
            if code is not None:
                self.errors[service, operation, code] += 1
        if code is None and operation == "CreateJob":
            self._watch_the_newest()
        self._look_at_scheduled_jobs()

    def _take(self, batch: EventBatch) -> None:
        jobs, cause = batch.jobs, batch.cause
        for event in batch.events:
            if isinstance(event, ExecutionQueued | StatusChanged | ExecutionDeleted):
                self._execution_moved(jobs, event, cause)
            elif isinstance(event, JobChanged):
                self._job_moved(event)
        self._look_at_scheduled_jobs()

    def _execution_moved(
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
                self.moves[event.act.value, column(before)] += 1
        elif cause == "DeleteJobExecution" and before is not None:
            # An event does not say whether force was given; it is certain only where nothing goes
            # without it.
            act = Act.DELETE_EXECUTION_FORCE if before == IN_PROGRESS else Act.DELETE_EXECUTION
            self.moves[act.value, column(before)] += 1

    def _remember(self, key: _Key, status: str) -> None:
        if len(self._statuses) >= _MOST_REMEMBERED:
            del self._statuses[next(iter(self._statuses))]
        self._statuses[key] = ExecutionStatus(status).value

    def _job_moved(self, event: JobChanged) -> None:
        act = _job_act(event)
        if act is not None:
            self.job_moves[(act.value,)] += 1

    # No event tells of jobs that start, pause and reach their endTime.

    def _watch_the_newest(self) -> None:
        with backend_lock:
            newest = [next(reversed(jobs.store.jobs.values()), None) for jobs in live_jobs()]
        for job in newest:
            if job is not None and job.is_scheduled and len(self._scheduled) < _MOST_SCHEDULED:
                self._scheduled.setdefault(id(job), (job, job.status, job.ended))

    def _look_at_scheduled_jobs(self) -> None:
        for key, (job, before, had_ended) in list(self._scheduled.items()):
            self._scheduled[key] = (job, job.status, job.ended)
            if job.status not in LIVE:
                del self._scheduled[key]
            if job.ended and not had_ended:
                self.job_moves[(JobAct.END.value,)] += 1
            elif before is JobStatus.SCHEDULED and job.status in (
                JobStatus.IN_PROGRESS,
                JobStatus.COMPLETED,
            ):
                self.job_moves[(JobAct.START.value,)] += 1
            elif before is JobStatus.IN_PROGRESS and job.status is JobStatus.SCHEDULED:
                self.job_moves[(JobAct.PAUSE.value,)] += 1

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


contract = Contract()
