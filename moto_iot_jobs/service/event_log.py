"""The journal of a store: events in the order in which they happened, until somebody takes them.

Whoever delivers messages (event topics, notifications, a test's history) takes them out after each
operation. Nothing is recorded while nobody listens, so that a store without listeners pays nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from .events import (
    Event,
    ExecutionDeleted,
    ExecutionQueued,
    JobChanged,
    PendingChanged,
    PendingExecution,
    StatusChanged,
)
from .execution import JobExecution, ThingExecutions
from .job import Job
from .states import Act


class EventLog:
    """The events of a store that nobody has taken yet.

    Attributes:
        listening: whether anybody will take them; nothing is recorded otherwise.
    """

    def __init__(self) -> None:
        self.listening = False
        self._events: list[Event] = []

    def take(self) -> list[Event]:
        """Return the events since the last call, oldest first."""
        events, self._events = self._events, []
        return events

    def execution_queued(self, execution: JobExecution, at: int) -> None:
        """Record that a thing got an execution."""
        if self.listening:
            self._events.append(
                ExecutionQueued(
                    at, execution.job_id, execution.thing.name, execution.execution_number
                )
            )

    def execution_changed(self, execution: JobExecution, act: Act | None, at: int) -> None:
        """Record that an execution changed."""
        if self.listening:
            self._events.append(
                StatusChanged(
                    at,
                    execution.job_id,
                    execution.thing.name,
                    execution.execution_number,
                    execution.status,
                    execution.version_number,
                    execution.status_details,
                    execution.force_canceled,
                    act,
                )
            )

    def execution_deleted(self, execution: JobExecution, at: int) -> None:
        """Record that an execution was deleted."""
        if self.listening:
            self._events.append(
                ExecutionDeleted(
                    at,
                    execution.job_id,
                    execution.thing.name,
                    execution.execution_number,
                    execution.status_details,
                )
            )

    def job_changed(self, job: Job, operation: str, at: int) -> None:
        """Record a point in a job's life, with the job as it stands."""
        if self.listening:
            self._events.append(
                JobChanged(
                    at,
                    operation,
                    job.job_id,
                    job.target_selection,
                    tuple(target.arn for target in job.targets),
                    job.description,
                    job.created_at,
                    job.last_updated_at,
                    job.completed_at,
                    job.comment,
                    job.reason_code,
                    job.force_canceled,
                    job.counts(),
                )
            )

    def pending_changed(
        self,
        thing: ThingExecutions,
        jobs: Mapping[str, Job],
        at: int,
        *,
        list_changed_in: frozenset[str | None],
        front_changed_in: frozenset[str | None],
    ) -> None:
        """Record that a thing's pending executions changed.

        Args:
            jobs: the jobs that its executions belong to, by id.
            list_changed_in, front_changed_in: the namespaces concerned (None is that of jobs
                without one).
        """
        if self.listening and (list_changed_in or front_changed_in):
            in_progress, queued = thing.pending()
            pending = tuple(
                as_pending(execution, jobs[execution.job_id])
                for execution in (*in_progress, *queued)
            )
            self._events.append(
                PendingChanged(at, thing.name, pending, list_changed_in, front_changed_in)
            )


def as_pending(execution: JobExecution, job: Job) -> PendingExecution:
    """Return an execution of a job as it stands."""
    return PendingExecution(
        execution.job_id,
        execution.execution_number,
        execution.status,
        execution.queued_at,
        execution.started_at,
        execution.last_updated_at,
        execution.version_number,
        execution.status_details,
        execution.timers.due if execution.timers else None,
        job.namespace_id,
        job.document,
        job.settings.presigned_url_config,
    )
