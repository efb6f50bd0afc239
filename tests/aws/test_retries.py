"""Retries: which ends are retried, how often, and what a retry is (developer guide, Job executions
retry configurations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


def retry(*criteria: tuple[str, int]) -> dict[str, Any]:
    listed = [{"failureType": kind, "numberOfRetries": count} for kind, count in criteria]
    return {"jobExecutionsRetryConfig": {"criteriaList": listed}}


def runs(aws: Aws, thing: str = "t1") -> list[tuple[int, str, int]]:
    """Every execution of j1 on a thing, oldest first: number, status, retry attempt."""
    listed = aws.iot.list_job_executions_for_thing(thingName=thing, jobId="j1")[
        "executionSummaries"
    ]
    found = [item["jobExecutionSummary"] for item in listed]
    return sorted((one["executionNumber"], one["status"], one["retryAttempt"]) for one in found)


def time_out(aws: Aws) -> None:
    aws.report("t1", "j1", "IN_PROGRESS", stepTimeoutInMinutes=1)
    aws.advance(minutes=2)


def test_a_failed_execution_is_followed_by_a_new_one(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 2)))
    aws.advance(seconds=10)
    aws.report("t1", "j1", "FAILED", statusDetails={"why": "disk full"})
    assert runs(aws) == [(1, "FAILED", 0), (2, "QUEUED", 1)]
    failed, queued = aws.execution("t1", "j1", 1), aws.execution("t1", "j1")
    assert failed["statusDetails"] == {"detailsMap": {"why": "disk full"}}
    assert (queued["executionNumber"], queued["versionNumber"], queued["statusDetails"]) == (
        2,
        1,
        {},
    )
    assert queued["queuedAt"] >= failed["lastUpdatedAt"]
    assert "startedAt" not in queued


def test_the_device_finds_the_retry_among_what_is_pending(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 1)))
    aws.report("t1", "j1", "FAILED")
    assert aws.pending("t1") == ([], ["j1"])
    execution = aws.device.start_next_pending_job_execution(thingName="t1")["execution"]
    assert (execution["jobId"], execution["executionNumber"], execution["versionNumber"]) == (
        "j1",
        2,
        2,
    )
    assert execution["jobDocument"] == '{"op":"x"}'


def test_the_job_goes_on_until_the_retries_are_used_up(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 2)))
    for left in (True, True, False):
        assert aws.status("j1") == "IN_PROGRESS"
        aws.report("t1", "j1", "FAILED")
        assert aws.pending("t1") == ([], ["j1"] if left else [])
    assert aws.status("j1") == "COMPLETED"
    assert runs(aws) == [(1, "FAILED", 0), (2, "FAILED", 1), (3, "FAILED", 2)]


def test_every_failed_execution_is_counted(aws: Aws) -> None:
    """One thing, three failures: boto/boto3 issue 4656."""
    aws.job("j1", "t1", **retry(("FAILED", 2)))
    for _ in range(3):
        aws.report("t1", "j1", "FAILED")
    assert aws.counters("j1") == {"Failed": 3}


def test_a_success_ends_the_retries(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 5)))
    aws.report("t1", "j1", "FAILED")
    aws.report("t1", "j1", "SUCCEEDED")
    assert runs(aws) == [(1, "FAILED", 0), (2, "SUCCEEDED", 1)]
    assert aws.status("j1") == "COMPLETED"


@pytest.mark.parametrize("status", ["REJECTED", "CANCELED", "SUCCEEDED"])
def test_other_ends_are_never_retried(aws: Aws, status: str) -> None:
    aws.job("j1", "t1", **retry(("ALL", 5)))
    aws.in_status("t1", "j1", status)
    assert runs(aws) == [(1, status, 0)]
    assert aws.status("j1") == "COMPLETED"


@pytest.mark.parametrize(
    "criterion, failure, retried",
    [
        ("FAILED", "FAILED", True),
        ("FAILED", "TIMED_OUT", False),
        ("TIMED_OUT", "TIMED_OUT", True),
        ("TIMED_OUT", "FAILED", False),
        ("ALL", "FAILED", True),
        ("ALL", "TIMED_OUT", True),
    ],
)
def test_a_criterion_retries_its_own_kind_of_failure(
    aws: Aws, criterion: str, failure: str, retried: bool
) -> None:
    aws.job("j1", "t1", **retry((criterion, 1)))
    if failure == "FAILED":
        aws.report("t1", "j1", "FAILED")
    else:
        time_out(aws)
    assert runs(aws) == [(1, failure, 0), *([(2, "QUEUED", 1)] if retried else [])]


def test_no_retries_may_be_requested(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 0)))
    aws.report("t1", "j1", "FAILED")
    assert runs(aws) == [(1, "FAILED", 0)]


def test_each_criterion_has_a_count_of_its_own(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 1), ("TIMED_OUT", 1)))
    aws.report("t1", "j1", "FAILED")
    time_out(aws)
    aws.report("t1", "j1", "FAILED")
    assert runs(aws) == [(1, "FAILED", 0), (2, "TIMED_OUT", 1), (3, "FAILED", 2)]
    assert aws.status("j1") == "COMPLETED"


def test_a_device_is_retried_at_most_ten_times_for_both_together(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 6), ("TIMED_OUT", 6)))
    for _ in range(6):
        aws.report("t1", "j1", "FAILED")
    for _ in range(5):
        time_out(aws)
    assert len(runs(aws)) == 11
    assert aws.counters("j1") == {"Failed": 6, "TimedOut": 5}
    assert aws.status("j1") == "COMPLETED"


def test_the_retry_of_one_thing_is_no_business_of_another(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", **retry(("FAILED", 1)))
    aws.report("t1", "j1", "FAILED")
    assert runs(aws, "t2") == [(1, "QUEUED", 0)]
    aws.report("t2", "j1", "FAILED")
    assert runs(aws, "t2") == [(1, "FAILED", 0), (2, "QUEUED", 1)]


def test_canceling_the_job_cancels_a_queued_retry_and_none_follows(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", **retry(("FAILED", 5)))
    aws.report("t1", "j1", "FAILED")
    aws.report("t2", "j1", "IN_PROGRESS")
    aws.iot.cancel_job(jobId="j1")
    assert runs(aws) == [(1, "FAILED", 0), (2, "CANCELED", 1)]
    aws.report("t2", "j1", "FAILED")
    assert runs(aws, "t2") == [(1, "FAILED", 0)]


def test_leaving_the_group_ends_the_retries_and_coming_back_starts_the_count_anew(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS", **retry(("FAILED", 1)))
    aws.report("t1", "j1", "FAILED")
    aws.report("t1", "j1", "FAILED")
    assert runs(aws) == [(1, "FAILED", 0), (2, "FAILED", 1)]
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    aws.report("t1", "j1", "FAILED")
    assert runs(aws)[2:] == [(3, "FAILED", 0), (4, "QUEUED", 1)]


def test_a_thing_that_left_while_running_is_not_retried(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS", **retry(("FAILED", 5)))
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.leave("g1", "t1")
    aws.report("t1", "j1", "FAILED")
    assert runs(aws) == [(1, "FAILED", 0)]


def test_an_older_number_stays_readable_on_the_control_plane(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 1)))
    aws.report("t1", "j1", "FAILED")
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.execution("t1", "j1", 1)["status"] == "FAILED"
    assert aws.execution("t1", "j1")["status"] == "SUCCEEDED"
