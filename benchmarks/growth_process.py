"""The process in which operations are timed in stores of different sizes, each in a region of its
own.

Run as `python -m benchmarks.growth_process SIZE...`; see `processes.Child`.
"""

from __future__ import annotations

import gc
import sys
from statistics import median
from time import perf_counter
from typing import Any

from moto_iot_jobs import mock_iot
from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.iot import responses as control_plane
from moto_iot_jobs.iotjobsdata import responses as data_plane

from .growth_operations import OPERATIONS, Timed, resolved
from .processes import answering, resident_bytes
from .sampling import seconds_of
from .stored import Stored

# The region of the smallest store first. moto knows all of them, and their number limits the number
# of sizes.
REGIONS = ("us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2")
_INSIDE = {
    "iot": control_plane.ControlPlaneOperations(),
    "iot-jobs-data": data_plane.DataPlaneOperations(),
}
_BY_NAME = {operation.name: operation for operation in OPERATIONS}


class Growth:
    """Stores of different sizes, and the time that operations take in them."""

    def __init__(self, sizes: list[int]) -> None:
        mock_iot().start()
        self._stored: dict[int, Stored] = {}
        self._built: list[dict[str, float]] = []
        for size, region in zip(sizes, REGIONS, strict=False):
            resident, began = resident_bytes(), perf_counter()
            self._stored[size] = Stored(region, size)
            seconds, found = perf_counter() - began, self._stored[size].size
            if found != size:
                raise AssertionError(f"{found} executions where {size} were to be")
            self._built.append(
                {"executions": size, "seconds": seconds, "bytes": resident_bytes() - resident}
            )
        # A collection that walks through the largest store would otherwise fall into anybody's call
        # by chance.
        gc.collect()
        gc.freeze()

    def built(self) -> list[dict[str, float]]:
        """Return what it took to fill each store: seconds, and bytes of resident memory, things
        included.
        """
        return self._built

    def operations(self) -> list[tuple[str, bool]]:
        """Return the names of all operations, and which of them can be timed without their
        request.
        """
        return [(each.name, hasattr(_INSIDE[each.service], each.method)) for each in OPERATIONS]

    def time(self, operation: str, size: int, calls: int, *, inside: bool) -> float:
        """Return the median of so many calls in a store, in seconds.

        Args:
            inside: without botocore, HTTP, parsing and writing: from a request's members to an
                answer's.
        """
        timed, stored = _BY_NAME[operation], self._stored[size]
        seconds = []
        for _ in range(calls):
            thing = stored.pick(timed.picks)
            timed.before(stored, thing)
            members = resolved(timed.members, stored, thing)
            seconds.append(
                _inside(timed, stored, members) if inside else _whole(timed, stored, members)
            )
            timed.after(stored, thing)
        return median(seconds)


def _whole(timed: Timed, stored: Stored, members: dict[str, Any]) -> float:
    method = getattr(stored.client(timed.service), timed.method)
    return seconds_of(lambda: method(**members))


def _inside(timed: Timed, stored: Stored, members: dict[str, Any]) -> float:
    method = getattr(_INSIDE[timed.service], timed.method)
    now = stored.now

    def call() -> None:
        stored.jobs.run_due_timers(now)
        method(Request(stored.jobs, members, now, None))

    return seconds_of(call)


if __name__ == "__main__":
    answering(Growth([int(size) for size in sys.argv[1:]]))
