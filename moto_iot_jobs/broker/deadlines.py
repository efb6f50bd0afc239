"""What has to happen when: a heap of small tuples, so that a thousand idle connections cost
nothing while they are idle.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Generic, TypeVar

Subject = TypeVar("Subject")


class Deadlines(Generic[Subject]):
    """Subjects with the millisecond at which to look at them again.

    Nothing is ever taken back: whoever looks must check.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Subject]] = []
        self._added = 0

    def add(self, due: int, subject: Subject) -> None:
        """Notes that the subject is to be looked at when ``due`` comes."""
        self._added += 1
        heappush(self._heap, (due, self._added, subject))

    def take_due(self, now: int) -> Iterator[Subject]:
        """Subjects due at ``now`` or before, in order of time."""
        while self._heap and self._heap[0][0] <= now:
            yield heappop(self._heap)[2]

    def earliest(self) -> int | None:
        """When the next subject is due; None if nothing is."""
        return self._heap[0][0] if self._heap else None
