"""Commands over MQTT, with paho in 3.1.1 and 5: requests, reports, who gets what, and the door."""

from __future__ import annotations

import json
from contextlib import contextmanager
from queue import Queue
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.aws.commands import JSON_PAYLOAD, PARAMETER, command, execution_of, start
from tests.paho_clients import connected, paho_client
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.aws.conftest import Aws

    from .conftest import Connect, Device, MqttPorts

DOOR = "$aws/commands/things/door/executions"


def below(execution: str, last: str, thing: str = "door") -> str:
    return f"$aws/commands/things/{thing}/executions/{execution}/{last}"


@pytest.mark.parametrize("version", [4, 5])
def test_a_device_gets_the_payload_and_reports(aws: Aws, connect: Connect, version: int) -> None:
    aws.thing("door")
    command(aws)
    with connect("door", version=version) as device:
        device.subscribe(f"{DOOR}/+/request/json")
        execution = start(aws)
        assert device.hear() == (below(execution, "request/json"), {"lock": True})
        reports: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
            (
                {"status": "IN_PROGRESS", "clientToken": "a"},
                "accepted",
                {"executionId": execution, "clientToken": "a"},
            ),
            ({"status": "SUCCEEDED"}, "accepted", {"executionId": execution}),
        ]
        for report, outcome, response in reports:
            topic = below(execution, f"response/{outcome}/json")
            assert device.ask(below(execution, "response/json"), report) == (topic, response)
        topic, rejected = device.ask(
            below(execution, "response/json"), {"status": "FAILED", "clientToken": "b"}
        )
        assert topic == below(execution, "response/rejected/json")
        assert rejected == {
            "clientToken": "b",
            "executionId": execution,
            "error": "TerminalStateReached",
            "errorMessage": f"Command execution {execution} has already reached a terminal state.",
        }
    assert execution_of(aws, execution)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("report", "error"),
    [
        ("{", "InvalidJson"),
        ("[]", "InvalidJson"),
        ({}, "InvalidRequest"),
        ({"status": "QUEUED"}, "InvalidRequest"),
        ({"status": "FAILED", "statusReason": "text"}, "InvalidRequest"),
        ({"status": "FAILED", "statusReason": {"reasonCode": "lower"}}, "InvalidRequest"),
        ({"status": "FAILED", "statusReason": {"reasonCode": "A" * 65}}, "InvalidRequest"),
        ({"status": "FAILED", "statusReason": {"reasonDescription": "x"}}, "InvalidRequest"),
        (
            {
                "status": "FAILED",
                "statusReason": {"reasonCode": "A", "reasonDescription": "a\nb"},
            },
            "InvalidRequest",
        ),
        (
            {"status": "TIMED_OUT", "statusReason": {"reasonCode": "$NO_RESPONSE_FROM_DEVICE"}},
            "InvalidRequest",
        ),
        ({"status": "SUCCEEDED", "result": {}}, "InvalidRequest"),
        ({"status": "SUCCEEDED", "result": {"a": {"S": "upper"}}}, "InvalidRequest"),
        ({"status": "SUCCEEDED", "result": {"a b": {"s": "x"}}}, "InvalidRequest"),
        ({"status": "SUCCEEDED", "result": {"a": {"bin": "?"}}}, "InvalidRequest"),
        ({"status": "SUCCEEDED", "clientToken": 1}, "InvalidRequest"),
    ],
)
def test_a_report_that_is_not_valid_is_rejected(
    aws: Aws, connect: Connect, report: Any, error: str
) -> None:
    execution = start(aws)
    with connect("door") as device:
        topic, rejected = device.ask(below(execution, "response/json"), report)
    assert topic == below(execution, "response/rejected/json")
    assert (rejected["error"], rejected["executionId"]) == (error, execution)
    assert execution_of(aws, execution)["status"] == "CREATED"


