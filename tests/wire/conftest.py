"""The two planes, under the names that the tests of the wire use."""

import pytest

from moto_iot_jobs.wire import ServiceApi


@pytest.fixture
def control_plane() -> ServiceApi:
    return ServiceApi.of("iot")


@pytest.fixture
def data_plane() -> ServiceApi:
    return ServiceApi.of("iot-jobs-data")
