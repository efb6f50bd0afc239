"""One network connection as the broker sees it: who is there, what it may be sent, and the bytes
that wait to go out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from .decoding import Decoder
from .encoding import encode
from .limits import Limits
from .packets import Connect, Publish, ServerPacket, Version
from .reason_codes import ProtocolError, Reason
from .session import Session

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The HTTP request with which a WebSocket was opened; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]


class Client:
    """A connection and, after CONNECT, the client at its other end.

    Attributes:
        number: tells connections apart; never reused.
        address: the peer's host and port.
        transport: ``mqtt``, ``mqtts``, ``ws`` or ``wss``.
        certificate: the peer's certificate (DER), if it showed one.
        upgrade: the request that opened the WebSocket, if it is one.
        authorized: whether the transport vouches for the peer; CONNECT is refused otherwise.
        client_id: the client id, chosen by the client or assigned; empty before CONNECT.
        connect: the CONNECT packet; None before it came.
        session: the session that the connection serves; None before CONNECT and after the end.
        closing: whether the connection is to be closed once ``outgoing`` was sent.
        last_packet_at: when the last packet came, in milliseconds.
        outgoing: bytes that wait to be sent.
    """

    def __init__(
        self, limits: Limits, address: tuple[str, int] = ("", 0), transport: str = "mqtt"
    ) -> None:
        self.number = next(_numbers)
        self.address = address
        self.transport = transport
        self.certificate: bytes | None = None
        self.upgrade: Upgrade | None = None
        self.authorized = True
        self.client_id = ""
        self.connect: Connect | None = None
        self.session: Session | None = None
        self.closing = False
        self.last_packet_at = 0
        self.keep_alive_ms = 0
        self.outgoing = bytearray()
        self.decoder = Decoder(limits.packet_size)
        self.receive_maximum = limits.receive_maximum
        self._maximum_packet_size: int | None = None
        self._limits = limits
        self._aliases: dict[int, str] = {}

    def __repr__(self) -> str:
        return (
            f"<Client {self.client_id!r} at {self.address[0]}:{self.address[1]} over"
            f" {self.transport}>"
        )

    @property
    def version(self) -> Version:
        """The protocol version; 3.1.1 as long as it has not said."""
        return self.decoder.version or Version.V3_1_1

    @property
    def username(self) -> str | None:
        """What CONNECT gave for a user name; AWS's SDKs put their own name there."""
        return self.connect.username if self.connect is not None else None

    @property
    def is_congested(self) -> bool:
        """Whether so much waits to be sent that messages had better wait in the session."""
        return len(self.outgoing) >= self._limits.outgoing_bytes

    def introduce(self, connect: Connect, client_id: str) -> None:
        """Notes what CONNECT says about what the client is able to take."""
        self.connect = connect
        self.client_id = client_id
        self.receive_maximum = min(
            connect.properties.receive_maximum or self._limits.receive_maximum,
            self._limits.receive_maximum,
        )
        self._maximum_packet_size = connect.properties.maximum_packet_size

    def send(self, packet: ServerPacket) -> bool:
        """Puts a packet among the bytes to send; False if it is larger than the client accepts
        (MQTT-3.1.2-24).
        """
        data = encode(packet, self.version)
        if self._maximum_packet_size is not None and len(data) > self._maximum_packet_size:
            return False
        self.outgoing += data
        return True

    def take(self, limit: int) -> bytes:
        """Takes up to ``limit`` of the bytes to send."""
        data = bytes(self.outgoing[:limit])
        del self.outgoing[: len(data)]
        return data

    def resolve_topic(self, publish: Publish) -> str:
        """The topic of a PUBLISH, by its alias if it has one (MQTT 5 section 3.3.2.3.4).

        Raises ProtocolError for an alias that is too high or was not introduced.
        """
        alias = publish.properties.topic_alias
        if alias is None:
            return publish.topic
        if alias > self._limits.topic_alias_maximum:
            raise ProtocolError(
                Reason.TOPIC_ALIAS_INVALID, f"topic alias {alias} is higher than agreed"
            )
        if publish.topic:
            self._aliases[alias] = publish.topic
        elif alias not in self._aliases:
            raise ProtocolError(
                Reason.PROTOCOL_ERROR, f"topic alias {alias} stands for nothing yet"
            )
        return self._aliases[alias]
