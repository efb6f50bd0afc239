"""The measuring of time, by which other tests judge."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from itertools import count

import pytest

from tests import measuring
from tests.measuring import (
    ATTEMPTS,
    least_processor_seconds,
    least_real_seconds,
    processor_seconds,
    real_seconds,
)


def busy_for(seconds: float) -> Callable[[], object]:
    def spin() -> None:
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            pass

    return spin


def test_a_call_is_measured_without_the_collector() -> None:
    collecting = []
    assert processor_seconds(lambda: collecting.append(gc.isenabled())) < 1
    assert processor_seconds(busy_for(0.05)) >= 0.05
    assert (collecting, gc.isenabled()) == ([False], True)


def test_waiting_takes_real_time_and_hardly_any_of_the_processor() -> None:
    assert real_seconds(lambda: time.sleep(0.1)) >= 0.1
    assert processor_seconds(lambda: time.sleep(0.5)) < 0.25


def test_a_call_that_is_always_slow_is_found_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "slowness", lambda _clock: 1.0)
    numbers = count()

    def make_call() -> Callable[[], object]:
        next(numbers)
        return busy_for(0.02)

    assert least_processor_seconds(make_call, 0.01) >= 0.02
    assert next(numbers) == ATTEMPTS


def test_the_first_quick_measurement_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "slowness", lambda _clock: 1.0)
    found = iter([0.8, 0.3, 0.1, 0.2])
    assert least_real_seconds(lambda: next(found), 0.25) == 0.1
    assert list(found) == [0.2]


@pytest.mark.parametrize(
    "known, found", [(0.065, 0.8), (0.01, 0.8), (0.26, 0.2)], ids=["ordinary", "fast", "slow"]
)
def test_a_slow_machine_has_more_time_and_a_fast_one_no_less(
    monkeypatch: pytest.MonkeyPatch, known: float, found: float
) -> None:
    monkeypatch.setattr(measuring, "_measured", lambda _call, _clock: known)
    assert least_real_seconds(lambda: 0.8, 0.25) == pytest.approx(found)
