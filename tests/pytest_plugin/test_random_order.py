"""Tests of plain `mock_aws` see the same whatever ran before them, in random order and under xdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.warm_python import warm_workers

if TYPE_CHECKING:
    from tests.pytest_plugin.conftest import RunPytest

CONFTEST = """
import random

def pytest_collection_modifyitems(items):
    random.Random({seed}).shuffle(items)
"""

# Ten of each, so that a shuffled run is ten random orders of the four.
SUITE = """
import boto3, pytest
from moto import mock_aws
from moto_iot_jobs import mock_iot

KEYS = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
SESSION = boto3.Session(**KEYS)
IOT, DEVICE, SHADOWS = map(SESSION.client, ("iot", "iot-jobs-data", "iot-data"))
each = pytest.mark.parametrize("number", range(10))

# What moto itself answers, seen before anything of ours ran in this process.
REFERENCE = []

def answers():
    lamp = IOT.create_thing(thingName="lamp")["thingArn"]
    def of(call, **parameters):
        try:
            answer = call(**parameters)
        except Exception as error:
            return str(error)
        return sorted(answer)
    return [
        of(IOT.create_job, jobId="update", targets=[lamp], document="{}"),
        of(IOT.describe_job, jobId="update"),
        of(IOT.list_job_executions_for_thing, thingName="lamp"),
        of(DEVICE.get_pending_job_executions, thingName="lamp"),
        of(SHADOWS.get_thing_shadow, thingName="lamp"),
        of(IOT.delete_job, jobId="update"),
        of(IOT.describe_job, jobId="update"),
        of(IOT.list_things),
    ]

with mock_aws():
    REFERENCE += answers()
assert any("Not yet implemented" in str(each) for each in REFERENCE)

@each
@mock_aws
def test_plain(number):
    assert answers() == REFERENCE

@each
def test_fixture(iot_jobs, number):
    iot_jobs.job("update", "lamp")
    iot_jobs.faults.inject("DeleteJob", "ThrottlingException")
    iot_jobs.quotas.enforce(active_jobs=1)
    iot_jobs.clock.advance(days=1)
    assert len(iot_jobs.calls()) == 1

@each
@mock_iot
def test_mock_iot(number):
    assert IOT.list_jobs()["jobs"] == IOT.list_things()["things"] == []
    lamp = IOT.create_thing(thingName="lamp")["thingArn"]
    IOT.create_job(jobId="update", targets=[lamp], document="{}")
    IOT.delete_job(jobId="update", force=True)

@each
@pytest.mark.iot_jobs(strict=True, account="111122223333", deletion={"seconds": 5})
def test_marked(iot_jobs, number):
    assert iot_jobs.thing("lamp").split(":")[4] == "111122223333"
"""


@pytest.mark.parametrize("workers", [0, 2], ids=["one process", "two"])
def test_plain_mocks_are_the_same_in_ten_random_orders(run_pytest: RunPytest, workers: int) -> None:
    run = run_pytest(
        "-q", *warm_workers(workers), conftest=CONFTEST.format(seed=7), test_suite=SUITE
    )
    assert "40 passed" in run.text, run.text
