"""Calls are recorded, in process, over MQTT and at a server."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from moto_iot_jobs.introspection.calls import RecordedCall

if TYPE_CHECKING:
    from moto_iot_jobs.pytest_plugin import IotJobs, ServerUrl


def names(calls: list[RecordedCall]) -> list[str]:
    return [call.operation for call in calls]


def test_a_call_is_recorded_with_its_parameters_and_its_status(iot_jobs: IotJobs) -> None:
    before = iot_jobs.clock.now()
    arn = iot_jobs.thing("lamp")
    iot_jobs.job("update", "lamp", document="{}", description="to 2.0")
    (call,) = iot_jobs.calls()
    assert call.parameters == {
        "jobId": "update",
        "targets": [arn],
        "document": "{}",
        "description": "to 2.0",
    }
    assert (call.service, call.operation, call.transport) == ("iot", "CreateJob", "https")
    assert (call.status, call.error) == (200, None)
    assert (call.account, call.region) == (iot_jobs.account, iot_jobs.region)
    assert (call.job_id, call.thing) == ("update", None)
    assert before - timedelta(milliseconds=1) <= call.at <= iot_jobs.clock.now()


def test_a_call_that_failed_is_recorded_with_its_error(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    with pytest.raises(iot_jobs.iot.exceptions.InvalidStateTransitionException):
        iot_jobs.iot.delete_job(jobId="update")
    (call,) = iot_jobs.calls("DeleteJob")
    assert (call.status, call.error) == (409, "InvalidStateTransitionException")
    assert call.parameters == {"jobId": "update"}


def test_a_call_that_met_a_fault_is_recorded_with_its_error(iot_jobs: IotJobs) -> None:
    iot_jobs.faults.inject("DeleteJob", "ThrottlingException", times=1)
    iot_jobs.job("update", "lamp")
    iot_jobs.iot.delete_job(jobId="update", force=True)
    assert [call.error for call in iot_jobs.calls("DeleteJob")] == ["ThrottlingException", None]


def test_a_request_that_breaks_a_constraint_is_recorded_with_its_path(iot_jobs: IotJobs) -> None:
    from botocore.config import Config

    device = iot_jobs.client("iot-jobs-data", config=Config(parameter_validation=False))
    with pytest.raises(device.exceptions.ClientError):
        device.update_job_execution(jobId="update", thingName="lamp", status="DONE")
    (call,) = iot_jobs.calls("UpdateJobExecution")
    assert (call.status, call.thing, call.job_id) == (400, "lamp", "update")


def test_a_request_over_mqtt_is_recorded_too(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    iot_jobs.messages.request("$aws/things/lamp/jobs/start-next", {"statusDetails": {"step": "1"}})
    iot_jobs.messages.request("$aws/things/lamp/jobs/other/get")
    first, second = (call for call in iot_jobs.calls() if call.transport == "mqtt")
    assert (first.operation, first.status) == ("StartNextPendingJobExecution", 200)
    assert first.parameters == {"thingName": "lamp", "statusDetails": {"step": "1"}}
    assert (second.operation, second.error) == (
        "DescribeJobExecution",
        "ResourceNotFoundException",
    )


def test_calls_are_found_by_operation_and_parameters(iot_jobs: IotJobs) -> None:
    for job in ("first", "second"):
        iot_jobs.job(job, "lamp")
    iot_jobs.iot.delete_job(jobId="second", force=True)
    assert names(iot_jobs.calls(jobId="second")) == ["CreateJob", "DeleteJob"]
    assert len(iot_jobs.calls("CreateJob")) == 2
    assert len(iot_jobs.calls("CreateJob", jobId="first")) == 1
    assert iot_jobs.calls("DeleteJob", force=False) == []
    assert len(iot_jobs.calls("DeleteJob", force=True)) == 1
    assert iot_jobs.calls("DeleteJob", namespaceId=None) == []


def test_an_operation_whose_calls_are_not_recorded_is_an_error(iot_jobs: IotJobs) -> None:
    with pytest.raises(
        ValueError, match=r"'DeleteJobs' are not recorded\. Did you mean 'DeleteJob'"
    ):
        iot_jobs.calls("DeleteJobs")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'CreateThing' is an operation that moto itself"):
        iot_jobs.calls("CreateThing")  # type: ignore[arg-type]


@pytest.mark.parametrize("_turn", [1, 2])
def test_calls_end_with_the_mock(iot_jobs: IotJobs, _turn: int) -> None:
    assert iot_jobs.calls() == []
    iot_jobs.job("update", "lamp")


def test_a_snapshot_has_the_last_calls(iot_jobs: IotJobs) -> None:
    iot_jobs.job("update", "lamp")
    iot_jobs.job("other", "kettle")
    iot_jobs.device.start_next_pending_job_execution(thingName="lamp")
    assert [call["operation"] for call in iot_jobs.state(calls=2)["calls"]] == [
        "CreateJob",
        "StartNextPendingJobExecution",
    ]
    assert [call["parameters"]["jobId"] for call in iot_jobs.state(job="update")["calls"]] == [
        "update"
    ]
    assert len(iot_jobs.state(thing="lamp")["calls"]) == 1
    assert iot_jobs.state(region="eu-north-1")["calls"] == []
    assert iot_jobs.state(calls=0)["calls"] == []


class TestServer:
    def test_it_returns_the_same(self, iot_jobs_server: ServerUrl) -> None:
        lamp = iot_jobs_server.iot.create_thing(thingName="lamp")["thingArn"]
        iot_jobs_server.iot.create_job(jobId="update", targets=[lamp], document="{}")
        with pytest.raises(iot_jobs_server.device.exceptions.ClientError):
            iot_jobs_server.device.update_job_execution(
                jobId="update", thingName="lamp", status="SUCCEEDED", expectedVersion=7
            )
        created, updated = iot_jobs_server.calls()
        assert created.parameters == {"jobId": "update", "targets": [lamp], "document": "{}"}
        assert isinstance(created.at, datetime)
        assert (updated.error, updated.parameters["expectedVersion"]) == (
            "InvalidRequestException",
            7,
        )
        assert iot_jobs_server.calls("UpdateJobExecution", status="SUCCEEDED") == [updated]

    def test_calls_are_listed_over_http(self, iot_jobs_server: ServerUrl) -> None:
        url = f"{iot_jobs_server}/moto-api/iot-jobs/calls"
        lamp = iot_jobs_server.iot.create_thing(thingName="lamp")["thingArn"]
        iot_jobs_server.iot.create_job(jobId="update", targets=[lamp], document="{}")
        iot_jobs_server.iot.delete_job(jobId="update", force=True)
        (call,) = requests.get(url, params={"operation": "DeleteJob"}, timeout=30).json()["calls"]
        assert (call["parameters"], call["status"], call["error"]) == (
            {"jobId": "update", "force": True},
            200,
            None,
        )
        for query, found in (
            ({"jobId": "update"}, 2),
            ({"force": "true"}, 1),
            ({"region": "eu-north-1"}, 0),
        ):
            response = requests.get(url, params=query, timeout=30).json()
            assert len(response["calls"]) == found, query
        wrong = requests.get(url, params={"operation": "DeleteJobs"}, timeout=30)
        assert (wrong.status_code, "Did you mean 'DeleteJob'?" in wrong.text) == (400, True)
        assert requests.delete(url, timeout=30).status_code == 200
        assert json.loads(requests.get(url, timeout=30).text) == {"calls": []}


def test_what_is_done_to_a_record_of_a_topic_changes_no_later_call(iot_jobs: IotJobs) -> None:
    # The labels of a topic are made once, for all messages that come on it.
    topic = "$aws/things/lamp/jobs/update/update"
    for _ in range(2):
        iot_jobs.messages.request(topic, {"status": "DONE"})
        call = iot_jobs.calls("UpdateJobExecution")[-1]
        assert (call.thing, call.job_id, call.status) == ("lamp", "update", 400)
        call.parameters.clear()  # type: ignore[attr-defined]
