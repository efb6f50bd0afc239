"""The fixture within another mock: an empty account, or a sentence that names the outer mock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pytest_plugin.conftest import RunPytest

OUTER = """
import boto3, pytest
from moto import mock_aws
from moto_iot_jobs import mock_iot

@pytest.fixture(scope="module", autouse=True)
def everything():
    with {mock}():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="documents")
        {more}
        yield
"""

SUITE = """
import boto3, pytest

@pytest.mark.parametrize("number", range(3))
def test_it(iot_jobs, number):
    assert iot_jobs.iot.list_jobs()["jobs"] == iot_jobs.iot.list_things()["things"] == []
    assert iot_jobs.faults.pending() == []
    iot_jobs.job("update", "lamp")
    iot_jobs.faults.inject("DeleteJob", "ThrottlingException")
    iot_jobs.clock.advance(days=1)
    assert len(iot_jobs.client("s3").list_buckets()["Buckets"]) == 1
"""


@pytest.mark.parametrize("mock", ["mock_aws", "mock_iot"])
def test_within_another_mock_each_test_has_an_empty_account(
    run_pytest: RunPytest, mock: str
) -> None:
    run = run_pytest(test_suite=OUTER.format(mock=mock, more="") + SUITE)
    assert "3 passed" in run.text, run.text


@pytest.mark.parametrize("mock", ["mock_aws", "mock_iot"])
def test_an_account_that_is_not_empty_is_said_with_the_mock_that_it_is_of(
    run_pytest: RunPytest, mock: str
) -> None:
    more = 'boto3.client("iot", region_name="us-east-1").create_thing(thingName="fan")'
    run = run_pytest(test_suite=OUTER.format(mock=mock, more=more) + SUITE)
    assert "3 errors" in run.text, run.text
    text = " ".join(run.text.split())
    assert f"within another mock, {mock} in everything (test_suite.py:" in text
    assert "thing/fan" in text
