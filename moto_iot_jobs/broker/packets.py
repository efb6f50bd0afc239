"""The control packets of MQTT 3.1.1 and 5 as typed records.

Packets that only QoS 2 and enhanced authentication need (PUBREC, PUBREL, PUBCOMP, AUTH) have no
record: AWS IoT does not speak them (developer guide, AWS IoT differences from MQTT specifications).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from .properties import NO_PROPERTIES, Properties
from .reason_codes import Reason


class Version(IntEnum):
    """The protocol level in CONNECT."""

    V3_1_1 = 4
    V5 = 5


class RetainHandling(IntEnum):
    """An option of subscriptions about retained messages (MQTT 5 section 3.8.3.1)."""

    SEND = 0
    SEND_IF_NEW = 1
    DO_NOT_SEND = 2


@dataclass(frozen=True, slots=True)
class Will:
    """A message that is published when the client's connection is lost."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Connect:
    """CONNECT.

    ``keep_alive`` in seconds, ``clean_start`` is called Clean Session in MQTT 3.1.1.
    """

    version: Version
    client_id: str
    clean_start: bool = True
    keep_alive: int = 0
    username: str | None = None
    password: bytes | None = None
    will: Will | None = None
    properties: Properties = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Connack:
    """CONNACK.

    The answer to CONNECT.
    """

    reason: Reason
    session_present: bool = False
    properties: Properties = NO_PROPERTIES


class Publish(NamedTuple):
    """PUBLISH.

    ``packet_id`` is 0 for QoS 0, and ``topic`` empty if a topic alias stands for it.
    """

    # A frozen data class takes three times as long to make, and most packets are of this type.

    topic: str
    payload: bytes = b""
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0
    properties: Properties = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Puback:
    """PUBACK.

    Acknowledges a PUBLISH of QoS 1.
    """

    packet_id: int
    reason: Reason = Reason.SUCCESS
    properties: Properties = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Subscription:
    """One topic filter of a SUBSCRIBE, with its options.

    ``identifier`` is the packet's subscription identifier.
    """

    topic_filter: str
    qos: int = 0
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: RetainHandling = RetainHandling.SEND
    identifier: int | None = None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE with one or more topic filters."""

    packet_id: int
    subscriptions: tuple[Subscription, ...]
    properties: Properties = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Suback:
    """SUBACK with one reason for each filter of the SUBSCRIBE, in its order."""

    packet_id: int
    reasons: tuple[Reason, ...]
    properties: Properties = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """UNSUBSCRIBE from one or more topic filters."""

    packet_id: int
    topic_filters: tuple[str, ...]
    properties: Properties = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Unsuback:
    """UNSUBACK.

    MQTT 3.1.1 sends no reasons.
    """

    packet_id: int
    reasons: tuple[Reason, ...] = ()
    properties: Properties = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Pingreq:
    """PINGREQ."""


@dataclass(frozen=True, slots=True)
class Pingresp:
    """PINGRESP."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """DISCONNECT.

    From a server only in MQTT 5.
    """

    reason: Reason = Reason.SUCCESS
    properties: Properties = NO_PROPERTIES


#: What a server sends.
ServerPacket = Connack | Publish | Puback | Suback | Unsuback | Pingresp | Disconnect
#: What a client sends.
ClientPacket = Connect | Publish | Puback | Subscribe | Unsubscribe | Pingreq | Disconnect
Packet = ServerPacket | ClientPacket
