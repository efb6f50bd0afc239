"""Over WebSocket each packet comes in a frame of its own, as clients with a small codec expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from moto_iot_jobs.broker.packets import (
    Connack,
    Connect,
    Packet,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
)
from tests.mqtt.client_codec import Decoder, encode

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import MqttPorts


def packet_of(frame: bytes | str) -> Packet:
    """The packet that a frame consists of."""
    assert isinstance(frame, bytes)
    decoder = Decoder(1 << 20, Version.V3_1_1)
    decoder.feed(frame)
    packet = decoder.next_packet()
    assert packet is not None, "half a packet"
    assert decoder.buffered == 0, "more than one packet"
    return packet


@pytest.mark.parametrize("port", ["mqtt", "http"])
def test_packets_of_one_time_come_in_a_frame_each(
    aws: Aws, mqtt_ports: MqttPorts, port: str
) -> None:
    address = "{}:{}".format(*mqtt_ports.plain)
    if port == "http":
        if aws.url is None:
            pytest.skip("only a server has a port for HTTP")
        address = aws.url.partition("://")[2]
    lamp = aws.thing("lamp")
    with connect(f"ws://{address}/mqtt", subprotocols=[Subprotocol("mqtt")]) as device:
        device.send(encode(Connect(Version.V3_1_1, "lamp"), Version.V3_1_1))
        assert isinstance(packet_of(device.recv(timeout=10)), Connack)
        everything = Subscribe(1, (Subscription("$aws/things/lamp/jobs/#", 1),))
        device.send(encode(everything, Version.V3_1_1))
        assert isinstance(packet_of(device.recv(timeout=10)), Suback)
        aws.iot.create_job(jobId="update", targets=[lamp], document='{"x": "' + "y" * 9000 + '"}')
        heard = [packet_of(device.recv(timeout=10)) for _ in range(2)]
    assert [packet.topic.rpartition("/")[2] for packet in heard if isinstance(packet, Publish)] == [
        "notify",
        "notify-next",
    ]
