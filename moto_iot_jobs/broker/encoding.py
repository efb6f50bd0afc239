"""Encoder of the packets that a server sends, for MQTT 3.1.1 and 5."""

from __future__ import annotations

from .fields import write_short, write_string, write_variable
from .packets import (
    Connack,
    Disconnect,
    Pingresp,
    Puback,
    Publish,
    ServerPacket,
    Suback,
    Unsuback,
    Version,
)
from .properties import NO_PROPERTIES, PacketType, Properties, write_properties
from .reason_codes import Reason, return_code

__all__ = ["encode"]


def encode(packet: ServerPacket, version: Version) -> bytes:
    """Write a control packet as it goes over the wire.

    Properties and reason codes, for which MQTT 3.1.1 has no room, are left out there.

    Raises:
        ValueError: a field is longer or larger than MQTT can carry.
    """
    match packet:
        case Publish():
            return _publish(packet, version)
        case Puback():
            return framed(PacketType.PUBACK, 0, _puback(packet, version))
        case Pingresp():
            return framed(PacketType.PINGRESP, 0, b"")
        case Suback():
            return framed(PacketType.SUBACK, 0, _suback(packet, version))
        case Unsuback():
            return framed(PacketType.UNSUBACK, 0, _unsuback(packet, version))
        case Connack():
            return framed(PacketType.CONNACK, 0, _connack(packet, version))
        case Disconnect():
            return framed(PacketType.DISCONNECT, 0, _disconnect(packet, version))


def framed(packet_type: PacketType, flags: int, body: bytes) -> bytes:
    """Put the fixed header before the body of a packet."""
    return bytes((packet_type << 4 | flags,)) + write_variable(len(body)) + body


def _properties(properties: Properties, version: Version) -> bytes:
    return write_properties(properties) if version is Version.V5 else b""


def _publish(packet: Publish, version: Version) -> bytes:
    body = write_string(packet.topic)
    if packet.qos:
        body += write_short(packet.packet_id)
    body += _properties(packet.properties, version) + packet.payload
    return framed(PacketType.PUBLISH, packet.dup << 3 | packet.qos << 1 | packet.retain, body)


def _puback(packet: Puback, version: Version) -> bytes:
    return write_short(packet.packet_id) + _outcome(packet.reason, packet.properties, version)


def _outcome(reason: Reason, properties: Properties, version: Version) -> bytes:
    """Write reason and properties, which MQTT 5 omits when empty (sections 3.4.2.1, 3.14.2.1)."""
    if version is not Version.V5 or (reason is Reason.SUCCESS and properties is NO_PROPERTIES):
        return b""
    if properties is NO_PROPERTIES:
        return bytes((reason,))
    return bytes((reason,)) + write_properties(properties)


def _connack(packet: Connack, version: Version) -> bytes:
    if version is Version.V5:
        return bytes((packet.session_present, packet.reason)) + write_properties(packet.properties)
    return bytes((packet.session_present, return_code(packet.reason)))


def _suback(packet: Suback, version: Version) -> bytes:
    codes = packet.reasons
    if version is not Version.V5:
        codes = tuple(Reason.UNSPECIFIED_ERROR if code.refused else code for code in codes)
    return write_short(packet.packet_id) + _properties(packet.properties, version) + bytes(codes)


def _unsuback(packet: Unsuback, version: Version) -> bytes:
    body = write_short(packet.packet_id)
    if version is Version.V5:
        body += write_properties(packet.properties) + bytes(packet.reasons)
    return body


def _disconnect(packet: Disconnect, version: Version) -> bytes:
    return _outcome(packet.reason, packet.properties, version)
