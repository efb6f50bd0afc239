"""Executions by status over the time of a rollout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

STATUSES = (
    "QUEUED",
    "IN_PROGRESS",
    "SUCCEEDED",
    "FAILED",
    "TIMED_OUT",
    "REJECTED",
    "REMOVED",
    "CANCELED",
)


@dataclass(frozen=True)
class TimelinePoint:
    """The executions of a job at one time.

    Attributes:
        at: that time, in UTC.
        elapsed: the time since the job was created.
        counts: executions by status, as DescribeJob counts them; statuses without any are left out.
        unreached: number of things that had no execution yet.
    """

    at: datetime
    elapsed: timedelta
    counts: Mapping[str, int]
    unreached: int
