"""MQTT 5 properties (section 2.2.2), as one typed record.

A table says which property may stand in which packet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, NamedTuple

from .fields import (
    Reader,
    malformed,
    write_binary,
    write_long,
    write_short,
    write_string,
    write_variable,
)
from .reason_codes import ProtocolError, Reason


class PacketType(IntEnum):
    """The type in the first four bits of a packet (section 2.1.2).

    WILL stands for the will properties of CONNECT.
    """

    WILL = 0
    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of one packet.

    None (or an empty tuple) where the packet has none.

    Times are in seconds.
    """

    payload_format_indicator: int | None = None
    message_expiry_interval: int | None = None
    content_type: str | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None
    subscription_identifier: tuple[int, ...] = ()
    session_expiry_interval: int | None = None
    assigned_client_identifier: str | None = None
    server_keep_alive: int | None = None
    authentication_method: str | None = None
    authentication_data: bytes | None = None
    request_problem_information: int | None = None
    will_delay_interval: int | None = None
    request_response_information: int | None = None
    response_information: str | None = None
    server_reference: str | None = None
    reason_string: str | None = None
    receive_maximum: int | None = None
    topic_alias_maximum: int | None = None
    topic_alias: int | None = None
    maximum_qos: int | None = None
    retain_available: int | None = None
    user_property: tuple[tuple[str, str], ...] = ()
    maximum_packet_size: int | None = None
    wildcard_subscription_available: int | None = None
    subscription_identifier_available: int | None = None
    shared_subscription_available: int | None = None


#: What every packet without properties shares.
NO_PROPERTIES = Properties()


def _pair(reader: Reader) -> tuple[str, str]:
    return reader.string(), reader.string()


def _write_pair(pair: tuple[str, str]) -> bytes:
    return write_string(pair[0]) + write_string(pair[1])


def _write_byte(value: int) -> bytes:
    return value.to_bytes(1, "big")


class _Kind(NamedTuple):
    read: Callable[[Reader], Any]
    write: Callable[[Any], bytes]
    allowed: range | None = None


_FLAG = _Kind(Reader.byte, _write_byte, range(2))
_SHORT = _Kind(Reader.short, write_short)
_POSITIVE_SHORT = _Kind(Reader.short, write_short, range(1, 1 << 16))
_LONG = _Kind(Reader.long, write_long)
_POSITIVE_LONG = _Kind(Reader.long, write_long, range(1, 1 << 32))
_POSITIVE_VARIABLE = _Kind(Reader.variable, write_variable, range(1, 1 << 28))
_STRING = _Kind(Reader.string, write_string)
_BINARY = _Kind(Reader.binary, write_binary)
_PAIR = _Kind(_pair, _write_pair)

_P = PacketType
_ACKNOWLEDGEMENTS = frozenset({_P.CONNACK, _P.PUBACK, _P.SUBACK, _P.UNSUBACK, _P.DISCONNECT})
_MESSAGES = frozenset({_P.PUBLISH, _P.WILL})


class _Row(NamedTuple):
    name: str
    kind: _Kind
    packets: frozenset[PacketType]
    many: bool = False


