"""The process in which jobs for whole groups are created, rolled out and deleted.

Run as `python -m benchmarks.group_process SIZE...`; see `processes.Child`.
"""

from __future__ import annotations

import gc
import sys

import boto3

from moto_iot_jobs import clock, mock_iot
from moto_iot_jobs.runtime.delivery import find_jobs

from .growth_process import REGIONS
from .processes import answering, resident_bytes
from .sampling import seconds_of
from .stored import ACCOUNT, GROUP, put_things


class Groups:
    """A group in a region of its own for each size."""

    def __init__(self, sizes: list[int]) -> None:
        mock_iot().start()
        self._regions = dict(zip(sizes, REGIONS, strict=False))
        self._clients = {
            size: boto3.client("iot", region) for size, region in self._regions.items()
        }
        self._weights: dict[int, float] = {}
        for size, region in self._regions.items():
            self._weights[size] = -resident_bytes() / size
            put_things(region, [f"thing-{number:06}" for number in range(size)], GROUP)

    def time(self, size: int) -> dict[str, float]:
        """Create a job for the group, roll it out at AWS's pace, and delete it; return the seconds
        that each took.
        """
        iot, region = self._clients[size], self._regions[size]
        group = iot.describe_thing_group(thingGroupName=GROUP)["thingGroupArn"]
        # Or what was done before, for another size, is looked through by a collection in here.
        gc.collect()
        seconds = {
            "CreateJob": seconds_of(
                lambda: iot.create_job(jobId="job", targets=[group], document='{"op":"x"}')
            ),
            "rollout": seconds_of(lambda: clock.advance(minutes=size // 1000)),
        }
        queued = iot.describe_job(jobId="job")["job"]["jobProcessDetails"]["numberOfQueuedThings"]
        if queued != size:
            raise AssertionError(f"{queued} executions of {size} are queued")
        if self._weights[size] < 0:
            self._weights[size] += resident_bytes() / size
        seconds["DeleteJob"] = seconds_of(lambda: iot.delete_job(jobId="job", force=True))
        if find_jobs(ACCOUNT, region).store.things:
            raise AssertionError("executions are left")
        return seconds

    def weight(self, size: int) -> float:
        """Return the resident bytes per thing with a queued execution, of the first time."""
        return self._weights[size]


if __name__ == "__main__":
    answering(Groups([int(size) for size in sys.argv[1:]]))
