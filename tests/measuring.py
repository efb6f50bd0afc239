"""Processor time and real time, so measured that neither a busy nor a slow machine decides a test.

A limit is what users are promised on an ordinary machine. What adds to a single measurement and is
not of the thing measured (the garbage collector, other threads, other processes that share the
core or empty its caches, a machine that stands still for a moment) is kept out, or seen in the
other measurements.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from time import perf_counter, thread_time

ATTEMPTS = 5
# What `_known_work` takes on an ordinary machine, on which the limits were found to be met.
_KNOWN_WORK_SECONDS = 0.065


def least_processor_seconds(make_call: Callable[[], Callable[[], object]], limit: float) -> float:
    """Return the least processor time of a few calls on this thread.

    Args:
        make_call: gives the call to measure; a new one for each attempt, so that none profits from
            what the one before has kept. Its own time does not count.
        limit: seconds; the first call that takes less is the last one.

    Returns:
        Seconds of an ordinary machine.
    """
    return _least(lambda: processor_seconds(make_call()), limit, thread_time)


def least_real_seconds(measure: Callable[[], float], limit: float) -> float:
    """Return the least of a few durations in real time.

    Args:
        measure: does what is measured, and tells how many seconds it took.
        limit: seconds; the first that took less is the last one.

    Returns:
        Seconds of an ordinary machine that has nothing else to do.
    """
    return _least(measure, limit, perf_counter)


def processor_seconds(call: Callable[[], object]) -> float:
    """Return the processor time that a call takes on this thread, without the collector's."""
    return _measured(call, thread_time)


def real_seconds(call: Callable[[], object]) -> float:
    """Return the real time that a call takes."""
    return _measured(call, perf_counter)


def _least(measure: Callable[[], float], limit: float, clock: Callable[[], float]) -> float:
    least = float("inf")
    for _ in range(ATTEMPTS):
        taken = measure()
        if taken >= limit:
            # A machine that is slower, or slowed by others at this moment, takes longer for known
            # work as well. One that is faster has no less time.
            taken /= slowness(clock)
        least = min(least, taken)
        if least < limit:
            break
    return least


def slowness(clock: Callable[[], float]) -> float:
    """Return how many times longer than an ordinary machine this one takes now; 1 at least."""
    return max(1.0, _measured(_known_work, clock) / _KNOWN_WORK_SECONDS)


def _measured(call: Callable[[], object], clock: Callable[[], float]) -> float:
    collects = gc.isenabled()
    gc.disable()
    began = clock()
    try:
        call()
        return clock() - began
    finally:
        if collects:
            gc.enable()


def _known_work() -> None:
    found = {}
    for number in range(50_000):
        found[str(number)] = number * number % 97
    for _ in range(2):
        json.loads(json.dumps(found))
