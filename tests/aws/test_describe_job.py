"""DescribeJob: which members are there, and when (developer guide, CLI examples, live captures)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

ALWAYS = {
    "jobArn",
    "jobId",
    "targetSelection",
    "status",
    "targets",
    "createdAt",
    "lastUpdatedAt",
    "jobProcessDetails",
    "presignedUrlConfig",
    "jobExecutionsRolloutConfig",
    "timeoutConfig",
    "schedulingConfig",
    "isConcurrent",
}
COUNTERS = {
    f"numberOf{kind}Things"
    for kind in (
        "Canceled",
        "Succeeded",
        "Failed",
        "Rejected",
        "Queued",
        "InProgress",
        "Removed",
        "TimedOut",
    )
}
ABORT = {
    "failureType": "FAILED",
    "action": "CANCEL",
    "thresholdPercentage": 20.0,
    "minNumberOfExecutedThings": 3,
}


def raw(aws: Aws, job_id: str = "j1") -> dict[str, Any]:
    """What is really in the answer, which an SDK may hide or add to."""
    answer = aws.http("GET", f"/jobs/{job_id}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_a_plain_job_shows_what_is_always_there_and_nothing_else(aws: Aws) -> None:
    aws.job("j1", "t1")
    body = raw(aws)
    assert set(body) == {"job"}
    job = body["job"]
    assert set(job) == ALWAYS
    assert job["jobArn"] == "arn:aws:iot:eu-west-1:123456789012:job/j1"
    assert job["targets"] == ["arn:aws:iot:eu-west-1:123456789012:thing/t1"]
    assert (job["jobId"], job["targetSelection"], job["status"]) == (
        "j1",
        "SNAPSHOT",
        "IN_PROGRESS",
    )
    assert job["isConcurrent"] is False


@pytest.mark.parametrize(
    "member",
    ["presignedUrlConfig", "jobExecutionsRolloutConfig", "timeoutConfig", "schedulingConfig"],
)
def test_a_config_that_was_not_given_is_an_empty_object(aws: Aws, member: str) -> None:
    aws.job("j1", "t1")
    assert raw(aws)["job"][member] == {}


def test_all_eight_counters_are_there_even_at_zero(aws: Aws) -> None:
    aws.job("j1", "t1")
    details = raw(aws)["job"]["jobProcessDetails"]
    assert set(details) == COUNTERS
    assert details == {**dict.fromkeys(COUNTERS, 0), "numberOfQueuedThings": 1}


@pytest.mark.parametrize(
    "status, counter",
    [
        ("QUEUED", "Queued"),
        ("IN_PROGRESS", "InProgress"),
        ("SUCCEEDED", "Succeeded"),
        ("FAILED", "Failed"),
        ("REJECTED", "Rejected"),
        ("TIMED_OUT", "TimedOut"),
        ("REMOVED", "Removed"),
        ("CANCELED", "Canceled"),
    ],
)
def test_each_status_has_its_counter(aws: Aws, status: str, counter: str) -> None:
    aws.in_status("t1", "j1", status)
    assert aws.counters("j1") == {counter: 1}


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS", "SUCCEEDED"])
def test_a_small_job_is_never_seen_rolling_out(aws: Aws, status: str) -> None:
    aws.in_status("t1", "j1", status)
    job = raw(aws)["job"]
    assert job["isConcurrent"] is False
    assert "processingTargets" not in job["jobProcessDetails"]


def test_times_are_seconds_with_a_fraction_of_milliseconds(aws: Aws) -> None:
    aws.job("j1", "t1")
    text = aws.http("GET", "/jobs/j1").text
    stamps = re.findall(r'"(?:createdAt|lastUpdatedAt)": ?([\d.E+]+)', text)
    assert len(stamps) == 2
    for stamp in stamps:
        assert abs(float(stamp) - aws.now().timestamp()) < 60
        assert round(float(stamp), 3) == float(stamp)


def test_an_sdk_sees_the_times_as_datetimes(aws: Aws) -> None:
    aws.job("j1", "t1")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert abs((aws.now() - job["createdAt"]).total_seconds()) < 60
    assert job["lastUpdatedAt"] >= job["createdAt"]


def test_settings_are_shown_as_they_were_given(aws: Aws) -> None:
    settings: dict[str, Any] = {
        "description": "Firmware 2",
        "presignedUrlConfig": {
            "roleArn": "arn:aws:iam::123456789012:role/jobs",
            "expiresInSec": 120,
        },
        "jobExecutionsRolloutConfig": {
            "maximumPerMinute": 50,
            "exponentialRate": {
                "baseRatePerMinute": 5,
                "incrementFactor": 1.5,
                "rateIncreaseCriteria": {"numberOfSucceededThings": 10},
            },
        },
        "abortConfig": {"criteriaList": [ABORT]},
        "timeoutConfig": {"inProgressTimeoutInMinutes": 30},
        "jobExecutionsRetryConfig": {
            "criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]
        },
        "namespaceId": "fleet_1",
    }
    aws.job("j1", "t1", **settings)
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert {name: job[name] for name in settings} == settings


def test_doubles_come_back_as_floats(aws: Aws) -> None:
    body = {
        "targets": [aws.thing("t1")],
        "document": "{}",
        "abortConfig": {"criteriaList": [{**ABORT, "thresholdPercentage": 20}]},
        "jobExecutionsRolloutConfig": {
            "maximumPerMinute": 50,
            "exponentialRate": {
                "baseRatePerMinute": 5,
                "incrementFactor": 2,
                "rateIncreaseCriteria": {"numberOfNotifiedThings": 10},
            },
        },
    }
    assert aws.http("PUT", "/jobs/j1", json=body).status_code == 200
    text = aws.http("GET", "/jobs/j1").text
    assert re.search(r'"thresholdPercentage": ?20\.0\b', text)
    assert re.search(r'"incrementFactor": ?2\.0\b', text)


def test_members_that_were_not_set_are_left_out_and_shown_once_they_are(aws: Aws) -> None:
    aws.job("j1", "t1")
    optional = {
        "abortConfig",
        "jobExecutionsRetryConfig",
        "description",
        "comment",
        "reasonCode",
        "forceCanceled",
    }
    optional |= {
        "completedAt",
        "namespaceId",
        "jobTemplateArn",
        "documentParameters",
        "destinationPackageVersions",
    }
    assert not optional & set(raw(aws)["job"])
    aws.iot.cancel_job(jobId="j1", comment="wrong build", reasonCode="BUILD_7")
    job = raw(aws)["job"]
    assert (job["comment"], job["reasonCode"], job["forceCanceled"]) == (
        "wrong build",
        "BUILD_7",
        False,
    )
    assert job["status"] == "CANCELED"


def test_a_forced_cancel_is_shown_as_such(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.iot.cancel_job(jobId="j1", force=True)
    job = raw(aws)["job"]
    assert job["forceCanceled"] is True
    assert not {"comment", "reasonCode"} & set(job)


def test_completed_at_appears_with_completion(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS")
    assert "completedAt" not in raw(aws)["job"]
    aws.advance(seconds=30)
    aws.report("t1", "j1", "SUCCEEDED")
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert job["status"] == "COMPLETED"
    assert (job["completedAt"] - job["createdAt"]).total_seconds() >= 30


def test_the_source_stands_beside_the_job_and_not_in_it(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(
        Bucket="documents", CreateBucketConfiguration={"LocationConstraint": aws.region}
    )
    s3.put_object(Bucket="documents", Key="job.json", Body=b'{"op":"x"}')
    source = "https://s3.eu-west-1.amazonaws.com/documents/job.json"
    aws.job("j1", "t1", documentSource=source)
    body = raw(aws)
    assert body["documentSource"] == source
    assert set(body["job"]) == ALWAYS


def test_the_arn_of_the_template_is_shown(aws: Aws) -> None:
    made = aws.iot.create_job_template(jobTemplateId="m1", description="d", document="{}")
    aws.job("j1", "t1", jobTemplateArn=made["jobTemplateArn"])
    assert set(raw(aws)["job"]) == ALWAYS | {"jobTemplateArn"}
    assert raw(aws)["job"]["jobTemplateArn"] == made["jobTemplateArn"]


def test_parameters_of_a_managed_template_are_shown(aws: Aws) -> None:
    template = "arn:aws:iot:eu-west-1::jobtemplate/AWS-Run-Command:1.0"
    aws.job("j1", "t1", jobTemplateArn=template, documentParameters={"command": "echo,hello"})
    assert raw(aws)["job"]["documentParameters"] == {"command": "echo,hello"}


def test_tags_and_document_are_never_shown(aws: Aws) -> None:
    aws.job("j1", "t1", tags=[{"Key": "team", "Value": "a"}])
    text = aws.http("GET", "/jobs/j1").text
    assert "team" not in text
    assert '"op"' not in text
    assert '"document"' not in text


@pytest.mark.parametrize("before", ["true", "false"])
def test_before_substitution_may_be_requested(aws: Aws, before: str) -> None:
    aws.job("j1", "t1")
    answer = aws.http("GET", f"/jobs/j1?beforeSubstitution={before}")
    assert set(answer.json()["job"]) == ALWAYS


def test_an_unknown_job_is_not_found(aws: Aws) -> None:
    refusal = aws.refused("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="ghost")
    assert refusal.message == "Job ghost cannot be found."


def test_an_error_has_its_type_in_the_header_and_its_message_in_the_body(aws: Aws) -> None:
    answer = aws.http("GET", "/jobs/ghost")
    assert answer.status_code == 404
    assert answer.headers["x-amzn-ErrorType"].partition(":")[0] == "ResourceNotFoundException"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["message"] == "Job ghost cannot be found."
    assert answer.headers["x-amzn-RequestId"]


def test_each_response_has_an_id_of_its_own(aws: Aws) -> None:
    ids = {UUID(aws.http("GET", "/jobs").headers["x-amzn-RequestId"]) for _ in range(3)}
    assert len(ids) == 3
    assert {each.version for each in ids} == {4}


def test_the_last_update_moves_with_the_job(aws: Aws) -> None:
    aws.job("j1", "t1")
    before = aws.iot.describe_job(jobId="j1")["job"]
    aws.advance(minutes=1)
    aws.iot.cancel_job(jobId="j1")
    after = aws.iot.describe_job(jobId="j1")["job"]
    assert after["createdAt"] == before["createdAt"]
    assert (after["lastUpdatedAt"] - before["lastUpdatedAt"]).total_seconds() >= 60


def test_reading_changes_nothing(aws: Aws) -> None:
    aws.job("j1", "t1")
    first = raw(aws)
    aws.iot.describe_job(jobId="j1")
    aws.iot.list_jobs()
    aws.iot.get_job_document(jobId="j1")
    aws.execution("t1", "j1")
    aws.pending("t1")
    assert raw(aws) == first