def test_after_the_clouds_timeout_one_late_report_is_accepted(aws: Aws, connect: Connect) -> None:
    execution = start(aws)
    aws.advance(seconds=10)
    with connect("door") as device:

        def error(status: str) -> str | None:
            _, response = device.ask(below(execution, "response/json"), {"status": status})
            found: str | None = response.get("error")
            return found

        assert error("IN_PROGRESS") == "InvalidStateTransition"
        assert "completedAt" not in execution_of(aws, execution)
        assert error("SUCCEEDED") is None
        assert "completedAt" in execution_of(aws, execution)
        assert error("SUCCEEDED") == "TerminalStateReached"
        assert error("IN_PROGRESS") == "InvalidStateTransition"
        _, response = device.ask(below("none", "response/json"), {"status": "FAILED"})
        assert response["error"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("injected", "code"),
    [
        ("DataConflict", "DataConflict"),
        ("ConflictException", "DataConflict"),
        ("InternalError", "InternalError"),
        ("InvalidTopic", "InvalidTopic"),
        ("InvalidJson", "InvalidJson"),
        ("InvalidRequest", "InvalidRequest"),
        ("InvalidStateTransition", "InvalidStateTransition"),
        ("RequestThrottled", "RequestThrottled"),
        ("ResourceNotFound", "ResourceNotFound"),
        ("TerminalStateReached", "TerminalStateReached"),
        ("VersionMismatch", "VersionMismatch"),
    ],
)
def test_every_rejection_can_be_injected(
    aws: Aws, connect: Connect, injected: str, code: str
) -> None:
    execution = start(aws)
    aws.fault("UpdateCommandExecution", injected, times=1, service="iot-jobs-data")
    with connect("door") as device:
        report = {"status": "SUCCEEDED"}
        assert device.ask(below(execution, "response/json"), report)[1]["error"] == code
        assert "error" not in device.ask(below(execution, "response/json"), report)[1]


def test_formats_and_topics_follow_the_content_type(aws: Aws, connect: Connect) -> None:
    aws.thing("door")
    aws.iot.create_command(commandId="raw", payload={"content": b"\x00\xff"})
    aws.iot.create_command(
        commandId="packed",
        payloadTemplate=json.dumps({"level": PARAMETER % "level"}),
        preprocessor={"awsJsonSubstitution": {"outputFormat": "CBOR"}},
        mandatoryParameters=[{"name": "level", "defaultValue": {"I": 3}}],
    )
    with connect("door") as device:
        device.subscribe(f"{DOOR}/+/request", f"{DOOR}/+/request/cbor")
        raw = start(aws, command_id="raw")
        assert device.hear() == (below(raw, "request"), b"\x00\xff")
        packed = start(aws, command_id="packed")
        topic, payload = device.hear()
        assert topic == below(packed, "request/cbor")
        assert cbor2.loads(payload) == {"level": 3}
        # A report may be in any format, whatever the payload was in.
        device.client.publish(
            below(raw, "response/cbor"),
            cbor2.dumps({"status": "SUCCEEDED", "result": {"a": {"bin": b"\xff"}}}),
            qos=1,
        )
        topic, payload = device.hear()
        assert topic == below(raw, "response/accepted/cbor")
        assert cbor2.loads(payload) == {"executionId": raw}
        device.client.publish(below(raw, "response/cbor"), b"\xff", qos=1)
        topic, payload = device.hear()
        assert topic == below(raw, "response/rejected/cbor")
        assert cbor2.loads(payload)["error"] == "InvalidJson"
        assert device.ask(below(packed, "response"), {"status": "FAILED"}) == (
            below(packed, "response/accepted"),
            {"executionId": packed},
        )
    assert execution_of(aws, raw)["result"] == {"a": {"BIN": b"\xff"}}


