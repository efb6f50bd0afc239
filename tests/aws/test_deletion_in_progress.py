"""DELETION_IN_PROGRESS: how long it lasts, what shows it, what is refused meanwhile, and the limit
of ten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

ALLOWED_AT_ONCE = 10
IN_DELETION = "DELETION_IN_PROGRESS"


def hold_deletions(aws: Aws) -> None:
    """Let deletions take an hour, which is for as long as a test does not move the clock."""
    aws.deletion("time", seconds=3600)


def job_in_deletion(aws: Aws, **settings: Any) -> None:
    """Delete `j1`, a job for `t1` to `t3` in different statuses, and hold it there."""
    hold_deletions(aws)
    aws.job("j1", "t1", "t2", "t3", **settings)
    aws.in_status("t2", "j1", "IN_PROGRESS")
    aws.in_status("t3", "j1", "SUCCEEDED")
    aws.iot.delete_job(jobId="j1", force=True)


def ids(aws: Aws, **filters: str) -> list[str]:
    """List the jobs that pass the filters."""
    return sorted(job["jobId"] for job in aws.iot.list_jobs(**filters)["jobs"])


# How long it lasts.


def test_by_default_it_is_over_at_once(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")


def test_immediate_is_over_at_once(aws: Aws) -> None:
    aws.deletion("immediate")
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")


@pytest.mark.parametrize("times", [1, 2, 5])
def test_manual_lasts_for_so_many_describes(aws: Aws, times: int) -> None:
    aws.deletion("manual", times=times)
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    assert [aws.status("j1") for _ in range(times)] == [IN_DELETION] * times
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")


def test_time_lasts_until_the_clock_says_so(aws: Aws) -> None:
    aws.deletion("time", seconds=90)
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    assert aws.status("j1") == IN_DELETION
    aws.advance(minutes=1)
    assert aws.status("j1") == IN_DELETION
    aws.advance(minutes=1)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")


def test_time_is_up_for_lists_and_devices_as_well(aws: Aws) -> None:
    aws.deletion("time", seconds=90)
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.advance(minutes=2)
    assert ids(aws) == []
    assert aws.iot.list_job_executions_for_thing(thingName="t1")["executionSummaries"] == []


NONSENSE: list[dict[str, Any]] = [
    {"progression": "manual"},
    {"progression": "manual", "times": "twice"},
    {"progression": "manual", "times": -1},
    {"progression": "time"},
    {"progression": "time", "seconds": None},
    {"progression": "time", "seconds": 1e300},
    {"progression": "sometimes"},
]


@pytest.mark.parametrize("transition", NONSENSE, ids=str)
def test_a_transition_without_sense_is_an_error_that_changes_nothing(
    aws: Aws, transition: dict[str, Any]
) -> None:
    aws.job("j1", "t1")
    aws.deletion(**transition)
    error = aws.raises("InternalFailureException", 500, aws.iot.delete_job, jobId="j1", force=True)
    assert error.message.startswith("The transition of iot::job_deletion is {")
    assert aws.status("j1") == "IN_PROGRESS"
    aws.report("t1", "j1", "SUCCEEDED")
    aws.advance(minutes=1)
    assert aws.status("j1") == "COMPLETED"


def test_a_deletion_keeps_its_pace_when_the_transition_loses_its_sense(aws: Aws) -> None:
    aws.deletion("time", seconds=60)
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.deletion("manual")
    aws.advance(seconds=30)
    assert aws.status("j1") == IN_DELETION
    aws.advance(seconds=31)
    assert ids(aws) == []


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELED"])
def test_a_job_that_is_over_passes_through_it_too(aws: Aws, status: str) -> None:
    hold_deletions(aws)
    aws.job("j1", "t1")
    if status == "COMPLETED":
        aws.report("t1", "j1", "SUCCEEDED")
    else:
        aws.iot.cancel_job(jobId="j1")
    aws.iot.delete_job(jobId="j1")
    assert aws.status("j1") == IN_DELETION


# What shows it.


def test_describe_job_shows_it(aws: Aws) -> None:
    job_in_deletion(aws, description="d")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert (job["status"], job["description"], job["jobArn"]) == (
        IN_DELETION,
        "d",
        aws.arn("job", "j1"),
    )
    assert job["targets"] == [aws.arn("thing", name) for name in ("t1", "t2", "t3")]


def test_list_jobs_shows_it(aws: Aws) -> None:
    job_in_deletion(aws)
    aws.job("j2", "t1")
    assert {job["jobId"]: job["status"] for job in aws.iot.list_jobs()["jobs"]} == {
        "j1": IN_DELETION,
        "j2": "IN_PROGRESS",
    }


def test_list_jobs_filters_by_it(aws: Aws) -> None:
    job_in_deletion(aws)
    aws.job("j2", "t1")
    by_status = {
        status: ids(aws, status=status)
        for status in ("IN_PROGRESS", "CANCELED", "COMPLETED", "SCHEDULED", IN_DELETION)
    }
    assert by_status == {
        "IN_PROGRESS": ["j2"],
        "CANCELED": [],
        "COMPLETED": [],
        "SCHEDULED": [],
        IN_DELETION: ["j1"],
    }


def test_other_filters_go_together_with_it(aws: Aws) -> None:
    job_in_deletion(aws)
    assert ids(aws, status=IN_DELETION, targetSelection="SNAPSHOT") == ["j1"]
    assert ids(aws, status=IN_DELETION, targetSelection="CONTINUOUS") == []


def test_a_paginator_finds_it(aws: Aws) -> None:
    job_in_deletion(aws)
    aws.job("j2", "t1")
    pages = aws.iot.get_paginator("list_jobs").paginate(
        status=IN_DELETION, PaginationConfig={"PageSize": 1}
    )
    assert [job["jobId"] for page in pages for job in page["jobs"]] == ["j1"]


def test_the_other_describes_and_lists_still_respond(aws: Aws) -> None:
    job_in_deletion(aws)
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{"op":"x"}'
    assert "executionSummaries" in aws.iot.list_job_executions_for_job(jobId="j1")
    assert "executionSummaries" in aws.iot.list_job_executions_for_thing(thingName="t1")


def test_the_job_is_not_pending_for_any_device(aws: Aws) -> None:
    job_in_deletion(aws)
    aws.job("j2", "t1")
    assert [aws.pending(thing) for thing in ("t1", "t2", "t3")] == [
        ([], ["j2"]),
        ([], []),
        ([], []),
    ]
    assert aws.device.start_next_pending_job_execution(thingName="t1")["execution"]["jobId"] == "j2"


# What is refused meanwhile.


@pytest.mark.parametrize(
    ("operation", "members", "code", "status", "message"),
    [
        ("delete_job", {}, "InvalidStateTransitionException", 409, None),
        ("delete_job", {"force": True}, "InvalidStateTransitionException", 409, None),
        (
            "cancel_job",
            {},
            "InvalidRequestException",
            400,
            "Job j1 in status DELETION_IN_PROGRESS cannot be canceled.",
        ),
        (
            "cancel_job",
            {"force": True},
            "InvalidRequestException",
            400,
            "Job j1 in status DELETION_IN_PROGRESS cannot be canceled.",
        ),
        (
            "update_job",
            {"description": "new"},
            "InvalidRequestException",
            400,
            "Job j1 in status DELETION_IN_PROGRESS cannot be updated.",
        ),
    ],
    ids=["delete", "delete by force", "cancel", "cancel by force", "update"],
)
def test_the_job_is_not_touched_any_more(
    aws: Aws, operation: str, members: dict[str, Any], code: str, status: int, message: str | None
) -> None:
    job_in_deletion(aws)
    before = aws.iot.describe_job(jobId="j1")["job"]
    error = aws.raises(code, status, getattr(aws.iot, operation), jobId="j1", **members)
    assert message is None or error.message == message
    assert aws.iot.describe_job(jobId="j1")["job"] == before


def test_the_id_is_still_taken(aws: Aws) -> None:
    job_in_deletion(aws)
    request = {"jobId": "j1", "targets": [aws.arn("thing", "t1")], "document": "{}"}
    error = aws.raises("ResourceAlreadyExistsException", 409, aws.iot.create_job, **request)
    assert (error.response["resourceId"], error.response["resourceArn"]) == (
        "j1",
        aws.arn("job", "j1"),
    )
    assert aws.status("j1") == IN_DELETION


def test_no_targets_can_be_added(aws: Aws) -> None:
    hold_deletions(aws)
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.iot.delete_job(jobId="j1", force=True)
    more = {"jobId": "j1", "targets": [aws.group("g2", "t2")]}
    aws.raises("InvalidRequestException", 400, aws.iot.associate_targets_with_job, **more)
    assert aws.iot.describe_job(jobId="j1")["job"]["targets"] == [aws.arn("thinggroup", "g1")]


def test_the_job_follows_its_group_no_longer(aws: Aws) -> None:
    hold_deletions(aws)
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.join("g1", "t2")
    assert aws.pending("t2") == ([], [])
    assert aws.iot.list_job_executions_for_thing(thingName="t2")["executionSummaries"] == []


@pytest.mark.parametrize("thing", ["t1", "t2", "t3"])
def test_devices_do_not_find_the_job(aws: Aws, thing: str) -> None:
    job_in_deletion(aws)
    execution = {"jobId": "j1", "thingName": thing}
    read = aws.raises(
        "ResourceNotFoundException", 404, aws.device.describe_job_execution, **execution
    )
    assert read.message == f"Job j1 not found for {thing}"
    for status in ("IN_PROGRESS", "SUCCEEDED"):
        update = {**execution, "status": status}
        aws.raises("ResourceNotFoundException", 404, aws.device.update_job_execution, **update)


# Ten at once.


def job_for(iot: Any, job_id: str) -> None:
    """Create a job for a thing, with whichever client."""
    thing = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId=job_id, targets=[thing], document="{}")


def start_deletions(iot: Any, number: int) -> None:
    """Bring so many jobs, `d0` and on, into deletion."""
    for index in range(number):
        job_for(iot, f"d{index}")
        iot.delete_job(jobId=f"d{index}", force=True)


@pytest.mark.parametrize(
    ("end", "force"),
    [
        (lambda aws: None, True),
        (lambda aws: aws.report("t1", "j1", "SUCCEEDED"), False),
        (lambda aws: aws.iot.cancel_job(jobId="j1"), True),
    ],
    ids=["in progress", "completed", "canceled"],
)
def test_the_eleventh_is_an_error_and_untouched(
    aws: Aws, end: Callable[[Aws], object], force: bool
) -> None:
    hold_deletions(aws)
    start_deletions(aws.iot, ALLOWED_AT_ONCE)
    job_for(aws.iot, "j1")
    end(aws)
    before = aws.iot.describe_job(jobId="j1")["job"], aws.execution("t1", "j1"), aws.pending("t1")
    aws.raises("LimitExceededException", 410, aws.iot.delete_job, jobId="j1", force=force)
    assert (
        aws.iot.describe_job(jobId="j1")["job"],
        aws.execution("t1", "j1"),
        aws.pending("t1"),
    ) == before
    assert ids(aws, status=IN_DELETION) == [f"d{index}" for index in range(ALLOWED_AT_ONCE)]


def test_the_status_of_the_eleventh_counts_before_the_limit(aws: Aws) -> None:
    hold_deletions(aws)
    start_deletions(aws.iot, ALLOWED_AT_ONCE)
    aws.raises("ResourceNotFoundException", 404, aws.iot.delete_job, jobId="nope", force=True)
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="d0", force=True)


def test_slots_are_freed_as_deletions_end(aws: Aws) -> None:
    hold_deletions(aws)
    start_deletions(aws.iot, ALLOWED_AT_ONCE - 1)
    aws.advance(minutes=30)
    aws.job("d9", "t1")
    aws.iot.delete_job(jobId="d9", force=True)
    aws.job("j1", "t1")
    aws.raises("LimitExceededException", 410, aws.iot.delete_job, jobId="j1", force=True)
    aws.advance(minutes=31)  # the first nine are over, the tenth is not
    aws.iot.delete_job(jobId="j1", force=True)
    assert ids(aws, status=IN_DELETION) == ["d9", "j1"]


def test_deletions_that_are_over_at_once_are_without_limit(aws: Aws) -> None:
    start_deletions(aws.iot, ALLOWED_AT_ONCE + 5)
    assert ids(aws) == []


def test_deleting_executions_does_not_count(aws: Aws) -> None:
    hold_deletions(aws)
    start_deletions(aws.iot, ALLOWED_AT_ONCE)
    aws.job("j1", "t1")
    aws.iot.delete_job_execution(jobId="j1", thingName="t1", executionNumber=1)
    assert aws.status("j1") == "COMPLETED"


def test_another_region_has_its_own_ten(aws: Aws) -> None:
    hold_deletions(aws)
    start_deletions(aws.iot, ALLOWED_AT_ONCE)
    elsewhere = aws.client("iot", region="us-east-1")
    start_deletions(elsewhere, ALLOWED_AT_ONCE)
    for iot in (aws.iot, elsewhere):
        job_for(iot, "j1")
        aws.raises("LimitExceededException", 410, iot.delete_job, jobId="j1", force=True)


def test_another_account_has_its_own_ten(aws: Aws) -> None:
    hold_deletions(aws)
    start_deletions(aws.iot, ALLOWED_AT_ONCE)
    role = {"RoleArn": "arn:aws:iam::222222222222:role/owner", "RoleSessionName": "elsewhere"}
    key = aws.client("sts").assume_role(**role)["Credentials"]
    elsewhere = aws.client(
        "iot",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
        config=aws.iot.meta.config,
    )
    start_deletions(elsewhere, ALLOWED_AT_ONCE)
    job_for(elsewhere, "j1")
    aws.raises("LimitExceededException", 410, elsewhere.delete_job, jobId="j1", force=True)
    assert ":222222222222:" in elsewhere.describe_job(jobId="d0")["job"]["jobArn"]
