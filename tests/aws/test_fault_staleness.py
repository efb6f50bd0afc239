"""Stale responses to `$next`, and expired requests, as devices of AWS report them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs import faults, messages

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.usefixtures("public_modules_reach_it")


def next_job(aws: Aws, thing: str) -> str | None:
    """Ask for `$next` over HTTPS."""
    found = aws.device.describe_job_execution(jobId="$next", thingName=thing)
    return found["execution"]["jobId"] if "execution" in found else None


def next_job_by_topic(aws: Aws, thing: str) -> str | None:
    """Ask for `$next` by topic."""
    response = messages.request(f"$aws/things/{thing}/jobs/$next/get", region=aws.region)
    assert response is not None
    assert response.topic.endswith("/accepted")
    found: str | None = response.json.get("execution", {}).get("jobId")
    return found


def test_a_request_right_after_the_notification_gets_nothing_once(aws: Aws) -> None:
    aws.thing("t1")
    faults.stale_next(thing="t1")
    aws.job("j1", "t1")
    assert [next_job_by_topic(aws, "t1") for _ in range(2)] == [None, "j1"]
    assert faults.pending() == []


def test_a_stale_response_is_that_of_before(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.job("j2", "t1")
    with faults.stale_next(times=2, thing="t1"):
        aws.report("t1", "j1", "SUCCEEDED")
        aws.report("t2", "j1", "SUCCEEDED")
        assert [next_job(aws, "t1"), next_job(aws, "t2")] == ["j1", None]
        assert [next_job_by_topic(aws, "t1"), next_job(aws, "t1")] == ["j1", "j2"]


def test_only_reads_of_next_are_stale(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.stale_next(times=None)
    aws.report("t1", "j1", "IN_PROGRESS")
    shown = aws.device.describe_job_execution(jobId="j1", thingName="t1")["execution"]
    assert shown["status"] == "IN_PROGRESS"
    found = aws.device.describe_job_execution(jobId="$next", thingName="t1")["execution"]
    assert found["status"] == "QUEUED"


def test_an_expired_request_is_a_rejection_of_its_own(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("UpdateJobExecution", "RequestExpired", times=2)
    report = {"thingName": "t1", "jobId": "j1", "status": "SUCCEEDED"}
    aws.raises("RequestExpired", 400, aws.device.update_job_execution, **report)
    response = messages.request(
        "$aws/things/t1/jobs/j1/update", {"status": "SUCCEEDED"}, region=aws.region
    )
    assert response is not None
    assert (response.topic.rpartition("/")[2], response.json["code"]) == (
        "rejected",
        "RequestExpired",
    )
    assert aws.execution("t1", "j1")["status"] == "QUEUED"
