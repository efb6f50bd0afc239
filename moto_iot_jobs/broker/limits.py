"""Bounds of what a client may send and of what it can make the broker keep.

The defaults are AWS IoT Core's where it has one that holds for every account.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of packets, sessions and buffers.

    Values marked [quotas] are those of "AWS IoT Core message broker and protocol limits and quotas"
    in the AWS General Reference, [connack] were read from CONNACK packets of AWS IoT Core as SDK
    users print them, the others are ours. None means unlimited.

    Attributes:
        packet_size: bytes of the largest packet accepted [connack].
        payload_size: bytes of the largest payload a client may publish [quotas].
        client_id_size: bytes of UTF-8 [quotas].
        topic_size: bytes of UTF-8 of a topic that a client publishes to or subscribes to [quotas].
        topic_slashes: forward slashes in such a topic [quotas].
        filters_per_subscribe: topic filters in one SUBSCRIBE [quotas].
        subscriptions: topic filters of one session; AWS has 50, and raises it on request, so it is
            not enforced here.
        receive_maximum: unacknowledged QoS 1 messages, in either direction [quotas].
        topic_alias_maximum: aliases that a client may use on one connection [connack].
        keep_alive_maximum: seconds; longer ones and 0 become this [quotas].
        session_expiry_maximum: seconds that a session outlives its connection at most; what MQTT
            3.1.1 gets [quotas].
        message_expiry_maximum: seconds [developer guide, MQTT 5 message expiry].
        connect_timeout: seconds from opening the connection to CONNECT, a TLS handshake included.
        connections: open network connections; further ones are closed at once.
        queued_messages: QoS 1 messages kept for one session; further ones are dropped.
        session_bytes: bytes kept for one session (subscriptions, will, messages that wait for it).
            A message beyond is dropped, a subscription is refused with "quota exceeded".
        sessions_bytes: the same for all sessions together; a CONNECT beyond is refused, too.
        retained_messages: AWS's default for an account [quotas].
        retained_bytes: bytes of all retained messages; further ones are refused with "quota
            exceeded".
        outgoing_bytes: bytes waiting for one slow reader before messages wait in its session, QoS 0
            is dropped, and nothing more is read from it.
        buffered_bytes: bytes of incomplete packets, frames and requests for a WebSocket and of
            bytes waiting to be sent, of all connections together. Beyond it, slow readers count as
            full and a connection that sends one of these in pieces is closed.
    """

    packet_size: int = 149_504
    payload_size: int = 131_072
    client_id_size: int = 128
    topic_size: int = 256
    topic_slashes: int = 7
    filters_per_subscribe: int | None = 8
    subscriptions: int | None = None
    receive_maximum: int = 100
    topic_alias_maximum: int = 8
    keep_alive_maximum: int = 1_200
    session_expiry_maximum: int = 3_600
    message_expiry_maximum: int = 604_800
    connect_timeout: int = 30
    connections: int = 20_000
    queued_messages: int = 100_000
    session_bytes: int = 64 << 20
    sessions_bytes: int = 512 << 20
    retained_messages: int = 500_000
    retained_bytes: int = 64 << 20
    outgoing_bytes: int = 1 << 20
    buffered_bytes: int = 256 << 20
