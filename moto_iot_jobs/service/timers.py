"""What is due when: one heap of future happenings, taken out in order of time.

Happenings at the same instant come in the order of `TimerKind`: first what ends (a device's time, a
window, a job), then what begins (a job or window, the next batch of a rollout), so that nothing is
handed out in the very instant in which it is over. Happenings of one kind at one instant come in
the order in which they were put on the agenda.
"""

from __future__ import annotations

from enum import IntEnum
from heapq import heapify, heappop, heappush
from typing import Any


class TimerKind(IntEnum):
    """What happens, in the order in which happenings of the same instant are carried out."""

    EXECUTION_TIMES_OUT = 1
    WINDOW_CLOSES = 2
    JOB_ENDS = 3
    DELETION_ENDS = 4
    JOB_STARTS = 5
    WINDOW_OPENS = 6
    ROLLOUT_GOES_ON = 7


class Timer:
    """One entry of the agenda: a kind, what it concerns, and when it is due (milliseconds since
    the epoch).
    """

    __slots__ = ("due", "kind", "subject")

    def __init__(self, due: int, kind: TimerKind, subject: Any) -> None:
        self.due = due
        self.kind = kind
        self.subject = subject


class TimerQueue:
    """Future happenings of one account and region."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, TimerKind, int, Timer]] = []
        self._entries = 0
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._heap) - self._dropped

    def add(self, due: int, kind: TimerKind, subject: Any) -> Timer:
        """Put something on the agenda and return the entry, by which it can be dropped again."""
        timer = Timer(due, kind, subject)
        self._entries += 1
        heappush(self._heap, (due, kind, self._entries, timer))
        return timer

    def drop(self, timer: Timer | None) -> None:
        """Take an entry off the agenda; one that was taken out or dropped before does no harm."""
        if timer is None or timer.subject is None:
            return
        timer.subject = None
        self._dropped += 1
        # Dropped entries leave when they are due, or all together once they are the larger half:
        # constant cost a drop.
        if self._dropped > 64 and self._dropped * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[3].subject is not None]
            heapify(self._heap)
            self._dropped = 0

    def next_due(self) -> int | None:
        """Return when the next happening is due, or None when nothing is to come."""
        while self._heap and self._heap[0][3].subject is None:
            heappop(self._heap)
            self._dropped -= 1
        return self._heap[0][0] if self._heap else None

    def take(self, now: int) -> tuple[int, TimerKind, Any] | None:
        """Take out and return the first happening that is due by `now` as (due, kind, subject), or
        None.
        """
        due = self.next_due()
        if due is None or due > now:
            return None
        timer = heappop(self._heap)[3]
        subject, timer.subject = timer.subject, None
        return due, timer.kind, subject
