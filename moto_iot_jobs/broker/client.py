"""One network connection as the broker sees it, and the bytes that wait to be sent on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from .decoding import Decoder
from .encoding import encode
from .limits import Limits
from .packets import Connect, Publish, ServerPacket, Version
from .printable import printable
from .reason_codes import ProtocolError, Reason
from .session import Session

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The HTTP request that opened a WebSocket.

    Header names are in lower case.
    """

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)


class Buffers:
    """Bytes buffered for all connections together.

    Args:
        limit: bytes.

    Attributes:
        used: bytes that are buffered now.
    """

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0


class Client:
    """A connection and, after CONNECT, the client at its other end.

    Attributes:
        number: number of the connection; never reused.
        address: the peer's host and port.
        local_host: the address that it connected to.
        transport: ``mqtt``, ``mqtts``, ``ws`` or ``wss``.
        certificate: the peer's certificate (DER), if it showed one.
        authorized: whether the transport authenticated the peer; CONNECT is refused otherwise.
        client_id: the client id, chosen by the client or assigned; empty before CONNECT.
        has_connected: whether CONNECT came.
        session: the session that the connection serves; None before CONNECT and after the end.
        closing: whether the connection is to be closed once ``outgoing`` was sent.
        awaits_response: whether a request is being carried out elsewhere; packets wait meanwhile.
        last_packet_at: time of the last packet, in milliseconds.
        outgoing: bytes that wait to be sent.
    """

    def __init__(
        self, limits: Limits, address: tuple[str, int] = ("", 0), transport: str = "mqtt"
    ) -> None:
        self.number = next(_numbers)
        self.address = address
        self.local_host: str | None = None
        self.transport = transport
        self.certificate: bytes | None = None
        self.authorized = True
        self.client_id = ""
        self.has_connected = False
        self.session: Session | None = None
        self.closing = False
        self.awaits_response = False
        self.last_packet_at = 0
        self.keep_alive_ms = 0
        self.outgoing = bytearray()
        self.decoder = Decoder(limits.packet_size)
        self.receive_maximum = limits.receive_maximum
        self.buffers = Buffers(limits.buffered_bytes)
        self._incomplete_packets = 0
        self._incomplete_frames = 0
        self._maximum_packet_size: int | None = None
        self._limits = limits
        self._aliases: dict[int, str] = {}

    def __repr__(self) -> str:
        host, port = self.address
        return f"<Client '{printable(self.client_id)}' at {host}:{port} over {self.transport}>"

    @property
    def version(self) -> Version:
        """The protocol version.

        3.1.1 before CONNECT announced one.
        """
        return self.decoder.version or Version.V3_1_1

    @property
    def is_congested(self) -> bool:
        """True while so much waits to be sent that messages wait in the session."""
        waiting = len(self.outgoing)
        return waiting >= self._limits.outgoing_bytes or (
            waiting > 0 and self.buffers.used >= self.buffers.limit
        )

    def introduce(self, connect: Connect, client_id: str) -> None:
        """Note what CONNECT says about the client."""
        self.has_connected = True
        self.client_id = client_id
        self.receive_maximum = min(
            connect.properties.receive_maximum or self._limits.receive_maximum,
            self._limits.receive_maximum,
        )
        self._maximum_packet_size = connect.properties.maximum_packet_size

    def send(self, packet: ServerPacket) -> bool:
        """Add a packet to the outgoing bytes.

        False if it is larger than the client accepts.

        Source: MQTT-3.1.2-24.
        """
        data = encode(packet, self.version)
        if self._maximum_packet_size is not None and len(data) > self._maximum_packet_size:
            return False
        self.outgoing += data
        self.buffers.used += len(data)
        return True

    def take(self, limit: int) -> bytes:
        """Take up to ``limit`` of the outgoing bytes."""
        data = bytes(self.outgoing[:limit])
        del self.outgoing[: len(data)]
        self.buffers.used -= len(data)
        return data

    def take_packet(self) -> bytes:
        """Take the first packet of the outgoing bytes.

        Empty without one. Not to be mixed with :meth:`take`, which may leave half of a packet.
        """
        size, shift, position = 0, 0, 1
        while position < len(self.outgoing):
            byte = self.outgoing[position]
            size |= (byte & 0x7F) << shift
            position, shift = position + 1, shift + 7
            if not byte & 0x80:
                break
        return self.take(position + size)

    def note_incomplete(self, packets: int | None = None, frames: int | None = None) -> bool:
        """Count bytes that wait for the rest of a packet or frame.

        Returns:
            False if there are too many of all connections together.
        """
        before = self._incomplete_packets + self._incomplete_frames
        if packets is not None:
            self._incomplete_packets = packets
        if frames is not None:
            self._incomplete_frames = frames
        waiting = self._incomplete_packets + self._incomplete_frames
        self.buffers.used += waiting - before
        return not waiting or self.buffers.used < self.buffers.limit

    def discard_incoming(self) -> None:
        """Drop the packets that were not carried out, for none will be any more."""
        self.decoder.clear()
        self.note_incomplete(packets=0)

    def discard(self) -> None:
        """Drop all that is buffered, for the connection is gone."""
        self.discard_incoming()
        self.note_incomplete(frames=0)
        self.take(len(self.outgoing))

    def resolve_topic(self, publish: Publish) -> str:
        """Return the topic of a PUBLISH, by its alias if it has one (MQTT 5 section 3.3.2.3.4).

        Raises:
            ProtocolError: the alias is too high or was not introduced.
        """
        alias = publish.properties.topic_alias
        if alias is None:
            return publish.topic
        if alias > self._limits.topic_alias_maximum:
            raise ProtocolError(
                Reason.TOPIC_ALIAS_INVALID, f"topic alias {alias} is higher than agreed"
            )
        if not publish.topic and alias not in self._aliases:
            raise ProtocolError(
                Reason.PROTOCOL_ERROR, f"topic alias {alias} stands for nothing yet"
            )
        return publish.topic or self._aliases[alias]

    def learn_alias(self, publish: Publish) -> None:
        """Keep the alias that a PUBLISH introduces, once its topic was accepted."""
        alias = publish.properties.topic_alias
        if alias is not None and publish.topic:
            self._aliases[alias] = publish.topic
