"""A SNAPSHOT job may miss a membership that is seconds old, if the mock is told so.

Source: AWS IoT developer guide, jobs-troubleshooting.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from moto_iot_jobs import clock, mock_iot

LATE: Any = {"iot_jobs": {"snapshot_membership_delay": 5}}


def things_of(iot: Any, job_id: str, **settings: Any) -> list[str]:
    """Create a job for the group; return the things that it reaches."""
    group = iot.describe_thing_group(thingGroupName="hall")["thingGroupArn"]
    iot.create_job(jobId=job_id, targets=[group], document="{}", **settings)
    found = iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
    return sorted(each["thingArn"].rpartition("/")[2] for each in found)


def fill(iot: Any) -> None:
    """Make a group with an old and a new member."""
    iot.create_thing_group(thingGroupName="hall")
    for thing in ("old", "new"):
        clock.advance(seconds=10)
        iot.create_thing(thingName=thing)
        iot.add_thing_to_thing_group(thingGroupName="hall", thingName=thing)


@pytest.fixture
def iot() -> Any:
    """A client of the control plane."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.session.Session().client("iot", region_name="eu-west-1", **keys)


@mock_iot(config=LATE)
def test_a_snapshot_job_misses_a_new_member(iot: Any) -> None:
    with clock.freeze():
        fill(iot)
        assert things_of(iot, "at-once") == ["old"]
        clock.advance(seconds=5)
        assert things_of(iot, "later") == ["new", "old"]


@mock_iot(config=LATE)
def test_a_continuous_job_misses_none(iot: Any) -> None:
    with clock.freeze():
        fill(iot)
        assert things_of(iot, "at-once", targetSelection="CONTINUOUS") == ["new", "old"]


@mock_iot
def test_by_default_none_is_missed(iot: Any) -> None:
    with clock.freeze():
        fill(iot)
        assert things_of(iot, "at-once") == ["new", "old"]
