"""The two pages this project was founded on, sentence by sentence.

They are AWS's API reference of DeleteJobExecution and the AWS CLI reference of delete-job. Each
test is named after a sentence (or row) and quotes it. One sentence is read with the developer guide
beside it, and says so. What the CLI page says of the command line itself is in
`tests/acceptance/test_aws_cli.py`, run with the real program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.on_aws

EXECUTION = {"jobId": "j1", "thingName": "t1", "executionNumber": 1}
PATH = "/things/t1/jobs/j1/executionNumber/1"
TERMINAL = ["SUCCEEDED", "FAILED", "REJECTED", "REMOVED", "CANCELED"]


def hold_deletions(aws: Aws) -> None:
    """Let a deletion take a while, as AWS may."""
    aws.deletion("time", seconds=3600)


# API reference, DeleteJobExecution.


def test_deletes_a_job_execution(aws: Aws) -> None:
    """Deletes a job execution."""
    aws.job("j1", "t1")
    aws.iot.delete_job_execution(**EXECUTION)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **EXECUTION)


@pytest.mark.parametrize("query", ["", "?force=false", "?force=true"])
def test_request_syntax(aws: Aws, query: str) -> None:
    """DELETE /things/thingName/jobs/jobId/executionNumber/executionNumber?force=force HTTP/1.1."""
    aws.job("j1", "t1")
    assert aws.http("DELETE", PATH + query).status_code == 200
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **EXECUTION)


@pytest.mark.parametrize(
    "missing", ["/things/t1/jobs/j1/executionNumber/", "/things/t1/jobs/j1/executionNumber"]
)
def test_the_request_requires_the_following_uri_parameters(aws: Aws, missing: str) -> None:
    """The request requires the following URI parameters."""
    aws.job("j1", "t1")
    if aws.mode == "server":  # in process, moto itself may raise for a path that is no operation's
        assert aws.http("DELETE", missing).status_code >= 400
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


def test_the_execution_number_refers_to_one_job_on_one_device(aws: Aws) -> None:
    """The executionNumber refers to the execution of a particular job on a particular device."""
    aws.job("j1", "t1", "t2")
    aws.job("j2", "t1")
    aws.iot.delete_job_execution(**EXECUTION)
    assert aws.execution("t2", "j1", 1)["status"] == "QUEUED"
    assert aws.execution("t1", "j2", 1)["status"] == "QUEUED"


def test_once_deleted_the_execution_number_may_be_reused(aws: Aws) -> None:
    """Note that once a job execution is deleted, the executionNumber may be reused by IoT ...

    ... so be sure you get and use the correct value here.
    """
    aws.job("j1", aws.group("g1", "t1"), targetSelection="CONTINUOUS")
    aws.in_status("t1", "j1", "SUCCEEDED")
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    aws.iot.delete_job_execution(**{**EXECUTION, "executionNumber": 2})
    aws.leave("g1", "t1")
    aws.join("g1", "t1")
    assert aws.execution("t1", "j1")["executionNumber"] == 2


def test_force_deletes_an_execution_in_progress(aws: Aws) -> None:
    """(Optional) When true, you can delete a job execution which is "IN_PROGRESS"."""
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.iot.delete_job_execution(**EXECUTION, force=True)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **EXECUTION)


@pytest.mark.parametrize("status", TERMINAL)
def test_otherwise_a_terminal_execution_can_be_deleted(aws: Aws, status: str) -> None:
    """Otherwise, you can only delete a job execution which is in a terminal state ...

    ... ("SUCCEEDED", "FAILED", "REJECTED", "REMOVED" or "CANCELED") ...
    """
    aws.in_status("t1", "j1", status)
    aws.iot.delete_job_execution(**EXECUTION, force=False)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **EXECUTION)


def test_or_an_exception_will_occur(aws: Aws) -> None:
    """... or an exception will occur."""
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.raises(
        "InvalidStateTransitionException",
        409,
        aws.iot.delete_job_execution,
        **EXECUTION,
        force=False,
    )
    assert aws.execution("t1", "j1")["status"] == "IN_PROGRESS"


@pytest.mark.parametrize("status", ["QUEUED", "TIMED_OUT"])
def test_the_list_of_deletable_states_is_completed_by_the_developer_guide(
    aws: Aws, status: str
) -> None:
    """Otherwise, you can only delete a job execution which is in a terminal state ("SUCCEEDED", ...

    or "CANCELED").

    The developer guide (Create and manage jobs by using the AWS CLI) adds QUEUED and TIMED_OUT,
    which is also what the service does. For the page's letter see `delete_queued_needs_force` in
    `test_delete_job_execution.py`.
    """
    aws.in_status("t1", "j1", status)
    aws.iot.delete_job_execution(**EXECUTION)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **EXECUTION)


def test_the_default_of_force_is_false(aws: Aws) -> None:
    """The default is false."""
    aws.in_status("t1", "j1", "IN_PROGRESS")
    unsaid = aws.raises(
        "InvalidStateTransitionException", 409, aws.iot.delete_job_execution, **EXECUTION
    )
    said = aws.raises(
        "InvalidStateTransitionException",
        409,
        aws.iot.delete_job_execution,
        **EXECUTION,
        force=False,
    )
    assert unsaid.message == said.message


def test_the_device_is_unable_to_access_job_information_or_update_the_status(aws: Aws) -> None:
    """Deleting a job execution which is "IN_PROGRESS", will cause the device to be unable to
    access job information ...

    ... or update the job execution status.
    """
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.iot.delete_job_execution(**EXECUTION, force=True)
    device = {"jobId": "j1", "thingName": "t1"}
    aws.raises("ResourceNotFoundException", 404, aws.device.describe_job_execution, **device)
    for status in ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"):
        aws.raises(
            "ResourceNotFoundException",
            404,
            aws.device.update_job_execution,
            **device,
            status=status,
        )


def test_the_device_is_able_to_recover_to_a_valid_state(aws: Aws) -> None:
    """Use caution and ensure that the device is able to recover to a valid state."""
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.job("j2", "t1")
    aws.iot.delete_job_execution(**EXECUTION, force=True)
    started = aws.device.start_next_pending_job_execution(thingName="t1")["execution"]
    assert (started["jobId"], started["status"]) == ("j2", "IN_PROGRESS")
    aws.report("t1", "j2", "SUCCEEDED")
    assert aws.pending("t1") == ([], [])


@pytest.mark.parametrize("job_id", ["j", "j" * 64, "azAZ09_-"])
def test_constraints_of_the_job_id_allow(aws: Aws, job_id: str) -> None:
    """Length Constraints: Minimum length of 1. Maximum length of 64. Pattern: [a-zA-Z0-9_-]+."""
    aws.job(job_id, "t1")
    aws.iot.delete_job_execution(jobId=job_id, thingName="t1", executionNumber=1)
    assert aws.counters(job_id) == {}


@pytest.mark.parametrize("job_id", ["j" * 65, "j:1", "j.1", "j 1", "ĵ"])
def test_a_job_id_that_breaks_a_constraint_is_an_error(aws: Aws, job_id: str) -> None:
    """Length Constraints: Minimum length of 1. Maximum length of 64. Pattern: [a-zA-Z0-9_-]+."""
    request = {**EXECUTION, "jobId": job_id}
    error = aws.raises("InvalidRequestException", 400, aws.iot.delete_job_execution, **request)
    assert f"Value '{job_id}' at 'jobId' failed to satisfy constraint" in error.message


@pytest.mark.parametrize("thing", ["t", "t" * 128, "azAZ09:_-"])
def test_constraints_of_the_thing_name_allow(aws: Aws, thing: str) -> None:
    """Length Constraints: Minimum length of 1. Maximum length of 128. Pattern: [a-zA-Z0-9:_-]+."""
    aws.job("j1", thing)
    aws.iot.delete_job_execution(jobId="j1", thingName=thing, executionNumber=1)
    assert aws.counters("j1") == {}


@pytest.mark.parametrize("thing", ["t" * 129, "t.1", "t 1", "t/1", "ţ"])
def test_a_thing_name_that_breaks_a_constraint_is_an_error(aws: Aws, thing: str) -> None:
    """Length Constraints: Minimum length of 1. Maximum length of 128. Pattern: [a-zA-Z0-9:_-]+."""
    aws.job("j1", "t1")
    request = {**EXECUTION, "thingName": thing}
    error = aws.raises("InvalidRequestException", 400, aws.iot.delete_job_execution, **request)
    assert f"Value '{thing}' at 'thingName' failed to satisfy constraint" in error.message


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"force": true}', b"not JSON"], ids=["none", "empty", "force", "noise"]
)
def test_the_request_does_not_have_a_request_body(aws: Aws, body: bytes) -> None:
    """The request does not have a request body."""
    aws.in_status("t1", "j1", "IN_PROGRESS")
    assert aws.http("DELETE", PATH, data=body).status_code == 409
    assert aws.http("DELETE", f"{PATH}?force=true", data=body).status_code == 200


def test_success_is_an_http_200_response_with_an_empty_http_body(aws: Aws) -> None:
    """If the action is successful, the service sends back an HTTP 200 response with an empty HTTP
    body.
    """
    aws.job("j1", "t1")
    response = aws.http("DELETE", PATH)
    assert (response.status_code, response.content) == (200, b"")


def test_the_request_is_not_valid(aws: Aws) -> None:
    """InvalidRequestException: The request is not valid. HTTP Status Code: 400."""
    aws.job("j1", "t1")
    request = {**EXECUTION, "executionNumber": 0}
    aws.raises("InvalidRequestException", 400, aws.iot.delete_job_execution, **request)


def test_an_attempt_to_change_to_an_invalid_state(aws: Aws) -> None:
    """InvalidStateTransitionException: An attempt was made to change to an invalid state, for
    example ...

    ... by deleting a job or a job execution which is "IN_PROGRESS" without setting the force
    parameter. HTTP Status Code: 409.
    """
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job_execution, **EXECUTION)
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="j1")


@pytest.mark.parametrize(
    "absent", [{"jobId": "j2"}, {"thingName": "t2"}, {"executionNumber": 2}], ids=str
)
def test_the_specified_resource_does_not_exist(aws: Aws, absent: dict[str, str | int]) -> None:
    """ResourceNotFoundException: The specified resource does not exist. HTTP Status Code: 404."""
    aws.job("j1", "t1")
    request = {**EXECUTION, **absent}
    aws.raises("ResourceNotFoundException", 404, aws.iot.delete_job_execution, **request)


def test_the_service_is_temporarily_unavailable(aws: Aws) -> None:
    """ServiceUnavailableException: The service is temporarily unavailable.

    HTTP Status Code: 503.
    """
    aws.job("j1", "t1")
    aws.fault("DeleteJobExecution", "ServiceUnavailableException", times=1)
    aws.raises("ServiceUnavailableException", 503, aws.iot.delete_job_execution, **EXECUTION)
    aws.iot.delete_job_execution(**EXECUTION)


def test_the_rate_exceeds_the_limit(aws: Aws) -> None:
    """ThrottlingException: The rate exceeds the limit. HTTP Status Code: 429."""
    aws.job("j1", "t1")
    aws.fault("DeleteJobExecution", "ThrottlingException", times=1)
    aws.raises("ThrottlingException", 429, aws.iot.delete_job_execution, **EXECUTION)
    aws.iot.delete_job_execution(**EXECUTION)


# AWS CLI reference, delete-job.


def test_deletes_a_job_and_its_related_job_executions(aws: Aws) -> None:
    """Deletes a job and its related job executions."""
    aws.job("j1", "t1", "t2")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")
    for thing in ("t1", "t2"):
        aws.raises(
            "ResourceNotFoundException",
            404,
            aws.iot.describe_job_execution,
            jobId="j1",
            thingName=thing,
        )
        assert aws.iot.list_job_executions_for_thing(thingName=thing)["executionSummaries"] == []


def test_deleting_a_job_may_take_time(aws: Aws) -> None:
    """Deleting a job may take time, depending on the number of job executions created for the job
    and various other factors.
    """
    hold_deletions(aws)
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.iot.describe_job(jobId="j1")
    aws.advance(minutes=61)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")


def test_while_the_job_is_being_deleted_its_status_is_deletion_in_progress(aws: Aws) -> None:
    """While the job is being deleted, the status of the job will be shown as
    "DELETION_IN_PROGRESS".
    """
    hold_deletions(aws)
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    assert aws.status("j1") == "DELETION_IN_PROGRESS"
    assert [job["status"] for job in aws.iot.list_jobs()["jobs"]] == ["DELETION_IN_PROGRESS"]
    assert [job["jobId"] for job in aws.iot.list_jobs(status="DELETION_IN_PROGRESS")["jobs"]] == [
        "j1"
    ]


@pytest.mark.parametrize("force", [False, True], ids=["force false", "force true"])
def test_deleting_or_canceling_a_job_in_deletion_is_an_error(aws: Aws, force: bool) -> None:
    """Attempting to delete or cancel a job whose status is already "DELETION_IN_PROGRESS" will
    result in an error.
    """
    hold_deletions(aws)
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="j1", force=force)
    aws.raises("InvalidRequestException", 400, aws.iot.cancel_job, jobId="j1", force=force)
    assert aws.status("j1") == "DELETION_IN_PROGRESS"


def test_only_10_jobs_may_have_status_deletion_in_progress_at_the_same_time(aws: Aws) -> None:
    """Only 10 jobs may have status "DELETION_IN_PROGRESS" at the same time, or a
    LimitExceededException will occur.
    """
    hold_deletions(aws)
    for number in range(11):
        aws.job(f"j{number}", "t1")
    for number in range(10):
        aws.iot.delete_job(jobId=f"j{number}", force=True)
    aws.raises("LimitExceededException", 410, aws.iot.delete_job, jobId="j10", force=True)
    assert aws.status("j10") == "IN_PROGRESS"
    assert len(aws.iot.list_jobs(status="DELETION_IN_PROGRESS")["jobs"]) == 10


def test_after_the_deletion_is_completed_the_job_id_may_be_reused(aws: Aws) -> None:
    """After a job deletion is completed, you may reuse this jobId when you create a new job."""
    hold_deletions(aws)
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    new = {"jobId": "j1", "targets": [aws.arn("thing", "t1")], "document": "{}"}
    aws.raises("ResourceAlreadyExistsException", 409, aws.iot.create_job, **new)
    aws.advance(minutes=61)
    aws.iot.create_job(**new)
    assert aws.status("j1") == "IN_PROGRESS"


def test_devices_may_use_the_job_id_to_refer_to_the_deleted_job(aws: Aws) -> None:
    """However, this is not recommended, and you must ensure that your devices are not using the
    jobId ...

    ... to refer to the deleted job.
    """
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.job("j1", "t1")
    aws.report("t1", "j1", "SUCCEEDED")  # meant for the deleted job
    assert aws.counters("j1") == {"Succeeded": 1}


def test_force_deletes_a_job_in_progress(aws: Aws) -> None:
    """(Optional) When true, you can delete a job which is "IN_PROGRESS"."""
    aws.job("j1", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELED"])
def test_otherwise_only_a_job_in_a_terminal_state_can_be_deleted(aws: Aws, status: str) -> None:
    """Otherwise, you can only delete a job which is in a terminal state ("COMPLETED" or
    "CANCELED") ...

    ... or an exception will occur. The default is false.
    """
    aws.job("j1", "t1")
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="j1", force=False)
    aws.raises("InvalidStateTransitionException", 409, aws.iot.delete_job, jobId="j1")
    if status == "COMPLETED":
        aws.report("t1", "j1", "SUCCEEDED")
    else:
        aws.iot.cancel_job(jobId="j1")
    assert aws.status("j1") == status
    aws.iot.delete_job(jobId="j1")
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="j1")


def test_a_device_executing_a_deleted_job_is_unable_to_access_or_update_it(aws: Aws) -> None:
    """Deleting a job which is "IN_PROGRESS", will cause a device which is executing the job to be
    unable to access ...

    ... job information or update the job execution status. Use caution and ensure that each device
    executing a job which is deleted is able to recover to a valid state.
    """
    aws.in_status("t1", "j1", "IN_PROGRESS")
    aws.job("j2", "t1")
    aws.iot.delete_job(jobId="j1", force=True)
    device = {"jobId": "j1", "thingName": "t1"}
    aws.raises("ResourceNotFoundException", 404, aws.device.describe_job_execution, **device)
    aws.raises(
        "ResourceNotFoundException",
        404,
        aws.device.update_job_execution,
        **device,
        status="SUCCEEDED",
    )
    assert aws.device.start_next_pending_job_execution(thingName="t1")["execution"]["jobId"] == "j2"


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_notifications_of_a_namespace_go_to_topics_that_contain_it(aws: Aws) -> None:
    """When you specify a value for this parameter, AWS IoT Core sends jobs notifications to MQTT
    topics that contain the value.

    The page prints `$aws/things/THING_NAME/jobs/JOB_ID/notify-namespace-NAMESPACE_ID/`, which no
    client uses; Greengrass's subscribe without the job's id (aws-greengrass-nucleus, pull request
    587).
    """
    from moto_iot_jobs import messages

    aws.job("j1", "t1", namespaceId="ns")
    messages.clear()
    aws.iot.delete_job(jobId="j1", force=True, namespaceId="ns")
    assert "$aws/things/t1/jobs/notify-namespace-ns" in [
        message.topic for message in messages.published()
    ]
