"""Strict endpoints: the data plane answers at the account's own endpoints only, as AWS's does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from moto_iot_jobs import mock_iot
from tests.warm_python import warm_python

REGION = "eu-west-1"


def client(service: str, **kwargs: Any) -> Any:
    """Make a client with credentials of its own."""
    return boto3.client(
        service,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
        **kwargs,
    )


@pytest.fixture
def iot() -> Iterator[Any]:
    """The control plane of a mock with strict endpoints, and a job."""
    with mock_iot(config={"iot_jobs": {"endpoints": "strict"}}):
        iot = client("iot")
        thing = iot.create_thing(thingName="lamp")["thingArn"]
        iot.create_job(jobId="update", targets=[thing], document="{}")
        yield iot


def test_the_default_host_is_an_error_as_users_report(iot: Any) -> None:
    with pytest.raises(ClientError) as raised:
        client("iot-jobs-data").get_pending_job_executions(thingName="lamp")
    error = raised.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert error["Error"] == {
        "Code": "AccessDeniedException",
        "Message": (
            "Access Denied: Invalid endpoint. Use describe-endpoint API to get valid endpoint"
        ),
    }
    assert iot.describe_job(jobId="update")["job"]["status"] == "IN_PROGRESS"


def test_the_address_from_describe_endpoint_responds(iot: Any) -> None:
    address = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    device = client("iot-jobs-data", endpoint_url=f"https://{address}")
    started = device.start_next_pending_job_execution(thingName="lamp")
    assert started["execution"]["jobId"] == "update"


def test_the_address_of_another_account_is_an_error(iot: Any) -> None:
    address = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    other = "a" + "b" * 13 + address[14:]
    with pytest.raises(ClientError, match="Invalid endpoint"):
        client("iot-jobs-data", endpoint_url=f"https://{other}").get_pending_job_executions(
            thingName="lamp"
        )


def test_the_endpoint_type_of_jobs_is_an_error_as_captured(iot: Any) -> None:
    with pytest.raises(iot.exceptions.InvalidRequestException) as raised:
        iot.describe_endpoint(endpointType="iot:Jobs")
    assert raised.value.response["Error"]["Message"] == (
        "IoT Jobs and Commands APIs are now available through iot:Data-ATS endpoints instead of"
        " iot:Jobs endpoints. Please use iot:Data-ATS."
    )


def test_by_default_every_address_responds() -> None:
    with mock_iot():
        iot = client("iot")
        iot.create_thing(thingName="lamp")
        assert iot.describe_endpoint(endpointType="iot:Jobs")["endpointAddress"]
        pending = client("iot-jobs-data").get_pending_job_executions(thingName="lamp")
        assert pending["queuedJobs"] == []


def test_a_server_has_no_endpoint_type_of_jobs_and_responds_at_its_own_address() -> None:
    command = [*warm_python(), "-m", "moto_iot_jobs", "server", "--port", "0", "--strict-endpoints"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().rpartition(" ")[2].strip()
            iot = client("iot", endpoint_url=url)
            iot.create_thing(thingName="lamp")
            with pytest.raises(iot.exceptions.InvalidRequestException):
                iot.describe_endpoint(endpointType="iot:Jobs")
            device = client("iot-jobs-data", endpoint_url=url)
            assert device.get_pending_job_executions(thingName="lamp")["queuedJobs"] == []
        finally:
            process.terminate()
