"""Answers that come late or never: delays, lost answers and lost requests, and what clients make
of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.endpoint
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from moto_iot_jobs import clock, faults, messages
from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.service.states import ExecutionStatus
from tests.measuring import least_real_seconds
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

pytestmark = pytest.mark.usefixtures("public_modules_reach_it")

DEVICE = "iot-jobs-data"
in_process = pytest.mark.parametrize("aws", ["in_process"], indirect=True)
REPORT = {"thingName": "t1", "jobId": "j1", "status": "SUCCEEDED"}
TOPIC = "$aws/things/t1/jobs/j1/update"
A_WHILE = 0.3
"""A delay in seconds that is long enough to be measured."""


def client(aws: Aws, attempts: int = 1, **config: Any) -> Any:
    """A device's client, impatient unless it is told otherwise."""
    retries = {"total_max_attempts": attempts, "mode": "standard"}
    return aws.client(DEVICE, config=Config(retries=retries, **config))


def took(call: Callable[..., object], **request: Any) -> float:
    """How many seconds a call takes."""
    start = time.monotonic()
    call(**request)
    return time.monotonic() - start


# What gets lost.


def test_a_lost_response_leaves_what_was_done(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.lose_response("UpdateJobExecution")
    with pytest.raises(ConnectionClosedError):
        client(aws).update_job_execution(**REPORT)
    assert aws.execution("t1", "j1")["status"] == "SUCCEEDED"
    assert aws.status("j1") == "COMPLETED"


def test_a_lost_request_does_nothing(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.lose_request("UpdateJobExecution")
    with pytest.raises(ConnectionClosedError):
        client(aws).update_job_execution(**REPORT)
    assert aws.execution("t1", "j1")["status"] == "QUEUED"
    client(aws).update_job_execution(**REPORT)


def test_a_client_that_tries_again_meets_what_it_did_itself(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        botocore.endpoint, "time", SimpleNamespace(time=time.time, sleep=lambda _: None)
    )
    aws.job("j1", "t1")
    faults.lose_response("UpdateJobExecution")
    device = client(aws, attempts=2)
    error = aws.raises(
        "InvalidStateTransitionException", 409, device.update_job_execution, **REPORT
    )
    assert error.response["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_client_that_tries_again_gets_over_a_lost_request(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        botocore.endpoint, "time", SimpleNamespace(time=time.time, sleep=lambda _: None)
    )
    aws.job("j1", "t1")
    faults.lose_request("UpdateJobExecution")
    response = client(aws, attempts=2).update_job_execution(**REPORT)
    assert response["ResponseMetadata"]["RetryAttempts"] == 1


def test_the_response_of_an_error_can_get_lost_as_well(aws: Aws) -> None:
    faults.lose_response("DescribeJob")
    with pytest.raises(ConnectionClosedError):
        aws.iot.describe_job(jobId="none")
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="none")


def test_a_client_of_requests_loses_its_connection_too(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.lose_response("CancelJob")
    with pytest.raises(requests.ConnectionError):
        aws.http("PUT", "/jobs/j1/cancel", data="{}")
    assert aws.status("j1") == "CANCELED"


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_a_server_goes_on_after_it_hung_up(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.lose_response("DescribeJob", times=20)
    for _ in range(20):
        with pytest.raises(ConnectionClosedError):
            aws.iot.describe_job(jobId="j1")
    assert aws.status("j1") == "IN_PROGRESS"


@pytest.mark.parametrize("lose", [faults.lose_response, faults.lose_request])
def test_nothing_is_heard_on_a_topic(aws: Aws, lose: Callable[..., faults.Fault]) -> None:
    aws.job("j1", "t1")
    lose("UpdateJobExecution", thing="t1")
    assert messages.request(TOPIC, {"status": "SUCCEEDED"}, region=aws.region) is None
    status = "SUCCEEDED" if lose is faults.lose_response else "QUEUED"
    assert aws.execution("t1", "j1")["status"] == status


@in_process
def test_a_device_on_mqtt_hears_notifications_but_no_response(aws: Aws) -> None:
    pytest.importorskip("paho.mqtt.client")
    from moto_iot_jobs import mqtt
    from tests.paho_clients import connected, paho_client

    aws.job("j1", "t1")
    heard: list[str] = []
    done = threading.Event()

    def on_message(_client: object, _userdata: object, message: Any) -> None:
        heard.append(message.topic.rpartition("jobs/")[2])
        if len(heard) == 2:
            done.set()

    with mqtt.Endpoint(region=aws.region) as endpoint:
        device = paho_client("t1")
        subscribed = threading.Event()
        device.on_connect = lambda *_: device.subscribe("$aws/things/t1/jobs/#")
        device.on_subscribe = lambda *_: subscribed.set()
        device.on_message = on_message
        with connected(device, endpoint.address):
            assert subscribed.wait(PATIENCE)
            faults.lose_response("UpdateJobExecution")
            device.publish(TOPIC, '{"status": "SUCCEEDED"}', qos=1)
            assert done.wait(PATIENCE)
    assert [topic for topic in heard if "accepted" in topic] == []
    assert set(heard) >= {"notify-next"}
    assert aws.execution("t1", "j1")["status"] == "SUCCEEDED"


@in_process
def test_motos_own_server_hangs_up_as_well(aws: Aws) -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        aws.job("j1", "t1")
        outside = aws.client(
            DEVICE,
            endpoint_url="http://{}:{}".format(*server.get_host_and_port()),
            config=Config(retries={"total_max_attempts": 1}),
        )
        for lose in (faults.lose_request, faults.lose_response):
            assert aws.execution("t1", "j1")["status"] == "QUEUED"
            lose("UpdateJobExecution")
            with pytest.raises(ConnectionClosedError):
                outside.update_job_execution(**REPORT)
        assert aws.execution("t1", "j1")["status"] == "SUCCEEDED"
    finally:
        server.stop()


# What comes late.


def test_a_client_that_does_not_wait_so_long_gets_its_read_timeout(aws: Aws) -> None:
    aws.job("j1", "t1")
    with faults.delay("UpdateJobExecution", seconds=60), pytest.raises(ReadTimeoutError):
        client(aws, read_timeout=0.2).update_job_execution(**REPORT)
    # The client may have given up before a busy server was there.
    wait_until(lambda: aws.execution("t1", "j1")["status"] == "SUCCEEDED")


def test_a_client_that_waits_longer_gets_its_response(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.delay("UpdateJobExecution", seconds=A_WHILE)
    client(aws, read_timeout=30).update_job_execution(**REPORT)
    assert aws.execution("t1", "j1")["status"] == "SUCCEEDED"


def test_an_error_is_delayed_as_well(aws: Aws) -> None:
    faults.delay("DescribeJob", seconds=50, sleep=False)
    before = clock.now()
    aws.raises("ResourceNotFoundException", 404, aws.iot.describe_job, jobId="none")
    assert clock.now() - before >= timedelta(seconds=50)


@in_process
def test_a_delay_and_an_error_come_together(aws: Aws) -> None:
    faults.delay("DescribeJob", seconds=5, sleep=False)
    faults.inject("DescribeJob", "ServiceUnavailableException")
    before = clock.now()
    aws.raises("ServiceUnavailableException", 503, aws.iot.describe_job, jobId="none")
    assert clock.now() - before >= timedelta(seconds=5)


@in_process
def test_in_process_the_clock_moves_instead_of_waiting(aws: Aws) -> None:
    aws.in_status("t1", "j1", "IN_PROGRESS", timeoutConfig={"inProgressTimeoutInMinutes": 2})
    faults.delay("DescribeJob", seconds=120)
    before = clock.now()
    patient = aws.client("iot", config=Config(read_timeout=300))
    assert took(patient.describe_job, jobId="j1") < 60
    assert clock.now() - before >= timedelta(seconds=120)
    # Nobody has asked for the execution yet: what became due has happened all the same.
    assert find_jobs(aws.account, aws.region).store.jobs["j1"].count(ExecutionStatus.TIMED_OUT) == 1


@in_process
def test_in_process_a_read_timeout_costs_the_time_that_the_client_waits(aws: Aws) -> None:
    faults.delay("DescribeJob", seconds=1000)
    before = clock.now()
    with pytest.raises(ReadTimeoutError):
        aws.iot.describe_job(jobId="j1")
    assert timedelta(seconds=60) <= clock.now() - before < timedelta(seconds=120)


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_at_a_server_time_really_passes(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.delay("DescribeJob", seconds=A_WHILE)
    assert took(aws.iot.describe_job, jobId="j1") >= A_WHILE
    again = partial(took, aws.iot.describe_job, jobId="j1")
    assert least_real_seconds(again, A_WHILE) < A_WHILE


def test_it_can_be_said_which_of_the_two(aws: Aws) -> None:
    aws.job("j1", "t1")
    before = clock.now()
    with faults.delay("DescribeJob", seconds=A_WHILE, sleep=True):
        assert took(aws.iot.describe_job, jobId="j1") >= A_WHILE
    with faults.delay("DescribeJob", seconds=50, sleep=False):
        assert took(aws.iot.describe_job, jobId="j1") < 40
    assert clock.now() - before >= timedelta(seconds=50)


def test_a_caller_that_still_waits_when_the_fault_is_canceled_gets_its_response(aws: Aws) -> None:
    aws.job("j1", "t1")
    fault = faults.delay("DescribeJob", seconds=30, sleep=True)
    patient = aws.client("iot", config=Config(read_timeout=2000))
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(patient.describe_job, jobId="j1")
        wait_until(lambda: not faults.pending())
        assert not waiting.done()
        fault.cancel()
        assert waiting.result(PATIENCE)["job"]["jobId"] == "j1"


def test_others_are_not_held_up_by_who_waits(aws: Aws) -> None:
    aws.job("j1", "t1", "t2")
    patient = client(aws, read_timeout=2000)
    with (
        ThreadPoolExecutor() as threads,
        faults.delay("UpdateJobExecution", seconds=30, thing="t1", sleep=True),
    ):
        waiting = threads.submit(patient.update_job_execution, **REPORT)
        wait_until(lambda: not faults.pending())
        aws.report("t2", "j1", "SUCCEEDED")
        assert not waiting.done()
        faults.clear()
        waiting.result(PATIENCE)


def test_a_response_on_a_topic_is_delayed(aws: Aws) -> None:
    aws.job("j1", "t1")
    faults.delay("UpdateJobExecution", seconds=A_WHILE, sleep=True)
    start = time.monotonic()
    response = messages.request(TOPIC, {"status": "SUCCEEDED"}, region=aws.region)
    assert response is not None
    assert response.topic == f"{TOPIC}/accepted"
    assert time.monotonic() - start >= A_WHILE
