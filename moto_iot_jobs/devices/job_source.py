"""The job that a fleet works on, read from the store of this process or from a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from moto.core.base_backend import backend_lock

from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.service.events import DELETED
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.states import ExecutionStatus, JobStatus

# The status of a job that is gone, where AWS has none.


class JobState(NamedTuple):
    """A job at one time.

    Attributes:
        counts: executions by status, zeros included.
        created_at: in milliseconds since the epoch.
        ended_at: the time at which it completed or was canceled, likewise; None if it did not.
    """

    status: str
    counts: Mapping[str, int]
    created_at: int
    ended_at: int | None
    reason_code: str | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class ExecutionState:
    """An execution at one time, with times in milliseconds since the epoch."""

    thing: str
    execution_number: int
    status: str
    queued_at: int
    started_at: int | None
    last_updated_at: int


class JobSource(Protocol):
    """A job, and the time of the service's next timer."""

    knows_next_timer: bool
    """True if `next_due` can tell."""

    def state(self) -> JobState | None:
        """Return the job's state, or None when there is no such job (any more)."""
        ...

    def summary(self) -> tuple[str, int]:
        """Return the job's status and number of queued executions, at less cost than `state`."""
        ...

    def executions(self, status: str | None = None) -> Iterator[ExecutionState]:
        """Yield the job's executions, or those with a status."""
        ...

    def next_due(self) -> int | None:
        """Return the time of the service's next timer, or None when there is none."""
        ...


class LocalJob:
    """A job of this process, read past the faults and quotas of the test.

    Args:
        account, region, job_id: the job's.
    """

    knows_next_timer = True

    def __init__(self, account: str, region: str, job_id: str) -> None:
        self._jobs = find_jobs(account, region)
        self._job_id = job_id

    def state(self) -> JobState | None:
        """Return the job's state, as `JobSource.state` says."""
        with backend_lock:
            job = self._job()
            if job is None:
                return None
            return JobState(
                status=job.status.value,
                counts={status.value: number for status, number in job.counts().items()},
                created_at=job.created_at,
                ended_at=job.last_updated_at
                if job.status is JobStatus.CANCELED
                else job.completed_at,
                reason_code=job.reason_code,
                comment=job.comment,
            )

    def summary(self) -> tuple[str, int]:
        """Return status and number of queued executions, as `JobSource.summary` says."""
        with backend_lock:
            job = self._job()
            if job is None:
                return DELETED, 0
            return job.status.value, job.count(ExecutionStatus.QUEUED)

    def executions(self, status: str | None = None) -> Iterator[ExecutionState]:
        """Yield executions, as `JobSource.executions` says."""
        with backend_lock:
            job = self._job()
            statuses = list(ExecutionStatus) if status is None else [ExecutionStatus(status)]
            found = [
                ExecutionState(
                    each.thing.name,
                    each.execution_number,
                    each.status.value,
                    each.queued_at,
                    each.started_at,
                    each.last_updated_at,
                )
                for wanted in statuses
                for each in (job.with_status(wanted) if job else ())
            ]
        yield from found

    def next_due(self) -> int | None:
        """Return the time of the next timer, as `JobSource.next_due` says."""
        with backend_lock:
            return self._jobs.lifecycle.next_due()

    def _job(self) -> Job | None:
        return self._jobs.store.jobs.get(self._job_id)


class ServerJob:
    """A job of a server.

    Args:
        iot: a boto3 client of the control plane.
        job_id: the job's id.
    """

    knows_next_timer = False

    def __init__(self, iot: Any, job_id: str) -> None:
        self._iot, self._job_id = iot, job_id

    def state(self) -> JobState | None:
        """Return the job's state, as `JobSource.state` says."""
        try:
            job: dict[str, Any] = self._iot.describe_job(jobId=self._job_id)["job"]
        except self._iot.exceptions.ResourceNotFoundException:
            return None
        details = job["jobProcessDetails"]
        is_canceled = job["status"] == JobStatus.CANCELED
        ended_at = job["lastUpdatedAt"] if is_canceled else job.get("completedAt")
        return JobState(
            status=job["status"],
            counts={
                status.value: details.get(f"numberOf{_capitalized(status.value)}Things", 0)
                for status in ExecutionStatus
            },
            created_at=_milliseconds(job["createdAt"]),
            ended_at=_milliseconds(ended_at) if ended_at is not None else None,
            reason_code=job.get("reasonCode"),
            comment=job.get("comment"),
        )

    def summary(self) -> tuple[str, int]:
        """Return status and number of queued executions, as `JobSource.summary` says."""
        state = self.state()
        return (state.status, state.counts["QUEUED"]) if state is not None else (DELETED, 0)

    def executions(self, status: str | None = None) -> Iterator[ExecutionState]:
        """Yield executions, as `JobSource.executions` says."""
        wanted = {"status": status} if status is not None else {}
        pages = self._iot.get_paginator("list_job_executions_for_job")
        for page in pages.paginate(jobId=self._job_id, maxResults=250, **wanted):
            for each in page["executionSummaries"]:
                summary = each["jobExecutionSummary"]
                yield ExecutionState(
                    each["thingArn"].rpartition("thing/")[2],
                    summary["executionNumber"],
                    summary["status"],
                    _milliseconds(summary["queuedAt"]),
                    _milliseconds(summary["startedAt"]) if "startedAt" in summary else None,
                    _milliseconds(summary["lastUpdatedAt"]),
                )

    def next_due(self) -> int | None:
        """Return None, since no operation of AWS shows it."""
        return None


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _capitalized(status: str) -> str:
    return "".join(word.capitalize() for word in status.split("_"))
