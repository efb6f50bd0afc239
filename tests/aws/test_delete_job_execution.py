"""DeleteJobExecution: what may be deleted, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.accounts import STATUSES

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

FORCE = {"force not given": {}, "force false": {"force": False}, "force true": {"force": True}}


def all_that_shows(aws: Aws, thing: str = "t1", job_id: str = "j1") -> list[Any]:
    """Everything that either plane tells of a job and of a thing's executions."""
    responses = [
        aws.iot.describe_job(jobId=job_id),
        aws.iot.get_job_document(jobId=job_id),
        aws.iot.list_jobs(),
        aws.iot.list_job_executions_for_job(jobId=job_id),
        aws.iot.list_job_executions_for_thing(thingName=thing),
        aws.iot.describe_job_execution(jobId=job_id, thingName=thing),
        aws.device.get_pending_job_executions(thingName=thing),
    ]
    return [
        {name: value for name, value in response.items() if name != "ResponseMetadata"}
        for response in responses
    ]


@pytest.mark.parametrize("force", FORCE.values(), ids=FORCE.keys())
@pytest.mark.parametrize("status", STATUSES)
def test_every_status_but_in_progress_is_deleted_without_force(
    aws: Aws, status: str, force: dict[str, bool]
) -> None:
    aws.in_status("t1", "j1", status)
    execution = {"jobId": "j1", "thingName": "t1", "executionNumber": 1}
    if status == "IN_PROGRESS" and force != {"force": True}:
        before = all_that_shows(aws)
        error = aws.raises(
            "InvalidStateTransitionException",
            409,
            aws.iot.delete_job_execution,
            **execution,
            **force,
        )
        assert (
            error.message
            == "Job execution for thing t1 within job j1 in status IN_PROGRESS cannot be deleted"
            " without force flag."
        )
        assert all_that_shows(aws) == before
        return

    response = aws.iot.delete_job_execution(**execution, **force)

    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **execution)
    aws.raises(
        "ResourceNotFoundException", 404, aws.iot.describe_job_execution, jobId="j1", thingName="t1"
    )
    assert aws.iot.list_job_executions_for_job(jobId="j1")["executionSummaries"] == []
    assert aws.iot.list_job_executions_for_thing(thingName="t1")["executionSummaries"] == []
    assert aws.counters("j1") == {}


LONG_JOB_ID, LONG_THING = "j" * 65, "t" * 129
NOT_FOUND = {
    "no such job": (
        {"jobId": "nope"},
        "Job execution cannot be found as the Job nope does not exist.",
    ),
    "no such thing": (
        {"thingName": "nobody"},
        "Job execution for thing nobody cannot be found within job j1.",
    ),
    "thing without execution": (
        {"thingName": "t2"},
        "Job execution for thing t2 cannot be found within job j1.",
    ),
    "no such number": (
        {"executionNumber": 2},
        "Job execution for thing t1 cannot be found within job j1.",
    ),
}
PATTERN = "Member must satisfy regular expression pattern"
INVALID = {
    "number zero": ({"executionNumber": 0}, "Execution number is invalid."),
    "number below zero": ({"executionNumber": -1}, "Execution number is invalid."),
    "number zero of no such job": (
        {"executionNumber": 0, "jobId": "nope"},
        "Execution number is invalid.",
    ),
    "space in the job id": (
        {"jobId": "j 1"},
        (
            "1 validation error detected: Value 'j 1' at 'jobId' failed to satisfy constraint:"
            f" {PATTERN}: [a-zA-Z0-9_-]+"
        ),
    ),
    "job id of 65": (
        {"jobId": LONG_JOB_ID},
        (
            f"1 validation error detected: Value '{LONG_JOB_ID}' at 'jobId' failed to satisfy"
            " constraint: Member must have length less than or equal to 64"
        ),
    ),
    "letter outside the pattern of thing names": (
        {"thingName": "tü"},
        (
            "1 validation error detected: Value 'tü' at 'thingName' failed to satisfy constraint:"
            f" {PATTERN}: [a-zA-Z0-9:_-]+"
        ),
    ),
    "thing name of 129": (
        {"thingName": LONG_THING},
        (
            f"1 validation error detected: Value '{LONG_THING}' at 'thingName' failed to satisfy"
            " constraint: Member must have length less than or equal to 128"
        ),
    ),
    "dot in the namespace": (
        {"namespaceId": "a.b"},
        (
            "1 validation error detected: Value 'a.b' at 'namespaceId' failed to satisfy"
            f" constraint: {PATTERN}: [a-zA-Z0-9_-]+"
        ),
    ),
}
ERRORS = {
    **{case: ("ResourceNotFoundException", 404, *row) for case, row in NOT_FOUND.items()},
    **{case: ("InvalidRequestException", 400, *row) for case, row in INVALID.items()},
}


@pytest.mark.parametrize("force", [False, True], ids=["force false", "force true"])
@pytest.mark.parametrize(
    ("code", "status", "members", "message"), ERRORS.values(), ids=ERRORS.keys()
)
def test_a_wrong_name_or_number_is_an_error_and_changes_nothing(
    aws: Aws, code: str, status: int, members: dict[str, Any], message: str, force: bool
) -> None:
    aws.job("j1", "t1")
    aws.thing("t2")
    before = all_that_shows(aws)
    request = {"jobId": "j1", "thingName": "t1", "executionNumber": 1, "force": force, **members}
    assert aws.raises(code, status, aws.iot.delete_job_execution, **request).message == message
    assert all_that_shows(aws) == before


