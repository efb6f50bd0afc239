"""Deletions of jobs under way, and the pace at which they end."""

from __future__ import annotations

from typing import TypeAlias

from .job import Job
from .record import Record


class Immediate:
    """Deletions that end in the call that requests them."""


class AfterDescriptions(Record):
    """Deletions that end once the job was described that often meanwhile."""

    times: int


class AfterTime(Record):
    """Deletions that end so many milliseconds after they were requested."""

    milliseconds: int


DeletionPace: TypeAlias = Immediate | AfterDescriptions | AfterTime


class Deletion:
    """A job in DELETION_IN_PROGRESS.

    Attributes:
        since: when the deletion was requested.
        described: number of DescribeJob calls since then.
        described_at: time of the last of them.
        is_ending: whether its end has begun, by which its executions go.
    """

    def __init__(self, job: Job, since: int) -> None:
        self.job = job
        self.since = since
        self.described = 0
        self.described_at = since
        self.is_ending = False

    def ends_at(self, pace: DeletionPace, now: int) -> int | None:
        """Return when the deletion ends at a pace, or None while that is not known."""
        match pace:
            case AfterDescriptions(times):
                return self.described_at if self.described >= times else None
            case AfterTime(milliseconds):
                return self.since + milliseconds
            case _:
                return now
