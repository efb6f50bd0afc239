"""Groups nested deeper than AWS's seven levels, which moto does not refuse: they are followed all
the way, however deep.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.iot.models import iot_backends

from moto_iot_jobs import mock_iot

DEPTH = 1500


@pytest.fixture
def nested() -> Iterator[Any]:
    """An account with a thing at the bottom of a deep hierarchy, and its top."""
    with mock_iot():
        iot = boto3.client("iot", region_name="eu-west-1")
        iot.create_thing(thingName="lamp")
        backend: Any = iot_backends["123456789012"]["eu-west-1"]
        parent: str | None = None
        for level in range(DEPTH):
            name, arn, _ = backend.create_thing_group(f"g{level}", parent, {})
            # What moto notes of all groups above would grow with the square of the depth.
            backend.thing_groups[arn].metadata = {"rootToParentThingGroups": []}
            parent = name
        iot.add_thing_to_thing_group(thingGroupName=parent, thingName="lamp")
        yield iot


def test_a_job_reaches_the_bottom(nested: Any) -> None:
    iot = nested
    top = iot.describe_thing_group(thingGroupName="g0")["thingGroupArn"]
    iot.create_job(jobId="once", targets=[top], document="{}")
    iot.create_job(jobId="always", targets=[top], document="{}", targetSelection="CONTINUOUS")
    for job_id in ("once", "always"):
        execution = iot.describe_job_execution(jobId=job_id, thingName="lamp")["execution"]
        assert execution["status"] == "QUEUED"


def test_a_thing_that_leaves_the_bottom_leaves_the_top(nested: Any) -> None:
    iot = nested
    top = iot.describe_thing_group(thingGroupName="g0")["thingGroupArn"]
    iot.create_job(jobId="always", targets=[top], document="{}", targetSelection="CONTINUOUS")
    iot.remove_thing_from_thing_group(thingGroupName=f"g{DEPTH - 1}", thingName="lamp")
    execution = iot.describe_job_execution(jobId="always", thingName="lamp")["execution"]
    assert execution["status"] == "REMOVED"
