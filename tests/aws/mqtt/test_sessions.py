"""Sessions by the mock's clock, and clients that try to play the service."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt import properties as paho_properties
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes

from tests.paho_clients import connected, paho_client
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Connect, MqttPorts

NOTIFY = "$aws/things/lamp/jobs/notify"
Properties: Any = paho_properties.Properties


class Lamp:
    """A client of MQTT 5 whose session lasts."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.messages: Queue[Any] = Queue()
        self.session_present = False
        self._subscribed: Queue[object] = Queue()
        client.on_message = lambda _client, _userdata, message: self.messages.put(message)
        client.on_subscribe = lambda *_: self._subscribed.put(None)

    def subscribe(self, topic: str) -> None:
        self.client.subscribe(topic, qos=1)
        self._subscribed.get(timeout=PATIENCE)

    def hears_nothing(self) -> bool:
        """Tell whether nothing comes before a message that the client now sends to itself: see
        `Device.hears_nothing`.
        """
        self.subscribe("/heard/all")
        self.client.publish("/heard/all", qos=1)
        topic: str = self.messages.get(timeout=PATIENCE).topic
        return topic == "/heard/all"


@contextmanager
def lamp(
    ports: MqttPorts,
    name: str = "lamp",
    expiry: int = 3_600,
    will: Callable[[Any], object] | None = None,
) -> Iterator[Lamp]:
    client = paho_client(name, protocol=MQTTProtocolVersion.MQTTv5)
    if will is not None:
        will(client)
    found = Lamp(client)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = expiry
    with connected(client, ports.plain, clean_start=False, properties=properties) as flags:
        found.session_present = flags.session_present
        yield found


def settle(ports: MqttPorts) -> None:
    """Wait until the broker has seen that a connection is gone: it reads the next one later."""
    for name in ("probe-1", "probe-2"):
        with lamp(ports, name, expiry=0):
            pass


def test_a_session_ends_by_the_mocks_clock(aws: Aws, mqtt_ports: MqttPorts) -> None:
    arn = aws.thing("lamp")
    with lamp(mqtt_ports) as first:
        assert not first.session_present
        first.subscribe(NOTIFY)
    settle(mqtt_ports)
    aws.advance(minutes=59)
    aws.iot.create_job(jobId="early", targets=[arn], document="{}")
    with lamp(mqtt_ports) as again:
        assert again.session_present
        assert "early" in again.messages.get(timeout=PATIENCE).payload.decode()
    settle(mqtt_ports)
    aws.advance(hours=3)
    aws.iot.create_job(jobId="late", targets=[arn], document="{}")
    with lamp(mqtt_ports) as last:
        assert not last.session_present
        assert last.hears_nothing()


def test_a_session_ends_though_nobody_waited_for_the_broker(
    aws: Aws, mqtt_ports: MqttPorts
) -> None:
    """A client is not told that its DISCONNECT was read, and a test has nothing to wait for."""
    for _ in range(20):
        with lamp(mqtt_ports) as client:
            assert not client.session_present
        aws.advance(hours=3)


def test_a_message_expires_by_the_mocks_clock(aws: Aws, mqtt_ports: MqttPorts) -> None:
    aws.thing("lamp")
    with lamp(mqtt_ports) as asleep:
        asleep.subscribe("/lamp/news")
    with lamp(mqtt_ports, "sender") as sender:
        for seconds in (60, 600):
            properties = Properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = seconds
            sender.client.publish("/lamp/news", str(seconds), 1, properties=properties)
        sender.client.publish("/lamp/done", "", 1).wait_for_publish(PATIENCE)
        aws.advance(seconds=120)
        with lamp(mqtt_ports) as awake:
            message = awake.messages.get(timeout=PATIENCE)
            assert message.payload == b"600"
            assert 470 <= message.properties.MessageExpiryInterval <= 480
            assert awake.hears_nothing()


def test_a_delayed_will_is_due_by_the_mocks_clock(aws: Aws, mqtt_ports: MqttPorts) -> None:
    aws.thing("lamp")

    def will(delay: int) -> Callable[[Any], None]:
        properties = Properties(PacketTypes.WILLMESSAGE)
        properties.WillDelayInterval = delay
        return lambda client: client.will_set("/lamp/gone", str(delay), 1, properties=properties)

    with lamp(mqtt_ports, "watcher") as watcher:
        watcher.subscribe("/lamp/gone")
        for delay in (600, 530):
            with lamp(mqtt_ports, f"willing-{delay}", will=will(delay)) as willing:
                willing.client.socket().shutdown(socket.SHUT_RDWR)
        settle(mqtt_ports)
        assert watcher.hears_nothing()
        aws.advance(seconds=540)
        # The broker looks at once for all that is due.
        assert watcher.messages.get(timeout=PATIENCE).payload == b"530"
        assert watcher.hears_nothing()
        aws.advance(seconds=60)
        assert watcher.messages.get(timeout=PATIENCE).payload == b"600"


@pytest.mark.parametrize(
    "topic",
    [
        "notify",
        "notify-next",
        "start-next/accepted",
        "job/update/rejected",
        "$aws/events/job/job/completed",
    ],
)
def test_another_client_cannot_play_the_service(
    aws: Aws, connect: Connect, mqtt_ports: MqttPorts, topic: str
) -> None:
    aws.thing("lamp")
    with connect("lamp") as device, connect("forger") as forger:
        device.subscribe("#", "$aws/events/#", "/end")
        whole = device.topic(topic)
        forger.publish(whole, {"execution": {"jobId": "forged"}})
        publish = aws.client("iot-data").publish
        aws.raises("InvalidRequestException", 400, publish, topic=whole)
        forger.publish("/end")
        assert device.hear() == ("/end", b"")
