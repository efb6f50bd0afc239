"""Processor time of a call, so measured that neither a busy nor a slow machine decides a test.

A limit is what AWS's users are promised on an ordinary machine. What adds to a single measurement
and is not the call's own (the garbage collector, other threads, other processes that empty the
caches or share the core) is kept out or measured away.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from time import thread_time

ATTEMPTS = 5
# What `_known_work` takes on an ordinary machine, on which the limits were found to be met.
_KNOWN_WORK_SECONDS = 0.065


def seconds_of(call: Callable[[], object]) -> float:
    """Return the processor time that a call takes on this thread, without the collector's."""
    collects = gc.isenabled()
    gc.disable()
    began = thread_time()
    try:
        call()
        return thread_time() - began
    finally:
        if collects:
            gc.enable()


def least_seconds(make_call: Callable[[], Callable[[], object]], limit: float) -> float:
    """Return the least processor time of a few calls, in seconds of an ordinary machine.

    Args:
        make_call: gives the call to measure; a new one for each attempt, so that none profits from
            what the one before has kept. Its own time does not count.
        limit: seconds; the first call that takes less is the last one.
    """
    least = float("inf")
    for _ in range(ATTEMPTS):
        taken = seconds_of(make_call())
        if taken >= limit:
            # A machine that is slower, or slowed by others at this moment, takes longer for known
            # work as well. One that is faster has no less time.
            taken /= slowness()
        least = min(least, taken)
        if least < limit:
            break
    return least


def slowness() -> float:
    """Return how many times longer than an ordinary machine this one takes now; 1 at least."""
    return max(1.0, seconds_of(_known_work) / _KNOWN_WORK_SECONDS)


def _known_work() -> None:
    found = {}
    for number in range(50_000):
        found[str(number)] = number * number % 97
    for _ in range(2):
        json.loads(json.dumps(found))
