"""Figures that noise cannot fool unseen: medians of interleaved rounds, with the spread beside
them.

Whatever is compared is measured in the same rounds, in turn, so that a busy moment of the machine
hits all alike. A ratio is taken within each round, and the median of those is what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure for each round."""

    rounds: tuple[float, ...]

    @classmethod
    def of(cls, rounds: Sequence[float]) -> Sample:
        """Keep the figures of some rounds."""
        return cls(tuple(rounds))

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.rounds)

    @property
    def least(self) -> float:
        """The least one."""
        return min(self.rounds)

    @property
    def low(self) -> float:
        """The lower quartile; the least of fewer than four."""
        return self._at(1, 4)

    @property
    def high(self) -> float:
        """The upper quartile; the greatest of fewer than four."""
        return self._at(3, 4)

    def _at(self, part: int, parts: int) -> float:
        ordered = sorted(self.rounds)
        last = len(ordered) - 1
        return (
            ordered[0 if part == 1 else last] if last < 3 else ordered[round(last * part / parts)]
        )

    def over(self, other: Sample) -> Sample:
        """Return the ratio to another sample, round by round."""
        return Sample.of(
            [ours / theirs for ours, theirs in zip(self.rounds, other.rounds, strict=True)]
        )

    def times(self, factor: float) -> Sample:
        """Return the same in another unit."""
        return Sample.of([each * factor for each in self.rounds])

    def plus(self, other: Sample) -> Sample:
        """Return the sum with another sample, round by round."""
        return Sample.of([one + two for one, two in zip(self.rounds, other.rounds, strict=True)])


def seconds_of(call: Callable[[], object]) -> float:
    """Return the processor time that a call takes in this process, all threads together.

    Of what waits for nothing this is all the time there is, and what else the machine does
    meanwhile is not in it.
    """
    began = process_time()
    call()
    return process_time() - began


def elapsed_seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call takes that waits for other processes."""
    began = perf_counter()
    call()
    return perf_counter() - began
