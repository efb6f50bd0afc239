"""Packets to bytes, for either version of MQTT."""

from __future__ import annotations

from .fields import write_binary, write_short, write_string, write_variable
from .packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from .properties import NO_PROPERTIES, PacketType, Properties, write_properties
from .reason_codes import Reason, return_code

__all__ = ["encode"]


def encode(packet: Packet, version: Version) -> bytes:
    """One control packet as it goes over the wire.

    What the version has no room for (properties and reason codes in MQTT 3.1.1) is left out.
    Raises ValueError if a field is longer or larger than MQTT can carry.
    """
    match packet:
        case Publish():
            return _publish(packet, version)
        case Puback():
            return _framed(PacketType.PUBACK, 0, _puback(packet, version))
        case Pingreq():
            return _framed(PacketType.PINGREQ, 0, b"")
        case Pingresp():
            return _framed(PacketType.PINGRESP, 0, b"")
        case Subscribe():
            return _framed(PacketType.SUBSCRIBE, 2, _subscribe(packet, version))
        case Suback():
            return _framed(PacketType.SUBACK, 0, _suback(packet, version))
        case Unsubscribe():
            return _framed(PacketType.UNSUBSCRIBE, 2, _unsubscribe(packet, version))
        case Unsuback():
            return _framed(PacketType.UNSUBACK, 0, _unsuback(packet, version))
        case Connect():
            return _framed(PacketType.CONNECT, 0, _connect(packet))
        case Connack():
            return _framed(PacketType.CONNACK, 0, _connack(packet, version))
    return _framed(PacketType.DISCONNECT, 0, _disconnect(packet, version))


def _framed(packet_type: PacketType, flags: int, body: bytes) -> bytes:
    return bytes((packet_type << 4 | flags,)) + write_variable(len(body)) + body


def _properties(properties: Properties, version: Version) -> bytes:
    return write_properties(properties) if version is Version.V5 else b""


def _publish(packet: Publish, version: Version) -> bytes:
    body = write_string(packet.topic)
    if packet.qos:
        body += write_short(packet.packet_id)
    body += _properties(packet.properties, version) + packet.payload
    return _framed(PacketType.PUBLISH, packet.dup << 3 | packet.qos << 1 | packet.retain, body)


def _puback(packet: Puback, version: Version) -> bytes:
    return write_short(packet.packet_id) + _outcome(packet.reason, packet.properties, version)


def _outcome(reason: Reason, properties: Properties, version: Version) -> bytes:
    """Reason and properties, which MQTT 5 leaves off when there is nothing to say (sections
    3.4.2.1 and 3.14.2.1).
    """
    if version is not Version.V5 or (reason is Reason.SUCCESS and properties is NO_PROPERTIES):
        return b""
    if properties is NO_PROPERTIES:
        return bytes((reason,))
    return bytes((reason,)) + write_properties(properties)


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


def _connack(packet: Connack, version: Version) -> bytes:
    if version is Version.V5:
        return bytes((packet.session_present, packet.reason)) + write_properties(packet.properties)
    return bytes((packet.session_present, return_code(packet.reason)))


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


def _suback(packet: Suback, version: Version) -> bytes:
    codes = packet.reasons
    if version is not Version.V5:
        codes = tuple(Reason.UNSPECIFIED_ERROR if code.refused else code for code in codes)
    return write_short(packet.packet_id) + _properties(packet.properties, version) + bytes(codes)


def _unsubscribe(packet: Unsubscribe, version: Version) -> bytes:
    body = write_short(packet.packet_id) + _properties(packet.properties, version)
    return body + b"".join(write_string(topic_filter) for topic_filter in packet.topic_filters)


def _unsuback(packet: Unsuback, version: Version) -> bytes:
    body = write_short(packet.packet_id)
    if version is Version.V5:
        body += write_properties(packet.properties) + bytes(packet.reasons)
    return body


def _disconnect(packet: Disconnect, version: Version) -> bytes:
    return _outcome(packet.reason, packet.properties, version)
