"""Device programs by other people live through whole jobs, unmodified, against the mock in this
process and in the server's.

Each client below plays the same part: it waits to be told of a job, takes it, reports progress and
the end.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone
from queue import Queue
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from awscrt import mqtt, mqtt5, mqtt_request_response  # type: ignore[import-untyped]
from awsiot import ServiceStreamOptions, iotjobs  # type: ignore[import-untyped]
from AWSIoTPythonSDK.core.jobs.thingJobManager import (  # type: ignore[import-untyped]
    jobExecutionStatus,
    jobExecutionTopicReplyType,
    jobExecutionTopicType,
)
from AWSIoTPythonSDK.MQTTLib import AWSIoTMQTTThingJobsClient  # type: ignore[import-untyped]
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from freezegun import freeze_time

from moto_iot_jobs.iotjobsdata import topics
from tests.crt_clients import connected_by_mqtt3, connected_by_mqtt5

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect, Device, Identity, MqttPorts

THING = "lamp"
PATIENCE = 60


class Player(Protocol):
    """What every client can do."""

    def next_changed(self) -> str | None:
        """Wait for notify-next; tell the id of the job it names, or None."""

    def start_next(self) -> tuple[str, Any]:
        """Take the next job; give its id and document."""

    def report(self, job_id: str, status: str, details: dict[str, str]) -> None:
        """Report, and wait until that is accepted."""


class Setting:
    """Where a client is to connect, and as whom."""

    def __init__(
        self, ports: MqttPorts, identity: Callable[..., Identity], connect: Connect
    ) -> None:
        self.ports = ports
        self.connect = connect
        self.identity = identity(THING)


# paho


class Paho:
    def __init__(self, device: Device) -> None:
        self._device = device.subscribe("notify-next")

    def next_changed(self) -> str | None:
        topic, members = self._device.hear()
        assert topic == "notify-next"
        return members["execution"]["jobId"] if "execution" in members else None

    def start_next(self) -> tuple[str, Any]:
        topic, members = self._device.ask("start-next")
        assert topic == "start-next/accepted"
        return members["execution"]["jobId"], members["execution"]["jobDocument"]

    def report(self, job_id: str, status: str, details: dict[str, str]) -> None:
        topic, members = self._device.ask(
            f"{job_id}/update", {"status": status, "statusDetails": details}
        )
        assert topic == f"{job_id}/update/accepted", members


def paho_over(
    transport: str, version: int, websocket: str | None = None
) -> Callable[[Setting], Any]:
    @contextmanager
    def player(setting: Setting) -> Iterator[Player]:
        identity = setting.identity if transport == "tls" else None
        with setting.connect(THING, identity, version, websocket) as device:
            yield Paho(device)

    return player


def signed_path() -> str:
    """The path of a WebSocket as AWS's SDKs sign it, by botocore."""
    request = AWSRequest("GET", "https://localhost/mqtt")
    SigV4QueryAuth(Credentials("AKIDEXAMPLE", "secret"), "iotdevicegateway", "eu-west-1").add_auth(
        request
    )
    return str(request.url).removeprefix("https://localhost")


# AWS IoT Device SDK v2


def crt_mqtt3(setting: Setting) -> AbstractContextManager[mqtt.Connection]:
    return connected_by_mqtt3(setting.ports.tls, setting.ports.authority, THING, setting.identity)


def crt_mqtt5(setting: Setting) -> AbstractContextManager[mqtt5.Client]:
    return connected_by_mqtt5(setting.ports.tls, setting.ports.authority, THING, setting.identity)


def crt_websocket(setting: Setting) -> AbstractContextManager[mqtt5.Client]:
    return connected_by_mqtt5(setting.ports.tls, setting.ports.authority, THING)


