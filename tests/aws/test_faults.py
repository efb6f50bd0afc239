"""Faults to inject: any declared error of any operation, so often, for one plane; and botocore's
retries against them.
"""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import botocore.endpoint
import pytest
from botocore.config import Config

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

EXECUTION = {"jobId": "j1", "thingName": "t1", "executionNumber": 1}
SERVICES = ["iot", "iot-jobs-data"]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long botocore would have slept between its attempts, in seconds; it does not sleep."""
    slept: list[float] = []
    monkeypatch.setattr(
        botocore.endpoint, "time", SimpleNamespace(time=time.time, sleep=slept.append)
    )
    return slept


def patient(aws: Aws, mode: str, attempts: int = 3) -> Any:
    """A client that retries."""
    return aws.client("iot", config=Config(retries={"mode": mode, "total_max_attempts": attempts}))


# Retries.


@pytest.mark.parametrize("mode", ["legacy", "standard"])
@pytest.mark.parametrize("error", ["ThrottlingException", "ServiceUnavailableException"])
def test_the_third_attempt_succeeds_after_two_faults(
    aws: Aws, naps: list[float], mode: str, error: str
) -> None:
    aws.job("j1", "t1")
    aws.fault("DeleteJobExecution", error, times=2)
    response = patient(aws, mode).delete_job_execution(**EXECUTION)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert response["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(naps) == 2
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job_execution, **EXECUTION)


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_three_faults_are_one_too_many_for_three_attempts(
    aws: Aws, naps: list[float], mode: str
) -> None:
    aws.job("j1", "t1")
    aws.fault("DeleteJobExecution", "ThrottlingException", times=3)
    iot = patient(aws, mode)
    error = aws.raises("ThrottlingException", 429, iot.delete_job_execution, **EXECUTION)
    assert error.response["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(naps) == 2
    iot.delete_job_execution(**EXECUTION)


def test_errors_of_the_service_are_not_retried(aws: Aws, naps: list[float]) -> None:
    aws.in_status("t1", "j1", "IN_PROGRESS")
    iot = patient(aws, "standard")
    error = aws.raises(
        "InvalidStateTransitionException", 409, iot.delete_job_execution, **EXECUTION
    )
    assert error.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert naps == []


# How often, for what.


def test_a_fault_changes_nothing(aws: Aws) -> None:
    aws.job("j1", "t1")
    before = aws.iot.describe_job(jobId="j1")["job"], aws.execution("t1", "j1")
    changes: dict[str, tuple[Any, dict[str, Any]]] = {
        "DeleteJob": (aws.iot.delete_job, {"jobId": "j1", "force": True}),
        "DeleteJobExecution": (aws.iot.delete_job_execution, EXECUTION),
        "CancelJob": (aws.iot.cancel_job, {"jobId": "j1"}),
    }
    for operation, (call, request) in changes.items():
        aws.fault(operation, "ServiceUnavailableException", times=1)
        aws.raises("ServiceUnavailableException", 503, call, **request)
    assert (aws.iot.describe_job(jobId="j1")["job"], aws.execution("t1", "j1")) == before


def test_each_attempt_uses_one_up(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.fault("DescribeJob", "ThrottlingException", times=2)
    for _ in range(2):
        aws.raises("ThrottlingException", 429, aws.iot.describe_job, jobId="j1")
    assert aws.status("j1") == "IN_PROGRESS"


def test_only_the_operation_named_is_hit(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.fault("DeleteJob", "ThrottlingException", times=1)
    aws.iot.delete_job_execution(**EXECUTION)
    aws.iot.describe_job(jobId="j1")
    aws.iot.list_jobs()
    aws.raises("ThrottlingException", 429, aws.iot.delete_job, jobId="j1")


@pytest.mark.parametrize("hit", SERVICES)
def test_only_the_service_named_has_the_fault(aws: Aws, hit: str) -> None:
    """Both planes have an operation called DescribeJobExecution."""
    aws.job("j1", "t1")
    aws.fault("DescribeJobExecution", "ThrottlingException", times=1, service=hit)
    (spared,) = set(SERVICES) - {hit}
    request = {"jobId": "j1", "thingName": "t1"}
    assert aws.client(spared).describe_job_execution(**request)["execution"]["status"] == "QUEUED"
    aws.raises("ThrottlingException", 429, aws.client(hit).describe_job_execution, **request)
    assert aws.client(hit).describe_job_execution(**request)["execution"]["status"] == "QUEUED"


def test_faults_of_one_operation_come_in_the_order_in_which_they_were_injected(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.fault("DescribeJob", "ThrottlingException", times=1)
    aws.fault("DescribeJob", "ServiceUnavailableException", times=1)
    aws.raises("ThrottlingException", 429, aws.iot.describe_job, jobId="j1")
    aws.raises("ServiceUnavailableException", 503, aws.iot.describe_job, jobId="j1")
    assert aws.status("j1") == "IN_PROGRESS"


def test_without_a_number_it_lasts_until_cleared(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.fault("DescribeJob", "ServiceUnavailableException", times=None)
    for _ in range(5):
        aws.raises("ServiceUnavailableException", 503, aws.iot.describe_job, jobId="j1")
    aws.clear_faults()
    assert aws.status("j1") == "IN_PROGRESS"


def test_clearing_cancels_what_is_left_on_both_planes(aws: Aws) -> None:
    aws.job("j1", "t1")
    aws.fault("DescribeJob", "ThrottlingException", times=3)
    aws.fault("GetPendingJobExecutions", "ThrottlingException", times=3, service="iot-jobs-data")
    aws.raises("ThrottlingException", 429, aws.iot.describe_job, jobId="j1")
    aws.clear_faults()
    assert (aws.status("j1"), aws.pending("t1")) == ("IN_PROGRESS", ([], ["j1"]))


# In process: the public module itself.


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_a_with_block_limits_a_fault(aws: Aws) -> None:
    from moto_iot_jobs import faults

    aws.job("j1", "t1")
    with faults.inject("DescribeJob", "ThrottlingException", times=None):
        for _ in range(3):
            aws.raises("ThrottlingException", 429, aws.iot.describe_job, jobId="j1")
    assert aws.status("j1") == "IN_PROGRESS"


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_a_with_block_leaves_the_faults_of_others(aws: Aws) -> None:
    from moto_iot_jobs import faults

    aws.job("j1", "t1")
    faults.inject("ListJobs", "ThrottlingException", times=1)
    with faults.inject("DescribeJob", "ThrottlingException", times=2):
        aws.raises("ThrottlingException", 429, aws.iot.describe_job, jobId="j1")
    assert aws.status("j1") == "IN_PROGRESS"
    aws.raises("ThrottlingException", 429, aws.iot.list_jobs)


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_a_with_block_ends_its_fault_when_the_test_fails_inside(aws: Aws) -> None:
    from moto_iot_jobs import faults

    aws.job("j1", "t1")
    with (
        pytest.raises(ZeroDivisionError),
        faults.inject("DescribeJob", "ThrottlingException", times=None),
    ):
        raise ZeroDivisionError
    assert aws.status("j1") == "IN_PROGRESS"


@pytest.mark.parametrize(
    ("operation", "error", "service", "named"),
    [
        ("DeleteJobs", "ThrottlingException", "iot", "DeleteJobs"),
        ("DeleteJob", "OutOfCheeseException", "iot", "OutOfCheeseException"),
        (
            "StartNextPendingJobExecution",
            "ThrottlingException",
            "iot",
            "StartNextPendingJobExecution",
        ),
        ("DeleteJob", "ThrottlingException", "s3", "s3"),
    ],
    ids=["unknown operation", "unknown error", "other plane's operation", "other service"],
)
@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
def test_a_fault_that_can_never_match_is_an_error(
    aws: Aws, operation: Any, error: Any, service: Any, named: str
) -> None:
    from moto_iot_jobs import faults

    with pytest.raises(ValueError, match=named):
        faults.inject(operation, error, times=1, service=service)


def test_faults_end_with_the_mock() -> None:
    from moto_iot_jobs import faults, mock_iot

    with mock_iot():
        faults.inject("ListJobs", "ServiceUnavailableException", times=None)
    with mock_iot():
        assert boto3.client("iot", region_name="eu-west-1").list_jobs()["jobs"] == []


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_faults_end_with_a_reset_of_the_server(aws: Any) -> None:
    aws.fault("ListJobs", "ServiceUnavailableException", times=None)
    aws.control("reset")
    assert aws.iot.list_jobs()["jobs"] == []
