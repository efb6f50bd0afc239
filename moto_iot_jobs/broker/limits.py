"""What a client may ask of the broker; the defaults are AWS IoT Core's where it is strict for
everybody.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of sessions, packets and buffers.

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
        connect_timeout: seconds from opening the connection to CONNECT.
        queued_messages: QoS 1 messages kept for one session; further ones are dropped.
        retained_messages: AWS's default for an account [quotas].
        outgoing_bytes: bytes waiting for one slow reader before messages wait in its session and
            QoS 0 is dropped.
        hash_matches_parent: whether ``a/#`` matches ``a``, as the MQTT specification has it. AWS
            IoT does not match it (developer guide, AWS IoT differences from MQTT specifications).
        retained_for_wildcards: whether a new subscription with a wildcard gets retained messages,
            as the MQTT specification has it. AWS IoT sends none (same page).
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
    queued_messages: int = 100_000
    retained_messages: int = 500_000
    outgoing_bytes: int = 1 << 20
    hash_matches_parent: bool = True
    retained_for_wildcards: bool = True