def test_others_get_neither_a_clients_requests_nor_any_responses(
    aws: Aws, connect: Connect
) -> None:
    command(aws)
    target = aws.arn("client", "robot")
    arn = aws.arn("command", "lock")
    mine = "$aws/commands/clients/robot/executions"
    with connect("robot") as robot, connect("spy") as spy:
        for device in (robot, spy):
            device.subscribe(f"{mine}/+/request/json", f"{mine}/+/response/accepted/json")
        begin = aws.device.start_command_execution
        execution = begin(targetArn=target, commandArn=arn)["executionId"]
        assert robot.hear() == (f"{mine}/{execution}/request/json", {"lock": True})
        response = robot.ask(f"{mine}/{execution}/response/json", {"status": "SUCCEEDED"})
        assert response == (
            f"{mine}/{execution}/response/accepted/json",
            {"executionId": execution},
        )
        assert spy.hears_nothing()
    found = aws.iot.get_command_execution(executionId=execution, targetArn=target)
    assert found["status"] == "SUCCEEDED"


def test_a_device_that_did_not_subscribe_gets_nothing(aws: Aws, connect: Connect) -> None:
    aws.thing("door")
    command(aws)
    with connect("door") as device:
        execution = start(aws)
        assert device.hears_nothing()
        device.subscribe(f"{DOOR}/+/request/json")
        assert device.hears_nothing()
    assert execution_of(aws, execution)["status"] == "CREATED"


def test_no_client_publishes_for_the_service(aws: Aws, connect: Connect) -> None:
    execution = start(aws)
    with connect("door") as device, connect("other") as other:
        device.subscribe(f"{DOOR}/+/request/json")
        for topic in ("request/json", "response/accepted/json", "elsewhere"):
            other.publish(below(execution, topic), {"forged": True})
            publish = aws.client("iot-data").publish
            aws.raises("InvalidRequestException", 400, publish, topic=below(execution, topic))
        assert other.hears_nothing()
        assert device.hears_nothing()


# MQTT 5


@contextmanager
def listening(address: tuple[str, int], *filters: str) -> Iterator[Queue[Any]]:
    """Connect with MQTT 5, and give the messages as paho has them."""
    client = paho_client("door", protocol=MQTTProtocolVersion.MQTTv5)
    messages: Queue[Any] = Queue()
    ready: Queue[None] = Queue()
    client.on_message = lambda _client, _userdata, message: messages.put(message)
    client.on_subscribe = lambda *_: ready.put(None)
    with connected(client, address):
        client.subscribe([(each, 1) for each in filters])
        ready.get(timeout=PATIENCE)
        yield messages


def test_mqtt_5_has_content_type_and_expiry(aws: Aws, mqtt_ports: MqttPorts) -> None:
    aws.thing("door")
    command(aws)
    with listening(mqtt_ports.plain, f"{DOOR}/+/request/json") as messages:
        start(aws, executionTimeoutSeconds=60)
        message = messages.get(timeout=PATIENCE)
    assert message.payload == JSON_PAYLOAD["content"]
    assert message.qos == 1
    assert message.properties.ContentType == "application/json"
    assert 55 <= message.properties.MessageExpiryInterval <= 60


# Sessions


@contextmanager
def session(address: tuple[str, int]) -> Iterator[tuple[Any, Queue[Any]]]:
    """Connect with a session that lasts an hour; at the end the broker knows that it is offline."""
    client = paho_client("door", protocol=MQTTProtocolVersion.MQTTv5)
    messages: Queue[Any] = Queue()
    done: Queue[None] = Queue()
    client.on_message = lambda _client, _userdata, message: messages.put(message.topic)
    client.on_subscribe = lambda *_: done.put(None)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 3600
    with connected(client, address, clean_start=False, properties=properties):
        client.wait = lambda: done.get(timeout=PATIENCE)
        yield client, messages
    # The broker answers another client after it has read the first one's last words.
    with connected(paho_client("other"), address):
        pass


def test_a_session_that_is_offline_gets_what_has_not_timed_out(
    aws: Aws, mqtt_ports: MqttPorts
) -> None:
    aws.thing("door")
    command(aws)
    with session(mqtt_ports.plain) as (client, _):
        client.subscribe(f"{DOOR}/+/request/json", 1)
        client.wait()
    lost = start(aws)
    kept = start(aws, executionTimeoutSeconds=600)
    aws.advance(seconds=11)
    with session(mqtt_ports.plain) as (client, messages):
        assert messages.get(timeout=PATIENCE) == below(kept, "request/json")
        client.subscribe("/heard/all", 1)
        client.publish("/heard/all", qos=1)
        assert messages.get(timeout=PATIENCE) == "/heard/all", "and nothing else before it"
    assert execution_of(aws, lost)["status"] == "TIMED_OUT"


