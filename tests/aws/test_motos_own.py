"""Where moto's own tests of jobs are wrong about AWS: what those six assert, answered as AWS does.

Each test is named after moto's test whose assertion it replaces (moto 5.2.5, `tests/test_iot`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

SOURCE = "https://s3-eu-west-1.amazonaws.com/bucket-name/job_document.json"
DOCUMENT = '{\n  "field": "value"\n}\n'
SETTINGS: dict[str, Any] = {
    "presignedUrlConfig": {
        "roleArn": "arn:aws:iam::1:role/service-role/iot_job_role",
        "expiresInSec": 123,
    },
    "targetSelection": "CONTINUOUS",
    "jobExecutionsRolloutConfig": {"maximumPerMinute": 10},
}


def store_the_document(aws: Aws) -> None:
    """Put where moto's tests point what they never put there."""
    s3 = aws.client("s3")
    s3.create_bucket(
        Bucket="bucket-name", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.put_object(Bucket="bucket-name", Key="job_document.json", Body=DOCUMENT.encode())


def test_no_job_is_created_from_an_object_that_does_not_exist(aws: Aws) -> None:
    request = {
        "jobId": "TestJob",
        "targets": [aws.thing("my-thing")],
        "documentSource": SOURCE,
        **SETTINGS,
    }
    aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request)
    assert aws.iot.list_jobs()["jobs"] == []


def test_describe_job(aws: Aws) -> None:
    store_the_document(aws)
    aws.job("TestJob", "my-thing", documentSource=SOURCE, **SETTINGS)
    response = aws.iot.describe_job(jobId="TestJob")
    assert response["documentSource"] == SOURCE
    assert {name: response["job"][name] for name in SETTINGS} == SETTINGS


def test_delete_job(aws: Aws) -> None:
    store_the_document(aws)
    aws.job("TestJob", "my-thing", documentSource=SOURCE, **SETTINGS)
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="TestJob")
    assert [job["jobId"] for job in aws.iot.list_jobs()["jobs"]] == ["TestJob"]
    aws.iot.delete_job(jobId="TestJob", force=True)
    assert aws.iot.list_jobs()["jobs"] == []


def test_cancel_job(aws: Aws) -> None:
    store_the_document(aws)
    aws.job("TestJob", "my-thing", documentSource=SOURCE, **SETTINGS)
    response = aws.iot.cancel_job(jobId="TestJob", reasonCode="BECAUSE", comment="You are")
    assert (response["jobId"], response["jobArn"]) == ("TestJob", aws.arn("job", "TestJob"))
    job = aws.iot.describe_job(jobId="TestJob")["job"]
    assert (job["status"], job["forceCanceled"]) == ("CANCELED", False)
    assert (job["reasonCode"], job["comment"]) == ("BECAUSE", "You are")


def test_cancel_job_with_a_reason_code_in_lower_case(aws: Aws) -> None:
    aws.job("TestJob", "my-thing")
    request = {"jobId": "TestJob", "reasonCode": "Because", "comment": "You are"}
    error = aws.raises("InvalidRequestException", 400, aws.iot.cancel_job, **request)
    assert (
        r"Member must satisfy regular expression pattern: [\p{Upper}\p{Digit}_]+" in error.message
    )
    assert aws.status("TestJob") == "IN_PROGRESS"


def test_get_job_document_with_document_source(aws: Aws) -> None:
    store_the_document(aws)
    aws.job("TestJob", "my-thing", documentSource=SOURCE, **SETTINGS)
    assert aws.iot.get_job_document(jobId="TestJob")["document"] == DOCUMENT


def test_describe_job_execution(aws: Aws) -> None:
    aws.job("TestJob", "my-thing", description="Description", **SETTINGS)
    for which in ({}, {"executionNumber": 1}):
        request = {"jobId": "TestJob", "thingName": "my-thing", **which}
        execution = aws.iot.describe_job_execution(**request)["execution"]
        assert (execution["status"], execution["executionNumber"], execution["versionNumber"]) == (
            "QUEUED",
            1,
            1,
        )
        assert execution["statusDetails"] == {}
        assert execution["thingArn"] == aws.arn("thing", "my-thing")
        assert not {"startedAt", "approximateSecondsBeforeTimedOut"} & execution.keys()
    absent = {"jobId": "TestJob", "thingName": "my-thing", "executionNumber": 123}
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **absent)


def test_delete_job_execution(aws: Aws) -> None:
    aws.job("TestJob", "my-thing", description="Description", **SETTINGS)
    execution = {"jobId": "TestJob", "thingName": "my-thing", "executionNumber": 1}
    wrong = {**execution, "executionNumber": 123}
    aws.raises("ResourceNotFoundException", 404, aws.iot.delete_job_execution, **wrong)
    aws.iot.delete_job_execution(**execution)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **execution)
