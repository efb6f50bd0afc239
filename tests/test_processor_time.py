"""The measuring of processor time, by which other tests judge."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from itertools import count
from time import thread_time

import pytest

from tests import processor_time
from tests.processor_time import ATTEMPTS, least_seconds, seconds_of


def busy_for(seconds: float) -> Callable[[], object]:
    def spin() -> None:
        until = thread_time() + seconds
        while thread_time() < until:
            pass

    return spin


def measured(monkeypatch: pytest.MonkeyPatch, *seconds: float) -> Iterator[float]:
    """Let the measurements find these times, one after the other."""
    found = iter(seconds)
    monkeypatch.setattr(processor_time, "seconds_of", lambda _call: next(found))
    return found


def test_a_call_is_measured_without_the_collector() -> None:
    collecting = []
    assert seconds_of(lambda: collecting.append(gc.isenabled())) < 1
    assert seconds_of(busy_for(0.05)) >= 0.05
    assert (collecting, gc.isenabled()) == ([False], True)


def test_a_call_that_is_always_slow_is_found_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor_time, "slowness", lambda: 1.0)
    numbers = count()

    def make_call() -> Callable[[], object]:
        next(numbers)
        return busy_for(0.02)

    assert least_seconds(make_call, 0.01) >= 0.02
    assert next(numbers) == ATTEMPTS


def test_the_first_quick_call_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor_time, "slowness", lambda: 1.0)
    rest = measured(monkeypatch, 0.8, 0.3, 0.1, 0.2)
    assert least_seconds(lambda: list, 0.25) == 0.1
    assert list(rest) == [0.2]


@pytest.mark.parametrize(
    "known, found", [(0.065, 0.8), (0.01, 0.8), (0.26, 0.2)], ids=["ordinary", "fast", "slow"]
)
def test_a_slow_machine_has_more_time_and_a_fast_one_no_less(
    monkeypatch: pytest.MonkeyPatch, known: float, found: float
) -> None:
    measured(monkeypatch, *[0.8, known] * ATTEMPTS)
    assert least_seconds(lambda: list, 0.25) == pytest.approx(found)
