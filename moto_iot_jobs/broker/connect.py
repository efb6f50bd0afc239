"""CONNECT: whether a client may connect, and on what terms."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from .client import Client
from .limits import Limits
from .packets import Connect, Version
from .properties import NO_PROPERTIES, Properties
from .reason_codes import Reason


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a connection. Times are in seconds.

    ``properties`` go into the CONNACK.
    """

    client_id: str
    keep_alive: int
    session_expiry: int
    properties: Properties


def reason_to_refuse(connect: Connect, client: Client, limits: Limits) -> Reason | None:
    """Return the reason to refuse a CONNECT.

    None if it is accepted.
    """
    if not client.authorized:
        return Reason.NOT_AUTHORIZED
    if connect.properties.authentication_method is not None:
        return Reason.BAD_AUTHENTICATION_METHOD
    if len(connect.client_id.encode("utf-8")) > limits.client_id_size:
        return Reason.CLIENT_IDENTIFIER_NOT_VALID
    if not connect.client_id and connect.version is Version.V3_1_1 and not connect.clean_start:
        return Reason.CLIENT_IDENTIFIER_NOT_VALID  # MQTT-3.1.3-8 of MQTT 3.1.1
    if connect.will is not None and connect.will.qos > 1:
        return Reason.QOS_NOT_SUPPORTED
    return None


def terms_for(connect: Connect, limits: Limits) -> Terms:
    """Return the terms for a client.

    The CONNACK of MQTT 5 tells where they differ from CONNECT.
    """
    keep_alive = min(connect.keep_alive or limits.keep_alive_maximum, limits.keep_alive_maximum)
    requested = _requested_expiry(connect, limits)
    session_expiry = min(requested, limits.session_expiry_maximum)
    client_id = connect.client_id or uuid4().hex
    if connect.version is not Version.V5:
        return Terms(client_id, keep_alive, session_expiry, NO_PROPERTIES)
    properties = Properties(
        session_expiry_interval=session_expiry if session_expiry != requested else None,
        assigned_client_identifier=client_id if not connect.client_id else None,
        server_keep_alive=keep_alive if keep_alive != connect.keep_alive else None,
        receive_maximum=limits.receive_maximum,
        topic_alias_maximum=limits.topic_alias_maximum,
        maximum_qos=1,
        maximum_packet_size=limits.packet_size,
    )
    return Terms(client_id, keep_alive, session_expiry, properties)


def _requested_expiry(connect: Connect, limits: Limits) -> int:
    if connect.version is Version.V5:
        return connect.properties.session_expiry_interval or 0
    # MQTT 3.1.1 cannot say; AWS gives persistent sessions an hour (developer guide, Ending a
    # persistent session).
    return 0 if connect.clean_start else limits.session_expiry_maximum
