"""What a device asks over HTTPS: what is pending, what is next, what an execution says (developer
guide, Jobs device API).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

TERMINAL = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"]


def queue(aws: Aws, *job_ids: str) -> None:
    """Queue jobs for t1, each a second after the one before."""
    for job_id in job_ids:
        aws.job(job_id, "t1")
        aws.advance(seconds=1)


def start_next(aws: Aws, **members: Any) -> dict[str, Any]:
    response: dict[str, Any] = aws.device.start_next_pending_job_execution(
        thingName="t1", **members
    )
    return response


def describe(aws: Aws, job_id: str = "j1", **members: Any) -> dict[str, Any]:
    execution: dict[str, Any] = aws.device.describe_job_execution(
        thingName="t1", jobId=job_id, **members
    )["execution"]
    return execution


# GetPendingJobExecutions


def test_both_lists_are_there_even_when_empty(aws: Aws) -> None:
    aws.thing("t1")
    response = aws.http("GET", "/things/t1/jobs", service="iot-jobs-data")
    assert (response.status_code, response.json()) == (
        200,
        {"inProgressJobs": [], "queuedJobs": []},
    )


def test_a_queued_summary_holds_these_members_with_whole_seconds(aws: Aws) -> None:
    aws.job("j1", "t1")
    (summary,) = aws.http("GET", "/things/t1/jobs", service="iot-jobs-data").json()["queuedJobs"]
    assert set(summary) == {
        "jobId",
        "queuedAt",
        "lastUpdatedAt",
        "versionNumber",
        "executionNumber",
    }
    assert (summary["jobId"], summary["versionNumber"], summary["executionNumber"]) == ("j1", 1, 1)
    assert isinstance(summary["queuedAt"], int)
    assert abs(summary["queuedAt"] - aws.now().timestamp()) < 60


def test_a_summary_in_progress_also_has_the_start(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS")
    (summary,) = aws.http("GET", "/things/t1/jobs", service="iot-jobs-data").json()[
        "inProgressJobs"
    ]
    assert set(summary) == {
        "jobId",
        "queuedAt",
        "startedAt",
        "lastUpdatedAt",
        "versionNumber",
        "executionNumber",
    }
    assert isinstance(summary["startedAt"], int)


def test_jobs_are_pending_in_the_order_in_which_they_were_queued(aws: Aws) -> None:
    queue(aws, "b", "c", "a")
    assert aws.pending("t1") == ([], ["b", "c", "a"])


def test_jobs_in_progress_keep_the_order_in_which_they_were_queued(aws: Aws) -> None:
    queue(aws, "a", "b", "c")
    aws.report("t1", "c", "IN_PROGRESS")
    aws.report("t1", "b", "IN_PROGRESS")
    assert aws.pending("t1") == (["b", "c"], ["a"])


@pytest.mark.parametrize("status", TERMINAL)
def test_a_finished_execution_is_not_pending(aws: Aws, status: str) -> None:
    aws.in_status("t1", "j1", status)
    assert aws.pending("t1") == ([], [])


def test_another_thing_has_its_own_list(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.report("t2", "j1", "SUCCEEDED")
    assert (aws.pending("t1"), aws.pending("t2")) == (([], ["j1"]), ([], []))


def test_an_unknown_thing_is_not_found(aws: Aws) -> None:
    aws.raises(
        "ResourceNotFoundException", 404, aws.device.get_pending_job_executions, thingName="ghost"
    )
    aws.raises(
        "ResourceNotFoundException",
        404,
        aws.device.start_next_pending_job_execution,
        thingName="ghost",
    )


@pytest.mark.parametrize(
    "thing", ["a:b", "A_b-9", "t" * 128], ids=["colon", "every kind", "128 characters"]
)
def test_a_thing_may_have_any_name_that_the_model_allows(aws: Aws, thing: str) -> None:
    aws.job("j1", thing)
    assert aws.pending(thing) == ([], ["j1"])
    aws.report(thing, "j1", "SUCCEEDED")
    assert aws.execution(thing, "j1")["status"] == "SUCCEEDED"


# StartNextPendingJobExecution


def test_the_next_execution_is_started_and_handed_over_with_its_document(aws: Aws) -> None:
    aws.job("j1", "t1")
    execution = start_next(aws, statusDetails={"step": "1"})["execution"]
    shown = {name: execution[name] for name in execution if not name.endswith("At")}
    assert shown == {
        "jobId": "j1",
        "thingName": "t1",
        "status": "IN_PROGRESS",
        "statusDetails": {"step": "1"},
        "versionNumber": 2,
        "executionNumber": 1,
        "jobDocument": '{"op":"x"}',
    }
    assert execution["startedAt"] == execution["lastUpdatedAt"] >= execution["queuedAt"]
    assert aws.counters("j1") == {"InProgress": 1}


def test_without_details_the_member_is_absent_on_the_devices_side(aws: Aws) -> None:
    aws.job("j1", "t1")
    assert "statusDetails" not in start_next(aws)["execution"]
    assert aws.execution("t1", "j1")["statusDetails"] == {}


def test_an_idle_thing_gets_an_empty_response(aws: Aws) -> None:
    aws.thing("t1")
    response = aws.http("PUT", "/things/t1/jobs/$next", service="iot-jobs-data", json={})
    assert (response.status_code, response.json()) == (200, {})


def test_an_execution_in_progress_is_handed_over_again_unchanged(aws: Aws) -> None:
    aws.job("j1", "t1")
    first = start_next(aws, statusDetails={"step": "1"})["execution"]
    aws.advance(seconds=10)
    again = start_next(aws, statusDetails={"step": "ignored"})["execution"]
    assert again == first


def test_the_oldest_queued_job_is_next(aws: Aws) -> None:
    queue(aws, "b", "a", "c")
    for job_id in ("b", "a", "c"):
        assert start_next(aws)["execution"]["jobId"] == job_id
        aws.report("t1", job_id, "SUCCEEDED")
    assert "execution" not in start_next(aws)


def test_a_job_in_progress_comes_before_one_queued_earlier(aws: Aws) -> None:
    queue(aws, "a", "b")
    aws.report("t1", "b", "IN_PROGRESS")
    assert start_next(aws)["execution"]["jobId"] == "b"
    assert describe(aws, "$next")["jobId"] == "b"
    assert aws.execution("t1", "a")["status"] == "QUEUED"


def test_a_step_timer_may_be_set_with_the_start(aws: Aws) -> None:
    aws.job("j1", "t1")
    execution = start_next(aws, stepTimeoutInMinutes=10)["execution"]
    assert 590 <= execution["approximateSecondsBeforeTimedOut"] <= 600


@pytest.mark.parametrize("minutes", [0, 10081, -2])
def test_a_step_timer_lasts_a_minute_to_a_week(aws: Aws, minutes: int) -> None:
    aws.job("j1", "t1")
    call = aws.device.start_next_pending_job_execution
    aws.raises("InvalidRequestException", 400, call, thingName="t1", stepTimeoutInMinutes=minutes)
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


# DescribeJobExecution


def test_a_device_reads_an_execution_with_its_document_as_text(aws: Aws) -> None:
    aws.job("j1", "t1", document='{ "op": "x", "n": 1 }')
    response = aws.http("GET", "/things/t1/jobs/j1", service="iot-jobs-data").json()
    execution = response["execution"]
    assert set(execution) == {
        "jobId",
        "thingName",
        "status",
        "queuedAt",
        "lastUpdatedAt",
        "versionNumber",
        "executionNumber",
        "jobDocument",
    }
    assert json.loads(execution["jobDocument"]) == {"op": "x", "n": 1}
    assert isinstance(execution["queuedAt"], int)


def test_a_device_may_leave_the_document_out(aws: Aws) -> None:
    aws.job("j1", "t1")
    assert "jobDocument" not in describe(aws, includeJobDocument=False)
    assert "jobDocument" in describe(aws, includeJobDocument=True)


def test_next_describes_the_first_pending_execution_and_starts_nothing(aws: Aws) -> None:
    queue(aws, "a", "b")
    assert describe(aws, "$next")["jobId"] == "a"
    assert describe(aws, "$next")["status"] == "QUEUED"
    assert aws.execution("t1", "a")["versionNumber"] == 1


@pytest.mark.parametrize("path", ["/things/t1/jobs/$next", "/things/t1/jobs/%24next"])
def test_next_of_an_idle_thing_is_an_empty_response(aws: Aws, path: str) -> None:
    aws.thing("t1")
    response = aws.http("GET", path, service="iot-jobs-data")
    assert (response.status_code, response.json()) == (200, {})


@pytest.mark.parametrize("numbered", [False, True], ids=["newest", "by number"])
@pytest.mark.parametrize("status", TERMINAL)
def test_a_device_cannot_read_back_a_finished_execution(
    aws: Aws, status: str, numbered: bool
) -> None:
    aws.in_status("t1", "j1", status)
    call = aws.device.describe_job_execution
    which = {"executionNumber": 1} if numbered else {}
    error = aws.raises("TerminalStateException", 410, call, thingName="t1", jobId="j1", **which)
    assert (
        error.message
        == "Job Execution has reached terminal state. It is neither IN_PROGRESS nor QUEUED"
    )


@pytest.mark.parametrize(
    "thing, job_id, number",
    [("t1", "ghost", None), ("other", "j1", None), ("t1", "j1", 2)],
    ids=["job", "thing", "number"],
)
def test_what_does_not_exist_is_not_found(
    aws: Aws, thing: str, job_id: str, number: int | None
) -> None:
    aws.thing("other")
    aws.job("j1", "t1")
    which = {} if number is None else {"executionNumber": number}
    call = aws.device.describe_job_execution
    error = aws.raises(
        "ResourceNotFoundException", 404, call, thingName=thing, jobId=job_id, **which
    )
    assert error.message == f"Job {job_id} not found for {thing}"


def test_the_same_path_means_different_things_on_the_two_planes(aws: Aws) -> None:
    """Only the host or the credential scope tells GET /things/t1/jobs of the owner from that of
    the device.
    """
    aws.job("j1", "t1")
    assert set(aws.http("GET", "/things/t1/jobs").json()) >= {"executionSummaries"}
    assert set(aws.http("GET", "/things/t1/jobs", service="iot-jobs-data").json()) == {
        "inProgressJobs",
        "queuedJobs",
    }
    assert "versionNumber" in aws.http("GET", "/things/t1/jobs/j1").json()["execution"]
    assert (
        "jobDocument"
        in aws.http("GET", "/things/t1/jobs/j1", service="iot-jobs-data").json()["execution"]
    )


# Limits and neighbours


def test_at_most_ten_queued_jobs_are_listed(aws: Aws) -> None:
    queue(aws, *(f"j{number}" for number in range(12)))
    assert aws.pending("t1") == ([], [f"j{number}" for number in range(10)])
    aws.report("t1", "j0", "SUCCEEDED")
    assert aws.pending("t1")[1][-1] == "j10"


def test_the_account_has_one_endpoint_for_jobs_and_keeps_it(aws: Aws) -> None:
    first = aws.iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    assert first.endswith("-ats.iot.eu-west-1.amazonaws.com")
    assert aws.iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"] == first
    jobs = aws.iot.describe_endpoint(endpointType="iot:Jobs")["endpointAddress"]
    assert jobs.endswith(".jobs.iot.eu-west-1.amazonaws.com")
    assert aws.iot.describe_endpoint(endpointType="iot:Jobs")["endpointAddress"] == jobs
