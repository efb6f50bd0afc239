"""CancelJobExecution: who may be canceled, with and without force (API reference; developer guide,
Manage jobs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

TERMINAL = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"]
FORCE = pytest.mark.parametrize("force", [False, True], ids=["without force", "with force"])


def error_of(
    aws: Aws, code: str, status: int, thing: str = "t1", job_id: str = "j1", **members: Any
) -> str:
    call = aws.iot.cancel_job_execution
    return aws.raises(code, status, call, thingName=thing, jobId=job_id, **members).message


@FORCE
def test_a_queued_execution_is_canceled(aws: Aws, force: bool) -> None:
    aws.job("j1", "t1", "t2")
    aws.advance(seconds=5)
    aws.iot.cancel_job_execution(thingName="t1", jobId="j1", force=force)
    execution = aws.execution("t1", "j1")
    assert (execution["status"], execution["versionNumber"]) == ("CANCELED", 2)
    assert (execution["lastUpdatedAt"] - execution["queuedAt"]).total_seconds() >= 5
    assert aws.counters("j1") == {"Canceled": 1, "Queued": 1}
    assert aws.pending("t1") == ([], [])


def test_a_cancel_responds_200_with_an_empty_body(aws: Aws) -> None:
    aws.job("j1", "t1")
    response = aws.http("PUT", "/things/t1/jobs/j1/cancel")
    assert (response.status_code, response.text) == (200, "")


def test_a_running_execution_needs_force(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS")
    before = aws.execution("t1", "j1")
    message = error_of(aws, "InvalidStateTransitionException", 409)
    assert (
        message
        == "Job execution for thing t1 within job j1 in status IN_PROGRESS cannot be canceled"
        " without force flag."
    )
    assert aws.execution("t1", "j1") == before


def test_with_force_a_running_execution_is_canceled_and_says_so(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.iot.cancel_job_execution(thingName="t1", jobId="j1", force=True)
    execution = aws.execution("t1", "j1")
    assert (execution["status"], execution["versionNumber"], execution["forceCanceled"]) == (
        "CANCELED",
        3,
        True,
    )
    call = aws.device.update_job_execution
    aws.raises(
        "InvalidStateTransitionException", 409, call, thingName="t1", jobId="j1", status="SUCCEEDED"
    )


@FORCE
@pytest.mark.parametrize("status", TERMINAL)
def test_a_finished_execution_cannot_be_canceled(aws: Aws, status: str, force: bool) -> None:
    aws.in_status("t1", "j1", status)
    before = aws.execution("t1", "j1")
    message = error_of(aws, "InvalidStateTransitionException", 409, force=force)
    assert message == "Job execution for thing t1 within job j1 cannot be canceled."
    assert aws.execution("t1", "j1") == before


def test_a_wrong_expected_version_is_a_conflict(aws: Aws) -> None:
    aws.job("j1", "t1")
    message = error_of(aws, "VersionConflictException", 409, expectedVersion=7)
    assert message == "Expected version 7 but found version 1"
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


def test_the_right_expected_version_is_accepted(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.iot.cancel_job_execution(thingName="t1", jobId="j1", force=True, expectedVersion=2)
    assert aws.execution("t1", "j1")["status"] == "CANCELED"


def test_the_version_is_checked_before_the_status(aws: Aws) -> None:
    aws.in_status("t1", "j1", "SUCCEEDED")
    assert (
        error_of(aws, "VersionConflictException", 409, expectedVersion=9)
        == "Expected version 9 but found version 2"
    )


@pytest.mark.parametrize(
    "given, kept",
    [
        ({"statusDetails": {"why": "recall"}}, {"detailsMap": {"why": "recall"}}),
        ({}, {"detailsMap": {"step": "1"}}),
    ],
    ids=["given", "left out"],
)
def test_details_are_replaced_if_given_and_kept_if_not(
    aws: Aws, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    aws.job("j1", "t1", "t2")
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={"step": "1"})
    aws.iot.cancel_job_execution(thingName="t1", jobId="j1", force=True, **given)
    assert aws.execution("t1", "j1")["statusDetails"] == kept


def test_more_than_ten_details_are_an_error(aws: Aws) -> None:
    aws.job("j1", "t1")
    details = {f"k{number}": "v" for number in range(11)}
    error_of(aws, "InvalidRequestException", 400, statusDetails=details)
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


def test_a_snapshot_job_whose_last_open_execution_is_canceled_is_completed_not_canceled(
    aws: Aws,
) -> None:
    aws.job("j1", "t1", "t2")
    aws.report("t1", "j1", "SUCCEEDED")
    aws.iot.cancel_job_execution(thingName="t2", jobId="j1")
    assert aws.status("j1") == "COMPLETED"
    assert aws.counters("j1") == {"Succeeded": 1, "Canceled": 1}


def test_a_job_of_which_every_execution_was_canceled_alone_is_completed(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    for thing in ("t1", "t2"):
        aws.iot.cancel_job_execution(thingName=thing, jobId="j1")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert job["status"] == "COMPLETED"
    assert "forceCanceled" not in job


def test_a_continuous_job_is_not_completed_by_it(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.iot.cancel_job_execution(thingName="t1", jobId="j1")
    assert aws.status("j1") == "IN_PROGRESS"


@pytest.mark.parametrize(
    "thing, job_id, message",
    [
        ("t1", "ghost", "Job execution cannot be found as the Job ghost does not exist."),
        ("ghost", "j1", "Job execution for thing ghost cannot be found within job j1."),
    ],
    ids=["unknown job", "unknown thing"],
)
def test_what_does_not_exist_cannot_be_canceled(
    aws: Aws, thing: str, job_id: str, message: str
) -> None:
    aws.job("j1", "t1")
    assert error_of(aws, "ResourceNotFoundException", 404, thing, job_id) == message


def test_it_is_the_newest_execution_that_is_canceled(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.report("t1", "j1", "SUCCEEDED")
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    aws.iot.cancel_job_execution(thingName="t1", jobId="j1")
    assert aws.execution("t1", "j1", 2)["status"] == "CANCELED"
    assert aws.execution("t1", "j1", 1)["status"] == "SUCCEEDED"


def test_another_job_of_the_thing_is_left_alone(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.job("j2", "t1")
    aws.iot.cancel_job_execution(thingName="t1", jobId="j1")
    assert aws.pending("t1") == ([], ["j2"])
