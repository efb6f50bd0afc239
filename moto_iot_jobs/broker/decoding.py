"""Bytes to packets: an incremental decoder that never raises anything but
:class:`.reasons.ProtocolError`.

It checks whatever can be judged from one packet alone. What depends on the session (was the client
connected, is the alias known) is the broker's to judge.
"""

from __future__ import annotations

from collections.abc import Callable

from .fields import Reader, malformed
from .packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    RetainHandling,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from .properties import NO_PROPERTIES, PacketType, Properties, read_properties
from .reason_codes import ProtocolError, Reason, reason_of_return_code
from .topics import is_valid_filter, is_valid_name

_CONNECT_BYTE = PacketType.CONNECT << 4
_UNSPOKEN = frozenset({PacketType.PUBREC, PacketType.PUBREL, PacketType.PUBCOMP, PacketType.AUTH})
_FLAGS = {PacketType.SUBSCRIBE: 2, PacketType.UNSUBSCRIBE: 2}


class Decoder:
    """Turns a stream of bytes into packets, however the stream was cut into pieces.

    Args:
        maximum_size: packets of more bytes than this are refused as soon as their length is known.
        version: the version spoken, or None to take it from the CONNECT that must then come first.
    """

    def __init__(self, maximum_size: int, version: Version | None = None) -> None:
        self.maximum_size = maximum_size
        self.version = version
        self._buffer = bytearray()
        self._failure: ProtocolError | None = None

    def feed(self, data: bytes) -> None:
        """Adds bytes as they arrived; a decoder that has failed forgets them."""
        if self._failure is None:
            self._buffer += data

    def next_packet(self) -> Packet | None:
        """The next complete packet, or None until more bytes are fed.

        Raises ProtocolError for bytes that are no packet of this version, and again on every later
        call.
        """
        if self._failure is not None:
            raise self._failure
        try:
            return self._next_packet()
        except ProtocolError as failure:
            self._failure = failure
            self._buffer.clear()
            raise

    def _next_packet(self) -> Packet | None:
        if not self._buffer:
            return None
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
        """Where the first packet's body begins and ends; None while bytes are missing."""
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

    def _decode(self, first: int, reader: Reader) -> Packet:
        packet_type, flags = first >> 4, first & 0x0F
        if packet_type in _UNSPOKEN:
            raise ProtocolError(
                Reason.PROTOCOL_ERROR, f"{PacketType(packet_type).name} is not supported"
            )
        if packet_type == PacketType.CONNECT:
            self.version = _version(reader)
        assert self.version is not None, "nothing else comes before CONNECT"
        if packet_type == PacketType.PUBLISH:
            return _publish(reader, flags, self.version)
        read = _READERS.get(packet_type)
        if read is None or flags != _FLAGS.get(PacketType(packet_type), 0):
            raise malformed(f"no packet begins with 0x{first:02X}")
        packet = read(reader, self.version)
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


def _packet_id(reader: Reader) -> int:
    packet_id = reader.short()
    if packet_id == 0:
        raise ProtocolError(Reason.PROTOCOL_ERROR, "a packet identifier is never 0")
    return packet_id


def _reason(code: int, allowed: frozenset[Reason]) -> Reason:
    if code not in allowed:
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"reason code 0x{code:02X} does not belong here")
    return Reason(code)


_R = Reason
_ANY_REASON = frozenset(_R)
_SUBACK_REASONS = frozenset({_R.SUCCESS, _R.GRANTED_QOS_1, _R.GRANTED_QOS_2}) | {
    r for r in _R if r.refused
}


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


def _connack(reader: Reader, version: Version) -> Connack:
    flags, code = reader.byte(), reader.byte()
    if flags & 0xFE:
        raise malformed("reserved flags of CONNACK are set")
    if version is Version.V5:
        return Connack(
            _reason(code, _ANY_REASON), bool(flags), read_properties(reader, PacketType.CONNACK)
        )
    reason = reason_of_return_code(code)
    if reason is None:
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"return code {code} is reserved")
    return Connack(reason, bool(flags))


def _publish(reader: Reader, flags: int, version: Version) -> Publish:
    qos, dup = flags >> 1 & 0x03, bool(flags & 0x08)
    if qos == 3 or (dup and not qos):
        raise malformed(f"PUBLISH with QoS {qos} and DUP {dup}")
    topic = reader.string()
    packet_id = _packet_id(reader) if qos else 0
    properties = _properties(reader, version, PacketType.PUBLISH)
    if properties.topic_alias == 0:
        raise ProtocolError(Reason.TOPIC_ALIAS_INVALID, "a topic alias is never 0")
    if properties.response_topic is not None:
        _topic(properties.response_topic)
    if topic or properties.topic_alias is None:
        _topic(topic)
    return Publish(topic, reader.rest(), qos, bool(flags & 0x01), dup, packet_id, properties)


def _puback(reader: Reader, version: Version) -> Puback:
    return Puback(_packet_id(reader), *_outcome(reader, version, PacketType.PUBACK))


def _disconnect(reader: Reader, version: Version) -> Disconnect:
    return Disconnect(*_outcome(reader, version, PacketType.DISCONNECT))


def _outcome(reader: Reader, version: Version, packet: PacketType) -> tuple[Reason, Properties]:
    """Reason and properties, either of which MQTT 5 may leave off (sections 3.4.2.1 and 3.14.2.1)."""
    if version is not Version.V5 or not reader:
        return Reason.SUCCESS, NO_PROPERTIES
    reason = _reason(reader.byte(), _ANY_REASON)
    return reason, read_properties(reader, packet) if reader else NO_PROPERTIES


def _subscribe(reader: Reader, version: Version) -> Subscribe:
    packet_id = _packet_id(reader)
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


def _suback(reader: Reader, version: Version) -> Suback:
    packet_id = _packet_id(reader)
    properties = _properties(reader, version, PacketType.SUBACK)
    return Suback(
        packet_id, tuple(_reason(code, _SUBACK_REASONS) for code in reader.rest()), properties
    )


def _unsubscribe(reader: Reader, version: Version) -> Unsubscribe:
    packet_id = _packet_id(reader)
    properties = _properties(reader, version, PacketType.UNSUBSCRIBE)
    filters = []
    while reader:
        filters.append(_filter(reader))
    if not filters:
        raise ProtocolError(
            Reason.PROTOCOL_ERROR, "UNSUBSCRIBE without a topic filter (MQTT-3.10.3-2)"
        )
    return Unsubscribe(packet_id, tuple(filters), properties)


def _unsuback(reader: Reader, version: Version) -> Unsuback:
    packet_id = _packet_id(reader)
    if version is not Version.V5:
        return Unsuback(packet_id)
    properties = read_properties(reader, PacketType.UNSUBACK)
    return Unsuback(
        packet_id, tuple(_reason(code, _ANY_REASON) for code in reader.rest()), properties
    )


_READERS: dict[int, Callable[[Reader, Version], Packet]] = {
    PacketType.CONNECT: _connect,
    PacketType.CONNACK: _connack,
    PacketType.PUBACK: _puback,
    PacketType.SUBSCRIBE: _subscribe,
    PacketType.SUBACK: _suback,
    PacketType.UNSUBSCRIBE: _unsubscribe,
    PacketType.UNSUBACK: _unsuback,
    PacketType.PINGREQ: lambda _reader, _version: Pingreq(),
    PacketType.PINGRESP: lambda _reader, _version: Pingresp(),
    PacketType.DISCONNECT: _disconnect,
}
