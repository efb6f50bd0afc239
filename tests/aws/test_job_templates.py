"""An account's own job templates: create, describe, list, delete, and jobs made from them (live
captures).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

CRITERION = {
    "failureType": "FAILED",
    "action": "CANCEL",
    "thresholdPercentage": 20.0,
    "minNumberOfExecutedThings": 3,
}
WINDOW = {"startTime": "cron(0 10 * * ? *)", "durationInMinutes": 60}
SETTINGS: dict[str, Any] = {
    "presignedUrlConfig": {"roleArn": "arn:aws:iam::123456789012:role/jobs", "expiresInSec": 120},
    "jobExecutionsRolloutConfig": {"maximumPerMinute": 50},
    "abortConfig": {"criteriaList": [CRITERION]},
    "timeoutConfig": {"inProgressTimeoutInMinutes": 30},
    "jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 2}]},
}
MEMBERS = {
    "jobTemplateArn",
    "jobTemplateId",
    "description",
    "documentSource",
    "document",
    "createdAt",
    "presignedUrlConfig",
    "jobExecutionsRolloutConfig",
    "abortConfig",
    "timeoutConfig",
    "jobExecutionsRetryConfig",
    "maintenanceWindows",
    "destinationPackageVersions",
}


def template(aws: Aws, template_id: str = "m1", **members: Any) -> str:
    given = {"description": "d", "document": '{"from":"template"}', **members}
    arn: str = aws.iot.create_job_template(jobTemplateId=template_id, **given)["jobTemplateArn"]
    return arn


def templates(aws: Aws) -> list[str]:
    return [one["jobTemplateId"] for one in aws.iot.list_job_templates()["jobTemplates"]]


def job_of(aws: Aws, job_id: str = "j1") -> dict[str, Any]:
    job: dict[str, Any] = aws.iot.describe_job(jobId=job_id)["job"]
    return job


def error_of(aws: Aws, code: str, status: int, **members: Any) -> str:
    return aws.raises(
        code, status, aws.iot.create_job_template, **{"jobTemplateId": "m1", **members}
    ).message


def test_the_response_names_the_template(aws: Aws) -> None:
    response = aws.iot.create_job_template(jobTemplateId="m1", description="d", document="{}")
    shown = {name: response[name] for name in response if name != "ResponseMetadata"}
    assert shown == {"jobTemplateArn": aws.arn("jobtemplate", "m1"), "jobTemplateId": "m1"}


def test_a_template_shows_what_it_was_given(aws: Aws) -> None:
    template(aws, **SETTINGS, maintenanceWindows=[WINDOW])
    shown = aws.iot.describe_job_template(jobTemplateId="m1")
    assert {name: shown[name] for name in SETTINGS} == SETTINGS
    assert shown["maintenanceWindows"] == [WINDOW]
    assert (shown["description"], shown["document"]) == ("d", '{"from":"template"}')
    assert abs((aws.now() - shown["createdAt"]).total_seconds()) < 60


def test_every_member_is_written_and_what_was_not_set_is_null(aws: Aws) -> None:
    template(aws)
    body = aws.http("GET", "/job-templates/m1").json()
    assert set(body) == MEMBERS
    unset = (
        "documentSource",
        "abortConfig",
        "jobExecutionsRetryConfig",
        "maintenanceWindows",
        "destinationPackageVersions",
    )
    assert [body[name] for name in unset] == [None] * 5
    assert body["presignedUrlConfig"] == {"roleArn": None, "expiresInSec": None}
    assert body["jobExecutionsRolloutConfig"] == {"maximumPerMinute": None, "exponentialRate": None}
    assert body["timeoutConfig"] == {"inProgressTimeoutInMinutes": None}


@pytest.mark.parametrize(
    "member", ["presignedUrlConfig", "jobExecutionsRolloutConfig", "timeoutConfig"]
)
def test_an_sdk_sees_configs_that_were_not_set_as_empty(aws: Aws, member: str) -> None:
    template(aws)
    assert aws.iot.describe_job_template(jobTemplateId="m1")[member] == {}


@pytest.mark.parametrize(
    "members, message",
    [
        (
            {"document": "{}", "documentSource": "s3://documents/job.json", "description": "d"},
            "Job document and job document source cannot be specified at the same time.",
        ),
        ({"description": "d"}, "Neither job document nor job document source is specified."),
        (
            {"description": "d", "document": "{}", "jobTemplateId": "bad id"},
            (
                "1 validation error detected: Value 'bad id' at 'jobTemplateId' failed to satisfy"
                " constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
            ),
        ),
        (
            {
                "description": "d",
                "document": "{}",
                "timeoutConfig": {"inProgressTimeoutInMinutes": 0},
            },
            "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 0.",
        ),
        (
            {"description": "d", "document": "{}", "tags": [{"Key": "aws:x", "Value": "v"}]},
            'Tags cannot begin with "aws:", offending tag: aws:x',
        ),
    ],
    ids=["document and source", "neither", "bad id", "bad timeout", "reserved tag"],
)
def test_a_template_that_makes_no_sense_is_an_error(
    aws: Aws, members: dict[str, Any], message: str
) -> None:
    assert error_of(aws, "InvalidRequestException", 400, **members) == message
    assert templates(aws) == []


def test_a_template_needs_a_description(aws: Aws) -> None:
    response = aws.http("PUT", "/job-templates/m1", json={"document": "{}"})
    assert response.status_code == 400
    assert (
        response.json()["message"]
        == "1 validation error detected: Value null at 'description' failed to satisfy constraint:"
        " Member must not be null"
    )


def test_a_second_template_of_the_same_id_is_a_conflict(aws: Aws) -> None:
    template(aws)
    call = aws.iot.create_job_template
    conflict = aws.raises(
        "ConflictException", 409, call, jobTemplateId="m1", description="d", document="{}"
    )
    assert conflict.message == "Job Template m1 already exists."


def test_an_unknown_template_is_not_found(aws: Aws) -> None:
    for call in (aws.iot.describe_job_template, aws.iot.delete_job_template):
        gone = aws.raises("ResourceNotFoundException", 404, call, jobTemplateId="ghost")
        assert gone.message == "Job Template ghost cannot be found."


def test_a_bad_id_is_an_error_in_the_words_of_validation(aws: Aws) -> None:
    message = aws.raises(
        "InvalidRequestException", 400, aws.iot.describe_job_template, jobTemplateId="bad id"
    ).message
    assert message.startswith(
        "1 validation error detected: Value 'bad id' at 'jobTemplateId' failed to satisfy"
    )


# From a job


def test_a_template_made_from_a_job_copies_document_and_settings(aws: Aws) -> None:
    aws.job("j1", "t1", description="of the job", tags=[{"Key": "k", "Value": "v"}], **SETTINGS)
    aws.iot.create_job_template(
        jobTemplateId="m1", description="of the template", jobArn=aws.arn("job", "j1")
    )
    shown = aws.iot.describe_job_template(jobTemplateId="m1")
    assert {name: shown[name] for name in SETTINGS} == SETTINGS
    assert (shown["document"], shown["description"]) == ('{"op":"x"}', "of the template")
    assert aws.iot.list_tags_for_resource(resourceArn=aws.arn("jobtemplate", "m1"))["tags"] == []


def test_members_of_the_request_win_over_those_of_the_job(aws: Aws) -> None:
    aws.job("j1", "t1", **SETTINGS)
    timeout = {"inProgressTimeoutInMinutes": 1}
    given = {
        "description": "d",
        "jobArn": aws.arn("job", "j1"),
        "document": "[]",
        "timeoutConfig": timeout,
    }
    aws.iot.create_job_template(jobTemplateId="m1", **given)
    shown = aws.iot.describe_job_template(jobTemplateId="m1")
    assert (shown["document"], shown["timeoutConfig"]) == ("[]", timeout)
    assert shown["abortConfig"] == SETTINGS["abortConfig"]


def test_a_template_cannot_be_made_from_an_unknown_job(aws: Aws) -> None:
    message = error_of(
        aws, "ResourceNotFoundException", 404, description="d", jobArn=aws.arn("job", "ghost")
    )
    assert message == "Job ghost cannot be found."


def test_a_source_is_read_when_the_template_is_made(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(
        Bucket="documents", CreateBucketConfiguration={"LocationConstraint": aws.region}
    )
    s3.put_object(Bucket="documents", Key="job.json", Body=b'{"version":1}')
    source = "s3://documents/job.json"
    aws.iot.create_job_template(jobTemplateId="m1", description="d", documentSource=source)
    s3.put_object(Bucket="documents", Key="job.json", Body=b'{"version":2}')
    shown = aws.iot.describe_job_template(jobTemplateId="m1")
    assert (shown["document"], shown["documentSource"]) == ('{"version":1}', source)


# Jobs made from a template


def test_a_job_inherits_document_and_settings_but_neither_description_nor_tags(aws: Aws) -> None:
    arn = template(aws, **SETTINGS, tags=[{"Key": "k", "Value": "v"}])
    response = aws.job("j1", "t1", jobTemplateArn=arn)
    assert "description" not in response
    job = job_of(aws)
    assert {name: job[name] for name in SETTINGS} == SETTINGS
    assert job["jobTemplateArn"] == arn
    assert "description" not in job
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{"from":"template"}'
    assert aws.iot.list_tags_for_resource(resourceArn=aws.arn("job", "j1"))["tags"] == []


def test_a_member_of_the_request_replaces_the_templates_whole(aws: Aws) -> None:
    arn = template(aws, **SETTINGS)
    role = "arn:aws:iam::123456789012:role/other"
    aws.job("j1", "t1", jobTemplateArn=arn, document="[1]", presignedUrlConfig={"roleArn": role})
    job = job_of(aws)
    assert aws.iot.get_job_document(jobId="j1")["document"] == "[1]"
    assert job["presignedUrlConfig"]["roleArn"] == role
    assert job["presignedUrlConfig"].get("expiresInSec", 3600) == 3600
    assert job["timeoutConfig"] == SETTINGS["timeoutConfig"]


def test_windows_of_a_template_become_the_jobs_schedule(aws: Aws) -> None:
    arn = template(aws, maintenanceWindows=[WINDOW])
    start = aws.now().replace(year=aws.now().year + 1, month=1, day=2).strftime("%Y-%m-%dT%H:%M")
    group = aws.group("g1", "t1")
    schedule = {"startTime": start}
    aws.job(
        "j1", group, jobTemplateArn=arn, targetSelection="CONTINUOUS", schedulingConfig=schedule
    )
    assert job_of(aws)["schedulingConfig"]["maintenanceWindows"] == [WINDOW]
    assert job_of(aws)["status"] == "SCHEDULED"


def test_a_job_outlives_its_template(aws: Aws) -> None:
    arn = template(aws)
    aws.job("j1", "t1", jobTemplateArn=arn)
    response = aws.http("DELETE", "/job-templates/m1")
    assert (response.status_code, response.text) == (200, "")
    assert templates(aws) == []
    assert job_of(aws)["jobTemplateArn"] == arn
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{"from":"template"}'
    given = aws.device.describe_job_execution(thingName="t1", jobId="j1")["execution"][
        "jobDocument"
    ]
    assert json.loads(given) == {"from": "template"}


def test_an_id_may_be_used_again_after_its_deletion(aws: Aws) -> None:
    template(aws)
    aws.iot.delete_job_template(jobTemplateId="m1")
    template(aws, document="[]")
    assert aws.iot.describe_job_template(jobTemplateId="m1")["document"] == "[]"


# Lists


def test_a_summary_holds_these_members(aws: Aws) -> None:
    template(aws)
    (summary,) = aws.http("GET", "/job-templates").json()["jobTemplates"]
    assert set(summary) == {"jobTemplateArn", "jobTemplateId", "description", "createdAt"}


def test_the_newest_template_comes_first(aws: Aws) -> None:
    for template_id in ("a", "c", "b"):
        template(aws, template_id)
        aws.advance(seconds=1)
    assert templates(aws) == ["b", "c", "a"]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_hold_every_template_once_and_end(aws: Aws, size: int) -> None:
    for number in range(5):
        template(aws, f"m{number}")
    pages = aws.iot.get_paginator("list_job_templates").paginate(
        PaginationConfig={"PageSize": size}
    )
    found = [one["jobTemplateId"] for page in pages for one in page["jobTemplates"]]
    assert found == templates(aws)


@pytest.mark.parametrize(
    "query, message",
    [
        ("nextToken=nonsense", "Next token is invalid."),
        (
            "maxResults=251",
            (
                "1 validation error detected: Value '251' at 'maxResults' failed to satisfy"
                " constraint: Member must have value less than or equal to 250"
            ),
        ),
    ],
)
def test_a_bad_token_and_a_bad_size_of_a_page_are_errors(
    aws: Aws, query: str, message: str
) -> None:
    response = aws.http("GET", f"/job-templates?{query}")
    assert (response.status_code, response.json()["message"]) == (400, message)


def test_an_account_has_at_most_100_templates(aws: Aws) -> None:
    for number in range(100):
        template(aws, f"m{number}")
    error_of(
        aws, "LimitExceededException", 410, jobTemplateId="one-more", description="d", document="{}"
    )
    assert len(templates(aws)) == 100
