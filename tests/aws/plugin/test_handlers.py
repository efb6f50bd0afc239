"""The handlers of all operations: those that come when they are called are looked for here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moto_iot_jobs import mock_iot
from moto_iot_jobs.dispatch.operations import Operations


@pytest.fixture(scope="module", params=["iot", "iot-jobs-data"])
def operations(request: pytest.FixtureRequest) -> Iterator[Operations]:
    with mock_iot():
        if request.param == "iot":
            from moto_iot_jobs.iot.responses import operations as found
        else:
            from moto_iot_jobs.iotjobsdata.responses import operations as found
        yield found


def test_each_operation_that_is_recognised_has_a_handler(operations: Operations) -> None:
    # One without is answered by moto, and no test of ours sees its quotas, faults and constraints.
    assert operations.api.operations
    for operation in operations.api.operations:
        assert callable(operations.handlers[operation])