@pytest.mark.parametrize(
    "number", ["one", "1.5", "0x1", "1e0", "9223372036854775808", "%24next", "1%20"]
)
def test_a_number_that_is_none_is_a_serialization_error(aws: Aws, number: str) -> None:
    aws.job("j1", "t1")
    before = all_that_shows(aws)
    response = aws.http("DELETE", f"/things/t1/jobs/j1/executionNumber/{number}?force=true")
    shown = number.replace("%24", "$").replace("%20", " ")
    assert (response.status_code, response.headers["x-amzn-ErrorType"]) == (
        400,
        "SerializationException",
    )
    assert response.json()["message"] == f"'{shown}' can not be converted to Long"
    assert all_that_shows(aws) == before


def test_success_is_a_200_without_a_body(aws: Aws) -> None:
    aws.job("j1", "t1")
    response = aws.http("DELETE", "/things/t1/jobs/j1/executionNumber/1")
    assert (response.status_code, response.content) == (200, b"")


def test_force_travels_in_the_query(aws: Aws) -> None:
    aws.in_status("t1", "j1", "IN_PROGRESS")
    path = "/things/t1/jobs/j1/executionNumber/1"
    assert aws.http("DELETE", path).status_code == 409
    assert aws.http("DELETE", f"{path}?force=false").status_code == 409
    assert aws.http("DELETE", path, json={"force": True}).status_code == 409
    assert aws.http("DELETE", f"{path}?force=true").status_code == 200


def test_a_namespace_is_accepted(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.iot.delete_job_execution(
        jobId="j1", thingName="t1", executionNumber=1, namespaceId="aws_gg-7"
    )
    assert aws.counters("j1") == {}


def test_what_was_deleted_cannot_be_deleted_again(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    execution = {"jobId": "j1", "thingName": "t1", "executionNumber": 1}
    aws.iot.delete_job_execution(**execution)
    error = aws.raises("ResourceNotFoundException", 404, aws.iot.delete_job_execution, **execution)
    assert error.message == "Job execution for thing t1 cannot be found within job j1."


def test_only_the_one_execution_is_deleted(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.job("j2", "t1", "t2")
    aws.iot.delete_job_execution(jobId="j1", thingName="t1", executionNumber=1)
    left = {
        (job, one["thingArn"].rpartition("/")[2])
        for job in ("j1", "j2")
        for one in aws.iot.list_job_executions_for_job(jobId=job)["executionSummaries"]
    }
    assert left == {("j1", "t2"), ("j2", "t1"), ("j2", "t2")}


def test_another_region_knows_nothing_of_the_execution(aws: Aws) -> None:
    aws.job("j1", "t1")
    elsewhere = aws.client("iot", region="us-east-1")
    execution = {"jobId": "j1", "thingName": "t1", "executionNumber": 1}
    aws.raises("ResourceNotFoundException", 404, elsewhere.delete_job_execution, **execution)
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


# A reading of the API page: "Otherwise, you can only delete a job execution which is in a terminal
# state".


@pytest.fixture
def literal_iot() -> Iterator[Any]:
    """A client of an account that keeps to the API page's letter for queued executions."""
    from moto_iot_jobs import mock_iot

    with mock_iot(config={"iot_jobs": {"delete_queued_needs_force": True}}):
        yield boto3.client("iot", region_name="eu-west-1")


def queue_one(iot: Any) -> dict[str, Any]:
    """Queue an execution; return what names it."""
    target = iot.create_thing(thingName="t1")["thingArn"]
    iot.create_job(jobId="j1", targets=[target], document="{}")
    return {"jobId": "j1", "thingName": "t1", "executionNumber": 1}


def test_by_the_letter_a_queued_execution_is_not_deleted_without_force(literal_iot: Any) -> None:
    execution = queue_one(literal_iot)
    with pytest.raises(literal_iot.exceptions.InvalidStateTransitionException) as caught:
        literal_iot.delete_job_execution(**execution)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert (
        caught.value.response["Error"]["Message"]
        == "Job execution for thing t1 within job j1 in status QUEUED cannot be deleted without"
        " force flag."
    )
    shown = literal_iot.describe_job_execution(jobId="j1", thingName="t1")["execution"]
    assert (shown["status"], shown["versionNumber"]) == ("QUEUED", 1)


def test_by_the_letter_a_queued_execution_is_deleted_by_force(literal_iot: Any) -> None:
    execution = queue_one(literal_iot)
    literal_iot.delete_job_execution(**execution, force=True)
    with pytest.raises(literal_iot.exceptions.ResourceNotFoundException):
        literal_iot.describe_job_execution(**execution)


def test_by_the_letter_a_terminal_execution_needs_no_force(literal_iot: Any) -> None:
    execution = queue_one(literal_iot)
    literal_iot.cancel_job_execution(jobId="j1", thingName="t1")
    literal_iot.delete_job_execution(**execution)
    with pytest.raises(literal_iot.exceptions.ResourceNotFoundException):
        literal_iot.describe_job_execution(**execution)
