"""A process in which tests like a user's are timed: with plain moto's mock, or with ours.

Run as `python -m benchmarks.suite_process plain|mock|beside|fixture`; see `processes.Child`. Each
test begins a mock, makes two clients, a thing and a job, and makes one more call: a device's
report, or in plain moto, which has no devices, DescribeJob. `plain` never imports moto_iot_jobs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from typing import Any

from .processes import REGION, answering, resident_bytes
from .sampling import seconds_of


class Tests:
    """Times tests.

    Args:
        kind: which of the four processes this is.
    """

    def __init__(self, kind: str) -> None:
        self._test: Callable[[], None] = getattr(self, f"_{kind}")

    def first(self) -> float:
        """Return what the first test takes, in seconds, all imports included."""
        return seconds_of(self._test)

    def time(self, tests: int) -> float:
        """Return the median of so many tests, in seconds."""
        return median(seconds_of(self._test) for _ in range(tests))

    def memory(self) -> int:
        """Return the memory that this process takes, in bytes."""
        return resident_bytes()

    def _plain(self) -> None:
        import boto3
        from moto import mock_aws

        with mock_aws():
            iot, _ = (boto3.client(name, REGION) for name in ("iot", "iot-jobs-data"))
            thing = iot.create_thing(thingName="lamp")["thingArn"]
            iot.create_job(jobId="update", targets=[thing], document="{}")
            iot.describe_job(jobId="update")

    def _mock(self) -> None:
        import boto3

        from moto_iot_jobs import mock_iot

        with mock_iot():
            _use(*(boto3.client(name, REGION) for name in ("iot", "iot-jobs-data")))

    def _beside(self) -> None:
        import boto3

        from moto_iot_jobs.pytest_plugin.fixture import account
        from moto_iot_jobs.pytest_plugin.options import Settings

        with account(Settings()):
            _use(*(boto3.client(name, REGION) for name in ("iot", "iot-jobs-data")))

    def _fixture(self) -> None:
        from moto_iot_jobs.pytest_plugin.fixture import account
        from moto_iot_jobs.pytest_plugin.options import Settings

        with account(Settings()) as iot_jobs:
            _use(iot_jobs.iot, iot_jobs.device)


def _use(iot: Any, device: Any) -> None:
    thing = iot.create_thing(thingName="lamp")["thingArn"]
    iot.create_job(jobId="update", targets=[thing], document="{}")
    device.update_job_execution(jobId="update", thingName="lamp", status="SUCCEEDED")


if __name__ == "__main__":
    answering(Tests(sys.argv[1]))
