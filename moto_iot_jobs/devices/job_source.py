"""How a fleet sees the job it works on: in the store, which spends none of the tester's faults and
quotas, or from a server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from moto.core.base_backend import backend_lock

from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.service.job import Job
from moto_iot_jobs.service.states import ExecutionStatus

DELETED = "DELETED"


class Look(NamedTuple):
    """The job now; `created_at` in milliseconds since the epoch, `counts` of executions by status,
    zeros included.
    """

    status: str
    counts: Mapping[str, int]
    created_at: int
    reason_code: str | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """An execution now; moments in milliseconds since the epoch."""

    thing: str
    number: int
    status: str
    queued_at: int
    started_at: int | None
    last_updated_at: int


class JobView(Protocol):
    """A job, and when something happens next."""

    knows_what_is_due: bool
    """Whether `next_due` can tell."""

    def look(self) -> Look | None:
        """Return how the job stands, or None when there is none (any more)."""
        ...

    def pulse(self) -> tuple[str, int]:
        """Return the job's status and how many executions are queued; more cheaply than `look`,
        where it can be.
        """
        ...

    def executions(self, status: str | None = None) -> Iterator[Seen]:
        """Yield the job's executions, or those with a status."""
        ...

    def next_due(self) -> int | None:
        """Return when something happens by itself next; None when nothing will."""
        ...


class StoreView:
    """A job of this process.

    Args:
        account, region, job_id: which.
    """

    knows_what_is_due = True

    def __init__(self, account: str, region: str, job_id: str) -> None:
        self._jobs = find_jobs(account, region)
        self._job_id = job_id

    def look(self) -> Look | None:
        """See `JobView.look`."""
        with backend_lock:
            job = self._job()
            if job is None:
                return None
            counts = {status.value: number for status, number in job.counts().items()}
            return Look(job.status.value, counts, job.created_at, job.reason_code, job.comment)

    def pulse(self) -> tuple[str, int]:
        """See `JobView.pulse`."""
        with backend_lock:
            job = self._job()
            return (
                (job.status.value, job.count(ExecutionStatus.QUEUED))
                if job is not None
                else (DELETED, 0)
            )

    def executions(self, status: str | None = None) -> Iterator[Seen]:
        """See `JobView.executions`."""
        with backend_lock:
            job = self._job()
            statuses = list(ExecutionStatus) if status is None else [ExecutionStatus(status)]
            found = [
                each for wanted in statuses for each in (job.with_status(wanted) if job else ())
            ]
            seen = [
                Seen(
                    each.thing.name,
                    each.execution_number,
                    each.status.value,
                    each.queued_at,
                    each.started_at,
                    each.last_updated_at,
                )
                for each in found
            ]
        yield from seen

    def next_due(self) -> int | None:
        """See `JobView.next_due`."""
        with backend_lock:
            return self._jobs.lifecycle.next_due()

    def _job(self) -> Job | None:
        return self._jobs.store.jobs.get(self._job_id)


class ServerView:
    """A job of a server.

    Args:
        owner: the owner's boto3 client.
        job_id: which.
    """

    knows_what_is_due = False

    def __init__(self, owner: Any, job_id: str) -> None:
        self._owner, self._job_id = owner, job_id

    def look(self) -> Look | None:
        """See `JobView.look`."""
        try:
            job: dict[str, Any] = self._owner.describe_job(jobId=self._job_id)["job"]
        except self._owner.exceptions.ResourceNotFoundException:
            return None
        details = job["jobProcessDetails"]
        counts = {
            status.value: details.get(f"numberOf{_camel_case(status.value)}Things", 0)
            for status in ExecutionStatus
        }
        return Look(
            job["status"],
            counts,
            _milliseconds(job["createdAt"]),
            job.get("reasonCode"),
            job.get("comment"),
        )

    def pulse(self) -> tuple[str, int]:
        """See `JobView.pulse`."""
        look = self.look()
        return (look.status, look.counts["QUEUED"]) if look is not None else (DELETED, 0)

    def executions(self, status: str | None = None) -> Iterator[Seen]:
        """See `JobView.executions`."""
        wanted = {"status": status} if status is not None else {}
        pages = self._owner.get_paginator("list_job_executions_for_job")
        for page in pages.paginate(jobId=self._job_id, maxResults=250, **wanted):
            for each in page["executionSummaries"]:
                summary = each["jobExecutionSummary"]
                yield Seen(
                    each["thingArn"].rpartition("thing/")[2],
                    summary["executionNumber"],
                    summary["status"],
                    _milliseconds(summary["queuedAt"]),
                    _milliseconds(summary["startedAt"]) if "startedAt" in summary else None,
                    _milliseconds(summary["lastUpdatedAt"]),
                )

    def next_due(self) -> int | None:
        """See `JobView.next_due`. No operation tells."""
        return None


def _milliseconds(moment: Any) -> int:
    at: float = moment.timestamp()
    return round(at * 1000)


def _camel_case(status: str) -> str:
    return "".join(word.capitalize() for word in status.split("_"))
