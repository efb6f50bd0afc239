"""What else a deleted job execution changes: the device's view, its job, the abort criteria and
the numbers to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws


def delete(aws: Aws, thing: str, number: int = 1, job_id: str = "j1") -> None:
    """Delete an execution, by force if it takes force."""
    aws.iot.delete_job_execution(jobId=job_id, thingName=thing, executionNumber=number, force=True)


def numbers(aws: Aws, thing: str = "t1") -> dict[int, str]:
    """Tell the statuses of a thing's executions by their numbers."""
    listed = aws.iot.list_job_executions_for_thing(thingName=thing)["executionSummaries"]
    return {
        one["jobExecutionSummary"]["executionNumber"]: one["jobExecutionSummary"]["status"]
        for one in listed
    }


# The device.


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_the_device_can_neither_read_nor_update_it(aws: Aws, status: str) -> None:
    aws.in_status("t1", "j1", status)
    delete(aws, "t1")
    execution = {"jobId": "j1", "thingName": "t1"}
    read = aws.raises(
        "ResourceNotFoundException", 404, aws.device.describe_job_execution, **execution
    )
    assert read.message == "Job j1 not found for t1"
    for report in ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"):
        update = {**execution, "status": report}
        error = aws.raises(
            "ResourceNotFoundException", 404, aws.device.update_job_execution, **update
        )
        assert error.message == "Job j1 not found for t1"
    assert aws.pending("t1") == ([], [])
    assert "execution" not in aws.device.start_next_pending_job_execution(thingName="t1")
    assert "execution" not in aws.device.describe_job_execution(jobId="$next", thingName="t1")


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_the_next_in_line_moves_up(aws: Aws, status: str) -> None:
    aws.in_status("t1", "j1", status)
    aws.job("j2", "t1")
    delete(aws, "t1")
    assert aws.pending("t1") == ([], ["j2"])
    assert aws.device.start_next_pending_job_execution(thingName="t1")["execution"]["jobId"] == "j2"


