"""Incremental decoder of the packets that a client sends, for MQTT 3.1.1 and 5.

It checks all that one packet can show by itself. Checks that need the session (whether the client
is connected, whether an alias is known) are the broker's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from .fields import Reader, malformed
from .packets import (
    ClientPacket,
    Connect,
    Disconnect,
    Pingreq,
    Puback,
    Publish,
    RetainHandling,
    Subscribe,
    Subscription,
    Unsubscribe,
    Version,
    Will,
)
from .properties import NO_PROPERTIES, PacketType, Properties, read_properties
from .reason_codes import ProtocolError, Reason
from .topics import is_valid_filter, is_valid_name

_CONNECT_BYTE = PacketType.CONNECT << 4
_TYPES = frozenset(PacketType) - {PacketType.WILL}


class Reading(NamedTuple):
    """Reader of one type of packet, and the flags that its first byte must have."""

    read: Callable[[Reader, Version], Any]
    flags: int = 0


class Decoder:
    """Decoder of a stream of bytes that may be cut anywhere.

    Args:
        maximum_size: bytes of the largest packet; longer ones are an error as soon as their length
            is known.

    Attributes:
        version: the version that CONNECT announced; None before it came.
        readings: readers by type of packet. PUBLISH, which has flags of its own, is not among them.
    """

    readings: ClassVar[Mapping[int, Reading]] = {}

    def __init__(self, maximum_size: int) -> None:
        self.maximum_size = maximum_size
        self.version: Version | None = None
        self._buffer = bytearray()
        self._failure: ProtocolError | None = None

    @property
    def buffered(self) -> int:
        """Number of bytes that are no complete packet yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Add bytes as they arrived.

        A decoder that has failed drops them.
        """
        if self._failure is None:
            self._buffer += data

    def clear(self) -> None:
        """Drop what is buffered."""
        self._buffer.clear()

    def next_packet(self) -> ClientPacket | None:
        """Return the next complete packet, or None until more bytes are fed.

        Raises:
            ProtocolError: the bytes are no packet of this version; again on every later call.
        """
        if self._failure is not None:
            raise self._failure
        if not self._buffer:
            return None
        try:
            return self._next_packet()
        except ProtocolError as failure:
            self._failure = failure
            self._buffer.clear()
            raise

    def _next_packet(self) -> ClientPacket | None:
        first = self._buffer[0]
        if self.version is None and first != _CONNECT_BYTE:
            raise ProtocolError(Reason.PROTOCOL_ERROR, "the first packet must be CONNECT")
        frame = self._frame()
        if frame is None:
            return None
        start, end = frame
        body = bytes(self._buffer[start:end])
        del self._buffer[:end]
        return self._decode(first, Reader(body))

    def _frame(self) -> tuple[int, int] | None:
        """Return the bounds of the first packet's body.

        None while bytes are missing.
        """
        length = 0
        for index, byte in enumerate(self._buffer[1:5]):
            length |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                if index and byte == 0:
                    raise malformed("remaining length is longer than it needs to be")
                start = index + 2
                if start + length > self.maximum_size:
                    raise ProtocolError(
                        Reason.PACKET_TOO_LARGE, f"a packet of {start + length} bytes is too large"
                    )
                return (start, start + length) if len(self._buffer) >= start + length else None
        if len(self._buffer) >= 5:
            raise malformed("remaining length is longer than four bytes")
        return None

    def _decode(self, first: int, reader: Reader) -> ClientPacket:
        packet_type, flags = first >> 4, first & 0x0F
        if packet_type == PacketType.CONNECT:
            self.version = _version(reader)
        assert self.version is not None, "no packet comes before CONNECT"
        if packet_type == PacketType.PUBLISH:
            return _publish(reader, flags, self.version)
        reading = self.readings.get(packet_type)
        if reading is None and packet_type in _TYPES:
            raise ProtocolError(
                Reason.PROTOCOL_ERROR, f"{PacketType(packet_type).name} is not supported"
            )
        if reading is None or flags != reading.flags:
            raise malformed(f"no packet begins with 0x{first:02X}")
        packet: ClientPacket = reading.read(reader, self.version)
        if reader:
            raise malformed(f"{PacketType(packet_type).name} is followed by more bytes")
        return packet


def _version(reader: Reader) -> Version:
    name, level = reader.string(), reader.byte()
    if name != "MQTT" or level not in (Version.V3_1_1, Version.V5):
        raise ProtocolError(
            Reason.UNSUPPORTED_PROTOCOL_VERSION, f"{name!r} level {level} is not MQTT 3.1.1 or 5"
        )
    return Version(level)


def _properties(reader: Reader, version: Version, packet: PacketType) -> Properties:
    return read_properties(reader, packet) if version is Version.V5 else NO_PROPERTIES


def _topic(text: str) -> str:
    if not is_valid_name(text):
        raise ProtocolError(Reason.TOPIC_NAME_INVALID, f"{text[:80]!r} is not a topic name")
    return text


def _filter(reader: Reader) -> str:
    text = reader.string()
    if not is_valid_filter(text):
        raise ProtocolError(Reason.TOPIC_FILTER_INVALID, f"{text[:80]!r} is not a topic filter")
    return text


def read_packet_id(reader: Reader) -> int:
    """Read a packet identifier. Raises ProtocolError for 0."""
    packet_id = reader.short()
    if packet_id == 0:
        raise ProtocolError(Reason.PROTOCOL_ERROR, "a packet identifier is never 0")
    return packet_id


_ANY_REASON = frozenset(Reason)


def read_reason(code: int, allowed: frozenset[Reason] = _ANY_REASON) -> Reason:
    """Read a reason code. Raises ProtocolError for one that does not belong there."""
    if code not in allowed:
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"reason code 0x{code:02X} does not belong here")
    return Reason(code)


def _connect(reader: Reader, version: Version) -> Connect:
    flags, keep_alive = reader.byte(), reader.short()
    if flags & 0x01:
        raise malformed("the reserved flag of CONNECT is set")
    if flags & 0x40 and not flags & 0x80 and version is not Version.V5:
        raise malformed("a password needs a user name (MQTT-3.1.2-22)")
    properties = _properties(reader, version, PacketType.CONNECT)
    return Connect(
        version=version,
        client_id=reader.string(),
        clean_start=bool(flags & 0x02),
        keep_alive=keep_alive,
        will=_will(reader, flags, version),
        username=reader.string() if flags & 0x80 else None,
        password=reader.binary() if flags & 0x40 else None,
        properties=properties,
    )


def _will(reader: Reader, flags: int, version: Version) -> Will | None:
    qos, retain = flags >> 3 & 0x03, bool(flags & 0x20)
    if not flags & 0x04:
        if qos or retain:
            raise malformed("will flags without a will (MQTT-3.1.2-11)")
        return None
    if qos == 3:
        raise malformed("will QoS 3")
    properties = _properties(reader, version, PacketType.WILL)
    return Will(_topic(reader.string()), reader.binary(), qos, retain, properties)


def _publish(reader: Reader, flags: int, version: Version) -> Publish:
    qos, dup = flags >> 1 & 0x03, bool(flags & 0x08)
    if qos == 3 or (dup and not qos):
        raise malformed(f"PUBLISH with QoS {qos} and DUP {dup}")
    topic = reader.string()
    packet_id = read_packet_id(reader) if qos else 0
    properties = _properties(reader, version, PacketType.PUBLISH)
    if properties.topic_alias == 0:
        raise ProtocolError(Reason.TOPIC_ALIAS_INVALID, "a topic alias is never 0")
    if properties.response_topic is not None:
        _topic(properties.response_topic)
    if topic or properties.topic_alias is None:
        _topic(topic)
    return Publish(topic, reader.rest(), qos, bool(flags & 0x01), dup, packet_id, properties)


def _puback(reader: Reader, version: Version) -> Puback:
    return Puback(read_packet_id(reader), *_outcome(reader, version, PacketType.PUBACK))


def _disconnect(reader: Reader, version: Version) -> Disconnect:
    return Disconnect(*_outcome(reader, version, PacketType.DISCONNECT))


def _outcome(reader: Reader, version: Version, packet: PacketType) -> tuple[Reason, Properties]:
    """Read reason and properties, which MQTT 5 may omit (sections 3.4.2.1 and 3.14.2.1)."""
    if version is not Version.V5 or not reader:
        return Reason.SUCCESS, NO_PROPERTIES
    reason = read_reason(reader.byte())
    return reason, read_properties(reader, packet) if reader else NO_PROPERTIES


def _subscribe(reader: Reader, version: Version) -> Subscribe:
    packet_id = read_packet_id(reader)
    properties = _properties(reader, version, PacketType.SUBSCRIBE)
    identifier = next(iter(properties.subscription_identifier), None)
    subscriptions = []
    while reader:
        topic_filter = _filter(reader)
        subscriptions.append(_subscription(topic_filter, reader.byte(), version, identifier))
    if not subscriptions:
        raise ProtocolError(
            Reason.PROTOCOL_ERROR, "SUBSCRIBE without a topic filter (MQTT-3.8.3-2)"
        )
    return Subscribe(packet_id, tuple(subscriptions), properties)


def _subscription(
    topic_filter: str, options: int, version: Version, identifier: int | None
) -> Subscription:
    qos, handling = options & 0x03, options >> 4 & 0x03
    if options & (0xC0 if version is Version.V5 else 0xFC):
        raise malformed("reserved bits of the subscription options are set")
    if qos == 3 or handling == 3:
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"subscription options 0x{options:02X}")
    no_local = bool(options & 0x04)
    if no_local and topic_filter.startswith("$share/"):
        raise ProtocolError(
            Reason.PROTOCOL_ERROR, "No Local on a shared subscription (MQTT-3.8.3-4)"
        )
    return Subscription(
        topic_filter, qos, no_local, bool(options & 0x08), RetainHandling(handling), identifier
    )


def _unsubscribe(reader: Reader, version: Version) -> Unsubscribe:
    packet_id = read_packet_id(reader)
    properties = _properties(reader, version, PacketType.UNSUBSCRIBE)
    filters = []
    while reader:
        filters.append(_filter(reader))
    if not filters:
        raise ProtocolError(
            Reason.PROTOCOL_ERROR, "UNSUBSCRIBE without a topic filter (MQTT-3.10.3-2)"
        )
    return Unsubscribe(packet_id, tuple(filters), properties)


Decoder.readings = {
    PacketType.CONNECT: Reading(_connect),
    PacketType.PUBACK: Reading(_puback),
    PacketType.SUBSCRIBE: Reading(_subscribe, flags=2),
    PacketType.UNSUBSCRIBE: Reading(_unsubscribe, flags=2),
    PacketType.PINGREQ: Reading(lambda _reader, _version: Pingreq()),
    PacketType.DISCONNECT: Reading(_disconnect),
}