#: Table 2-4 of the MQTT 5 specification, for the packets that this endpoint speaks.
_TABLE = {
    0x01: _Row("payload_format_indicator", _FLAG, _MESSAGES),
    0x02: _Row("message_expiry_interval", _LONG, _MESSAGES),
    0x03: _Row("content_type", _STRING, _MESSAGES),
    0x08: _Row("response_topic", _STRING, _MESSAGES),
    0x09: _Row("correlation_data", _BINARY, _MESSAGES),
    0x0B: _Row(
        "subscription_identifier",
        _POSITIVE_VARIABLE,
        frozenset({_P.PUBLISH, _P.SUBSCRIBE}),
        many=True,
    ),
    0x11: _Row(
        "session_expiry_interval", _LONG, frozenset({_P.CONNECT, _P.CONNACK, _P.DISCONNECT})
    ),
    0x12: _Row("assigned_client_identifier", _STRING, frozenset({_P.CONNACK})),
    0x13: _Row("server_keep_alive", _SHORT, frozenset({_P.CONNACK})),
    0x15: _Row("authentication_method", _STRING, frozenset({_P.CONNECT, _P.CONNACK})),
    0x16: _Row("authentication_data", _BINARY, frozenset({_P.CONNECT, _P.CONNACK})),
    0x17: _Row("request_problem_information", _FLAG, frozenset({_P.CONNECT})),
    0x18: _Row("will_delay_interval", _LONG, frozenset({_P.WILL})),
    0x19: _Row("request_response_information", _FLAG, frozenset({_P.CONNECT})),
    0x1A: _Row("response_information", _STRING, frozenset({_P.CONNACK})),
    0x1C: _Row("server_reference", _STRING, frozenset({_P.CONNACK, _P.DISCONNECT})),
    0x1F: _Row("reason_string", _STRING, _ACKNOWLEDGEMENTS),
    0x21: _Row("receive_maximum", _POSITIVE_SHORT, frozenset({_P.CONNECT, _P.CONNACK})),
    0x22: _Row("topic_alias_maximum", _SHORT, frozenset({_P.CONNECT, _P.CONNACK})),
    0x23: _Row("topic_alias", _SHORT, frozenset({_P.PUBLISH})),
    0x24: _Row("maximum_qos", _FLAG, frozenset({_P.CONNACK})),
    0x25: _Row("retain_available", _FLAG, frozenset({_P.CONNACK})),
    0x26: _Row("user_property", _PAIR, frozenset(_P), many=True),
    0x27: _Row("maximum_packet_size", _POSITIVE_LONG, frozenset({_P.CONNECT, _P.CONNACK})),
    0x28: _Row("wildcard_subscription_available", _FLAG, frozenset({_P.CONNACK})),
    0x29: _Row("subscription_identifier_available", _FLAG, frozenset({_P.CONNACK})),
    0x2A: _Row("shared_subscription_available", _FLAG, frozenset({_P.CONNACK})),
}
_BY_NAME = {row.name: (identifier, row) for identifier, row in _TABLE.items()}
_NAMES = tuple(field.name for field in fields(Properties))


def read_properties(reader: Reader, packet: PacketType) -> Properties:
    """Read the properties at the front of ``reader``.

    Raises ProtocolError: malformed for an identifier that is unknown or not valid for ``packet``
    (MQTT 5 section 2.2.2.2), protocol error for one that stands twice or has a value out of its
    range.
    """
    size = reader.variable()
    if not size:
        return NO_PROPERTIES
    block = Reader(reader.take(size))
    found: dict[str, Any] = {}
    while block:
        row = _row(block.variable(), packet)
        value = row.kind.read(block)
        if row.kind.allowed is not None and value not in row.kind.allowed:
            raise ProtocolError(Reason.PROTOCOL_ERROR, f"property {row.name} cannot be {value}")
        if row.many:
            found.setdefault(row.name, []).append(value)
        elif row.name in found:
            raise ProtocolError(Reason.PROTOCOL_ERROR, f"property {row.name} stands twice")
        else:
            found[row.name] = value
    return _frozen(found, packet)


def _frozen(found: dict[str, Any], packet: PacketType) -> Properties:
    for name in ("user_property", "subscription_identifier"):
        if name in found:
            found[name] = tuple(found[name])
    if packet is PacketType.SUBSCRIBE and len(found.get("subscription_identifier", ())) > 1:
        raise ProtocolError(Reason.PROTOCOL_ERROR, "property subscription_identifier stands twice")
    return Properties(**found)


def _row(identifier: int, packet: PacketType) -> _Row:
    row = _TABLE.get(identifier)
    if row is None:
        raise malformed(f"unknown property 0x{identifier:02X}")
    if packet not in row.packets:
        raise malformed(f"property {row.name} does not belong in {packet.name}")
    return row


def write_properties(properties: Properties) -> bytes:
    """Write the properties behind their length, in the order of `Properties`."""
    if properties is NO_PROPERTIES:
        return b"\x00"
    out = bytearray()
    for name in _NAMES:
        value = getattr(properties, name)
        if value is None or value == ():
            continue
        identifier, row = _BY_NAME[name]
        for item in value if row.many else (value,):
            out.append(identifier)
            out += row.kind.write(item)
    return write_variable(len(out)) + bytes(out)
