"""Clients by other people, unmodified, on every way into the endpoint: paho, AWS's two device
SDKs, Mosquitto's tools.

The service behind the endpoint is one job for one thing, just enough for a device to take and
finish it.
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from awscrt import mqtt, mqtt_request_response  # type: ignore[import-untyped]
from awsiot import ServiceStreamOptions, iotjobs  # type: ignore[import-untyped]
from AWSIoTPythonSDK.core.jobs.thingJobManager import (  # type: ignore[import-untyped]
    jobExecutionStatus,
    jobExecutionTopicReplyType,
    jobExecutionTopicType,
)
from AWSIoTPythonSDK.MQTTLib import AWSIoTMQTTThingJobsClient  # type: ignore[import-untyped]
from freezegun import freeze_time
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from moto_iot_jobs.broker.client import Client, Upgrade
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.iotjobsdata.topics import Operation, notify, notify_next, parse_request, thing_of
from tests import paho_clients
from tests.crt_clients import connected_by_mqtt3, connected_by_mqtt5
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from tests.mqtt.conftest import Certificates

THING = "thing-1"


class OneJob:
    """A service with a single job in a single queue."""

    def __init__(self) -> None:
        self.status = "QUEUED"
        self.requests: list[str] = []
        self.endpoint: Endpoint | None = None

    def respond(
        self, topic: str, payload: bytes, _client: Client
    ) -> list[tuple[str, bytes]] | None:
        if thing_of(topic) is None:
            return None
        request = parse_request(topic)
        members = json.loads(payload or b"{}")
        body = {"clientToken": members["clientToken"]} if "clientToken" in members else {}
        body["timestamp"] = 1
        if request is None:
            return [(f"{topic}/rejected", json.dumps({**body, "code": "InvalidTopic"}).encode())]
        self.requests.append(request.operation.value)
        if request.operation is Operation.UPDATE and request.job != "job-1":
            return [
                (
                    request.rejected,
                    json.dumps({**body, "code": "ResourceNotFound", "message": "none"}).encode(),
                )
            ]
        return [
            (
                request.accepted,
                json.dumps({**body, **self._carried_out(request.operation, members)}).encode(),
            )
        ]

    def _carried_out(self, operation: Operation, members: dict[str, Any]) -> dict[str, Any]:
        if operation is Operation.GET_PENDING:
            return {
                "inProgressJobs": [],
                "queuedJobs": [self._execution()] if self._is_open else [],
            }
        if operation is Operation.UPDATE:
            self.status = members["status"]
            self._notify()
            return {}
        if operation is Operation.START_NEXT and self._is_open:
            self.status = "IN_PROGRESS"
        return {"execution": self._execution()} if self._is_open else {}

    @property
    def _is_open(self) -> bool:
        return self.status in ("QUEUED", "IN_PROGRESS")

    def _execution(self) -> dict[str, Any]:
        return {
            "jobId": "job-1",
            "status": self.status,
            "queuedAt": 1,
            "lastUpdatedAt": 1,
            "versionNumber": 1,
            "executionNumber": 1,
            "jobDocument": {"do": "it"},
        }

    def _notify(self) -> None:
        assert self.endpoint is not None
        if not self._is_open:
            self.endpoint.publish(notify(THING), b'{"timestamp":1,"jobs":{}}')
            self.endpoint.publish(notify_next(THING), b'{"timestamp":1}')


def is_signed(upgrade: Upgrade, _must_be: bool) -> bool:
    """Whether a request carries a signature of AWS's kind, in its query or in its header."""
    return "X-Amz-Algorithm=AWS4-HMAC-SHA256" in upgrade.target or upgrade.headers.get(
        "authorization", ""
    ).startswith("AWS4-HMAC-SHA256")


@pytest.fixture
def job() -> OneJob:
    return OneJob()


@pytest.fixture
def endpoint(
    job: OneJob,
    serve: Callable[..., Endpoint],
    server_context: ssl.SSLContext,
    certificates: Certificates,
) -> Endpoint:
    known = {certificates.device.der}
    job.endpoint = serve(
        mqtts_port=0,
        tls=server_context,
        respond=job.respond,
        accept_certificate=known.__contains__,
        accept_upgrade=is_signed,
    )
    return job.endpoint


