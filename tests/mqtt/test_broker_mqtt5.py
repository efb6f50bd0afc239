"""What only MQTT 5 knows: properties, reason codes, options of subscriptions, expiry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.broker.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Puback,
    Publish,
    RetainHandling,
    Subscription,
    Version,
    Will,
)
from moto_iot_jobs.broker.properties import Properties
from moto_iot_jobs.broker.reason_codes import Reason

if TYPE_CHECKING:
    from tests.mqtt.conftest import Peer, Wire

V3, V5 = Version.V3_1_1, Version.V5
NEVER = 0xFFFFFFFF


def connack(peer: Peer) -> Connack:
    assert isinstance(peer.connack, Connack)
    return peer.connack


def last_words(peer: Peer) -> tuple[Reason, str | None]:
    """Reason code and reason string of the DISCONNECT."""
    *_, packet = peer.received()
    assert isinstance(packet, Disconnect)
    assert peer.is_closed()
    return packet.reason, packet.properties.reason_string


# CONNECT and CONNACK


def test_connack_says_what_aws_says(wire: Wire) -> None:
    peer = wire.open(V5)
    peer.say(bytes.fromhex("1014 00044d515454 05 02 003c 00 0007 7468696e672d31"))
    # maximum QoS 1, receive maximum 100, topic alias maximum 8, maximum packet size 149504
    assert peer.sent_bytes() == bytes.fromhex("2010 00 00 0d 210064 220008 2401 2700024800")


def test_a_longer_keep_alive_than_aws_has_is_shortened_and_said_so(wire: Wire) -> None:
    assert connack(wire.connect("a", V5, keep_alive=1200)).properties.server_keep_alive is None
    assert connack(wire.connect("b", V5, keep_alive=1201)).properties.server_keep_alive == 1200
    assert connack(wire.connect("c", V5, keep_alive=0)).properties.server_keep_alive == 1200


@pytest.mark.parametrize(
    "requested, announced", [(None, None), (0, None), (3600, None), (3601, 3600), (NEVER, 3600)]
)
def test_a_session_expires_no_later_than_on_aws_and_connack_says_so(
    wire: Wire, requested: int | None, announced: int | None
) -> None:
    peer = wire.connect(version=V5, expiry=requested)
    assert connack(peer).properties.session_expiry_interval == announced
    peer.hang_up()
    wire.pass_time(3_599_999)
    assert connack(wire.connect(version=V5, clean=False)).session_present is bool(requested)


def test_enhanced_authentication_is_refused(wire: Wire) -> None:
    peer = wire.open(V5)
    peer.send(Connect(V5, "c", properties=Properties(authentication_method="SCRAM-SHA-1")))
    assert peer.received() == [Connack(Reason.BAD_AUTHENTICATION_METHOD)]


def test_a_malformed_connect_gets_the_reason(wire: Wire) -> None:
    peer = wire.open(V5)
    peer.say(bytes.fromhex("1010 00044d515454 05 02 0000 03 210000 0000"))
    assert peer.received() == [Connack(Reason.PROTOCOL_ERROR)]
    assert peer.is_closed()


def test_the_sessions_life_can_be_changed_on_leaving(wire: Wire) -> None:
    peer = wire.connect(version=V5, expiry=10)
    peer.send(Disconnect(properties=Properties(session_expiry_interval=100)))
    wire.pass_time(99_999)
    peer = wire.connect(version=V5, clean=False, expiry=10)
    assert connack(peer).session_present
    peer.send(Disconnect(properties=Properties(session_expiry_interval=0)))
    assert not connack(wire.connect(version=V5, clean=False)).session_present


def test_a_session_that_was_to_end_cannot_be_prolonged_on_leaving(wire: Wire) -> None:
    peer = wire.connect(version=V5)
    peer.send(Disconnect(properties=Properties(session_expiry_interval=1)))
    assert last_words(peer)[0] is Reason.PROTOCOL_ERROR


# What a client can take


def test_no_more_than_the_clients_receive_maximum_is_under_way(wire: Wire) -> None:
    peer = wire.connect(version=V5, properties=Properties(receive_maximum=2))
    peer.subscribe("a")
    for number in range(5):
        wire.publish("a", str(number).encode())
    first = peer.messages(acknowledge=False)
    assert [message.payload for message in first] == [b"0", b"1"]
    peer.send(Puback(first[0].packet_id))
    assert [message.payload for message in peer.messages(acknowledge=False)] == [b"2"]


def test_a_failed_acknowledgement_is_an_acknowledgement(wire: Wire) -> None:
    peer = wire.connect(version=V5, properties=Properties(receive_maximum=1))
    peer.subscribe("a")
    wire.publish("a", b"1")
    wire.publish("a", b"2")
    [message] = peer.messages(acknowledge=False)
    peer.send(Puback(message.packet_id, Reason.IMPLEMENTATION_SPECIFIC_ERROR))
    assert [message.payload for message in peer.messages()] == [b"2"]


def test_a_message_larger_than_the_client_accepts_is_left_out(wire: Wire) -> None:
    peer = wire.connect(
        version=V5, properties=Properties(maximum_packet_size=100, receive_maximum=1)
    )
    peer.subscribe(Subscription("a", 1), Subscription("b", 0))
    for topic in ("a", "b"):
        wire.publish(topic, bytes(100))
        wire.publish(topic, topic.encode())
    assert [message.payload for message in peer.messages()] == [b"a", b"b"]


def test_a_packet_larger_than_agreed_gets_the_reason(wire: Wire) -> None:
    peer = wire.connect(version=V5)
    peer.say(bytes.fromhex("30 ffff7f"))
    assert last_words(peer) == (Reason.PACKET_TOO_LARGE, "a packet of 2097155 bytes is too large")


# Properties of messages


def test_properties_of_a_message_are_passed_on_unchanged(wire: Wire) -> None:
    sender, peer, old = wire.connect("sender", V5), wire.connect("peer", V5), wire.connect("old")
    peer.subscribe("a")
    old.subscribe("a")
    properties = Properties(
        payload_format_indicator=1,
        content_type="application/json",
        response_topic="answers/here",
        correlation_data=b"\x00\x01",
        user_property=(("b", "1"), ("a", "2"), ("b", "1")),
    )
    sender.send(Publish("a", b"{}", properties=properties))
    assert peer.messages() == [Publish("a", b"{}", properties=properties)]
    assert old.messages() == [Publish("a", b"{}")]


def test_a_message_expires_while_it_waits_and_shows_what_is_left(wire: Wire) -> None:
    sender, peer = (
        wire.connect("sender", V5, keep_alive=1200),
        wire.connect("peer", V5, expiry=3600),
    )
    peer.subscribe("a")
    peer.hang_up()
    for seconds in (10, 30, None):
        sender.send(
            Publish(
                "a",
                str(seconds).encode(),
                1,
                packet_id=1,
                properties=Properties(message_expiry_interval=seconds),
            )
        )
    wire.pass_time(20_000)
    found = wire.connect("peer", V5, clean=False).messages()
    assert [(message.payload, message.properties.message_expiry_interval) for message in found] == [
        (b"30", 10),
        (b"None", None),
    ]


@pytest.mark.parametrize("requested, got", [(0, 1), (1, 1), (604_800, 604_800), (NEVER, 604_800)])
def test_a_message_lives_for_a_second_at_least_and_for_a_week_at_most(
    wire: Wire, requested: int, got: int
) -> None:
    peer = wire.connect(version=V5)
    peer.subscribe("a")
    peer.send(Publish("a", b"x", properties=Properties(message_expiry_interval=requested)))
    assert [message.properties.message_expiry_interval for message in peer.messages()] == [got]


def test_a_retained_message_expires_too(wire: Wire) -> None:
    sender = wire.connect("sender", V5, keep_alive=1200)
    sender.send(Publish("a", b"x", retain=True, properties=Properties(message_expiry_interval=10)))
    wire.pass_time(9_999)
    assert len(wire.connect("early", V5).subscribe("a", "+")) == 2
    wire.pass_time(1)
    assert wire.connect("late", V5).subscribe("a", "+") == []


def test_a_topic_alias_stands_for_its_topic_on_this_connection(wire: Wire) -> None:
    peer, watcher = wire.connect("peer", V5), wire.connect("watcher", V5)
    watcher.subscribe("#")
    for topic, alias in (("a", 1), ("", 1), ("b", 8), ("", 8), ("c", 1), ("", 1)):
        peer.send(Publish(topic, properties=Properties(topic_alias=alias)))
    assert watcher.messages() == [Publish(topic) for topic in "aabbcc"]
    again = wire.connect("peer", V5)
    again.send(Publish("", properties=Properties(topic_alias=1)))
    assert last_words(again)[0] is Reason.PROTOCOL_ERROR


def test_a_topic_alias_higher_than_agreed_is_an_error(wire: Wire) -> None:
    peer = wire.connect(version=V5)
    peer.send(Publish("a", properties=Properties(topic_alias=9)))
    assert last_words(peer) == (Reason.TOPIC_ALIAS_INVALID, "topic alias 9 is higher than agreed")


def test_a_request_can_be_made_by_alias(wire: Wire) -> None:
    wire.respond = lambda topic, _payload, _client: [(f"{topic}/accepted", b"{}")]
    peer = wire.connect(version=V5)
    topic = "$aws/things/thing-1/jobs/get"
    peer.send(
        Publish(topic, properties=Properties(topic_alias=1)),
        Publish("", properties=Properties(topic_alias=1)),
    )
    assert [message.topic for message in peer.messages()] == [f"{topic}/accepted"] * 2


# Options of subscriptions


def test_subscription_identifiers_come_with_the_messages(wire: Wire) -> None:
    peer = wire.connect(version=V5)
    peer.subscribe(Subscription("a/#", 1, identifier=3))
    peer.subscribe(Subscription("a/b", 1, identifier=5))
    peer.subscribe("a/+")
    wire.publish("a/b", b"x")
    [message] = peer.messages()
    assert sorted(message.properties.subscription_identifier) == [3, 5]
    peer.subscribe(Subscription("a/#", 1, identifier=9))
    wire.publish("a/c", b"x")
    assert [found.properties.subscription_identifier for found in peer.messages()] == [(9,)]


def test_a_private_response_carries_the_identifiers_of_matching_subscriptions(wire: Wire) -> None:
    wire.respond = lambda topic, _payload, _client: [(f"{topic}/accepted", b"{}")]
    peer = wire.connect(version=V5)
    peer.subscribe(Subscription("$aws/things/thing-1/jobs/get/accepted", 1, identifier=7))
    peer.send(Publish("$aws/things/thing-1/jobs/get"))
    assert [found.properties.subscription_identifier for found in peer.messages()] == [(7,)]


def test_a_client_may_not_send_subscription_identifiers(wire: Wire) -> None:
    peer = wire.connect(version=V5)
    peer.send(Publish("a", properties=Properties(subscription_identifier=(1,))))
    assert last_words(peer)[0] is Reason.PROTOCOL_ERROR


def test_no_local_spares_a_client_its_own_messages(wire: Wire) -> None:
    peer, other = wire.connect("peer", V5), wire.connect("other")
    peer.subscribe(Subscription("a", 1, no_local=True))
    peer.send(Publish("a", b"mine"))
    other.send(Publish("a", b"yours"))
    wire.publish("a", b"theirs")
    assert [message.payload for message in peer.messages()] == [b"yours", b"theirs"]


def test_retain_as_published_keeps_the_flag(wire: Wire) -> None:
    sender, keeps, drops = (
        wire.connect("sender"),
        wire.connect("keeps", V5),
        wire.connect("drops", V5),
    )
    keeps.subscribe(Subscription("a", retain_as_published=True))
    drops.subscribe(Subscription("a"))
    sender.send(Publish("a", b"1", retain=True), Publish("a", b"2"))
    assert [message.retain for message in keeps.messages()] == [True, False]
    assert [message.retain for message in drops.messages()] == [False, False]


@pytest.mark.parametrize(
    "handling, first, again",
    [
        (RetainHandling.SEND, 1, 1),
        (RetainHandling.SEND_IF_NEW, 1, 0),
        (RetainHandling.DO_NOT_SEND, 0, 0),
    ],
)
def test_retain_handling_decides_who_gets_retained_messages(
    wire: Wire, handling: RetainHandling, first: int, again: int
) -> None:
    wire.connect("sender").send(Publish("a", b"x", retain=True))
    peer = wire.connect(version=V5)
    wanted = Subscription("a", retain_handling=handling)
    assert [len(peer.subscribe(wanted)), len(peer.subscribe(wanted))] == [first, again]


# Wills


def test_a_will_comes_with_its_properties_after_its_delay(wire: Wire) -> None:
    watcher = wire.connect("watcher", V5, keep_alive=1200)
    watcher.subscribe("gone")
    properties = Properties(will_delay_interval=5, content_type="t", message_expiry_interval=60)
    wire.connect(
        version=V5, expiry=60, will=Will("gone", b"bye", 1, properties=properties)
    ).hang_up()
    wire.pass_time(4_999)
    assert watcher.messages() == []
    wire.pass_time(1)
    expected = Properties(content_type="t", message_expiry_interval=60)
    assert watcher.messages() == [Publish("gone", b"bye", 1, packet_id=1, properties=expected)]
    wire.pass_time(60_000)
    assert watcher.messages() == []


def test_a_will_is_not_published_if_the_client_is_back_in_time(wire: Wire) -> None:
    watcher = wire.connect("watcher", keep_alive=1200)
    watcher.subscribe("gone")
    will = Will("gone", b"bye", properties=Properties(will_delay_interval=5))
    wire.connect(version=V5, expiry=60, will=will).hang_up()
    wire.pass_time(4_000)
    wire.connect(version=V5, clean=False, expiry=60, keep_alive=1200, will=Will("gone", b"not yet"))
    wire.pass_time(10_000)
    assert watcher.messages() == []


@pytest.mark.parametrize("how", ["the session ends", "a clean start"])
def test_a_delayed_will_does_not_outlive_its_session(wire: Wire, how: str) -> None:
    watcher = wire.connect("watcher", keep_alive=1200)
    watcher.subscribe("gone")
    will = Will("gone", b"bye", properties=Properties(will_delay_interval=600))
    wire.connect(version=V5, expiry=10, will=will).hang_up()
    wire.pass_time(9_999)
    assert watcher.messages() == []
    if how == "a clean start":
        wire.connect(version=V5, clean=True)
    else:
        wire.pass_time(1)
    assert [message.payload for message in watcher.messages()] == [b"bye"]


@pytest.mark.parametrize("reason", [Reason.DISCONNECT_WITH_WILL, Reason.UNSPECIFIED_ERROR])
def test_leaving_for_any_but_the_normal_reason_publishes_the_will(
    wire: Wire, reason: Reason
) -> None:
    watcher = wire.connect("watcher")
    watcher.subscribe("gone")
    wire.connect(version=V5, will=Will("gone", b"bye")).send(Disconnect(reason))
    assert [message.payload for message in watcher.messages()] == [b"bye"]


# Last words


def test_a_disconnect_says_what_was_wrong(wire: Wire) -> None:
    peer = wire.connect(version=V5)
    peer.send(Publish("a", b"", 2, packet_id=1))
    assert last_words(peer) == (Reason.QOS_NOT_SUPPORTED, "QoS 2 is not supported")


def test_last_words_are_shortened_for_a_client_that_takes_only_few(
    wire_with: Callable[..., Wire],
) -> None:
    peer = wire_with().connect(version=V5, properties=Properties(maximum_packet_size=20))
    unsupported: Packet = Publish("a", b"", 2, packet_id=1)
    peer.send(unsupported)
    assert peer.received() == [Disconnect(Reason.QOS_NOT_SUPPORTED)]
