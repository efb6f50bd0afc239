"""Which calls an injected fault hits: every declared error of every operation, by pattern, thing,
job, number and chance.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
import requests
from botocore.exceptions import ConnectionClosedError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from moto_iot_jobs import faults, messages
from moto_iot_jobs.wire import ServiceApi

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.usefixtures("public_modules_reach_it")

DEVICE: Literal["iot-jobs-data"] = "iot-jobs-data"
in_process = pytest.mark.parametrize("aws", ["in_process"], indirect=True)
NAMES = {
    "jobId": "j1",
    "thingName": "t1",
    "executionNumber": "1",
    "jobTemplateId": "jt",
    "thingGroupName": "g1",
}


def hits(aws: Aws, calls: int, call: Any = None, **request: Any) -> list[int]:
    """Which of so many DescribeJobs, or other calls, are throttled, counted from one."""
    call, request = (aws.iot.describe_job, {"jobId": "j1"}) if call is None else (call, request)
    hit = []
    for number in range(1, calls + 1):
        try:
            call(**request)
        except aws.iot.exceptions.ThrottlingException:
            hit.append(number)
        except aws.device.exceptions.ThrottlingException:
            hit.append(number)
    return hit


# Every error of every operation.


def declared() -> list[tuple[Any, Any, str, str, Any, int]]:
    """Service, operation, method, path, error and status, from botocore's own files."""
    found = []
    for service in ("iot", DEVICE, "iot-data"):
        model = ServiceModel(Loader().load_service_model(service, "service-2"))
        for name in ServiceApi.of(service).operations:
            operation = model.operation_model(name)
            path = re.sub(
                r"{(\w+)}", lambda label: NAMES.get(label[1], "x"), operation.http["requestUri"]
            )
            for error in operation.error_shapes:
                status = (
                    429
                    if error.name == "ThrottlingException"
                    else error.metadata["error"]["httpStatusCode"]
                )
                found.append((service, name, operation.http["method"], path, error.name, status))
    return found


@in_process
def test_every_error_that_the_model_declares_for_an_operation_can_be_injected(aws: Aws) -> None:
    for service, operation, method, path, error, status in declared():
        faults.inject(operation, error, service=service)
        response = aws.http(method, path, service)
        received = response.status_code, response.headers["x-amzn-ErrorType"], list(response.json())
        assert received == (status, error, ["message"]), operation
    assert len(declared()) > 150
    assert faults.pending() == []


@in_process
@pytest.mark.parametrize("error", ["InvalidJobDocumentException", "InvalidRoleException"])
def test_errors_that_only_the_guide_knows_can_be_injected(aws: Aws, error: Any) -> None:
    faults.inject("CreateJob", error)
    aws.thing("t1")
    aws.raises(
        error, 400, aws.iot.create_job, jobId="j1", targets=[aws.arn("thing", "t1")], document="{}"
    )


@in_process
@pytest.mark.parametrize(
    "error", ["AccessDeniedException", "InvalidSignatureException", "UnrecognizedClientException"]
)
def test_errors_of_any_operation_can_be_injected(aws: Aws, error: Any) -> None:
    faults.inject("ListJobs", error)
    aws.raises(error, 403, aws.iot.list_jobs)


# By operation.


def test_a_star_stands_for_all_operations_of_both_planes(aws: Aws) -> None:
    aws.job("j1", "t1")
    with faults.inject("*", "ThrottlingException", times=None):
        for call, request in (
            (aws.iot.describe_job, {"jobId": "j1"}),
            (aws.iot.list_jobs, {}),
            (aws.device.get_pending_job_executions, {"thingName": "t1"}),
        ):
            aws.raises("ThrottlingException", 429, call, **request)
    assert aws.status("j1") == "IN_PROGRESS"