def port(address: tuple[str, int] | None) -> int:
    assert address is not None
    return address[1]


# paho


@contextmanager
def paho_client(
    endpoint: Endpoint, way: str, version: int, certificates: Certificates, **options: Any
) -> Iterator[Any]:
    """A paho client that is connected, with its messages in `client.inbox`."""
    transport = "websockets" if way.startswith("ws") else "tcp"
    client = paho_clients.paho_client(
        options.pop("client_id", THING),
        protocol=MQTTProtocolVersion(version),
        transport=transport,
        **options,
    )
    client.inbox = Queue()
    client.on_message = lambda _client, _userdata, message: client.inbox.put(
        (message.topic, json.loads(message.payload))
    )
    if transport == "websockets":
        client.ws_set_options("/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0")
    if way.endswith("s") and way != "ws":
        identity = certificates.device if way == "mqtts" else None
        files = (identity.certificate, identity.key) if identity else (None, None)
        client.tls_set(
            str(certificates.authority), *(str(file) if file else None for file in files)
        )
    host = "localhost" if way.endswith("s") else "127.0.0.1"
    with paho_clients.connected(client, (host, port_for(endpoint, way)), keepalive=30):
        yield client


def port_for(endpoint: Endpoint, way: str) -> int:
    return port(endpoint.mqtts_address if way in ("mqtts", "wss") else endpoint.mqtt_address)


def subscribed(client: Any, *filters: str) -> None:
    done = threading.Event()
    client.on_subscribe = lambda *_: done.set()
    client.subscribe([(topic_filter, 1) for topic_filter in filters])
    assert done.wait(PATIENCE)