class Sdk2:
    """The SDK's second client of Jobs: requests that wait for their answer, and streams."""

    def __init__(self, client: Any) -> None:
        limits = mqtt_request_response.ClientOptions(
            max_request_response_subscriptions=4, max_streaming_subscriptions=2
        )
        self._jobs = iotjobs.IotJobsClientV2(client, limits)
        self._changes, established = Queue[Any](), Queue[Any]()
        self._stream = self._jobs.create_next_job_execution_changed_stream(
            iotjobs.NextJobExecutionChangedSubscriptionRequest(thing_name=THING),
            ServiceStreamOptions(
                incoming_event_listener=self._changes.put,
                subscription_status_listener=established.put,
            ),
        )
        self._stream.open()
        established.get(timeout=PATIENCE)

    def next_changed(self) -> str | None:
        execution = self._changes.get(timeout=PATIENCE).execution
        return execution.job_id if execution is not None else None

    def start_next(self) -> tuple[str, Any]:
        request = iotjobs.StartNextPendingJobExecutionRequest(thing_name=THING)
        execution = self._jobs.start_next_pending_job_execution(request).result(PATIENCE).execution
        return execution.job_id, execution.job_document

    def report(self, job_id: str, status: str, details: dict[str, str]) -> None:
        request = iotjobs.UpdateJobExecutionRequest(
            thing_name=THING,
            job_id=job_id,
            status=status,
            status_details=details,
            include_job_execution_state=True,
        )
        response = self._jobs.update_job_execution(request).result(PATIENCE)
        assert (response.execution_state.status, response.execution_state.status_details) == (
            status,
            details,
        )


def sdk2_over(connect: Callable[[Setting], Any]) -> Callable[[Setting], Any]:
    @contextmanager
    def player(setting: Setting) -> Iterator[Player]:
        with connect(setting) as client:
            yield Sdk2(client)

    return player


class Sdk2OfTheFirstGeneration:
    """The SDK's first client of Jobs: subscriptions and publishes, as most programs have them."""

    def __init__(self, connection: mqtt.Connection) -> None:
        self._jobs, self._qos = iotjobs.IotJobsClient(connection), mqtt.QoS.AT_LEAST_ONCE
        self._changes, self._responses = Queue[Any](), Queue[Any]()
        start = iotjobs.StartNextPendingJobExecutionSubscriptionRequest(thing_name=THING)
        update = iotjobs.UpdateJobExecutionSubscriptionRequest(thing_name=THING, job_id="+")
        change = iotjobs.NextJobExecutionChangedSubscriptionRequest(thing_name=THING)
        for subscribe, request, queue in (
            (self._jobs.subscribe_to_next_job_execution_changed_events, change, self._changes),
            (
                self._jobs.subscribe_to_start_next_pending_job_execution_accepted,
                start,
                self._responses,
            ),
            (
                self._jobs.subscribe_to_start_next_pending_job_execution_rejected,
                start,
                self._responses,
            ),
            (self._jobs.subscribe_to_update_job_execution_accepted, update, self._responses),
            (self._jobs.subscribe_to_update_job_execution_rejected, update, self._responses),
        ):
            subscribe(request, self._qos, queue.put)[0].result(PATIENCE)

    def next_changed(self) -> str | None:
        execution = self._changes.get(timeout=PATIENCE).execution
        return execution.job_id if execution is not None else None

    def start_next(self) -> tuple[str, Any]:
        request = iotjobs.StartNextPendingJobExecutionRequest(thing_name=THING)
        self._jobs.publish_start_next_pending_job_execution(request, self._qos).result(PATIENCE)
        execution = self._responses.get(timeout=PATIENCE).execution
        return execution.job_id, execution.job_document

    def report(self, job_id: str, status: str, details: dict[str, str]) -> None:
        request = iotjobs.UpdateJobExecutionRequest(
            thing_name=THING, job_id=job_id, status=status, status_details=details
        )
        self._jobs.publish_update_job_execution(request, self._qos).result(PATIENCE)
        response = self._responses.get(timeout=PATIENCE)
        assert isinstance(response, iotjobs.UpdateJobExecutionResponse), response.message


@contextmanager
def sdk2_of_the_first_generation(setting: Setting) -> Iterator[Player]:
    with crt_mqtt3(setting) as connection:
        yield Sdk2OfTheFirstGeneration(connection)


