"""CreateJob: what it refuses, in which order, and what it leaves behind (developer guide, Jobs
management API).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

Request = dict[str, Any]

CRITERION = {
    "failureType": "FAILED",
    "action": "CANCEL",
    "thresholdPercentage": 20.0,
    "minNumberOfExecutedThings": 1,
}
WINDOW = {"startTime": "cron(0 10 * * ? *)", "durationInMinutes": 60}
PRESIGNED = "${aws:iot:s3-presigned-url:https://s3.eu-west-1.amazonaws.com/bucket/key}"


def bad_id(aws: Aws, request: Request) -> None:
    request["jobId"] = "bad id"


def bad_timeout(aws: Aws, request: Request) -> None:
    request["timeoutConfig"] = {"inProgressTimeoutInMinutes": 0}


def criteria(request: Request) -> list[dict[str, Any]]:
    abort: dict[str, list[dict[str, Any]]] = request.setdefault(
        "abortConfig", {"criteriaList": [dict(CRITERION)]}
    )
    return abort["criteriaList"]


def same_failure_type_twice(aws: Aws, request: Request) -> None:
    # In front, for criteria are checked one after the other.
    right = {**criteria(request)[0], "thresholdPercentage": 50.0}
    criteria(request)[:0] = [right, dict(right)]


def threshold_zero(aws: Aws, request: Request) -> None:
    for criterion in criteria(request):
        criterion["thresholdPercentage"] = 0.0


def threshold_with_three_decimals(aws: Aws, request: Request) -> None:
    for criterion in criteria(request):
        criterion["thresholdPercentage"] = 12.345


def id_in_use(aws: Aws, request: Request) -> None:
    if "j1" not in [job["jobId"] for job in aws.iot.list_jobs()["jobs"]]:
        aws.job("j1", "t1")


def document_and_source(aws: Aws, request: Request) -> None:
    request.setdefault("document", "{}")
    request["documentSource"] = "https://s3.eu-west-1.amazonaws.com/bucket/key"


def arn_of_a_job_as_template(aws: Aws, request: Request) -> None:
    request["jobTemplateArn"] = aws.arn("job", "j2")


def unknown_template(aws: Aws, request: Request) -> None:
    request["jobTemplateArn"] = aws.arn("jobtemplate", "ghost")


def windows_of_a_template(aws: Aws, request: Request) -> None:
    if "jobTemplateArn" not in request:
        made = aws.iot.create_job_template(
            jobTemplateId="windows", description="d", document="{}", maintenanceWindows=[WINDOW]
        )
        request["jobTemplateArn"] = made["jobTemplateArn"]


def windows_for_a_snapshot(aws: Aws, request: Request) -> None:
    windows_of_a_template(aws, request)
    request["targetSelection"] = "SNAPSHOT"


def windows_without_a_start(aws: Aws, request: Request) -> None:
    windows_of_a_template(aws, request)
    request["targetSelection"] = "CONTINUOUS"


def reserved_tag(aws: Aws, request: Request) -> None:
    request["tags"] = [{"Key": "aws:team", "Value": "a"}]


def end_in_a_wrong_format(aws: Aws, request: Request) -> None:
    request["schedulingConfig"] = {"endTime": "2027-01-01 10:00"}


def unknown_thing(aws: Aws, request: Request) -> None:
    request["targets"] = [aws.arn("thing", "ghost")]


def document_is_not_json(aws: Aws, request: Request) -> None:
    request["document"] = f'{{"url": "{PRESIGNED}"'


def source_is_not_in_s3(aws: Aws, request: Request) -> None:
    request.pop("document", None)
    request["documentSource"] = "https://example.com/bucket/key"


def presigned_without_a_role(aws: Aws, request: Request) -> None:
    request["document"] = f'{{"url": "{PRESIGNED}"}}'


Breaker = Callable[["Aws", Request], None]

# In AWS's order; what a request breaks first is what it is told (live captures for the first
# block).
CHECKS: dict[Breaker, tuple[str, int, str]] = {
    bad_id: (
        "InvalidRequestException",
        400,
        (
            "1 validation error detected: Value 'bad id' at 'jobId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
        ),
    ),
    bad_timeout: (
        "InvalidRequestException",
        400,
        "Provide valid timeout value, inProgressTimeoutInMinutes cannot be 0.",
    ),
    same_failure_type_twice: (
        "InvalidRequestException",
        400,
        "Multiple AbortCriteria cannot have the same failure type",
    ),
    threshold_zero: (
        "InvalidRequestException",
        400,
        "ThresholdPercentage value 0.0 for AbortCriteria must have value greater than 0",
    ),
    threshold_with_three_decimals: (
        "InvalidRequestException",
        400,
        "Abort thresholdPercentage must have two or less decimal digits",
    ),
    id_in_use: ("ResourceAlreadyExistsException", 409, "Job j1 already exists"),
    document_and_source: (
        "InvalidRequestException",
        400,
        "Job document and job document source cannot be specified at the same time.",
    ),
    arn_of_a_job_as_template: (
        "InvalidRequestException",
        400,
        "Resource type should be jobtemplate but found invalid resource type job",
    ),
    unknown_template: ("ResourceNotFoundException", 404, "Job Template ghost cannot be found."),
    windows_for_a_snapshot: (
        "InvalidRequestException",
        400,
        "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job.",
    ),
    windows_without_a_start: (
        "InvalidRequestException",
        400,
        "MaintenanceWindow cannot be used without StartTime of SchedulingConfig.",
    ),
    reserved_tag: (
        "InvalidRequestException",
        400,
        'Tags cannot begin with "aws:", offending tag: aws:team',
    ),
    end_in_a_wrong_format: (
        "InvalidRequestException",
        400,
        (
            "1 validation error detected: Provided time 2027-01-01 10:00 UTC must follow the format"
            " YYYY-MM-DDThh:mm."
        ),
    ),
    unknown_thing: ("ResourceNotFoundException", 404, "Thing ghost cannot be found."),
    document_is_not_json: (
        "InvalidRequestException",
        400,
        "Job document located at request input is an invalid JSON document.",
    ),
    source_is_not_in_s3: (
        "InvalidRequestException",
        400,
        "Job document source https://example.com/bucket/key is invalid.",
    ),
    presigned_without_a_role: (
        "InvalidRequestException",
        400,
        "Role must be provided for pre-sign S3 urls in job document of job j1.",
    ),
}

# One request cannot break both: they are about the same member, or the one takes the other's
# occasion away.
EXCLUSIVE: set[frozenset[Breaker]] = {
    *(
        frozenset(pair)
        for pair in combinations(
            (
                arn_of_a_job_as_template,
                unknown_template,
                windows_for_a_snapshot,
                windows_without_a_start,
            ),
            2,
        )
        if set(pair) != {windows_for_a_snapshot, windows_without_a_start}
    ),
    frozenset((threshold_zero, threshold_with_three_decimals)),
    frozenset((document_is_not_json, source_is_not_in_s3)),
    frozenset((source_is_not_in_s3, presigned_without_a_role)),
}
PAIRS = [pair for pair in combinations(CHECKS, 2) if frozenset(pair) not in EXCLUSIVE]


def error_of(aws: Aws, *breakers: Breaker) -> tuple[str, int, str]:
    """Break a good request in these ways, the earliest last, and tell how AWS refuses it."""
    request: Request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": "{}"}
    for breaker in reversed(breakers):
        breaker(aws, request)
    code, status, _ = CHECKS[breakers[0]]
    return code, status, aws.raises(code, status, aws.iot.create_job, **request).message


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_broken_request_is_an_error_in_aws_words(aws: Aws, check: Breaker) -> None:
    code, status, message = CHECKS[check]
    outcome = error_of(aws, check)
    assert outcome[:2] == (code, status)
    assert outcome[2].removesuffix(".") == message.removesuffix(".")


@pytest.mark.parametrize(
    "earlier, later",
    PAIRS,
    ids=[f"{earlier.__name__}-before-{later.__name__}" for earlier, later in PAIRS],
)
def test_of_two_faults_the_earlier_check_speaks(aws: Aws, earlier: Breaker, later: Breaker) -> None:
    assert error_of(aws, earlier, later)[2].removesuffix(".") == CHECKS[earlier][2].removesuffix(
        "."
    )


@pytest.mark.parametrize(
    "check", [check for check in CHECKS if check is not id_in_use], ids=lambda check: check.__name__
)
def test_a_job_that_could_not_be_created_leaves_nothing_behind(aws: Aws, check: Breaker) -> None:
    error_of(aws, check)
    assert aws.iot.list_jobs()["jobs"] == []
    assert aws.pending("t1") == ([], [])


def test_the_error_of_a_second_job_has_the_id_and_the_arn_of_the_first(
    aws: Aws,
) -> None:
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": "{}"}
    aws.iot.create_job(**request)
    error = aws.raises("ResourceAlreadyExistsException", 409, aws.iot.create_job, **request)
    assert error.response["resourceId"] == "j1"
    assert error.response["resourceArn"] == aws.arn("job", "j1")
    assert aws.counters("j1") == {"Queued": 1}


@pytest.mark.parametrize(
    "config, shown",
    [
        ({}, "null"),
        ({"inProgressTimeoutInMinutes": -5}, "-5"),
        ({"inProgressTimeoutInMinutes": 10081}, "10081"),
    ],
    ids=["missing", "negative", "above a week"],
)
def test_a_timeout_outside_a_minute_to_a_week_is_an_error(
    aws: Aws, config: dict[str, int], shown: str
) -> None:
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "document": "{}",
        "timeoutConfig": config,
    }
    error = aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request)
    assert (
        error.message
        == f"Provide valid timeout value, inProgressTimeoutInMinutes cannot be {shown}."
    )


@pytest.mark.parametrize("minutes", [1, 10080])
def test_a_timeout_of_a_minute_to_a_week_is_accepted(aws: Aws, minutes: int) -> None:
    aws.job("j1", "t1", timeoutConfig={"inProgressTimeoutInMinutes": minutes})
    assert aws.iot.describe_job(jobId="j1")["job"]["timeoutConfig"] == {
        "inProgressTimeoutInMinutes": minutes
    }


def test_a_start_in_a_wrong_format_is_an_error(aws: Aws) -> None:
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": "{}"}
    config = {"startTime": "2027-01-01T10:00:00Z"}
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.create_job, **request, schedulingConfig=config
    )
    assert (
        error.message
        == "1 validation error detected: Provided time 2027-01-01T10:00:00Z UTC must follow the"
        " format YYYY-MM-DDThh:mm."
    )


@pytest.mark.parametrize(
    "target, message",
    [
        (
            "arn:aws:iot:eu-west-1:123456789012:thinggroup/ghost",
            "Thing Group ghost cannot be found.",
        ),
        ("arn:aws:iot:us-east-1:123456789012:thing/t1", "Thing t1 cannot be found."),
        ("arn:aws:iot:eu-west-1:999999999999:thing/t1", "Thing t1 cannot be found."),
    ],
    ids=["an unknown group", "another region", "another account"],
)
def test_a_target_must_exist_in_the_same_account_and_region(
    aws: Aws, target: str, message: str
) -> None:
    targets = [aws.thing("t1"), target]
    call = aws.iot.create_job
    error = aws.raises(
        "ResourceNotFoundException", 404, call, jobId="j1", targets=targets, document="{}"
    )
    assert error.message == message


def test_a_job_needs_a_document_a_source_or_a_template(aws: Aws) -> None:
    targets = [aws.thing("t1")]
    error = aws.raises(
        "InvalidRequestException", 400, aws.iot.create_job, jobId="j1", targets=targets
    )
    assert error.message == "Neither job document nor job document source is specified."


def test_v2_placeholders_without_a_role_have_a_message_of_their_own(aws: Aws) -> None:
    document = (
        '{"url": "${aws:iot:s3-presigned-url-v2:https://s3.eu-west-1.amazonaws.com/bucket/key}"}'
    )
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": document}
    error = aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request)
    assert (
        error.message
        == "presignedUrlConfig role ARN is required to generate an S3 presigned url in job"
        " document."
    )


def test_all_must_be_the_only_retry_criterion(aws: Aws) -> None:
    criteria = [
        {"failureType": "ALL", "numberOfRetries": 1},
        {"failureType": "FAILED", "numberOfRetries": 1},
    ]
    request = {"jobId": "j1", "targets": [aws.thing("t1")], "document": "{}"}
    config = {"criteriaList": criteria}
    call = aws.iot.create_job
    error = aws.raises(
        "InvalidRequestException", 400, call, **request, jobExecutionsRetryConfig=config
    )
    assert error.message == "A retryCriteria with failure type ALL must be used by itself."


def test_document_parameters_need_a_managed_template(aws: Aws) -> None:
    request = {
        "jobId": "j1",
        "targets": [aws.thing("t1")],
        "document": "{}",
        "documentParameters": {"a": "b"},
    }
    aws.raises("InvalidRequestException", 400, aws.iot.create_job, **request)


def test_the_response_names_the_job(aws: Aws) -> None:
    response = aws.job("j1", "t1")
    assert {name: response[name] for name in response if name != "ResponseMetadata"} == {
        "jobArn": aws.arn("job", "j1"),
        "jobId": "j1",
    }


def test_the_response_repeats_the_description(aws: Aws) -> None:
    assert aws.job("j1", "t1", description="Firmware 2")["description"] == "Firmware 2"


def test_a_new_job_is_in_progress_with_a_queued_execution_for_each_thing(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    assert aws.status("j1") == "IN_PROGRESS"
    assert aws.counters("j1") == {"Queued": 2}
    for thing in ("t1", "t2"):
        execution = aws.execution(thing, "j1")
        assert (execution["status"], execution["executionNumber"], execution["versionNumber"]) == (
            "QUEUED",
            1,
            1,
        )
        assert aws.pending(thing) == ([], ["j1"])


def test_a_thing_that_is_named_and_a_member_gets_one_execution(aws: Aws) -> None:
    group = aws.group("g1", "t1", "t2")
    aws.job("j1", "t1", group, aws.thing("t1"))
    assert aws.counters("j1") == {"Queued": 2}
    assert len(aws.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"]) == 2


def test_numbers_may_come_as_decimal_strings(aws: Aws) -> None:
    """AWS's own embedded SDKs and IaC tools send them so."""
    body = {
        "targets": [aws.thing("t1")],
        "document": "{}",
        "jobExecutionsRolloutConfig": {"maximumPerMinute": "10"},
        "timeoutConfig": {"inProgressTimeoutInMinutes": "30"},
    }
    assert aws.http("PUT", "/jobs/j1", json=body).status_code == 200
    job = aws.iot.describe_job(jobId="j1")["job"]
    assert job["jobExecutionsRolloutConfig"] == {"maximumPerMinute": 10}
    assert job["timeoutConfig"] == {"inProgressTimeoutInMinutes": 30}
