"""The two planes, under the names that the tests of the wire use."""

import pytest

from moto_iot_jobs.wire import ServiceApi


@pytest.fixture
def owner() -> ServiceApi:
    return ServiceApi.of("iot")


@pytest.fixture
def device() -> ServiceApi:
    return ServiceApi.of("iot-jobs-data")
