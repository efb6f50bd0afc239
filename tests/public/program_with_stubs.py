"""A program of a user who has the stubs of boto3: clients have their types."""

from __future__ import annotations

from mypy_boto3_iot import IoTClient
from mypy_boto3_iot_jobs_data import IoTJobsDataPlaneClient
from typing_extensions import assert_type

from moto_iot_jobs import IotJobs, ServerUrl


def uses_clients(iot_jobs: IotJobs, iot_jobs_server: ServerUrl) -> None:
    """Use the clients of both fixtures."""
    assert_type(iot_jobs.iot, IoTClient)
    assert_type(iot_jobs.device, IoTJobsDataPlaneClient)
    assert_type(iot_jobs.client("iot"), IoTClient)
    assert_type(iot_jobs.client("iot-jobs-data", region="eu-west-1"), IoTJobsDataPlaneClient)
    assert_type(iot_jobs_server.iot, IoTClient)
    assert_type(iot_jobs_server.device, IoTJobsDataPlaneClient)
    assert_type(iot_jobs_server.client("iot"), IoTClient)
    iot_jobs.client("s3").list_buckets()
