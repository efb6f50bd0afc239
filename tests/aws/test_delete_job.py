"""DeleteJob: what may be deleted, what is refused, and what goes with the job."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

FORCE = {"force not given": {}, "force false": {"force": False}, "force true": {"force": True}}
NEEDS_FORCE = {"SCHEDULED", "IN_PROGRESS"}


def bring_to(aws: Aws, status: str, job_id: str = "j1") -> None:
    """Create a job for `t1` and bring it to a status by the steps that lead there."""
    if status == "SCHEDULED":
        start = aws.now() + timedelta(days=2)
        aws.job(job_id, "t1", schedulingConfig={"startTime": start.strftime("%Y-%m-%dT%H:%M")})
    else:
        aws.job(job_id, "t1")
    if status == "COMPLETED":
        aws.report("t1", job_id, "SUCCEEDED")
    elif status == "CANCELED":
        aws.iot.cancel_job(jobId=job_id)
    elif status == "DELETION_IN_PROGRESS":
        aws.deletion("time", seconds=3600)
        aws.iot.delete_job(jobId=job_id, force=True)
    assert aws.status(job_id) == status


def all_that_shows(aws: Aws, job_id: str = "j1") -> list[Any]:
    """Everything that either plane tells of a job for `t1`."""
    responses = [
        aws.iot.describe_job(jobId=job_id),
        aws.iot.get_job_document(jobId=job_id),
        aws.iot.list_jobs(),
        aws.iot.list_job_executions_for_job(jobId=job_id),
        aws.iot.list_job_executions_for_thing(thingName="t1"),
        aws.iot.list_tags_for_resource(resourceArn=aws.arn("job", job_id)),
        aws.device.get_pending_job_executions(thingName="t1"),
    ]
    return [
        {name: value for name, value in response.items() if name != "ResponseMetadata"}
        for response in responses
    ]


@pytest.mark.parametrize("force", FORCE.values(), ids=FORCE.keys())
@pytest.mark.parametrize("status", ["SCHEDULED", "IN_PROGRESS", "COMPLETED", "CANCELED"])
def test_a_job_that_is_not_over_is_deleted_only_by_force(
    aws: Aws, status: str, force: dict[str, bool]
) -> None:
    bring_to(aws, status)
    if status in NEEDS_FORCE and force != {"force": True}:
        before = all_that_shows(aws)
        error = aws.raises(
            "InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="j1", **force
        )
        assert error.message == f"Job j1 in status {status} cannot be deleted without force flag."
        assert all_that_shows(aws) == before
        return

    response = aws.iot.delete_job(jobId="j1", **force)

    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    error = aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")
    assert error.message == "Job j1 cannot be found."
    assert aws.iot.list_jobs()["jobs"] == []


@pytest.mark.parametrize("force", FORCE.values(), ids=FORCE.keys())
def test_a_job_in_deletion_is_not_deleted_again(aws: Aws, force: dict[str, bool]) -> None:
    bring_to(aws, "DELETION_IN_PROGRESS")
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="j1", **force)
    assert aws.status("j1") == "DELETION_IN_PROGRESS"


PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
ERRORS = {
    "no such job": (
        {"jobId": "nope"},
        "ResourceNotFoundException",
        404,
        "Job nope cannot be found.",
    ),
    "space in the job id": (
        {"jobId": "j 1"},
        "InvalidRequestException",
        400,
        (
            "1 validation error detected: Value 'j 1' at 'jobId' failed to satisfy constraint:"
            f" {PATTERN}"
        ),
    ),
    "job id of 65": (
        {"jobId": "j" * 65},
        "InvalidRequestException",
        400,
        (
            f"1 validation error detected: Value '{'j' * 65}' at 'jobId' failed to satisfy"
            " constraint: Member must have length less than or equal to 64"
        ),
    ),
    "slash in the namespace": (
        {"namespaceId": "a/b"},
        "InvalidRequestException",
        400,
        (
            "1 validation error detected: Value 'a/b' at 'namespaceId' failed to satisfy"
            f" constraint: {PATTERN}"
        ),
    ),
}


@pytest.mark.parametrize("force", [False, True], ids=["force false", "force true"])
@pytest.mark.parametrize(
    ("members", "code", "status", "message"), ERRORS.values(), ids=ERRORS.keys()
)
def test_a_wrong_id_is_an_error_and_changes_nothing(
    aws: Aws, members: dict[str, str], code: str, status: int, message: str, force: bool
) -> None:
    aws.job("j1", "t1")
    before = all_that_shows(aws)
    request = {"jobId": "j1", "force": force, **members}
    assert aws.raises(code, status, aws.iot.delete_job, **request).message == message
    assert all_that_shows(aws) == before


def test_success_is_a_200_without_a_body(aws: Aws) -> None:
    aws.job("j1", "t1")
    response = aws.http("DELETE", "/jobs/j1?force=true")
    assert (response.status_code, response.content) == (200, b"")


def test_force_travels_in_the_query(aws: Aws) -> None:
    aws.job("j1", "t1")
    assert aws.http("DELETE", "/jobs/j1").status_code == 409
    assert aws.http("DELETE", "/jobs/j1?force=false").status_code == 409
    assert aws.http("DELETE", "/jobs/j1", json={"force": True}).status_code == 409
    assert aws.http("DELETE", "/jobs/j1?force=true").status_code == 200


def test_a_namespace_is_accepted(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True, namespaceId="aws_gg-7")
    assert aws.iot.list_jobs()["jobs"] == []


def test_a_deleted_job_cannot_be_deleted_again(aws: Aws) -> None:
    bring_to(aws, "CANCELED")
    aws.iot.delete_job(jobId="j1")
    aws.raises("ResourceNotFoundException", 404, aws.iot.delete_job, jobId="j1", force=True)


# What goes with the job.


def delete_with_executions(aws: Aws) -> None:
    """Delete by force a job with executions queued, in progress and finished."""
    aws.job("j1", "t1", "t2", "t3", tags=[{"Key": "team", "Value": "lamps"}])
    aws.in_status("t2", "j1", "IN_PROGRESS")
    aws.in_status("t3", "j1", "SUCCEEDED")
    aws.iot.delete_job(jobId="j1", force=True)


@pytest.mark.parametrize("thing", ["t1", "t2", "t3"])
def test_the_executions_go_with_the_job(aws: Aws, thing: str) -> None:
    delete_with_executions(aws)
    execution = {"jobId": "j1", "thingName": thing}
    error = aws.raises(
        "ResourceNotFoundException", 404, aws.iot.describe_job_execution, **execution
    )
    assert error.message == "Job execution cannot be found as the Job j1 does not exist."
    assert aws.iot.list_job_executions_for_thing(thingName=thing)["executionSummaries"] == []
    aws.raises("ResourceNotFoundException", 404, aws.iot.list_job_executions_for_job, jobId="j1")


@pytest.mark.parametrize("thing", ["t1", "t2", "t3"])
def test_devices_can_neither_read_nor_update_a_deleted_job(aws: Aws, thing: str) -> None:
    delete_with_executions(aws)
    execution = {"jobId": "j1", "thingName": thing}
    read = aws.raises(
        "ResourceNotFoundException", 404, aws.device.describe_job_execution, **execution
    )
    assert read.message == f"Job j1 not found for {thing}"
    update = {**execution, "status": "SUCCEEDED"}
    aws.raises("ResourceNotFoundException", 404, aws.device.update_job_execution, **update)
    assert aws.pending(thing) == ([], [])
    assert "execution" not in aws.device.start_next_pending_job_execution(thingName=thing)


def test_pending_lists_keep_the_other_jobs(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.job("j2", "t1")
    aws.job("j3", "t1")
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.in_status("t1", "j3", "IN_PROGRESS")
    aws.iot.delete_job(jobId="j1", force=True)
    assert aws.pending("t1") == (["j3"], ["j2"])


def test_the_tags_go_with_the_job(aws: Aws) -> None:
    delete_with_executions(aws)
    arn = aws.arn("job", "j1")
    assert aws.iot.list_tags_for_resource(resourceArn=arn)["tags"] == []
    tag = {"resourceArn": arn, "tags": [{"Key": "team", "Value": "doors"}]}
    aws.raises("ResourceNotFoundException", 404, aws.iot.tag_resource, **tag)


@pytest.mark.parametrize(
    "operation", ["cancel_job", "get_job_document", "list_job_executions_for_job", "update_job"]
)
def test_every_operation_misses_a_deleted_job(aws: Aws, operation: str) -> None:
    delete_with_executions(aws)
    members = {"jobId": "j1", **({"description": "d"} if operation == "update_job" else {})}
    error = aws.raises("ResourceNotFoundException", 404, getattr(aws.iot, operation), **members)
    assert error.message == "Job j1 cannot be found."


def test_its_timers_go_with_the_job(aws: Aws) -> None:
    aws.job("j1", "t1", timeoutConfig={"inProgressTimeoutInMinutes": 5})
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.job("j1", "t1")
    aws.advance(minutes=30)
    assert aws.counters("j1") == {"Queued": 1}


def test_a_deleted_continuous_job_follows_its_group_no_longer(aws: Aws) -> None:
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.join("g1", "t2")
    aws.leave("g1", "t1")
    for thing in ("t1", "t2"):
        assert aws.iot.list_job_executions_for_thing(thingName=thing)["executionSummaries"] == []


def test_a_deleted_scheduled_job_never_starts(aws: Aws) -> None:
    bring_to(aws, "SCHEDULED")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.advance(days=3)
    assert (aws.iot.list_jobs()["jobs"], aws.pending("t1")) == ([], ([], []))


def test_templates_and_things_stay(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.iot.create_job_template(jobTemplateId="tpl", jobArn=aws.arn("job", "j1"), description="d")
    aws.iot.delete_job(jobId="j1", force=True)
    assert aws.iot.describe_job_template(jobTemplateId="tpl")["document"] == '{"op":"x"}'
    assert aws.iot.describe_thing(thingName="t1")["thingName"] == "t1"


# The id afterwards.


def test_the_id_may_be_used_again_and_nothing_is_inherited(aws: Aws) -> None:
    aws.job("j1", "t1", description="first", tags=[{"Key": "team", "Value": "lamps"}])
    aws.report("t1", "j1", "IN_PROGRESS", statusDetails={"step": "1"})
    aws.iot.delete_job(jobId="j1", force=True)

    aws.job("j1", "t1", document='{"op":"second"}')

    job = aws.iot.describe_job(jobId="j1")["job"]
    assert (job["status"], "description" in job) == ("IN_PROGRESS", False)
    assert aws.iot.get_job_document(jobId="j1")["document"] == '{"op":"second"}'
    assert aws.iot.list_tags_for_resource(resourceArn=job["jobArn"])["tags"] == []
    execution = aws.execution("t1", "j1")
    assert (execution["status"], execution["executionNumber"], execution["versionNumber"]) == (
        "QUEUED",
        1,
        1,
    )
    assert execution["statusDetails"] == {}


def test_an_old_report_reaches_the_new_job_of_the_same_id(aws: Aws) -> None:
    """Why AWS does not recommend to reuse an id: a device cannot tell the two jobs apart."""
    aws.job("j1", "t1")
    aws.report("t1", "j1", "IN_PROGRESS")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.job("j1", "t1", document='{"op":"second"}')
    aws.report("t1", "j1", "SUCCEEDED")
    assert aws.status("j1") == "COMPLETED"
