"""Abort criteria: when they are met, and what becomes of the job (developer guide, Job abort
configuration; captures).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws


def abort(*criteria: tuple[str, float, int]) -> dict[str, Any]:
    """Criteria as failure type, threshold in percent, least number of executions that have ended."""
    listed = [
        {
            "failureType": kind,
            "action": "CANCEL",
            "thresholdPercentage": threshold,
            "minNumberOfExecutedThings": least,
        }
        for kind, threshold, least in criteria
    ]
    return {"abortConfig": {"criteriaList": listed}}


def job(aws: Aws, things: int, *criteria: tuple[str, float, int], **settings: Any) -> None:
    aws.job(
        "j1", *(f"t{number}" for number in range(1, things + 1)), **abort(*criteria), **settings
    )


def shown(aws: Aws) -> dict[str, Any]:
    found: dict[str, Any] = aws.iot.describe_job(jobId="j1")["job"]
    return found


def test_a_job_whose_failures_reach_the_threshold_is_canceled_and_says_why(aws: Aws) -> None:
    job(aws, 5, ("FAILED", 50.0, 2))
    aws.report("t5", "j1", "IN_PROGRESS")
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "IN_PROGRESS"
    aws.report("t2", "j1", "FAILED")
    found = shown(aws)
    assert (found["status"], found["reasonCode"], found["forceCanceled"]) == (
        "CANCELED",
        "ABORT_CANCEL",
        False,
    )
    assert (
        found["comment"] == "Abort criteria for failure type FAILED with threshold 50.00% met. "
        "Total completed executions: 2, total FAILED executions: 1"
    )


def test_an_abort_cancels_what_is_queued_and_lets_what_runs_finish(aws: Aws) -> None:
    job(aws, 4, ("FAILED", 1.0, 1))
    aws.report("t2", "j1", "IN_PROGRESS")
    aws.report("t1", "j1", "FAILED")
    assert aws.counters("j1") == {"Failed": 1, "InProgress": 1, "Canceled": 2}
    assert aws.pending("t3") == ([], [])
    aws.report("t2", "j1", "SUCCEEDED")
    assert aws.counters("j1") == {"Failed": 1, "Succeeded": 1, "Canceled": 2}
    assert aws.status("j1") == "CANCELED"


@pytest.mark.parametrize(
    "failed, succeeded, met",
    [(1, 2, False), (1, 1, True), (2, 1, True)],
    ids=["below", "exactly at", "above"],
)
def test_the_threshold_counts_as_reached_when_it_is_met_exactly(
    aws: Aws, failed: int, succeeded: int, met: bool
) -> None:
    job(aws, 9, ("FAILED", 50.0, failed + succeeded))
    for number in range(1, failed + 1):
        aws.report(f"t{number}", "j1", "FAILED")
    for number in range(failed + 1, failed + succeeded + 1):
        aws.report(f"t{number}", "j1", "SUCCEEDED")
    assert aws.status("j1") == ("CANCELED" if met else "IN_PROGRESS")


def test_before_the_least_number_has_ended_nothing_is_aborted(aws: Aws) -> None:
    job(aws, 6, ("FAILED", 10.0, 4))
    for number in (1, 2, 3):
        aws.report(f"t{number}", "j1", "FAILED")
        assert aws.status("j1") == "IN_PROGRESS"
    aws.report("t4", "j1", "SUCCEEDED")
    assert aws.status("j1") == "CANCELED"


@pytest.mark.parametrize(
    "criterion, status, met",
    [
        ("FAILED", "FAILED", True),
        ("FAILED", "REJECTED", False),
        ("FAILED", "TIMED_OUT", False),
        ("REJECTED", "REJECTED", True),
        ("REJECTED", "FAILED", False),
        ("TIMED_OUT", "TIMED_OUT", True),
        ("TIMED_OUT", "FAILED", False),
        ("ALL", "FAILED", True),
        ("ALL", "REJECTED", True),
        ("ALL", "TIMED_OUT", True),
        ("ALL", "CANCELED", False),
        ("ALL", "SUCCEEDED", False),
    ],
)
def test_a_criterion_counts_its_own_kind_of_failure(
    aws: Aws, criterion: str, status: str, met: bool
) -> None:
    job(aws, 3, (criterion, 100.0, 1))
    aws.in_status("t1", "j1", status)
    assert aws.status("j1") == ("CANCELED" if met else "IN_PROGRESS")


def test_all_adds_the_three_kinds_up(aws: Aws) -> None:
    job(aws, 6, ("ALL", 75.0, 4))
    aws.report("t1", "j1", "SUCCEEDED")
    aws.report("t2", "j1", "FAILED")
    aws.report("t3", "j1", "REJECTED")
    aws.in_status("t4", "j1", "TIMED_OUT")
    assert (
        shown(aws)["comment"]
        == "Abort criteria for failure type ALL with threshold 75.00% met. Total completed"
        " executions: 4, total ALL executions: 3"
    )


def test_the_first_criterion_that_is_met_is_the_one_that_is_named(aws: Aws) -> None:
    job(aws, 3, ("REJECTED", 100.0, 1), ("ALL", 12.5, 1), ("FAILED", 50.0, 1))
    aws.report("t1", "j1", "FAILED")
    assert shown(aws)["comment"].startswith(
        "Abort criteria for failure type ALL with threshold 12.50% met."
    )


@pytest.mark.parametrize("ending", ["SUCCEEDED", "CANCELED", "REMOVED"])
def test_every_end_counts_as_completed(aws: Aws, ending: str) -> None:
    group = aws.group("g1", "t1", "t2", "t3")
    aws.job("j1", group, targetSelection="CONTINUOUS", **abort(("FAILED", 50.0, 2)))
    aws.in_status("t1", "j1", ending)
    assert aws.status("j1") == "IN_PROGRESS"
    aws.report("t2", "j1", "FAILED")
    assert aws.status("j1") == "CANCELED"


def test_a_cancellation_may_bring_a_job_to_its_threshold(aws: Aws) -> None:
    job(aws, 4, ("FAILED", 50.0, 2))
    aws.report("t1", "j1", "FAILED")
    assert aws.status("j1") == "IN_PROGRESS"
    aws.iot.cancel_job_execution(thingName="t2", jobId="j1")
    assert shown(aws)["reasonCode"] == "ABORT_CANCEL"


def test_deleting_a_success_may_bring_a_job_to_its_threshold(aws: Aws) -> None:
    job(aws, 5, ("FAILED", 50.0, 2))
    for thing, status in (("t1", "SUCCEEDED"), ("t2", "SUCCEEDED"), ("t3", "FAILED")):
        aws.report(thing, "j1", status)
    assert aws.status("j1") == "IN_PROGRESS"
    aws.iot.delete_job_execution(thingName="t1", jobId="j1", executionNumber=1)
    assert shown(aws)["reasonCode"] == "ABORT_CANCEL"


def test_a_deleted_failure_no_longer_counts(aws: Aws) -> None:
    job(aws, 6, ("FAILED", 50.0, 3))
    aws.report("t1", "j1", "FAILED")
    aws.report("t2", "j1", "FAILED")
    aws.iot.delete_job_execution(thingName="t1", jobId="j1", executionNumber=1)
    aws.report("t3", "j1", "SUCCEEDED")
    aws.report("t4", "j1", "SUCCEEDED")
    assert aws.status("j1") == "IN_PROGRESS"


def test_a_job_with_nothing_left_open_is_completed_not_aborted(aws: Aws) -> None:
    job(aws, 2, ("FAILED", 50.0, 2))
    aws.report("t1", "j1", "SUCCEEDED")
    aws.report("t2", "j1", "FAILED")
    found = shown(aws)
    assert found["status"] == "COMPLETED"
    assert not {"reasonCode", "comment", "forceCanceled"} & set(found)


def test_an_abort_ends_the_retries(aws: Aws) -> None:
    retry = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 5}]}
    job(aws, 3, ("FAILED", 100.0, 2), jobExecutionsRetryConfig=retry)
    aws.report("t1", "j1", "FAILED")
    assert aws.counters("j1") == {"Failed": 1, "Queued": 3}
    aws.report("t1", "j1", "FAILED")
    assert aws.status("j1") == "CANCELED"
    assert "Queued" not in aws.counters("j1")


def test_an_abort_ends_the_rollout(aws: Aws) -> None:
    job(aws, 3, ("FAILED", 100.0, 1), jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    (first,) = aws.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"]
    aws.report(first["thingArn"].rpartition("/")[2], "j1", "FAILED")
    assert aws.status("j1") == "CANCELED"
    aws.advance(minutes=5)
    assert aws.counters("j1") == {"Failed": 1}


def test_an_aborted_continuous_job_no_longer_follows_its_group(aws: Aws) -> None:
    group = aws.group("g1", "t1", "t2")
    aws.job("j1", group, targetSelection="CONTINUOUS", **abort(("FAILED", 100.0, 1)))
    aws.report("t1", "j1", "FAILED")
    assert aws.status("j1") == "CANCELED"
    aws.join("g1", "t3")
    assert aws.pending("t3") == ([], [])