@in_process
def test_a_star_leaves_the_operations_that_never_give_the_error(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("*", "TerminalStateException", times=None)
    aws.iot.describe_job(jobId="j1")
    aws.device.get_pending_job_executions(thingName="t1")
    request = {"jobId": "j1", "thingName": "t1"}
    aws.raises("TerminalStateException", 410, aws.device.describe_job_execution, **request)
    aws.iot.describe_job_execution(**request)


def test_a_pattern_stands_for_the_operations_that_fit(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("List*", "ThrottlingException", times=2)
    aws.iot.describe_job(jobId="j1")
    aws.raises("ThrottlingException", 429, aws.iot.list_jobs)
    aws.raises("ThrottlingException", 429, aws.iot.list_job_executions_for_thing, thingName="t1")
    aws.iot.list_jobs()


@in_process
def test_a_pattern_can_be_of_one_service(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("*JobExecution", "ThrottlingException", times=None, service=DEVICE)
    request = {"jobId": "j1", "thingName": "t1"}
    aws.iot.describe_job_execution(**request)
    aws.raises("ThrottlingException", 429, aws.device.describe_job_execution, **request)


@in_process
def test_without_a_service_the_operation_of_the_control_plane_is_meant(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("DescribeJobExecution", "ThrottlingException", times=None)
    aws.device.describe_job_execution(jobId="j1", thingName="t1")
    aws.raises(
        "ThrottlingException", 429, aws.iot.describe_job_execution, jobId="j1", thingName="t1"
    )


# By thing and job.


def test_only_the_thing_named_is_hit(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    faults.inject(
        "StartNextPendingJobExecution", "ServiceUnavailableException", thing="t2", times=None
    )
    aws.device.start_next_pending_job_execution(thingName="t1")
    aws.raises(
        "ServiceUnavailableException",
        503,
        aws.device.start_next_pending_job_execution,
        thingName="t2",
    )


def test_only_the_job_named_is_hit(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.job("j2", "t1")
    faults.inject("DeleteJob", "LimitExceededException", job_id="j2")
    aws.iot.delete_job(jobId="j1", force=True)
    aws.raises("LimitExceededException", 410, aws.iot.delete_job, jobId="j2", force=True)


def test_only_the_thing_in_the_job_named_is_hit(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    aws.job("j2", "t1", "t2")
    faults.inject("UpdateJobExecution", "ThrottlingException", thing="t1", job_id="j2", times=None)
    for thing, job in (("t1", "j1"), ("t2", "j1"), ("t2", "j2")):
        aws.report(thing, job, "IN_PROGRESS")
    hit = {"thingName": "t1", "jobId": "j2", "status": "SUCCEEDED"}
    aws.raises("ThrottlingException", 429, aws.device.update_job_execution, **hit)


def test_a_name_is_compared_as_it_is_and_not_as_it_stands_in_the_path(aws: Aws) -> None:
    aws.job("j1", "a:b")
    faults.inject("StartNextPendingJobExecution", "ThrottlingException", thing="a:b")
    aws.raises(
        "ThrottlingException", 429, aws.device.start_next_pending_job_execution, thingName="a:b"
    )


# By number and chance.


def test_so_many_are_let_through_first(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("DescribeJob", "ThrottlingException", after=2, times=2)
    assert hits(aws, 6) == [3, 4]


@in_process
def test_what_is_let_through_is_counted_for_the_thing_named(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    faults.inject("GetPendingJobExecutions", "ThrottlingException", thing="t1", after=1)
    assert hits(aws, 3, aws.device.get_pending_job_executions, thingName="t2") == []
    assert hits(aws, 3, aws.device.get_pending_job_executions, thingName="t1") == [2]


def test_the_same_seed_hits_the_same_attempts(aws: Aws) -> None:
    aws.job("j1", "t1")
    found = []
    for seed in (7, 7, 8):
        with faults.inject("DescribeJob", "ThrottlingException", probability=0.2, seed=seed):
            found.append(hits(aws, 40))
    assert found[0] == found[1] != found[2]
    assert 2 <= len(found[0]) <= 16


@in_process
def test_without_a_seed_it_is_always_the_same_too(aws: Aws) -> None:
    aws.job("j1", "t1")
    found = []
    for _ in range(2):
        with faults.inject("DescribeJob", "ThrottlingException", probability=0.5):
            found.append(hits(aws, 20))
    assert found[0] == found[1]


@in_process
def test_with_a_probability_the_number_can_be_bounded(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("DescribeJob", "ThrottlingException", probability=0.5, seed=1, times=3)
    assert len(hits(aws, 40)) == 3


# On topics.


@in_process
@pytest.mark.parametrize(
    ("operation", "error", "code"),
    [
        ("UpdateJobExecution", "InvalidRequestException", "InvalidRequest"),
        ("UpdateJobExecution", "InvalidStateTransitionException", "InvalidStateTransition"),
        ("UpdateJobExecution", "ResourceNotFoundException", "ResourceNotFound"),
        ("DescribeJobExecution", "TerminalStateException", "TerminalStateReached"),
        ("UpdateJobExecution", "ThrottlingException", "RequestThrottled"),
        ("UpdateJobExecution", "ServiceUnavailableException", "InternalError"),
        ("UpdateJobExecution", "InternalFailureException", "InternalError"),
        ("UpdateJobExecution", "CertificateValidationException", "InternalError"),
        ("UpdateJobExecution", "VersionMismatch", "VersionMismatch"),
        ("UpdateJobExecution", "InternalError", "InternalError"),
    ],
)
def test_a_fault_on_a_topic_has_the_code_of_the_mqtt_api(
    aws: Aws, operation: Any, error: Any, code: str
) -> None:
    aws.job("j1", "t1")
    faults.inject(operation, error, service=DEVICE, thing="t1", job_id="j1")
    topic = f"$aws/things/t1/jobs/j1/{'update' if operation == 'UpdateJobExecution' else 'get'}"
    response = messages.request(
        topic, {"status": "IN_PROGRESS", "clientToken": "c"}, region=aws.region
    )
    assert response is not None
    assert (response.topic, response.json["code"], response.json["clientToken"]) == (
        f"{topic}/rejected",
        code,
        "c",
    )
    assert ("executionState" in response.json) is (
        code in ("InvalidStateTransition", "VersionMismatch")
    )
    assert aws.execution("t1", "j1")["status"] == "QUEUED"


def test_a_code_of_the_mqtt_api_is_its_exception_over_https(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("UpdateJobExecution", "VersionMismatch")
    report = {"thingName": "t1", "jobId": "j1", "status": "SUCCEEDED"}
    aws.raises("InvalidRequestException", 400, aws.device.update_job_execution, **report)


# What was not met.


def test_what_was_not_met_is_pending(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.inject("DeleteJob", "ThrottlingException", times=2, job_id="j1")
    faults.inject("DescribeJob", "ThrottlingException", times=2)
    faults.inject("ListJobs", "ThrottlingException", times=None)
    faults.inject("ListJobTemplates", "ThrottlingException")
    faults.delay("List*", seconds=1.5, after=3, probability=0.5, seed=7, service="iot")
    faults.lose_response("UpdateJobExecution", thing="t1")
    aws.raises("ThrottlingException", 429, aws.iot.describe_job, jobId="j1")
    aws.raises("ThrottlingException", 429, aws.iot.list_jobs)
    aws.raises("ThrottlingException", 429, aws.iot.list_job_templates)
    assert [str(each) for each in faults.pending()] == [
        "ThrottlingException from DeleteJob (iot, job j1): never met",
        "ThrottlingException from DescribeJob (iot): met 1 of 2 times",
        "a delay of 1.5 s from List* (iot, after 3, probability 0.5, seed 7): never met",
        "a lost response from UpdateJobExecution (iot-jobs-data, thing t1): never met",
    ]
    first = faults.pending()[0]
    assert (first.operation, first.met, first.times) == ("DeleteJob", 0, 2)
    faults.clear()
    assert faults.pending() == []


def test_a_fault_whose_block_ended_unmet_is_pending_still(aws: Aws) -> None:
    with faults.inject("DeleteJob", "ThrottlingException"):
        pass
    assert [each.description for each in faults.pending()] == [
        "ThrottlingException from DeleteJob (iot): never met"
    ]
    with pytest.raises(aws.iot.exceptions.ResourceNotFoundException):
        aws.iot.delete_job(jobId="j1")


def test_a_fault_that_was_cancelled_is_not_pending(aws: Aws) -> None:
    faults.inject("DeleteJob", "ThrottlingException").cancel()
    with pytest.raises(ZeroDivisionError), faults.inject("DeleteJob", "ThrottlingException"):
        raise ZeroDivisionError
    assert faults.pending() == []


@in_process
def test_a_fault_of_any_number_that_was_met_once_is_not_pending(aws: Aws) -> None:
    with faults.inject("ListJobs", "ThrottlingException", times=None):
        aws.raises("ThrottlingException", 429, aws.iot.list_jobs)
    assert faults.pending() == []


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_a_reset_forgets_what_was_pending(aws: Aws) -> None:
    with faults.inject("DeleteJob", "ThrottlingException"):
        pass
    requests.post(f"{aws.url}/moto-api/reset", timeout=10).raise_for_status()
    assert faults.pending() == []


@in_process
def test_observers_hear_of_calls_that_met_a_fault(aws: Aws) -> None:
    from moto_iot_jobs.runtime import runtime
    from moto_iot_jobs.runtime.calls import HandledCall

    heard: list[tuple[str, str, str | None]] = []

    def listen(call: HandledCall) -> None:
        heard.append((call.service, call.operation, call.code))

    aws.job("j1", "t1")
    runtime.call_handled.connect(listen)
    try:
        faults.inject("Update*", "VersionMismatch")
        messages.request("$aws/things/t1/jobs/j1/update", {"status": "FAILED"}, region=aws.region)
        faults.inject("DescribeJob", "ThrottlingException")
        aws.raises("ThrottlingException", 429, aws.iot.describe_job, jobId="j1")
        faults.lose_response("DescribeJob")
        with pytest.raises(ConnectionClosedError):
            aws.iot.describe_job(jobId="j1")
    finally:
        runtime.call_handled.disconnect(listen)
    assert heard == [
        (DEVICE, "UpdateJobExecution", "InvalidRequestException"),
        ("iot", "DescribeJob", "ThrottlingException"),
        ("iot", "DescribeJob", None),
    ]
