"""Executions on the control plane: describe, list and cancel one (botocore model, CLI examples,
live captures).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.accounts import STATUSES

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

FORCE = pytest.mark.parametrize("force", [False, True], ids=["without force", "with force"])


def raw_execution(aws: Aws, query: str = "") -> dict[str, Any]:
    execution: dict[str, Any] = aws.http("GET", f"/things/t1/jobs/j1{query}").json()["execution"]
    return execution


def for_job(aws: Aws, job_id: str = "j1", **filters: Any) -> list[str]:
    summaries = aws.iot.list_job_executions_for_job(jobId=job_id, **filters)["executionSummaries"]
    return [one["thingArn"].rpartition("/")[2] for one in summaries]


def for_thing(aws: Aws, thing: str = "t1", **filters: Any) -> list[str]:
    summaries = aws.iot.list_job_executions_for_thing(thingName=thing, **filters)[
        "executionSummaries"
    ]
    return [one["jobId"] for one in summaries]


def two_runs(aws: Aws) -> None:
    """Let t1 finish j1 once and join again, which queues its second execution."""
    group = aws.group("g1", "t1")
    aws.job("j1", group, targetSelection="CONTINUOUS")
    aws.report("t1", "j1", "SUCCEEDED", statusDetails={"run": "1"})
    aws.leave("g1", "t1")
    aws.join("g1", "t1")


# DescribeJobExecution


def test_a_queued_execution_shows_these_members(aws: Aws) -> None:
    aws.job("j1", "t1")
    execution = raw_execution(aws)
    shown = {
        name: execution[name]
        for name in execution
        if name not in {"queuedAt", "lastUpdatedAt", "forceCanceled"}
    }
    assert shown == {
        "jobId": "j1",
        "status": "QUEUED",
        "statusDetails": {},
        "thingArn": aws.arn("thing", "t1"),
        "executionNumber": 1,
        "versionNumber": 1,
    }
    assert not execution.get("forceCanceled")
    assert abs(execution["queuedAt"] - aws.now().timestamp()) < 60


def test_a_started_execution_also_shows_when(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.advance(seconds=10)
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={"step": "1"})
    execution = raw_execution(aws)
    assert execution["startedAt"] - execution["queuedAt"] >= 10
    assert execution["lastUpdatedAt"] == execution["startedAt"]
    assert execution["statusDetails"] == {"detailsMap": {"step": "1"}}
    assert execution["versionNumber"] == 2
    assert "approximateSecondsBeforeTimedOut" not in execution


def test_a_running_timer_is_shown_and_ends_with_the_execution(aws: Aws) -> None:
    aws.job("j1", "t1", timeoutConfig={"inProgressTimeoutInMinutes": 10})
    assert "approximateSecondsBeforeTimedOut" not in raw_execution(aws)
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.advance(minutes=4)
    left = raw_execution(aws)["approximateSecondsBeforeTimedOut"]
    assert isinstance(left, int)
    assert 300 <= left <= 360
    aws.report("t1", "j1", "SUCCEEDED")
    assert "approximateSecondsBeforeTimedOut" not in raw_execution(aws)


@pytest.mark.parametrize("status", STATUSES)
def test_the_control_plane_may_read_an_execution_in_any_status(aws: Aws, status: str) -> None:
    aws.in_status("t1", "j1", status)
    assert raw_execution(aws)["status"] == status
    assert "jobDocument" not in raw_execution(aws)


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_a_report_straight_from_queued_counts_as_the_start(aws: Aws, status: str) -> None:
    aws.in_status("t1", "j1", status)
    execution = raw_execution(aws)
    assert execution["startedAt"] == execution["lastUpdatedAt"]


@pytest.mark.parametrize("status", ["REJECTED", "CANCELED", "REMOVED"])
def test_an_execution_that_was_not_started_has_no_start(aws: Aws, status: str) -> None:
    aws.in_status("t1", "j1", status)
    assert "startedAt" not in raw_execution(aws)


def test_without_a_number_the_newest_execution_is_shown(aws: Aws) -> None:
    two_runs(aws)
    assert (raw_execution(aws)["executionNumber"], raw_execution(aws)["status"]) == (2, "QUEUED")
    older = raw_execution(aws, "?executionNumber=1")
    assert (older["executionNumber"], older["status"]) == (1, "SUCCEEDED")
    assert older["statusDetails"] == {"detailsMap": {"run": "1"}}


@pytest.mark.parametrize(
    "thing, job, number, message",
    [
        ("t1", "ghost", 1, "Job execution cannot be found as the Job ghost does not exist."),
        ("ghost", "j1", 1, "Job execution for thing ghost cannot be found within job j1."),
        ("other", "j1", 1, "Job execution for thing other cannot be found within job j1."),
        ("t1", "j1", 2, "Job execution for thing t1 cannot be found within job j1."),
    ],
    ids=["unknown job", "unknown thing", "a thing that is no target", "unknown number"],
)
def test_what_does_not_exist_is_not_found(
    aws: Aws, thing: str, job: str, number: int, message: str
) -> None:
    aws.thing("other")
    aws.job("j1", "t1")
    call = aws.iot.describe_job_execution
    error = aws.raises(
        "ResourceNotFoundException", 404, call, thingName=thing, jobId=job, executionNumber=number
    )
    assert error.message == message


# ListJobExecutionsForJob and ListJobExecutionsForThing


def test_a_summary_for_a_job_names_the_thing(aws: Aws) -> None:
    aws.job("j1", "t1")
    (item,) = aws.http("GET", "/jobs/j1/things").json()["executionSummaries"]
    assert set(item) == {"thingArn", "jobExecutionSummary"}
    assert item["thingArn"] == aws.arn("thing", "t1")
    assert set(item["jobExecutionSummary"]) == {
        "status",
        "queuedAt",
        "lastUpdatedAt",
        "executionNumber",
        "retryAttempt",
    }
    assert (
        item["jobExecutionSummary"]["executionNumber"],
        item["jobExecutionSummary"]["retryAttempt"],
    ) == (1, 0)


def test_a_summary_for_a_thing_names_the_job_and_once_started_when(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS")
    (item,) = aws.http("GET", "/things/t1/jobs").json()["executionSummaries"]
    assert set(item) == {"jobId", "jobExecutionSummary"}
    assert item["jobExecutionSummary"]["status"] == "IN_PROGRESS"
    assert "startedAt" in item["jobExecutionSummary"]
    assert "versionNumber" not in item["jobExecutionSummary"]


@pytest.mark.parametrize("status", STATUSES)
def test_both_lists_can_be_filtered_by_any_status(aws: Aws, status: str) -> None:
    group = aws.group("g1", "t1", "t2")
    aws.job("j1", group, targetSelection="CONTINUOUS")
    aws.in_status("t1", "j1", status)
    other = "IN_PROGRESS" if status == "QUEUED" else "QUEUED"
    if status == "QUEUED":
        aws.report("t2", "j1", "IN_PROGRESS")
    assert for_job(aws, status=status) == ["t1"]
    assert for_thing(aws, status=status) == ["j1"]
    assert for_job(aws, status=other) == ["t2"]
    assert for_thing(aws, status=other) == []


def test_the_most_recently_updated_execution_of_a_job_comes_first(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", "t3")
    for thing in ("t2", "t1", "t3", "t1"):
        aws.advance(seconds=1)
        aws.report(thing, "j1", "IN_PROGRESS")
    assert for_job(aws) == ["t1", "t3", "t2"]


def test_every_run_of_a_thing_is_listed_the_newest_number_first(aws: Aws) -> None:
    two_runs(aws)
    items = aws.iot.list_job_executions_for_thing(thingName="t1")["executionSummaries"]
    assert [item["jobExecutionSummary"]["executionNumber"] for item in items] == [2, 1]
    assert for_job(aws) == ["t1", "t1"]


def test_a_things_list_can_be_narrowed_to_a_job_and_to_a_namespace(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.job("j2", "t1", namespaceId="fleet_1")
    assert set(for_thing(aws)) == {"j1", "j2"}
    assert for_thing(aws, jobId="j1") == ["j1"]
    assert for_thing(aws, jobId="ghost") == []
    assert for_thing(aws, namespaceId="fleet_1") == ["j2"]


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_pages_of_both_lists_hold_everything_once_and_end(aws: Aws, size: int) -> None:
    aws.job("j0", *(f"t{number}" for number in range(5)))
    for number in range(1, 5):
        aws.job(f"j{number}", "t0")
    pages = aws.iot.get_paginator("list_job_executions_for_job").paginate(
        jobId="j0", PaginationConfig={"PageSize": size}
    )
    things = [item["thingArn"] for page in pages for item in page["executionSummaries"]]
    assert sorted(things) == [aws.arn("thing", f"t{number}") for number in range(5)]
    pages = aws.iot.get_paginator("list_job_executions_for_thing").paginate(
        thingName="t0", PaginationConfig={"PageSize": size}
    )
    jobs = [item["jobId"] for page in pages for item in page["executionSummaries"]]
    assert sorted(jobs) == [f"j{number}" for number in range(5)]


def test_pages_keep_to_the_filter(aws: Aws) -> None:
    aws.job("j1", *(f"t{number}" for number in range(6)))
    for number in (1, 3):
        aws.report(f"t{number}", "j1", "SUCCEEDED")
    paginator = aws.iot.get_paginator("list_job_executions_for_job")
    pages = paginator.paginate(jobId="j1", status="QUEUED", PaginationConfig={"PageSize": 3})
    counted = [len(page["executionSummaries"]) for page in pages]
    assert sum(counted) == 4
    assert counted[0] == 3


def test_a_page_holds_250_executions_by_default(aws: Aws) -> None:
    group = aws.group("g1", *(f"t{number}" for number in range(251)))
    aws.job("j1", group)
    first = aws.iot.list_job_executions_for_job(jobId="j1")
    assert len(first["executionSummaries"]) == 250
    rest = aws.iot.list_job_executions_for_job(jobId="j1", nextToken=first["nextToken"])
    assert len(rest["executionSummaries"]) == 1
    assert not rest.get("nextToken")


@pytest.mark.parametrize("path", ["/jobs/j1/things", "/things/t1/jobs"])
@pytest.mark.parametrize(
    "query, message",
    [
        ("nextToken=nonsense", "Next token is invalid."),
        (
            "maxResults=251",
            (
                "1 validation error detected: Value '251' at 'maxResults' failed to satisfy"
                " constraint: Member must have value less than or equal to 250"
            ),
        ),
        (
            "status=DONE",
            (
                "1 validation error detected: Value 'DONE' at 'status' failed to satisfy"
                " constraint: Member must satisfy enum value set: [REMOVED, SUCCEEDED, TIMED_OUT,"
                " IN_PROGRESS, QUEUED, CANCELED, FAILED, REJECTED]"
            ),
        ),
    ],
    ids=["token", "size", "status"],
)
def test_what_a_list_cannot_do_is_an_error(aws: Aws, path: str, query: str, message: str) -> None:
    aws.job("j1", "t1")
    response = aws.http("GET", f"{path}?{query}")
    assert response.status_code == 400
    assert response.json()["message"] == message


def test_a_token_of_one_list_is_none_of_another(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.job("j2", "t1", "t2")
    token = aws.iot.list_jobs(maxResults=1)["nextToken"]
    call = aws.iot.list_job_executions_for_job
    error = aws.raises("InvalidRequestException", 400, call, jobId="j1", nextToken=token)
    assert error.message == "Next token is invalid."


def test_a_list_of_an_unknown_job_or_thing_is_not_found(aws: Aws) -> None:
    error = aws.raises(
        "ResourceNotFoundException", 404, aws.iot.list_job_executions_for_job, jobId="ghost"
    )
    assert error.message == "Job ghost cannot be found."
    aws.raises(
        "ResourceNotFoundException", 404, aws.iot.list_job_executions_for_thing, thingName="ghost"
    )


def test_a_bad_page_size_is_reported_before_the_unknown_job(aws: Aws) -> None:
    assert aws.http("GET", "/jobs/ghost/things?maxResults=0").status_code == 400


def test_a_job_without_executions_and_a_thing_without_jobs_list_none(aws: Aws) -> None:
    aws.job("j1", aws.group("empty"), targetSelection="CONTINUOUS")
    aws.thing("t1")
    assert (for_job(aws), for_thing(aws)) == ([], [])
