"""A heap of deadlines, in which a thousand idle connections cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

Subject = TypeVar("Subject")

# How many deadlines that nobody wants are kept at least before it is worth the time to drop them.
_SPARE = 1_000


class Deadlines(Generic[Subject]):
    """Subjects with the millisecond at which to look at them again.

    Nothing is ever taken back: the one that looks must check. What is not wanted any more is
    dropped once it is more than half of all, else clients that come and go would fill the memory.

    Args:
        is_wanted: tells whether there will be anything to look at, given the millisecond and the
            subject.
    """

    def __init__(self, is_wanted: Callable[[int, Subject], bool]) -> None:
        self._heap: list[tuple[int, int, Subject]] = []
        self._added = 0
        self._is_wanted = is_wanted
        self._most = _SPARE

    def add(self, due: int, subject: Subject) -> None:
        """Add a subject to look at when ``due`` comes."""
        self._added += 1
        heappush(self._heap, (due, self._added, subject))
        if len(self._heap) > self._most:
            self._drop_unwanted()

    def _drop_unwanted(self) -> None:
        # A clock that stands still lets one subject become due many times at once.
        wanted = {
            (due, subject): (due, added, subject)
            for due, added, subject in self._heap
            if self._is_wanted(due, subject)
        }
        self._heap = list(wanted.values())
        heapify(self._heap)
        self._most = 2 * len(self._heap) + _SPARE

    def take_due(self, now: int) -> Iterator[Subject]:
        """Yield and remove the subjects due by ``now``, in order of time."""
        while self._heap and self._heap[0][0] <= now:
            yield heappop(self._heap)[2]

    def earliest(self) -> int | None:
        """Return the earliest deadline.

        None without one.
        """
        return self._heap[0][0] if self._heap else None
