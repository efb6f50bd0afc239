"""CancelJob: what it does to the job and to its executions (developer guide, Manage jobs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

TERMINAL = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "REMOVED", "CANCELED"]
FORCE = pytest.mark.parametrize("force", [False, True], ids=["without force", "with force"])


def in_progress_and_queued(aws: Aws) -> None:
    aws.job("j1", "running", "waiting")
    aws.report("running", "j1", "IN_PROGRESS")


def test_the_response_names_the_job_and_its_description(aws: Aws) -> None:
    aws.job("j1", "t1", description="d")
    response = aws.iot.cancel_job(jobId="j1")
    assert {name: response[name] for name in response if name != "ResponseMetadata"} == {
        "jobArn": aws.arn("job", "j1"),
        "jobId": "j1",
        "description": "d",
    }


def test_without_force_queued_executions_are_canceled_and_running_ones_go_on(aws: Aws) -> None:
    in_progress_and_queued(aws)
    aws.iot.cancel_job(jobId="j1")
    assert aws.status("j1") == "CANCELED"
    assert aws.execution("waiting", "j1")["status"] == "CANCELED"
    assert aws.execution("running", "j1")["status"] == "IN_PROGRESS"
    assert aws.counters("j1") == {"Canceled": 1, "InProgress": 1}
    assert (aws.pending("waiting"), aws.pending("running")) == (([], []), (["j1"], []))


def test_with_force_running_executions_are_canceled_too(aws: Aws) -> None:
    in_progress_and_queued(aws)
    aws.iot.cancel_job(jobId="j1", force=True)
    assert aws.counters("j1") == {"Canceled": 2}
    assert aws.execution("running", "j1")["forceCanceled"] is True
    assert aws.pending("running") == ([], [])


def test_the_job_says_whether_force_was_used(aws: Aws) -> None:
    aws.job("gently", "t1")
    aws.job("hard", "t1")
    aws.iot.cancel_job(jobId="gently")
    aws.iot.cancel_job(jobId="hard", force=True)
    assert aws.iot.describe_job(jobId="gently")["job"]["forceCanceled"] is False
    assert aws.iot.describe_job(jobId="hard")["job"]["forceCanceled"] is True


def test_an_execution_canceled_without_force_does_not_claim_force(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.iot.cancel_job(jobId="j1")
    assert not aws.execution("t1", "j1").get("forceCanceled")


def test_a_running_device_may_still_finish_a_canceled_job_and_is_counted(aws: Aws) -> None:
    in_progress_and_queued(aws)
    aws.iot.cancel_job(jobId="j1")
    aws.report("running", "j1", "IN_PROGRESS", statusDetails={"step": "2"})
    aws.report("running", "j1", "SUCCEEDED")
    assert aws.counters("j1") == {"Canceled": 1, "Succeeded": 1}
    assert aws.status("j1") == "CANCELED"


def test_a_device_cannot_report_after_a_forced_cancel(aws: Aws) -> None:
    in_progress_and_queued(aws)
    aws.iot.cancel_job(jobId="j1", force=True)
    call = aws.device.update_job_execution
    error = aws.raises(
        "InvalidStateTransitionException",
        409,
        call,
        thingName="running",
        jobId="j1",
        status="SUCCEEDED",
    )
    assert error.message == "Job j1 for running has already finished with status CANCELED"


@FORCE
@pytest.mark.parametrize("status", TERMINAL)
def test_finished_executions_stay_as_they_are(aws: Aws, status: str, force: bool) -> None:
    group = aws.group("g1", "t1", "t2")
    aws.job("j1", group, targetSelection="CONTINUOUS")
    aws.in_status("t1", "j1", status)
    before = aws.execution("t1", "j1")
    aws.iot.cancel_job(jobId="j1", force=force)
    after = aws.execution("t1", "j1")
    for execution in (before, after):
        execution.pop("approximateSecondsBeforeTimedOut", None)
    assert after == before
    assert aws.status("j1") == "CANCELED"


def test_a_canceled_execution_has_a_new_version_and_a_new_last_update(aws: Aws) -> None:
    aws.job("j1", "t1")
    before = aws.execution("t1", "j1")
    aws.advance(seconds=10)
    aws.iot.cancel_job(jobId="j1")
    after = aws.execution("t1", "j1")
    assert (before["versionNumber"], after["versionNumber"]) == (1, 2)
    assert (after["lastUpdatedAt"] - before["lastUpdatedAt"]).total_seconds() >= 10
    assert after["queuedAt"] == before["queuedAt"]
    assert "startedAt" not in after


def test_comment_and_reason_are_kept(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.iot.cancel_job(jobId="j1", comment="wrong build", reasonCode="BUILD_7")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert (job["comment"], job["reasonCode"]) == ("wrong build", "BUILD_7")


@FORCE
@pytest.mark.parametrize("status", ["COMPLETED", "CANCELED"])
def test_a_job_that_is_over_cannot_be_canceled(aws: Aws, status: str, force: bool) -> None:
    aws.job("j1", "t1")
    if status == "CANCELED":
        aws.iot.cancel_job(jobId="j1")
    else:
        aws.report("t1", "j1", "SUCCEEDED")
    before = aws.iot.describe_job(jobId="j1")["job"]
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.cancel_job, jobId="j1", force=force, comment="late"
    )
    assert error.message == f"Job j1 in status {status} cannot be canceled."
    assert aws.iot.describe_job(jobId="j1")["job"] == before


def test_an_unknown_job_is_not_found(aws: Aws) -> None:
    error = aws.raises("ResourceNotFoundException", 404, aws.iot.cancel_job, jobId="ghost")
    assert error.message == "Job ghost cannot be found."


@pytest.mark.parametrize(
    "members, where, rule",
    [
        (
            {"reasonCode": "lower case"},
            "Value 'lower case' at 'reasonCode'",
            r"Member must satisfy regular expression pattern: [\p{Upper}\p{Digit}_]+",
        ),
        (
            {"reasonCode": "R" * 129},
            "at 'reasonCode'",
            "Member must have length less than or equal to 128",
        ),
        (
            {"comment": "a\nb"},
            "at 'comment'",
            r"Member must satisfy regular expression pattern: [^\p{C}]+",
        ),
        (
            {"comment": "c" * 2029},
            "at 'comment'",
            "Member must have length less than or equal to 2028",
        ),
    ],
)
def test_reason_and_comment_have_their_rules(
    aws: Aws, members: dict[str, Any], where: str, rule: str
) -> None:
    aws.job("j1", "t1")
    error = aws.raises("InvalidRequestException", 400, aws.iot.cancel_job, jobId="j1", **members)
    assert where in error.message
    assert error.message.endswith(rule)
    assert aws.status("j1") == "IN_PROGRESS"


def test_force_travels_in_the_query_and_nowhere_else(aws: Aws) -> None:
    """The developer guide shows it in the body; the botocore model and the service want it in the
    query.
    """
    in_progress_and_queued(aws)
    assert aws.http("PUT", "/jobs/j1/cancel", json={"force": True}).status_code == 200
    assert aws.execution("running", "j1")["status"] == "IN_PROGRESS"
    aws.job("j2", "t2")
    aws.report("t2", "j2", "IN_PROGRESS")
    assert aws.http("PUT", "/jobs/j2/cancel?force=true").status_code == 200
    assert aws.execution("t2", "j2")["status"] == "CANCELED"


def test_a_canceled_job_hands_out_nothing_more(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.iot.cancel_job(jobId="j1")
    assert "execution" not in aws.device.start_next_pending_job_execution(thingName="t1")


def test_a_canceled_continuous_job_no_longer_follows_its_group(aws: Aws) -> None:
    group = aws.group("g1", "t1")
    aws.job("j1", group, targetSelection="CONTINUOUS")
    aws.iot.cancel_job(jobId="j1")
    aws.join("g1", "t2")
    assert aws.counters("j1") == {"Canceled": 1}
    assert aws.pending("t2") == ([], [])