def test_other_devices_go_on_with_the_job(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", "t3")
    aws.in_status("t2", "j1", "IN_PROGRESS")
    delete(aws, "t1")
    aws.report("t2", "j1", "SUCCEEDED")
    aws.report("t3", "j1", "FAILED")
    assert (aws.status("j1"), aws.counters("j1")) == ("COMPLETED", {"Succeeded": 1, "Failed": 1})


def test_its_timer_is_gone_with_it(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", timeoutConfig={"inProgressTimeoutInMinutes": 5})
    aws.in_status("t1", "j1", "IN_PROGRESS")
    delete(aws, "t1")
    aws.advance(minutes=30)
    assert (aws.counters("j1"), numbers(aws)) == ({"Queued": 1}, {})


def test_a_deleted_thing_may_still_have_its_executions_deleted(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.iot.delete_thing(thingName="t1")
    delete(aws, "t1")
    assert aws.counters("j1") == {"Queued": 1}


# The job.


def test_counters_count_what_is_left(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", "t3", "t4", "t5")
    for thing, status in {
        "t1": "SUCCEEDED",
        "t2": "FAILED",
        "t3": "IN_PROGRESS",
        "t4": "REJECTED",
    }.items():
        aws.in_status(thing, "j1", status)
    seen = []
    for thing in ("t1", "t2", "t3", "t4"):
        delete(aws, thing)
        seen.append(aws.counters("j1"))
    assert seen == [
        {"Failed": 1, "InProgress": 1, "Rejected": 1, "Queued": 1},
        {"InProgress": 1, "Rejected": 1, "Queued": 1},
        {"Rejected": 1, "Queued": 1},
        {"Queued": 1},
    ]


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_a_snapshot_job_completes_with_its_last_open_execution(aws: Aws, status: str) -> None:
    aws.job("j1", "t1", "t2", "t3")
    aws.in_status("t1", "j1", "SUCCEEDED")
    aws.in_status("t2", "j1", "FAILED")
    aws.in_status("t3", "j1", status)
    assert aws.status("j1") == "IN_PROGRESS"
    delete(aws, "t3")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert job["status"] == "COMPLETED"
    assert job["completedAt"] >= job["createdAt"]
    assert aws.counters("j1") == {"Succeeded": 1, "Failed": 1}


def test_a_snapshot_job_completes_when_no_execution_is_left(aws: Aws) -> None:
    aws.job("j1", "t1")
    delete(aws, "t1")
    assert (aws.status("j1"), aws.counters("j1")) == ("COMPLETED", {})


def test_a_snapshot_job_stays_open_while_an_execution_is_open(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", "t3")
    aws.in_status("t1", "j1", "SUCCEEDED")
    delete(aws, "t1")
    delete(aws, "t2")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert job["status"] == "IN_PROGRESS"
    assert "completedAt" not in job


def test_a_canceled_job_stays_canceled(aws: Aws) -> None:
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.iot.cancel_job(jobId="j1")
    delete(aws, "t1")
    assert (aws.status("j1"), aws.counters("j1")) == ("CANCELED", {})


def test_a_completed_job_was_completed_when_it_was(aws: Aws) -> None:
    aws.in_status("t1", "j1", "SUCCEEDED")
    completed_at = aws.iot.describe_job(jobId="j1")["job"]["completedAt"]
    aws.advance(minutes=10)
    delete(aws, "t1")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert (job["status"], job["completedAt"]) == ("COMPLETED", completed_at)


def test_a_continuous_job_never_completes(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    delete(aws, "t1")
    assert (aws.status("j1"), aws.counters("j1")) == ("IN_PROGRESS", {})


# Abort criteria.


def abort_at(percentage: float, of_at_least: int) -> dict[str, Any]:
    """An abort configuration for failed executions."""
    criterion = {
        "failureType": "FAILED",
        "action": "CANCEL",
        "thresholdPercentage": percentage,
        "minNumberOfExecutedThings": of_at_least,
    }
    return {"criteriaList": [criterion]}


def test_a_deletion_may_meet_the_abort_criteria(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", "t3", "t4", "t5", abortConfig=abort_at(50, of_at_least=2))
    for thing, status in {
        "t1": "SUCCEEDED",
        "t2": "SUCCEEDED",
        "t3": "FAILED",
        "t4": "IN_PROGRESS",
    }.items():
        aws.in_status(thing, "j1", status)
    assert aws.status("j1") == "IN_PROGRESS"  # 1 of 3 has failed
    delete(aws, "t1")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert (job["status"], job["reasonCode"], job["forceCanceled"]) == (
        "CANCELED",
        "ABORT_CANCEL",
        False,
    )
    assert job["comment"] == (
        "Abort criteria for failure type FAILED with threshold 50.00% met. "
        "Total completed executions: 2, total FAILED executions: 1"
    )
    assert aws.counters("j1") == {"Succeeded": 1, "Failed": 1, "InProgress": 1, "Canceled": 1}


def test_a_deleted_failure_no_longer_counts_against_the_job(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", "t3", "t4", abortConfig=abort_at(100, of_at_least=2))
    aws.in_status("t1", "j1", "FAILED")
    delete(aws, "t1")
    aws.in_status("t2", "j1", "FAILED")
    assert aws.status("j1") == "IN_PROGRESS"
    aws.in_status("t3", "j1", "FAILED")
    assert aws.status("j1") == "CANCELED"


def test_an_open_execution_deleted_meets_no_criteria(aws: Aws) -> None:
    aws.job("j1", "t1", "t2", "t3", abortConfig=abort_at(50, of_at_least=2))
    aws.in_status("t1", "j1", "FAILED")
    delete(aws, "t2")
    assert (aws.status("j1"), aws.counters("j1")) == ("IN_PROGRESS", {"Failed": 1, "Queued": 1})


# Numbers.


def run_twice(aws: Aws) -> None:
    """Let `t1` succeed in a CONTINUOUS job, leave its group and be queued again on joining:
    numbers 1 and 2.
    """
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.report("t1", "j1", "SUCCEEDED", statusDetails={"run": "first"})
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    assert numbers(aws) == {1: "SUCCEEDED", 2: "QUEUED"}


def test_the_newest_deleted_makes_the_older_current(aws: Aws) -> None:
    run_twice(aws)
    delete(aws, "t1", 2)
    current = aws.execution("t1", "j1")
    assert (current["executionNumber"], current["status"]) == (1, "SUCCEEDED")
    assert current["statusDetails"] == {"detailsMap": {"run": "first"}}
    aws.raises(
        "TerminalStateException", 410, aws.device.describe_job_execution, jobId="j1", thingName="t1"
    )
    report = {"jobId": "j1", "thingName": "t1", "status": "SUCCEEDED"}
    aws.raises("InvalidStateTransitionException", 409, aws.device.update_job_execution, **report)
    assert aws.pending("t1") == ([], [])


def test_the_older_deleted_leaves_the_newest_current(aws: Aws) -> None:
    run_twice(aws)
    delete(aws, "t1", 1)
    assert numbers(aws) == {2: "QUEUED"}
    assert aws.execution("t1", "j1")["executionNumber"] == 2
    old = {"jobId": "j1", "thingName": "t1", "executionNumber": 1}
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **old)
    assert (
        aws.device.describe_job_execution(jobId="j1", thingName="t1")["execution"][
            "executionNumber"
        ]
        == 2
    )


def test_a_deleted_number_is_given_out_again(aws: Aws) -> None:
    run_twice(aws)
    delete(aws, "t1", 2)
    assert numbers(aws) == {1: "SUCCEEDED"}  # being a member alone queues nothing
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    assert numbers(aws) == {1: "SUCCEEDED", 2: "QUEUED"}
    assert aws.execution("t1", "j1")["versionNumber"] == 1


def test_the_next_number_follows_the_highest_left(aws: Aws) -> None:
    run_twice(aws)
    delete(aws, "t1", 1)
    aws.report("t1", "j1", "FAILED")
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    assert numbers(aws) == {2: "FAILED", 3: "QUEUED"}


def test_a_member_whose_executions_were_all_deleted_is_not_queued_again(aws: Aws) -> None:
    run_twice(aws)
    delete(aws, "t1", 1)
    delete(aws, "t1", 2)
    aws.iot.add_thing_to_thing_group(thingGroupName="g1", thingName="t1")  # it is in already
    assert (numbers(aws), aws.pending("t1")) == ({}, ([], []))


def test_leaving_after_all_were_deleted_gives_number_one_removed_and_joining_number_two(
    aws: Aws,
) -> None:
    run_twice(aws)
    delete(aws, "t1", 1)
    delete(aws, "t1", 2)
    aws.leave("g1", "t1")
    assert numbers(aws) == {1: "REMOVED"}
    assert aws.counters("j1") == {"Removed": 1}
    aws.join("g1", "t1")
    assert numbers(aws) == {1: "REMOVED", 2: "QUEUED"}
    assert aws.pending("t1") == ([], ["j1"])
