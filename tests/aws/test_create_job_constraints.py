"""CreateJob: the constraints of the botocore model, in the words of AWS's validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

CRITERION = {
    "failureType": "FAILED",
    "action": "CANCEL",
    "thresholdPercentage": 20.0,
    "minNumberOfExecutedThings": 1,
}
EXPONENTIAL = {
    "baseRatePerMinute": 5,
    "incrementFactor": 2.0,
    "rateIncreaseCriteria": {"numberOfNotifiedThings": 10},
}


def rollout(**changes: Any) -> dict[str, Any]:
    rate = {**EXPONENTIAL, **changes}
    return {"jobExecutionsRolloutConfig": {"maximumPerMinute": 50, "exponentialRate": rate}}


def abort(**changes: Any) -> dict[str, Any]:
    criterion = {**CRITERION, **changes}
    kept = {name: value for name, value in criterion.items() if value is not None}
    return {"abortConfig": {"criteriaList": [kept]}}


def retry(*criteria: tuple[Any, Any]) -> dict[str, Any]:
    listed = [{"failureType": kind, "numberOfRetries": count} for kind, count in criteria]
    return {"jobExecutionsRetryConfig": {"criteriaList": listed}}


# What is sent besides a good request; where the fault lies; the rule, in the wording captured from
# AWS.
VIOLATIONS: list[tuple[str, dict[str, Any], str, str]] = [
    ("no targets at all", {"targets": None}, "null at 'targets'", "Member must not be null"),
    (
        "an empty list of targets",
        {"targets": []},
        "at 'targets'",
        "Member must have length greater than or equal to 1",
    ),
    (
        "an empty description",
        {"description": ""},
        "'' at 'description'",
        r"regular expression pattern: [^\p{C}]+",
    ),
    (
        "a control character",
        {"description": "a\tb"},
        "at 'description'",
        r"regular expression pattern: [^\p{C}]+",
    ),
    (
        "a description too long",
        {"description": "d" * 2029},
        "at 'description'",
        "Member must have length less than or equal to 2028",
    ),
    (
        "a document too long",
        {"document": '"' + "d" * 32767 + '"'},
        "at 'document'",
        "Member must have length less than or equal to 32768",
    ),
    (
        "a rollout of none a minute",
        {"jobExecutionsRolloutConfig": {"maximumPerMinute": 0}},
        "'0' at 'jobExecutionsRolloutConfig.maximumPerMinute'",
        "Member must have value greater than or equal to 1",
    ),
    (
        "a rollout of 1001 a minute",
        {"jobExecutionsRolloutConfig": {"maximumPerMinute": 1001}},
        "maximumPerMinute",
        "1000",
    ),
    (
        "a base rate of none",
        rollout(baseRatePerMinute=0),
        "baseRatePerMinute'",
        "value greater than or equal to 1",
    ),
    (
        "a base rate of 1001",
        rollout(baseRatePerMinute=1001),
        "baseRatePerMinute'",
        "value less than or equal to 1000",
    ),
    (
        "a factor below 1.1",
        rollout(incrementFactor=1.0),
        "'1.0' at",
        "value greater than or equal to 1.1",
    ),
    ("a factor above 5", rollout(incrementFactor=5.1), "'5.1' at", "value less than or equal to 5"),
    (
        "a step of no things",
        rollout(rateIncreaseCriteria={"numberOfNotifiedThings": 0}),
        "rateIncreaseCriteria.numberOfNotifiedThings'",
        "value greater than or equal to 1",
    ),
    (
        "a signed URL for less than a minute",
        {"presignedUrlConfig": {"expiresInSec": 59}},
        "'59' at 'presignedUrlConfig.expiresInSec'",
        "Member must have value greater than or equal to 60",
    ),
    (
        "a signed URL for more than an hour",
        {"presignedUrlConfig": {"expiresInSec": 3601}},
        "'3601' at 'presignedUrlConfig.expiresInSec'",
        "Member must have value less than or equal to 3600",
    ),
    ("eleven retries", retry(("FAILED", 11)), "numberOfRetries'", "value less than or equal to 10"),
    (
        "retries below none",
        retry(("FAILED", -1)),
        "numberOfRetries'",
        "value greater than or equal to 0",
    ),
    (
        "a retry of rejections",
        retry(("REJECTED", 1)),
        "criteriaList.1.member.failureType'",
        "Member must satisfy enum value set: [ALL, TIMED_OUT, FAILED]",
    ),
    (
        "three retry criteria",
        retry(("FAILED", 1), ("TIMED_OUT", 1), ("ALL", 1)),
        "criteriaList'",
        "Member must have length less than or equal to 2",
    ),
    (
        "an abort after no executions",
        abort(minNumberOfExecutedThings=0),
        "criteriaList.1.member.minNumberOfExecutedThings'",
        "Member must have value greater than or equal to 1",
    ),
    (
        "an abort on successes",
        abort(failureType="SUCCEEDED"),
        "criteriaList.1.member.failureType'",
        "Member must satisfy enum value set: [ALL, TIMED_OUT, FAILED, REJECTED]",
    ),
    (
        "an abort that does something else",
        abort(action="PAUSE"),
        "criteriaList.1.member.action'",
        "Member must satisfy enum value set: [CANCEL]",
    ),
    (
        "an abort above 100 percent",
        abort(thresholdPercentage=100.5),
        "'100.5' at",
        "Member must have value less than or equal to 100",
    ),
    (
        "an abort without a threshold",
        abort(thresholdPercentage=None),
        "null at",
        "Member must not be null",
    ),
    (
        "a namespace with a blank",
        {"namespaceId": "a b"},
        "'a b' at 'namespaceId'",
        "pattern: [a-zA-Z0-9_-]+",
    ),
    (
        "an unknown selection",
        {"targetSelection": "SOME"},
        "'SOME' at 'targetSelection'",
        "satisfy enum value set",
    ),
    (
        "an unknown end",
        {"schedulingConfig": {"endTime": "2099-01-01T10:00", "endBehavior": "PAUSE"}},
        "'PAUSE' at 'schedulingConfig.endBehavior'",
        "satisfy enum value set",
    ),
    (
        "a window of a whole day",
        {
            "targetSelection": "CONTINUOUS",
            "schedulingConfig": {
                "startTime": "2099-01-01T10:00",
                "maintenanceWindows": [
                    {"startTime": "cron(0 10 * * ? *)", "durationInMinutes": 1431}
                ],
            },
        },
        "durationInMinutes'",
        "Member must have value less than or equal to 1430",
    ),
]


def put(aws: Aws, job_id: str = "j1", **members: Any) -> tuple[int, str, str]:
    """Send CreateJob as no SDK would (they check some of it themselves); tell status, error type
    and message.
    """
    body = {"targets": [aws.thing("t1")], "document": "{}", **members}
    sent = {name: value for name, value in body.items() if value is not None}
    response = aws.http("PUT", f"/jobs/{job_id}", json=sent)
    kind = response.headers.get("x-amzn-ErrorType", "").partition(":")[0]
    return response.status_code, kind, response.json().get("message", "")


@pytest.mark.parametrize(
    "members, where, rule",
    [violation[1:] for violation in VIOLATIONS],
    ids=[violation[0] for violation in VIOLATIONS],
)
def test_a_violation_of_the_model_is_an_error_and_creates_nothing(
    aws: Aws, members: dict[str, Any], where: str, rule: str
) -> None:
    status, kind, message = put(aws, **members)
    assert (status, kind) == (400, "InvalidRequestException")
    assert message.startswith("1 validation error detected: Value ")
    assert where in message
    assert message.endswith(rule) or rule in message
    assert aws.iot.list_jobs()["jobs"] == []


def test_several_violations_are_one_error(aws: Aws) -> None:
    error = aws.raises(
        "InvalidRequestException",
        400,
        aws.iot.create_job,
        jobId="bad id",
        targets=[aws.thing("t1")],
        document="{}",
        description="",
    )
    assert error.message == (
        "2 validation errors detected: Value 'bad id' at 'jobId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+; "
        "Value '' at 'description' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [^\p{C}]+"
    )


def test_the_order_of_clauses_is_aws_own_and_not_that_of_the_request(aws: Aws) -> None:
    _, _, message = put(
        aws,
        "bad id",
        **abort(failureType="SUCCEEDED", minNumberOfExecutedThings=0),
        **retry(("REJECTED", 11)),
        presignedUrlConfig={"expiresInSec": 1},
        description="",
        jobExecutionsRolloutConfig={"maximumPerMinute": 0},
    )
    fields = ["'jobId'", "maximumPerMinute'", "'description'", "expiresInSec'", "numberOfRetries'"]
    fields += ["member.failureType'", "minNumberOfExecutedThings'", "member.failureType'"]
    clauses = message.split("; ")
    assert message.startswith("8 validation errors detected: ")
    assert [
        field for field, clause in zip(fields, clauses, strict=True) if field in clause
    ] == fields


def test_an_id_of_65_characters_is_an_error(aws: Aws) -> None:
    _, _, message = put(aws, "j" * 65)
    assert message.endswith(
        "at 'jobId' failed to satisfy constraint: Member must have length less than or equal to 64"
    )


@pytest.mark.parametrize("job_id", ["j", "j" * 64, "a-b_C9", "notify", "get", "start-next"])
def test_any_id_that_the_model_allows_is_accepted(aws: Aws, job_id: str) -> None:
    assert aws.job(job_id, "t1")["jobId"] == job_id
    assert aws.status(job_id) == "IN_PROGRESS"


@pytest.mark.parametrize(
    "text",
    ["héllo", "世界", "🚀", "a b", "d" * 2028],
    ids=["accents", "han", "emoji", "blank", "long"],
)
def test_a_description_may_hold_any_printable_text(aws: Aws, text: str) -> None:
    aws.job("j1", "t1", description=text)
    assert aws.iot.describe_job(jobId="j1")["job"]["description"] == text


def test_malformed_json_is_an_error_and_creates_nothing(aws: Aws) -> None:
    response = aws.http("PUT", "/jobs/j1", data='{"targets": [')
    assert response.status_code == 400
    assert response.headers["Content-Type"].startswith("application/")
    assert "json" in response.headers["Content-Type"]
    assert aws.iot.list_jobs()["jobs"] == []


def test_members_that_the_model_does_not_know_are_ignored(aws: Aws) -> None:
    status, _, _ = put(aws, colour="green")
    assert status == 200
    assert "colour" not in aws.iot.describe_job(jobId="j1")["job"]


@pytest.mark.parametrize("operation", ["describe_job", "cancel_job", "get_job_document"])
def test_a_bad_id_is_an_error_before_the_job_is_looked_for(aws: Aws, operation: str) -> None:
    error = aws.raises("InvalidRequestException", 400, getattr(aws.iot, operation), jobId="bad id")
    assert error.message.startswith("1 validation error detected: Value 'bad id' at 'jobId'")
