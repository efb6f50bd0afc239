"""A heap of deadlines, in which a thousand idle connections cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Generic, TypeVar

Subject = TypeVar("Subject")


class Deadlines(Generic[Subject]):
    """Subjects with the millisecond at which to look at them again.

    Nothing is ever taken back: the one that looks must check.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Subject]] = []
        self._added = 0

    def add(self, due: int, subject: Subject) -> None:
        """Add a subject to look at when ``due`` comes."""
        self._added += 1
        heappush(self._heap, (due, self._added, subject))

    def take_due(self, now: int) -> Iterator[Subject]:
        """Yield and remove the subjects due by ``now``, in order of time."""
        while self._heap and self._heap[0][0] <= now:
            yield heappop(self._heap)[2]

    def earliest(self) -> int | None:
        """Return the earliest deadline.

        None without one.
        """
        return self._heap[0][0] if self._heap else None
