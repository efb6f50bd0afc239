"""UpdateJob: what may be changed, when, and to what (developer guide, Manage jobs; wordings
captured).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

STEP = {"numberOfNotifiedThings": 10}
BOTH = {"numberOfNotifiedThings": 10, "numberOfSucceededThings": 10}


def rollout(
    maximum: int | None, base: int = 5, step: dict[str, int] | None = None
) -> dict[str, Any]:
    rate = {
        "baseRatePerMinute": base,
        "incrementFactor": 2.0,
        "rateIncreaseCriteria": STEP if step is None else step,
    }
    config: dict[str, Any] = {"exponentialRate": rate}
    if maximum is not None:
        config["maximumPerMinute"] = maximum
    return {"jobExecutionsRolloutConfig": config}


def retry(*criteria: tuple[str, int]) -> dict[str, Any]:
    listed = [{"failureType": kind, "numberOfRetries": count} for kind, count in criteria]
    return {"jobExecutionsRetryConfig": {"criteriaList": listed}}


def job_of(aws: Aws) -> dict[str, Any]:
    job: dict[str, Any] = aws.iot.describe_job(jobId="j1")["job"]
    return job


@pytest.mark.parametrize(
    "change",
    [
        {"description": "new"},
        {
            "presignedUrlConfig": {
                "roleArn": "arn:aws:iam::123456789012:role/new",
                "expiresInSec": 60,
            }
        },
        {"jobExecutionsRolloutConfig": {"maximumPerMinute": 7}},
        rollout(50),
        {
            "abortConfig": {
                "criteriaList": [
                    {
                        "failureType": "ALL",
                        "action": "CANCEL",
                        "thresholdPercentage": 12.5,
                        "minNumberOfExecutedThings": 2,
                    }
                ]
            }
        },
        {"timeoutConfig": {"inProgressTimeoutInMinutes": 99}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_member_that_may_change_is_replaced_whole(aws: Aws, change: dict[str, Any]) -> None:
    aws.job("j1", "t1")
    aws.iot.update_job(jobId="j1", **change)
    job = job_of(aws)
    assert {name: job[name] for name in change} == change


def test_nothing_is_merged_into_a_config(aws: Aws) -> None:
    role = "arn:aws:iam::123456789012:role/jobs"
    aws.job("j1", "t1", presignedUrlConfig={"roleArn": role, "expiresInSec": 600}, **rollout(50))
    aws.iot.update_job(
        jobId="j1",
        presignedUrlConfig={"roleArn": role},
        jobExecutionsRolloutConfig={"maximumPerMinute": 3},
    )
    job = job_of(aws)
    assert job["jobExecutionsRolloutConfig"] == {"maximumPerMinute": 3}
    assert job["presignedUrlConfig"].get("expiresInSec", 3600) == 3600


def test_what_is_not_named_stays(aws: Aws) -> None:
    aws.job("j1", "t1", description="d", timeoutConfig={"inProgressTimeoutInMinutes": 5})
    aws.iot.update_job(jobId="j1", timeoutConfig={"inProgressTimeoutInMinutes": 6})
    assert job_of(aws)["description"] == "d"


def test_an_update_responds_200_with_an_empty_body_and_moves_the_last_update(aws: Aws) -> None:
    aws.job("j1", "t1")
    before = job_of(aws)["lastUpdatedAt"]
    aws.advance(seconds=5)
    response = aws.http("PATCH", "/jobs/j1?namespaceId=fleet_1", json={"description": "new"})
    assert (response.status_code, response.text) == (200, "")
    assert (job_of(aws)["lastUpdatedAt"] - before).total_seconds() >= 5


@pytest.mark.parametrize("job_id", ["j1", "ghost"])
def test_an_empty_update_is_an_error_even_for_an_unknown_job(aws: Aws, job_id: str) -> None:
    aws.job("j1", "t1")
    error = aws.raises("InvalidRequestException", 400, aws.iot.update_job, jobId=job_id)
    assert error.message == f"Update Job request for job {job_id} cannot be empty."


def test_an_unknown_job_is_not_found(aws: Aws) -> None:
    error = aws.raises(
        "ResourceNotFoundException", 404, aws.iot.update_job, jobId="ghost", description="d"
    )
    assert error.message == "Job ghost cannot be found."


@pytest.mark.parametrize("status", ["CANCELED", "COMPLETED"])
def test_a_job_that_is_over_cannot_be_updated(aws: Aws, status: str) -> None:
    aws.job("j1", "t1")
    if status == "CANCELED":
        aws.iot.cancel_job(jobId="j1")
    else:
        aws.report("t1", "j1", "SUCCEEDED")
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.update_job, jobId="j1", description="new"
    )
    assert error.message == f"Job j1 in status {status} cannot be updated."
    assert "description" not in job_of(aws)


ERRORS: list[tuple[str, dict[str, Any], str]] = [
    (
        "a timeout of none",
        {"timeoutConfig": {"inProgressTimeoutInMinutes": 0}},
        "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 0.",
    ),
    (
        "a timeout left out",
        {"timeoutConfig": {}},
        "Provide valid timeout value, inProgressTimeoutInMinutes cannot be null.",
    ),
    (
        "an exponential rollout without its maximum",
        rollout(None),
        "Provide MaximumPerMinute value when ExponentialRate is defined",
    ),
    (
        "an empty rollout",
        {"jobExecutionsRolloutConfig": {}},
        "Provide MaximumPerMinute value or provide ExponentialRate and MaximumPerMinute",
    ),
    (
        "no step",
        rollout(50, step={}),
        (
            "Provide either NumberOfNotifiedThings or NumberOfSucceededThings when"
            " RateIncreaseCriteria is defined"
        ),
    ),
    (
        "two steps",
        rollout(50, step=BOTH),
        (
            "Provide only one of NumberOfNotifiedThings or NumberOfSucceededThings when"
            " RateIncreaseCriteria is defined"
        ),
    ),
    (
        "a base above the maximum",
        rollout(4, base=5),
        "Exponential rollout baseRatePerMinute should be less than maximumPerMinute.",
    ),
    (
        "a role that is no ARN",
        {"presignedUrlConfig": {"roleArn": "x" * 20}},
        f"Given role {'x' * 20} is invalid.",
    ),
    (
        "more retries",
        retry(("FAILED", 3)),
        "The number of retries cannot be updated to any number other than 0.",
    ),
    (
        "all and another",
        retry(("ALL", 0), ("FAILED", 0)),
        "A retryCriteria with failure type ALL must be used by itself.",
    ),
    (
        "retries of another failure",
        retry(("TIMED_OUT", 0)),
        "FailureTypes must match existing FailureTypes defined in RetryConfig.",
    ),
]


@pytest.mark.parametrize(
    "change, message", [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS]
)
def test_an_update_that_makes_no_sense_is_an_error_and_changes_nothing(
    aws: Aws, change: dict[str, Any], message: str
) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 2)))
    before = job_of(aws)
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.update_job, jobId="j1", description="new", **change
    )
    assert error.message == message
    assert job_of(aws) == before


def test_a_timeout_is_checked_before_the_job_is_looked_for(aws: Aws) -> None:
    config = {"inProgressTimeoutInMinutes": 10081}
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.update_job, jobId="ghost", timeoutConfig=config
    )
    assert (
        error.message == "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 10081."
    )


def test_retries_cannot_be_given_to_a_job_made_without_them(aws: Aws) -> None:
    aws.job("j1", "t1")
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.update_job, jobId="j1", **retry(("FAILED", 0))
    )
    assert (
        error.message
        == "RetryConfig cannot be updated if the job has no RetryConfig defined during creation."
    )


def test_retries_can_be_ended(aws: Aws) -> None:
    aws.job("j1", "t1", **retry(("FAILED", 2)))
    aws.iot.update_job(jobId="j1", **retry(("FAILED", 0)))
    aws.report("t1", "j1", "FAILED")
    assert aws.counters("j1") == {"Failed": 1}
    assert aws.status("j1") == "COMPLETED"


def test_a_new_timeout_counts_only_for_executions_that_start_afterwards(aws: Aws) -> None:
    aws.job("j1", "before", "after")
    aws.report("before", "j1", "IN_PROGRESS")
    aws.iot.update_job(jobId="j1", timeoutConfig={"inProgressTimeoutInMinutes": 10})
    aws.report("after", "j1", "IN_PROGRESS")
    aws.advance(minutes=11)
    assert aws.execution("before", "j1")["status"] == "IN_PROGRESS"
    assert aws.execution("after", "j1")["status"] == "TIMED_OUT"


def test_a_running_execution_keeps_the_timeout_that_it_started_with(aws: Aws) -> None:
    aws.job("j1", "t1", timeoutConfig={"inProgressTimeoutInMinutes": 10})
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.iot.update_job(jobId="j1", timeoutConfig={"inProgressTimeoutInMinutes": 100})
    aws.advance(minutes=11)
    assert aws.execution("t1", "j1")["status"] == "TIMED_OUT"


def test_members_that_cannot_be_updated_are_not(aws: Aws) -> None:
    aws.job("j1", "t1")
    body = {
        "description": "new",
        "document": "{}",
        "targets": [aws.thing("t2")],
        "targetSelection": "CONTINUOUS",
    }
    aws.http("PATCH", "/jobs/j1", json=body)
    job = job_of(aws)
    assert (job["targets"], job["targetSelection"]) == ([aws.arn("thing", "t1")], "SNAPSHOT")
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{"op":"x"}'
