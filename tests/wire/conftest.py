"""The two planes, under the names that the tests of the wire use."""

import pytest

from moto_iot_jobs.wire import Plane


@pytest.fixture
def owner() -> Plane:
    return Plane.of("iot")


@pytest.fixture
def device() -> Plane:
    return Plane.of("iot-jobs-data")