def request(
    client: Any, topic: str, members: dict[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """What comes back when a device publishes a request."""
    client.publish(
        f"$aws/things/{THING}/jobs/{topic}",
        json.dumps(members) if members is not None else "",
        qos=1,
    )
    respond: tuple[str, dict[str, Any]] = client.inbox.get(timeout=PATIENCE)
    return respond


@pytest.mark.parametrize("version", [4, 5], ids=["3.1.1", "5"])
@pytest.mark.parametrize("way", ["mqtt", "mqtts", "ws", "wss"])
def test_paho_takes_and_finishes_a_job(
    job: OneJob, endpoint: Endpoint, certificates: Certificates, way: str, version: int
) -> None:
    prefix = f"$aws/things/{THING}/jobs"
    with paho_client(endpoint, way, version, certificates) as client:
        topic, pending = request(client, "get")  # answered although it subscribed to nothing
        assert topic == f"{prefix}/get/accepted"
        assert [execution["jobId"] for execution in pending["queuedJobs"]] == ["job-1"]
        subscribed(client, f"{prefix}/notify", f"{prefix}/notify-next", f"{prefix}/+/update/+")
        topic, started = request(client, "start-next", {"clientToken": "t"})
        assert (topic, started["clientToken"]) == (f"{prefix}/start-next/accepted", "t")
        assert started["execution"]["jobDocument"] == {"do": "it"}
        assert (
            request(client, "none/update", {"status": "FAILED"})[0]
            == f"{prefix}/none/update/rejected"
        )
        assert (
            request(client, "job-1/update", {"status": "SUCCEEDED"})[0]
            == f"{prefix}/job-1/update/accepted"
        )
        assert [client.inbox.get(timeout=PATIENCE)[0] for _ in range(2)] == [
            notify(THING),
            notify_next(THING),
        ]
        assert request(client, "nonsense")[1]["code"] == "InvalidTopic"
    assert job.status == "SUCCEEDED"


def test_paho_comes_back_to_its_session(endpoint: Endpoint, certificates: Certificates) -> None:
    with paho_client(endpoint, "mqtt", 4, certificates, clean_session=False) as client:
        subscribed(client, notify(THING))
    endpoint.publish(notify(THING), b"1")
    with paho_client(endpoint, "mqtt", 4, certificates, clean_session=False) as client:
        assert client.inbox.get(timeout=PATIENCE) == (notify(THING), 1)


def test_paho_passes_properties_of_mqtt_5(endpoint: Endpoint, certificates: Certificates) -> None:
    with paho_client(endpoint, "mqtt", 5, certificates) as client:
        got: Queue[Any] = Queue()
        client.on_message = lambda _client, _userdata, message: got.put(message.properties)
        subscribed(client, "a")
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic = "answers"
        properties.CorrelationData = b"\x00\x01"
        properties.UserProperty = [("k", "v"), ("k", "w")]
        client.publish("a", b"x", qos=1, properties=properties)
        found = got.get(timeout=PATIENCE)
    assert (found.ResponseTopic, found.CorrelationData) == ("answers", b"\x00\x01")
    assert found.UserProperty == [("k", "v"), ("k", "w")]


def test_paho_works_while_the_clock_stands_still(
    endpoint: Endpoint, certificates: Certificates
) -> None:
    with freeze_time("2030-01-01"), paho_client(endpoint, "mqtts", 5, certificates) as client:
        assert request(client, "start-next")[1]["execution"]["jobId"] == "job-1"


# AWS IoT Device SDK v2


@pytest.mark.parametrize("way", ["mqtts", "wss"])
@pytest.mark.parametrize("connect", [connected_by_mqtt3, connected_by_mqtt5], ids=["3.1.1", "5"])
def test_device_sdk_v2_takes_and_finishes_a_job_by_request_and_response(
    job: OneJob,
    endpoint: Endpoint,
    certificates: Certificates,
    connect: Callable[..., Any],
    way: str,
) -> None:
    limits = mqtt_request_response.ClientOptions(
        max_request_response_subscriptions=4, max_streaming_subscriptions=2
    )
    address = "localhost", port(endpoint.mqtts_address)
    identity = certificates.device if way == "mqtts" else None
    with connect(address, certificates.authority, THING, identity) as client:
        jobs = iotjobs.IotJobsClientV2(client, limits)
        changes, established = Queue[Any](), Queue[Any]()
        stream = jobs.create_next_job_execution_changed_stream(
            iotjobs.NextJobExecutionChangedSubscriptionRequest(thing_name=THING),
            ServiceStreamOptions(
                incoming_event_listener=changes.put, subscription_status_listener=established.put
            ),
        )
        stream.open()
        established.get(timeout=PATIENCE)
        pending = jobs.get_pending_job_executions(
            iotjobs.GetPendingJobExecutionsRequest(thing_name=THING)
        ).result(PATIENCE)
        assert [summary.job_id for summary in pending.queued_jobs] == ["job-1"]
        request = iotjobs.StartNextPendingJobExecutionRequest(thing_name=THING)
        started = jobs.start_next_pending_job_execution(request).result(PATIENCE)
        assert started.execution.job_document == {"do": "it"}
        update = iotjobs.UpdateJobExecutionRequest(
            thing_name=THING, job_id="job-1", status=iotjobs.JobStatus.SUCCEEDED
        )
        jobs.update_job_execution(update).result(PATIENCE)
        assert changes.get(timeout=PATIENCE).execution is None
        del stream, jobs
    assert job.status == "SUCCEEDED"


def test_device_sdk_v2_of_the_first_generation_takes_and_finishes_a_job(
    job: OneJob, endpoint: Endpoint, certificates: Certificates
) -> None:
    got: Queue[Any] = Queue()
    address = "localhost", port(endpoint.mqtts_address)
    with connected_by_mqtt3(
        address, certificates.authority, THING, certificates.device
    ) as connection:
        jobs, qos = iotjobs.IotJobsClient(connection), mqtt.QoS.AT_LEAST_ONCE
        start = iotjobs.StartNextPendingJobExecutionSubscriptionRequest(thing_name=THING)
        change = iotjobs.NextJobExecutionChangedSubscriptionRequest(thing_name=THING)
        finish = iotjobs.UpdateJobExecutionSubscriptionRequest(thing_name=THING, job_id="job-1")
        for subscribe, request in (
            (jobs.subscribe_to_start_next_pending_job_execution_accepted, start),
            (jobs.subscribe_to_start_next_pending_job_execution_rejected, start),
            (jobs.subscribe_to_next_job_execution_changed_events, change),
            (jobs.subscribe_to_update_job_execution_accepted, finish),
        ):
            subscribe(request, qos, got.put)[0].result(PATIENCE)
        jobs.publish_start_next_pending_job_execution(
            iotjobs.StartNextPendingJobExecutionRequest(thing_name=THING), qos
        ).result(PATIENCE)
        assert got.get(timeout=PATIENCE).execution.job_id == "job-1"
        jobs.publish_update_job_execution(
            iotjobs.UpdateJobExecutionRequest(thing_name=THING, job_id="job-1", status="SUCCEEDED"),
            qos,
        ).result(PATIENCE)
        assert isinstance(got.get(timeout=PATIENCE), iotjobs.UpdateJobExecutionResponse)
        assert isinstance(got.get(timeout=PATIENCE), iotjobs.NextJobExecutionChangedEvent)
    assert job.status == "SUCCEEDED"


# AWS IoT Device SDK v1


# the SDK's own doing
@pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning")
def test_device_sdk_v1_takes_and_finishes_a_job(
    job: OneJob, endpoint: Endpoint, certificates: Certificates
) -> None:
    got: Queue[Any] = Queue()
    client = AWSIoTMQTTThingJobsClient(THING, THING, QoS=1)
    client.configureEndpoint("localhost", port(endpoint.mqtts_address))
    device = certificates.device
    client.configureCredentials(
        str(certificates.authority), str(device.key), str(device.certificate)
    )
    assert client.connect()
    try:
        for topic, job_id in (
            (jobExecutionTopicType.JOB_START_NEXT_TOPIC, None),
            (jobExecutionTopicType.JOB_UPDATE_TOPIC, "+"),
        ):
            assert client.createJobSubscription(
                lambda _client, _userdata, message: got.put(message.topic),
                topic,
                jobExecutionTopicReplyType.JOB_ACCEPTED_REPLY_TYPE,
                job_id,
            )
        assert client.sendJobsStartNext()
        assert got.get(timeout=PATIENCE) == f"$aws/things/{THING}/jobs/start-next/accepted"
        assert client.sendJobsUpdate(
            "job-1",
            jobExecutionStatus.JOB_EXECUTION_SUCCEEDED,
            expectedVersion=1,
            executionNumber=1,
        )
        assert got.get(timeout=PATIENCE) == f"$aws/things/{THING}/jobs/job-1/update/accepted"
    finally:
        client.disconnect()
    assert job.status == "SUCCEEDED"


# Mosquitto


@pytest.mark.skipif(
    shutil.which("mosquitto_rr") is None, reason="mosquitto_pub, _sub and _rr are not installed"
)
@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
@pytest.mark.parametrize("way", ["mqtt", "mqtts"])
def test_mosquittos_tools_talk_to_the_service_and_to_each_other(
    endpoint: Endpoint, certificates: Certificates, way: str, version: str
) -> None:
    def tool(name: str, *arguments: str) -> list[str]:
        command = [
            name,
            "-h",
            "localhost",
            "-p",
            str(port_for(endpoint, way)),
            "-V",
            version,
            "-q",
            "1",
        ]
        if way == "mqtts":
            device = certificates.device
            command += [
                "--cafile",
                str(certificates.authority),
                "--cert",
                str(device.certificate),
                "--key",
                str(device.key),
            ]
        return [*command, *arguments]

    topic = f"$aws/things/{THING}/jobs/get"
    ask = tool(
        "mosquitto_rr", "-t", topic, "-e", f"{topic}/accepted", "-m", "{}", "-W", str(PATIENCE)
    )
    respond = subprocess.run(ask, capture_output=True, check=True, timeout=PATIENCE + 5)
    assert json.loads(respond.stdout)["queuedJobs"][0]["jobId"] == "job-1"
    subprocess.run(
        tool("mosquitto_pub", "-t", "state/a", "-m", "on", "-r"), check=True, timeout=PATIENCE
    )
    listen = tool("mosquitto_sub", "-t", "state/#", "-C", "1", "-W", str(PATIENCE))
    assert (
        subprocess.run(listen, capture_output=True, check=True, timeout=PATIENCE + 5).stdout
        == b"on\n"
    )