# AWS IoT Device SDK v1


class Sdk1:
    """The SDK that sends versions and execution numbers as strings."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._heard: dict[Any, Queue[Any]] = {}
        self._version = 1
        types, replies = jobExecutionTopicType, jobExecutionTopicReplyType
        for topic, reply, job_id in (
            (types.JOB_NOTIFY_NEXT_TOPIC, replies.JOB_REQUEST_TYPE, None),
            (types.JOB_START_NEXT_TOPIC, replies.JOB_ACCEPTED_REPLY_TYPE, None),
            (types.JOB_UPDATE_TOPIC, replies.JOB_ACCEPTED_REPLY_TYPE, "+"),
        ):
            heard = self._heard[topic] = Queue[Any]()
            assert client.createJobSubscription(
                lambda _client, _userdata, message, heard=heard: heard.put(
                    json.loads(message.payload)
                ),
                topic,
                reply,
                job_id,
            )

    def _hear(self, topic: Any) -> Any:
        return self._heard[topic].get(timeout=PATIENCE)

    def next_changed(self) -> str | None:
        members = self._hear(jobExecutionTopicType.JOB_NOTIFY_NEXT_TOPIC)
        return members["execution"]["jobId"] if "execution" in members else None

    def start_next(self) -> tuple[str, Any]:
        assert self._client.sendJobsStartNext()
        execution = self._hear(jobExecutionTopicType.JOB_START_NEXT_TOPIC)["execution"]
        self._version = execution["versionNumber"]
        return execution["jobId"], execution["jobDocument"]

    def report(self, job_id: str, status: str, details: dict[str, str]) -> None:
        named = getattr(jobExecutionStatus, f"JOB_EXECUTION_{status}")
        assert self._client.sendJobsUpdate(
            job_id, named, details, expectedVersion=self._version, executionNumber=1
        )
        self._hear(jobExecutionTopicType.JOB_UPDATE_TOPIC)
        self._version += 1


@contextmanager
def sdk1(setting: Setting) -> Iterator[Player]:
    client = AWSIoTMQTTThingJobsClient(THING, THING, QoS=1)
    client.configureEndpoint(*setting.ports.tls)
    identity = setting.identity
    client.configureCredentials(
        str(setting.ports.authority), str(identity.key), str(identity.certificate)
    )
    assert client.connect()
    try:
        yield Sdk1(client)
    finally:
        client.disconnect()


# Mosquitto's tools


class Mosquitto:
    """mosquitto_sub listens all the time; mosquitto_rr asks, and each time is a client of its own."""

    def __init__(self, setting: Setting, transport: str) -> None:
        identity, files = setting.identity, list[Any]()
        host, port = setting.ports.plain
        if transport == "tls":
            host, port = setting.ports.tls
            files = [
                "--cafile",
                setting.ports.authority,
                "--cert",
                identity.certificate,
                "--key",
                identity.key,
            ]
        self._options = ["-h", host, "-p", str(port), "-V", "mqttv5", "-q", "1", *map(str, files)]
        command = ["mosquitto_sub", *self._options, "-d", "-t", topics.notify_next(THING)]
        self.listener = subprocess.Popen(
            ["stdbuf", "-oL", *command], stdout=subprocess.PIPE, text=True
        )
        self._line("Subscribed ")

    def _line(self, start: str) -> str:
        assert self.listener.stdout is not None
        return next(line for line in self.listener.stdout if line.startswith(start))

    def _ask(self, last: str, members: dict[str, Any]) -> Any:
        topic = f"$aws/things/{THING}/jobs/{last}"
        command = [
            "mosquitto_rr",
            *self._options,
            "-t",
            topic,
            "-e",
            f"{topic}/accepted",
            "-m",
            json.dumps(members),
        ]
        done = subprocess.run(
            [*command, "-W", str(PATIENCE)], capture_output=True, check=True, timeout=PATIENCE + 5
        )
        return json.loads(done.stdout)

    def next_changed(self) -> str | None:
        members = json.loads(self._line("{"))
        return members["execution"]["jobId"] if "execution" in members else None

    def start_next(self) -> tuple[str, Any]:
        execution = self._ask("start-next", {})["execution"]
        return execution["jobId"], execution["jobDocument"]

    def report(self, job_id: str, status: str, details: dict[str, str]) -> None:
        self._ask(f"{job_id}/update", {"status": status, "statusDetails": details})


def mosquitto_over(transport: str) -> Callable[[Setting], Any]:
    @contextmanager
    def player(setting: Setting) -> Iterator[Player]:
        if shutil.which("mosquitto_rr") is None or shutil.which("stdbuf") is None:
            pytest.skip("mosquitto_sub and mosquitto_rr, or stdbuf, are not installed")
        tools = Mosquitto(setting, transport)
        with tools.listener:
            try:
                yield tools
            finally:
                tools.listener.terminate()

    return player


# The life


CLIENTS: dict[str, Callable[[Setting], Any]] = {
    "paho-3.1.1": paho_over("tcp", 4),
    "paho-5": paho_over("tcp", 5),
    "paho-3.1.1-tls": paho_over("tls", 4),
    "paho-5-tls": paho_over("tls", 5),
    "paho-3.1.1-signed-websocket": paho_over("tcp", 4, signed_path()),
    "paho-5-signed-websocket": paho_over("tcp", 5, signed_path()),
    "paho-5-websocket-with-a-certificate": paho_over("tls", 5, "/mqtt"),
    "sdk2-3.1.1": sdk2_over(crt_mqtt3),
    "sdk2-5": sdk2_over(crt_mqtt5),
    "sdk2-5-signed-websocket": sdk2_over(crt_websocket),
    "sdk2-first-generation": sdk2_of_the_first_generation,
    "sdk1": sdk1,
    "mosquitto": mosquitto_over("tcp"),
    "mosquitto-tls": mosquitto_over("tls"),
}


@pytest.fixture
def setting(mqtt_ports: MqttPorts, identity: Callable[..., Identity], connect: Connect) -> Setting:
    return Setting(mqtt_ports, identity, connect)


# SDK v1's own doing
@pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning")
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_lives_through_two_jobs(aws: Aws, setting: Setting, client: str) -> None:
    with CLIENTS[client](setting) as player:
        aws.job("first", THING, document='{"steps": [1, 2]}')
        assert player.next_changed() == "first"
        aws.job("second", THING)
        assert player.start_next() == ("first", {"steps": [1, 2]})
        player.report("first", "IN_PROGRESS", {"step": "1 of 2"})
        assert aws.execution(THING, "first")["statusDetails"] == {"detailsMap": {"step": "1 of 2"}}
        player.report("first", "SUCCEEDED", {"step": "2 of 2"})
        assert player.next_changed() == "second"
        assert player.start_next() == ("second", {"op": "x"})
        player.report("second", "FAILED", {"why": "no power"})
        assert player.next_changed() is None
    assert (aws.status("first"), aws.counters("first")) == ("COMPLETED", {"Succeeded": 1})
    assert (aws.status("second"), aws.counters("second")) == ("COMPLETED", {"Failed": 1})


@pytest.mark.parametrize("aws", ["in_process"], indirect=True)
@pytest.mark.parametrize("client", ["paho-5-tls", "sdk2-5"])
def test_a_client_works_while_the_tests_clock_stands_still(
    aws: Aws, setting: Setting, client: str
) -> None:
    with freeze_time("2031-02-03 04:05:06"), CLIENTS[client](setting) as player:
        aws.job("j1", THING)
        assert player.next_changed() == "j1"
        player.start_next()
        player.report("j1", "SUCCEEDED", {"all": "done"})
        assert player.next_changed() is None
        assert (
            aws.execution(THING, "j1")["lastUpdatedAt"].timestamp()
            == datetime.now(timezone.utc).timestamp()
        )
