"""Deletion of jobs, from DELETION_IN_PROGRESS until the job is gone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .deletion import Deletion, DeletionPace
from .execution import JobExecution
from .job import Job
from .states import OPEN, ExecutionStatus, JobStatus
from .store import Store
from .timers import TimerKind

_ALL = tuple(ExecutionStatus)
_OPEN = tuple(status for status in _ALL if status in OPEN)


class JobDeletions:
    """The rules by which jobs are deleted.

    Args:
        store: the jobs and their executions.
        pace: gives the time that deletions take; called whenever it matters.
    """

    def __init__(self, store: Store, pace: Callable[[], DeletionPace]) -> None:
        self._store = store
        self._pace = pace

    def begin(self, job: Job, status: JobStatus, at: int) -> None:
        """Put a job into DELETION_IN_PROGRESS.

        Devices see nothing of it any more. The timers that are due have to run afterwards.

        Raises:
            ValueError: the pace of deletions makes no sense; nothing has changed.
        """
        self._pace()
        self._store.stop(job)
        self._store.set_job_status(job, status, at)
        self._store.deletions[job.job_id] = Deletion(job, at)
        self._store.record_job(job, "deletion_in_progress", at)
        self._store.sweep(job, _OPEN, partial(self._withdraw, job, at=at), lambda: None)

    def _withdraw(self, job: Job, execution: JobExecution, at: int) -> None:
        self._store.stop_timers(execution)
        self._store.hide(job, execution, at)

    def plan_ends(self, now: int) -> None:
        """Plan the ends of deletions as the pace has them now.

        One without sense changes nothing.
        """
        try:
            pace = self._pace()
        except ValueError:
            return
        for deletion in self._store.deletions.values():
            if deletion.is_ending:
                continue
            due = deletion.ends_at(pace, now)
            planned = deletion.job.timers.get(TimerKind.DELETION_ENDS)
            if due != (planned.due if planned else None):
                self._store.plan(deletion.job, TimerKind.DELETION_ENDS, due)

    def finish(self, job: Job, at: int) -> None:
        """Delete the executions of a job, and then the job."""
        self._store.deletions[job.job_id].is_ending = True
        self._store.sweep(
            job,
            _ALL,
            lambda execution: self._store.purge(job, execution, at),
            lambda: self._forget(job, at),
        )

    def _forget(self, job: Job, at: int) -> None:
        del self._store.deletions[job.job_id]
        self._store.remove_job(job)
        self._store.record_job(job, "deleted", at)
