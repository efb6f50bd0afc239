"""A broker without a network and peers that talk to it in packets; for types, import `Peer` and `Wire` from here.

`Wire` holds the broker and the time. A `Peer` is a client: it encodes what it says and decodes what it is told.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moto_iot_jobs.mqtt.broker import Broker
from moto_iot_jobs.mqtt.client import Client
from moto_iot_jobs.mqtt.decoding import Decoder
from moto_iot_jobs.mqtt.encoding import encode
from moto_iot_jobs.mqtt.limits import Limits
from moto_iot_jobs.mqtt.packets import (
    Connack,
    Connect,
    Packet,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
    Will,
)
from moto_iot_jobs.mqtt.properties import NO_PROPERTIES, Properties
from moto_iot_jobs.mqtt.reasons import Reason

V3, V5 = Version.V3_1_1, Version.V5
Reply = tuple[str, bytes]


class Wire:
    """A broker, the time it is told, and every question that reached `answer`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.now = 1_000_000
        self.asked: list[tuple[str, bytes, str]] = []
        self.heard: list[tuple[str, bytes, str]] = []
        self.answer: Callable[[str, bytes, Client], list[Reply] | None] = lambda _topic, _payload, _client: None
        self.limits = limits or Limits()
        self.broker = Broker(self._answer, self._hear, self.limits)

    def _answer(self, topic: str, payload: bytes, client: Client) -> list[Reply] | None:
        self.asked.append((topic, payload, client.client_id))
        return self.answer(topic, payload, client)

    def _hear(self, topic: str, payload: bytes, client: Client) -> None:
        self.heard.append((topic, payload, client.client_id))

    def open(self, version: Version = V3) -> Peer:
        """A network connection on which nothing was said yet."""
        return Peer(self, version)

    def connect(
        self,
        client_id: str = "thing-1",
        version: Version = V3,
        *,
        clean: bool = True,
        keep_alive: int = 60,
        will: Will | None = None,
        expiry: int | None = None,
        properties: Properties | None = None,
    ) -> Peer:
        """A client that was accepted; its CONNACK is in `connack`."""
        if properties is None:
            properties = NO_PROPERTIES if expiry is None else Properties(session_expiry_interval=expiry)
        peer = self.open(version)
        peer.send(Connect(version, client_id, clean, keep_alive, will=will, properties=properties))
        [peer.connack, *peer.backlog] = peer.received()
        assert isinstance(peer.connack, Connack)
        assert peer.connack.reason is Reason.SUCCESS
        return peer

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> None:
        self.broker.publish(topic, payload, self.now, qos)

    def pass_time(self, milliseconds: int) -> None:
        """Moves the clock and lets the broker do what became due, deadline by deadline."""
        until = self.now + milliseconds
        while (due := self.broker.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.broker.tick(self.now)
        self.now = until


class Peer:
    """The far end of one connection."""

    def __init__(self, wire: Wire, version: Version) -> None:
        self.version = version
        self.connack: Packet | None = None
        self.backlog: list[Packet] = []
        self.client = Client(wire.limits)
        self._wire = wire
        self._decoder = Decoder(1 << 28, version)
        wire.broker.open(self.client, wire.now)

    def is_closed(self) -> bool:
        return self.client.closing

    def say(self, data: bytes) -> None:
        self._wire.broker.receive(self.client, data, self._wire.now)

    def send(self, *packets: Packet) -> None:
        self.say(b"".join(encode(packet, self.version) for packet in packets))

    def hang_up(self) -> None:
        """The connection breaks without a DISCONNECT."""
        self._wire.broker.lost(self.client, self._wire.now)

    def told(self) -> bytes:
        """The bytes that were sent since the last look."""
        return self.client.take(1 << 28)

    def received(self) -> list[Packet]:
        """The packets that were sent since the last look."""
        self._decoder.feed(self.told())
        packets = []
        while (packet := self._decoder.next_packet()) is not None:
            packets.append(packet)
        return packets

    def subscribe(self, *filters: str | Subscription, qos: int = 1, packet_id: int = 1) -> list[Packet]:
        """Subscribes; returns what came after the SUBACK."""
        wanted = [f if isinstance(f, Subscription) else Subscription(f, qos) for f in filters]
        identifiers = tuple({f.identifier for f in wanted if f.identifier is not None})
        properties = Properties(subscription_identifier=identifiers) if identifiers else NO_PROPERTIES
        self.send(Subscribe(packet_id, tuple(wanted), properties))
        [suback, *others] = self.received()
        assert isinstance(suback, Suback)
        assert not any(reason.refused for reason in suback.reasons)
        return others

    def messages(self, acknowledge: bool = True) -> list[Publish]:
        """The messages that came since the last look; QoS 1 is acknowledged unless told otherwise."""
        found = [*self.backlog, *self.received()]
        self.backlog = []
        publishes = [packet for packet in found if isinstance(packet, Publish)]
        assert len(publishes) == len(found), f"not only messages: {found}"
        if acknowledge:
            self.acknowledge(*publishes)
        return publishes

    def acknowledge(self, *publishes: Publish) -> None:
        self.send(*(Puback(publish.packet_id) for publish in publishes if publish.qos))


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def wire_with() -> Callable[..., Wire]:
    """Makes a broker with other limits."""
    return lambda **limits: Wire(Limits(**limits))


@pytest.fixture(params=[V3, V5], ids=["3.1.1", "5"])
def version(request: pytest.FixtureRequest) -> Version:
    """Either version of MQTT."""
    found: Version = request.param
    return found
