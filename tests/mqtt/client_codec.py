"""The client's half of MQTT 3.1.1 and 5: writes what a client sends and reads what a server sends.

What both sides send and read (PUBLISH, PUBACK, DISCONNECT) is the package's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from moto_iot_jobs.broker import decoding, encoding
from moto_iot_jobs.broker.decoding import Reading, read_packet_id, read_reason
from moto_iot_jobs.broker.fields import (
    Reader,
    malformed,
    write_binary,
    write_short,
    write_string,
)
from moto_iot_jobs.broker.packets import (
    Connack,
    Connect,
    Packet,
    Pingreq,
    Pingresp,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from moto_iot_jobs.broker.properties import (
    NO_PROPERTIES,
    PacketType,
    Properties,
    read_properties,
    write_properties,
)
from moto_iot_jobs.broker.reason_codes import ProtocolError, Reason

__all__ = ["Decoder", "encode"]

_GRANTED = frozenset({Reason.SUCCESS, Reason.GRANTED_QOS_1, Reason.GRANTED_QOS_2})
_SUBACK_REASONS = {
    # Section 3.9.3: one code for all failures.
    Version.V3_1_1: _GRANTED | {Reason.UNSPECIFIED_ERROR},
    Version.V5: _GRANTED | {reason for reason in Reason if reason.refused},
}
# MQTT 3.1.1, section 3.2.2.3.
RETURN_CODES = {
    0: Reason.SUCCESS,
    1: Reason.UNSUPPORTED_PROTOCOL_VERSION,
    2: Reason.CLIENT_IDENTIFIER_NOT_VALID,
    3: Reason.SERVER_UNAVAILABLE,
    4: Reason.BAD_USER_NAME_OR_PASSWORD,
    5: Reason.NOT_AUTHORIZED,
}


def encode(packet: Packet, version: Version) -> bytes:
    """Write a packet of either side."""
    match packet:
        case Connect():
            return encoding.framed(PacketType.CONNECT, 0, _connect(packet))
        case Subscribe():
            return encoding.framed(PacketType.SUBSCRIBE, 2, _subscribe(packet, version))
        case Unsubscribe():
            return encoding.framed(PacketType.UNSUBSCRIBE, 2, _unsubscribe(packet, version))
        case Pingreq():
            return encoding.framed(PacketType.PINGREQ, 0, b"")
    return encoding.encode(packet, version)


def _properties(properties: Properties, version: Version) -> bytes:
    return write_properties(properties) if version is Version.V5 else b""


def _connect(packet: Connect) -> bytes:
    will, flags = packet.will, packet.clean_start << 1
    payload = write_string(packet.client_id)
    if will is not None:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
        payload += _will(will, packet.version)
    if packet.username is not None:
        flags |= 0x80
        payload += write_string(packet.username)
    if packet.password is not None:
        flags |= 0x40
        payload += write_binary(packet.password)
    head = write_string("MQTT") + bytes((packet.version, flags)) + write_short(packet.keep_alive)
    return head + _properties(packet.properties, packet.version) + payload


def _will(will: Will, version: Version) -> bytes:
    return (
        _properties(will.properties, version)
        + write_string(will.topic)
        + write_binary(will.payload)
    )


def _subscribe(packet: Subscribe, version: Version) -> bytes:
    body = write_short(packet.packet_id) + _properties(packet.properties, version)
    for subscription in packet.subscriptions:
        body += write_string(subscription.topic_filter) + bytes((_options(subscription, version),))
    return body


def _options(subscription: Subscription, version: Version) -> int:
    if version is not Version.V5:
        return subscription.qos
    flags = subscription.no_local << 2 | subscription.retain_as_published << 3
    return subscription.qos | flags | subscription.retain_handling << 4


def _unsubscribe(packet: Unsubscribe, version: Version) -> bytes:
    body = write_short(packet.packet_id) + _properties(packet.properties, version)
    return body + b"".join(write_string(topic_filter) for topic_filter in packet.topic_filters)


def _connack(reader: Reader, version: Version) -> Connack:
    flags, code = reader.byte(), reader.byte()
    if flags & 0xFE:
        raise malformed("reserved flags of CONNACK are set")
    if version is Version.V5:
        return Connack(read_reason(code), bool(flags), read_properties(reader, PacketType.CONNACK))
    if code not in RETURN_CODES:
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"return code {code} is reserved")
    return Connack(RETURN_CODES[code], bool(flags))


def _suback(reader: Reader, version: Version) -> Suback:
    packet_id = read_packet_id(reader)
    properties = NO_PROPERTIES
    if version is Version.V5:
        properties = read_properties(reader, PacketType.SUBACK)
    reasons = tuple(read_reason(code, _SUBACK_REASONS[version]) for code in reader.rest())
    return Suback(packet_id, reasons, properties)


def _unsuback(reader: Reader, version: Version) -> Unsuback:
    packet_id = read_packet_id(reader)
    if version is not Version.V5:
        return Unsuback(packet_id)
    properties = read_properties(reader, PacketType.UNSUBACK)
    return Unsuback(packet_id, tuple(read_reason(code) for code in reader.rest()), properties)


class Decoder(decoding.Decoder):
    """Reads the packets of both sides, of a version that is known from the start or told by
    CONNECT.
    """

    readings: ClassVar[Mapping[int, Reading]] = {
        **decoding.Decoder.readings,
        PacketType.CONNACK: Reading(_connack),
        PacketType.SUBACK: Reading(_suback),
        PacketType.UNSUBACK: Reading(_unsuback),
        PacketType.PINGRESP: Reading(lambda _reader, _version: Pingresp()),
    }

    def __init__(self, maximum_size: int, version: Version | None = None) -> None:
        super().__init__(maximum_size)
        self.version = version

    def next_packet(self) -> Packet | None:  # type: ignore[override]
        """Return the next complete packet, as the package's decoder does."""
        return super().next_packet()
