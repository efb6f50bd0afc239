"""How things stood at one moment of a rollout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
class Moment:
    """How things stood.

    Attributes:
        seconds: since the job was created.
        counts: executions by status, those that DescribeJob counts; only statuses that there are.
        unreached: things that had no execution yet.
    """

    seconds: float
    counts: Mapping[str, int]
    unreached: int