# The door


@pytest.mark.parametrize(
    "topic_filter",
    [
        f"{DOOR}/+/request/+",
        f"{DOOR}/+/request/#",
        f"{DOOR}/#",
        "$aws/commands/#",
        f"{DOOR}/+/response/json",
        f"{DOOR}/+/response/accepted/xml",
        f"$share/group/{DOOR}/#",
    ],
)
def test_a_subscription_that_aws_does_not_take_ends_the_connection(
    connect: Connect, topic_filter: str
) -> None:
    with connect("door") as device:
        assert ends_the_connection(device, topic_filter)


@pytest.mark.parametrize(
    "topic_filter",
    [
        f"{DOOR}/+/request",
        f"{DOOR}/+/request/cbor",
        "$aws/commands/+/+/executions/+/request/json",
        "$aws/commands/things/+/executions/+/response/accepted/json",
        f"{DOOR}/+/response/rejected",
        f"{DOOR}/+/response/rejected/cbor",
    ],
)
def test_a_subscription_that_aws_takes_is_taken(connect: Connect, topic_filter: str) -> None:
    with connect("door") as device:
        assert not ends_the_connection(device, topic_filter)


def ends_the_connection(device: Device, topic_filter: str) -> bool:
    told: Queue[bool] = Queue()
    device.client.on_disconnect = lambda *_: told.put(True)
    device.client.on_subscribe = lambda *_: told.put(False)
    device.client.subscribe(topic_filter, 1)
    return told.get(timeout=PATIENCE)


# Events


def test_every_change_is_an_event_in_milliseconds(aws: Aws, connect: Connect) -> None:
    aws.thing("door")
    arn = command(aws)
    with connect("rule") as rule:
        rule.subscribe("$aws/events/commandExecution/+/#")
        execution = start(aws)
        seen = [rule.hear()]
        reason = {"reasonCode": "DEVICE_TOO_BUSY", "reasonDescription": ""}
        for report in (
            {"status": "IN_PROGRESS"},
            {"status": "FAILED", "statusReason": reason, "result": {"a": {"b": True}}},
        ):
            rule.publish(below(execution, "response/json"), report)
            # The answer is the reporter's, and comes before the event.
            assert rule.hear()[0] == below(execution, "response/accepted/json")
            seen.append(rule.hear())
    assert [topic for topic, _ in seen] == [
        f"$aws/events/commandExecution/lock/{status}"
        for status in ("CREATED", "IN_PROGRESS", "FAILED")
    ]
    event = seen[-1][1]
    assert abs(event.pop("timestamp") / 1000 - aws.now().timestamp()) < 60
    assert event == {
        "executionId": execution,
        "status": "FAILED",
        "statusReason": reason,
        "eventType": "COMMAND_EXECUTION",
        "commandArn": arn,
        "targetArn": aws.arn("thing", "door"),
    }
    assert "statusReason" not in seen[0][1]


def test_a_mock_can_take_every_subscription(connect_to: Connect) -> None:
    from moto_iot_jobs import mock_iot, mqtt

    with (
        mock_iot(config={"iot_jobs": {"command_subscriptions": "any"}}),
        mqtt.Endpoint(region="eu-west-1") as endpoint,
        connect_to(endpoint.address, "door") as device,
    ):
        assert not ends_the_connection(device, f"{DOOR}/+/request/#")


@pytest.mark.usefixtures("public_modules_reach_it")
def test_too_many_reports_a_second_are_throttled(aws: Aws, connect: Connect) -> None:
    from moto_iot_jobs import quotas

    execution = start(aws)
    with quotas.enforce(UpdateCommandExecution=1), connect("door") as device:
        topic = below(execution, "response/json")
        codes = [device.ask(topic, {"status": "IN_PROGRESS"})[1].get("error") for _ in range(3)]
    assert "RequestThrottled" in codes
