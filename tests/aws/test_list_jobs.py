"""ListJobs: what a summary holds, filters, order and pages (botocore model; developer guide,
Manage jobs).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

SUMMARY = {
    "jobArn",
    "jobId",
    "targetSelection",
    "status",
    "createdAt",
    "lastUpdatedAt",
    "isConcurrent",
}


def ids(aws: Aws, **filters: Any) -> list[str]:
    return [job["jobId"] for job in aws.iot.list_jobs(**filters)["jobs"]]


def in_half_a_day(aws: Aws) -> str:
    return (aws.now() + timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M")


def test_an_account_without_jobs_lists_none_and_no_token(aws: Aws) -> None:
    body = aws.http("GET", "/jobs").json()
    assert body["jobs"] == []
    assert body.get("nextToken") is None


def test_a_summary_holds_these_members(aws: Aws) -> None:
    aws.job("j1", "t1", description="d", timeoutConfig={"inProgressTimeoutInMinutes": 5})
    (summary,) = aws.http("GET", "/jobs").json()["jobs"]
    assert set(summary) == SUMMARY
    assert summary["jobArn"] == aws.arn("job", "j1")
    assert (summary["status"], summary["targetSelection"]) == ("IN_PROGRESS", "SNAPSHOT")
    assert summary["isConcurrent"] is False
    assert isinstance(summary["createdAt"], float | int)


def test_a_completed_job_has_the_time_of_its_completion(aws: Aws) -> None:
    aws.in_status("t1", "j1", "SUCCEEDED")
    (summary,) = aws.http("GET", "/jobs").json()["jobs"]
    assert set(summary) == SUMMARY | {"completedAt"}


def test_a_filter_by_status_finds_the_jobs_in_it(aws: Aws) -> None:
    aws.job("running", "t1")
    aws.in_status("t1", "completed", "SUCCEEDED")
    aws.job("canceled", "t1")
    aws.iot.cancel_job(jobId="canceled")
    aws.job("scheduled", "t1", schedulingConfig={"startTime": in_half_a_day(aws)})
    aws.deletion("manual", times=1000)
    aws.job("leaving", "t1")
    aws.iot.delete_job(jobId="leaving", force=True)
    assert ids(aws, status="IN_PROGRESS") == ["running"]
    assert ids(aws, status="COMPLETED") == ["completed"]
    assert ids(aws, status="CANCELED") == ["canceled"]
    assert ids(aws, status="SCHEDULED") == ["scheduled"]
    assert ids(aws, status="DELETION_IN_PROGRESS") == ["leaving"]
    assert set(ids(aws)) == {"running", "completed", "canceled", "scheduled", "leaving"}


def test_a_filter_follows_a_job_from_status_to_status(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "SUCCEEDED")
    assert ids(aws, status="IN_PROGRESS") == []
    assert ids(aws, status="COMPLETED") == ["j1"]


def test_a_filter_by_target_selection(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.job("once", group)
    aws.job("forever", group, targetSelection="CONTINUOUS")
    assert ids(aws, targetSelection="SNAPSHOT") == ["once"]
    assert ids(aws, targetSelection="CONTINUOUS") == ["forever"]


def test_a_filter_by_group_finds_its_jobs_and_shows_the_groups_id(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    other = aws.group("g2", "t1")
    group_id = aws.iot.describe_thing_group(thingGroupName="g1")["thingGroupId"]
    aws.job("j1", group)
    aws.job("j2", other)
    aws.job("j3", "t1")
    for filters in ({"thingGroupName": "g1"}, {"thingGroupId": group_id}):
        (summary,) = aws.iot.list_jobs(**filters)["jobs"]
        assert (summary["jobId"], summary["thingGroupId"]) == ("j1", group_id)
    assert "thingGroupId" not in aws.iot.list_jobs(status="IN_PROGRESS")["jobs"][0]


def test_a_list_filtered_by_group_misses_scheduled_jobs(aws: Aws) -> None:
    """Surprising, and so on AWS: aws/aws-cli issue 8924."""
    group = aws.group("g1", "t1")
    aws.job("scheduled", group, schedulingConfig={"startTime": in_half_a_day(aws)})
    aws.job("running", group)
    assert ids(aws, thingGroupName="g1") == ["running"]


def test_a_filter_by_namespace(aws: Aws) -> None:
    aws.job("plain", "t1")
    aws.job("named", "t1", namespaceId="fleet_1")
    assert ids(aws, namespaceId="fleet_1") == ["named"]
    assert ids(aws, namespaceId="fleet_2") == []


def test_filters_are_combined(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.job("once", group)
    aws.job("forever", group, targetSelection="CONTINUOUS")
    aws.job("over", group, targetSelection="CONTINUOUS")
    aws.iot.cancel_job(jobId="over")
    assert ids(aws, targetSelection="CONTINUOUS", status="IN_PROGRESS", thingGroupName="g1") == [
        "forever"
    ]


def test_the_oldest_job_comes_first(aws: Aws) -> None:
    for job_id in ("a", "c", "b"):
        aws.job(job_id, "t1")
        aws.advance(seconds=1)
    assert ids(aws) == ["a", "c", "b"]


def test_a_page_holds_250_jobs_by_default(aws: Aws) -> None:
    for number in range(251):
        aws.job(f"j{number}", "t1")
    page = aws.iot.list_jobs()
    assert len(page["jobs"]) == 250
    rest = aws.iot.list_jobs(nextToken=page["nextToken"])
    assert len(rest["jobs"]) == 1
    assert not rest.get("nextToken")


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 250])
def test_pages_of_any_size_hold_every_job_once_and_then_end(aws: Aws, size: int) -> None:
    for number in range(6):
        aws.job(f"j{number}", "t1")
    whole = ids(aws)
    pages = list(aws.iot.get_paginator("list_jobs").paginate(PaginationConfig={"PageSize": size}))
    assert [job["jobId"] for page in pages for job in page["jobs"]] == whole
    assert all(len(page["jobs"]) == size for page in pages[:-1])
    assert len(pages) == -(-6 // size)


def test_pages_keep_to_the_filter(aws: Aws) -> None:
    for number in range(5):
        aws.job(f"j{number}", "t1")
    aws.iot.cancel_job(jobId="j2")
    paginator = aws.iot.get_paginator("list_jobs")
    pages = paginator.paginate(status="IN_PROGRESS", PaginationConfig={"PageSize": 2})
    assert {job["jobId"] for page in pages for job in page["jobs"]} == {"j0", "j1", "j3", "j4"}


def test_a_list_that_grows_and_shrinks_between_pages_repeats_nothing_and_misses_nothing_that_stayed(
    aws: Aws,
) -> None:
    for number in range(6):
        aws.job(f"j{number}", "t1")
        aws.advance(seconds=1)
    first = aws.iot.list_jobs(maxResults=3)
    shown = [job["jobId"] for job in first["jobs"]]
    aws.job("newer", "t1")
    aws.iot.delete_job(jobId=shown[-1], force=True)
    rest = aws.iot.list_jobs(nextToken=first["nextToken"])
    assert [*shown, *(job["jobId"] for job in rest["jobs"])] == [
        "j0",
        "j1",
        "j2",
        "j3",
        "j4",
        "j5",
        "newer",
    ]


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "1", "e30="])
def test_a_token_that_no_page_gave_is_an_error(aws: Aws, token: str) -> None:
    aws.job("j1", "t1")
    error = aws.raises("InvalidRequestException", 400, aws.iot.list_jobs, nextToken=token)
    assert error.message == "Next token is invalid."


@pytest.mark.parametrize(
    "size, rule",
    [
        (0, "Member must have value greater than or equal to 1"),
        (251, "Member must have value less than or equal to 250"),
    ],
)
def test_a_page_holds_1_to_250(aws: Aws, size: int, rule: str) -> None:
    response = aws.http("GET", f"/jobs?maxResults={size}")
    assert response.status_code == 400
    assert response.headers["x-amzn-ErrorType"].partition(":")[0] == "InvalidRequestException"
    assert (
        response.json()["message"]
        == f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy"
        f" constraint: {rule}"
    )


def test_a_status_that_jobs_do_not_have_is_an_error(aws: Aws) -> None:
    error = aws.raises("InvalidRequestException", 400, aws.iot.list_jobs, status="QUEUED")
    assert error.message.startswith(
        "1 validation error detected: Value 'QUEUED' at 'status' failed to satisfy constraint: "
        "Member must satisfy enum value set: ["
    )
