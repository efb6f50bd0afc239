"""The result of a job in a fleet: its end, its timeline, and every execution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

from . import chart
from .timeline import TimelinePoint

StopReason: TypeAlias = Literal["FINISHED", "IDLE", "TIME_LIMIT"]


@dataclass(frozen=True)
class ExecutionEnd:
    """One execution as it stood at the end of the rollout.

    Attributes:
        thing, execution_number: the execution of the job.
        status: its status at the service.
        outcome: the name of the script or handler that its device ran; None if the device never
            started it.
        queued_at, started_at, ended_at: in UTC; None for what has not happened.
        given_up: the error after which its device stopped sending requests (throttled for too long,
            no response); None if it did not.
    """

    thing: str
    execution_number: int
    status: str
    outcome: str | None
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    given_up: str | None = None


@dataclass(frozen=True)
class Rollout:
    """The result of `Fleet.roll_out` and `Fleet.run`.

    Attributes:
        job_id: the job's id.
        status: the job's status at the end.
        reason_code, comment: as DescribeJob gives them for a cancelation or an abort.
        created_at: the time at which the job was created, in UTC.
        ended_at: the time at which it completed or was canceled; None if it did not.
        duration: from the job's creation to the end of the rollout.
        stop_reason: FINISHED, the job and all its executions have ended; IDLE, nothing more can
            happen, because devices hang or gave up; TIME_LIMIT, the days to simulate were over.
        timeline: the beginning, the end of each minute in which something changed, and the end.
        executions: every execution of the job, by thing and number.
    """

    job_id: str
    status: str
    reason_code: str | None
    comment: str | None
    created_at: datetime
    ended_at: datetime | None
    duration: timedelta
    stop_reason: StopReason
    timeline: Sequence[TimelinePoint]
    executions: Sequence[ExecutionEnd]

    @property
    def counts(self) -> dict[str, int]:
        """Executions by status at the end, for statuses that have any."""
        return dict(self.timeline[-1].counts)

    @property
    def unreached(self) -> int:
        """Number of things that never had an execution."""
        return self.timeline[-1].unreached

    @property
    def was_aborted(self) -> bool:
        """True if the abort criteria ended the job."""
        return self.reason_code == "ABORT_CANCEL"

    def executions_of(self, thing: str) -> list[ExecutionEnd]:
        """Return the executions of one thing, by number.

        Raises:
            LookupError: the job never reached a thing of that name.
        """
        found = [each for each in self.executions if each.thing == thing]
        if not found:
            raise LookupError(
                f"{self.job_id} has no execution on {thing!r}; {self.unreached} things were not"
                " reached."
            )
        return found

    def outcomes(self) -> dict[str, int]:
        """Count the executions by the names of the scripts and handlers that devices ran."""
        names = Counter(each.outcome for each in self.executions if each.outcome is not None)
        return dict(sorted(names.items()))

    def save_chart(
        self, path: str | Path, title: str | None = None, subtitle: str | None = None
    ) -> None:
        """Draw executions by status over time, with a mark where the job was aborted or canceled.

        Args:
            path: a file whose name ends in .svg, or in .png, for which Pillow has to be installed.
            title: the headline; by default the job's id and status.
            subtitle: text below it, of one or more lines.

        Raises:
            ValueError: another kind of file.
            ImportError: PNG without Pillow.
        """
        mark = None
        if self.status == "CANCELED" and self.ended_at is not None:
            word = "aborted" if self.was_aborted else "canceled"
            mark = chart.Mark((self.ended_at - self.created_at).total_seconds(), word)
        headings = (title or f"{self.job_id}: {self.status}", *(subtitle or "").splitlines())
        chart.save(self.timeline, path, headings, mark)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, with times in seconds since the job's creation."""
        return {
            "jobId": self.job_id,
            "status": self.status,
            "reasonCode": self.reason_code,
            "comment": self.comment,
            "seconds": self.duration.total_seconds(),
            "endedSeconds": self._seconds(self.ended_at),
            "stopReason": self.stop_reason,
            "counts": self.counts,
            "unreached": self.unreached,
            "outcomes": self.outcomes(),
            "timeline": [_point(each) for each in self.timeline],
            "executions": [self._execution(each) for each in self.executions],
        }

    def _execution(self, end: ExecutionEnd) -> Mapping[str, Any]:
        return {
            "thing": end.thing,
            "executionNumber": end.execution_number,
            "status": end.status,
            "outcome": end.outcome,
            "queuedSeconds": self._seconds(end.queued_at),
            "startedSeconds": self._seconds(end.started_at),
            "endedSeconds": self._seconds(end.ended_at),
            "givenUp": end.given_up,
        }

    def _seconds(self, time: datetime | None) -> float | None:
        return (time - self.created_at).total_seconds() if time is not None else None


def _point(point: TimelinePoint) -> Mapping[str, Any]:
    seconds = point.elapsed.total_seconds()
    return {"seconds": seconds, "counts": dict(point.counts), "unreached": point.unreached}
