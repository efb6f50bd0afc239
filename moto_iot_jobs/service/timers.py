"""Timers of one account and region: one heap, run in order of time.

Timers that are due at the same time run in the order of `TimerKind`: first what ends (a device's
time, a window, a job), then what begins (a job or window, the next batch of a rollout), so that
nothing is handed out in the very instant in which it is over. Timers of one kind at one time run in
the order in which they were added.
"""

from __future__ import annotations

from enum import IntEnum
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

Kind = TypeVar("Kind", bound=IntEnum)


class TimerKind(IntEnum):
    """Kinds of timers, in the order in which those of the same time run."""

    EXECUTION_TIMES_OUT = 1
    WINDOW_CLOSES = 2
    JOB_ENDS = 3
    DELETION_ENDS = 4
    JOB_STARTS = 5
    WINDOW_OPENS = 6
    ROLLOUT_GOES_ON = 7


class Timer(Generic[Kind]):
    """One timer.

    Attributes:
        due: milliseconds since the epoch.
        kind: the consequence.
        subject: the job or execution concerned; None once the timer was taken or dropped.
    """

    __slots__ = ("due", "kind", "subject")

    def __init__(self, due: int, kind: Kind, subject: Any) -> None:
        self.due = due
        self.kind = kind
        self.subject = subject


class TimerQueue(Generic[Kind]):
    """The timers of one account and region.

    Attributes:
        heap: the first timer to be due in front, each behind the key that it is ordered by; dropped
            ones included.
    """

    def __init__(self) -> None:
        self.heap: list[tuple[int, Kind, int, Timer[Kind]]] = []
        self._entries = 0
        self._dropped = 0

    def __len__(self) -> int:
        return len(self.heap) - self._dropped

    def add(self, due: int, kind: Kind, subject: Any) -> Timer[Kind]:
        """Add a timer and return it, so that it can be dropped again."""
        timer = Timer(due, kind, subject)
        self._entries += 1
        heappush(self.heap, (due, kind, self._entries, timer))
        return timer

    def drop(self, timer: Timer[Kind] | None) -> None:
        """Remove a timer. Idempotent."""
        if timer is None or timer.subject is None:
            return
        timer.subject = None
        self._dropped += 1
        # Dropped timers leave when they are due, or all together once they are the larger half:
        # constant cost a drop.
        if self._dropped > 64 and self._dropped * 2 > len(self.heap):
            self.heap = [entry for entry in self.heap if entry[3].subject is not None]
            heapify(self.heap)
            self._dropped = 0

    def next_due(self) -> int | None:
        """Return when the next timer is due, or None when there is none."""
        self._remove_dropped()
        return self.heap[0][0] if self.heap else None

    def first(self, now: int) -> Timer[Kind] | None:
        """Return the first timer that is due by `now`, without removing it, or None."""
        self._remove_dropped()
        heap = self.heap
        return heap[0][3] if heap and heap[0][0] <= now else None

    def _remove_dropped(self) -> None:
        """Remove dropped timers from the front."""
        heap = self.heap
        while heap and heap[0][3].subject is None:
            heappop(heap)
            self._dropped -= 1

    def take(self, now: int) -> tuple[int, Kind, Any] | None:
        """Remove the first timer that is due by `now`.

        Return its due, kind and subject, or None.
        """
        timer = self.first(now)
        if timer is None:
            return None
        heappop(self.heap)
        subject, timer.subject = timer.subject, None
        return timer.due, timer.kind, subject
