"""The broker as both versions of MQTT see it: connecting, keeping alive, publishing, retaining."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.broker.packets import (
    Connack,
    Connect,
    Disconnect,
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
from moto_iot_jobs.broker.reason_codes import Reason
from tests.mqtt.client_codec import encode

if TYPE_CHECKING:
    from tests.mqtt.conftest import Wire

V3, V5 = Version.V3_1_1, Version.V5
GET = "$aws/things/thing-1/jobs/get"


def bodies(publishes: list[Publish]) -> list[bytes]:
    return [publish.payload for publish in publishes]


# Connecting


def test_connack_is_as_specified_byte_by_byte(wire: Wire) -> None:
    peer = wire.open(V3)
    peer.say(bytes.fromhex("1013 00044d515454 04 02 003c 0007 7468696e672d31"))
    assert peer.sent_bytes() == bytes.fromhex("2002 00 00")
    assert [client.client_id for client in wire.clients] == ["thing-1"]


def test_a_client_is_shown_by_its_id_and_not_by_its_user_name(wire: Wire) -> None:
    peer = wire.open()
    peer.send(Connect(V3, "c", username="?SDK=PythonV2"))
    assert repr(peer.client) == "<Client 'c' at :0 over mqtt>"


def test_an_unknown_protocol_level_is_refused_in_the_way_every_client_reads(wire: Wire) -> None:
    peer = wire.open(V3)
    peer.say(bytes.fromhex("100d 00044d515454 06 02 0000 00 0000"))
    assert peer.sent_bytes() == bytes.fromhex("2002 00 01")
    assert peer.is_closed()


def test_a_client_without_a_name_gets_one_if_its_session_is_not_to_last(
    wire: Wire, version: Version
) -> None:
    names = set()
    for _ in range(2):
        peer = wire.open(version)
        peer.send(Connect(version, "", clean_start=True))
        [connack] = peer.received()
        assert isinstance(connack, Connack)
        assert connack.reason is Reason.SUCCESS
        assert connack.properties.assigned_client_identifier == (
            peer.client.client_id if version is V5 else None
        )
        names.add(peer.client.client_id)
    assert len(names) == 2
    assert "" not in names


def test_a_nameless_session_that_is_to_last_is_refused_in_mqtt_3_1_1(wire: Wire) -> None:
    peer = wire.open(V3)
    peer.send(Connect(V3, "", clean_start=False))
    assert peer.received() == [Connack(Reason.CLIENT_IDENTIFIER_NOT_VALID)]
    assert peer.is_closed()


def test_a_client_id_has_at_most_128_bytes(wire: Wire, version: Version) -> None:
    assert wire.connect("é" * 64, version).connack is not None
    peer = wire.open(version)
    peer.send(Connect(version, "é" * 64 + "x"))
    assert peer.received() == [Connack(Reason.CLIENT_IDENTIFIER_NOT_VALID)]
    assert peer.is_closed()


def test_a_client_that_the_transport_has_not_authenticated_is_refused(
    wire: Wire, version: Version
) -> None:
    peer = wire.open(version)
    peer.client.authorized = False
    peer.send(Connect(version, "thing-1"))
    assert peer.received() == [Connack(Reason.NOT_AUTHORIZED)]
    assert peer.is_closed()
    assert wire.clients == []


def test_a_will_that_could_not_be_published_is_refused(wire: Wire, version: Version) -> None:
    peer = wire.open(version)
    peer.send(Connect(version, "thing-1", will=Will("a", b"", qos=2)))
    assert peer.received() == [
        Connack(Reason.QOS_NOT_SUPPORTED if version is V5 else Reason.SERVER_UNAVAILABLE)
    ]
    assert peer.is_closed()


def test_a_second_connect_ends_the_connection(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.send(Connect(version, "thing-1"))
    assert peer.is_closed()
    packets = peer.received()
    assert [packet.reason for packet in packets if isinstance(packet, Disconnect)] == (
        [Reason.PROTOCOL_ERROR] if version is V5 else []
    )


def test_who_says_nothing_is_not_waited_for(wire: Wire) -> None:
    silent, talking = wire.open(), wire.connect()
    wire.pass_time(29_999)
    assert not silent.is_closed()
    wire.pass_time(1)
    assert silent.is_closed()
    assert not talking.is_closed()


def test_two_packets_and_a_half_may_come_at_once(wire: Wire, version: Version) -> None:
    peer = wire.open(version)
    stream = (
        encode(Connect(version, "c"), version)
        + encode(Pingreq(), version)
        + encode(Pingreq(), version)
    )
    peer.say(stream[:-1])
    assert [type(packet) for packet in peer.received()] == [Connack, Pingresp]
    peer.say(stream[-1:])
    assert peer.received() == [Pingresp()]


def test_what_only_servers_send_is_not_taken_from_clients(wire: Wire, version: Version) -> None:
    for packet in (Connack(Reason.SUCCESS), Suback(1, (Reason.SUCCESS,)), Unsuback(1), Pingresp()):
        peer = wire.connect("c", version)
        peer.send(packet)
        assert peer.is_closed()


# Keep-alive


def test_silence_for_one_and_a_half_times_keep_alive_ends_the_connection(
    wire: Wire, version: Version
) -> None:
    peer = wire.connect(version=version, keep_alive=10)
    wire.pass_time(14_000)
    peer.send(Pingreq())
    assert peer.received() == [Pingresp()]
    wire.pass_time(14_999)
    assert not peer.is_closed()
    wire.pass_time(1)
    assert peer.is_closed()
    packets = peer.received()
    assert [packet.reason for packet in packets if isinstance(packet, Disconnect)] == (
        [Reason.KEEP_ALIVE_TIMEOUT] if version is V5 else []
    )


def test_no_keep_alive_means_twenty_minutes_as_on_aws(wire: Wire) -> None:
    peer = wire.connect(keep_alive=0)
    wire.pass_time(1_799_999)
    assert not peer.is_closed()
    wire.pass_time(1)
    assert peer.is_closed()


# Publishing and subscribing


def test_a_message_reaches_subscribers_of_either_version(wire: Wire, version: Version) -> None:
    sender, old, new, other = (
        wire.connect("sender", version),
        wire.connect("old", V3),
        wire.connect("new", V5),
        wire.connect("other"),
    )
    old.subscribe("a/+")
    new.subscribe("a/#")
    other.subscribe("b")
    sender.send(Publish("a/b", b"hello", qos=1, packet_id=7))
    assert sender.received() == [Puback(7)]
    for peer in (old, new):
        assert peer.messages() == [Publish("a/b", b"hello", qos=1, packet_id=1)]
    assert other.messages() == []
    assert wire.heard == [("a/b", b"hello", "sender")]


def test_the_exact_bytes_of_a_subscription_and_a_message(wire: Wire) -> None:
    peer = wire.connect()
    peer.say(bytes.fromhex("8208 000a 0003612f62 01"))
    assert peer.sent_bytes() == bytes.fromhex("9003 000a 01")
    peer.say(bytes.fromhex("3209 0003612f62 0005 6869"))
    assert peer.sent_bytes() == bytes.fromhex("3209 0003612f62 0001 6869" + "4002 0005")
    peer.say(bytes.fromhex("4002 0001") + bytes.fromhex("a207 000b 0003612f62"))
    assert peer.sent_bytes() == bytes.fromhex("b002 000b")


@pytest.mark.parametrize(
    "published, granted, received", [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1), (1, 2, 1)]
)
def test_a_message_comes_with_the_lower_of_both_qos(
    wire: Wire, published: int, granted: int, received: int
) -> None:
    sender, peer = wire.connect("sender"), wire.connect("peer")
    peer.subscribe("a", qos=granted)
    sender.send(Publish("a", b"x", published, packet_id=published))
    assert [message.qos for message in peer.messages()] == [received]


def test_qos_2_is_granted_as_1_and_not_taken(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.send(Subscribe(1, (Subscription("a", 2), Subscription("b", 0))))
    assert peer.received() == [Suback(1, (Reason.GRANTED_QOS_1, Reason.SUCCESS))]
    peer.send(Publish("a", b"x", 2, packet_id=1))
    assert peer.is_closed()
    packets = [packet.reason for packet in peer.received() if isinstance(packet, Disconnect)]
    assert packets == ([Reason.QOS_NOT_SUPPORTED] if version is V5 else [])


def test_overlapping_subscriptions_bring_one_copy_with_the_best_qos(
    wire: Wire, version: Version
) -> None:
    peer = wire.connect(version=version)
    peer.subscribe(Subscription("a/#", 0), Subscription("a/b", 1), Subscription("+/b", 0))
    wire.publish("a/b", b"once")
    assert [(message.payload, message.qos) for message in peer.messages()] == [(b"once", 1)]


def test_subscribing_again_replaces_the_subscription(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.subscribe("a", qos=1)
    peer.subscribe("a", qos=0)
    wire.publish("a", b"x")
    assert [message.qos for message in peer.messages()] == [0]


def test_unsubscribing_ends_it(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.subscribe("a", "b/#")
    peer.send(Unsubscribe(2, ("a", "c")))
    reasons = (Reason.SUCCESS, Reason.NO_SUBSCRIPTION_EXISTED) if version is V5 else ()
    assert peer.received() == [Unsuback(2, reasons)]
    wire.publish("a", b"no")
    wire.publish("b", b"yes")
    assert bodies(peer.messages()) == [b"yes"]


def test_topics_that_begin_with_a_dollar_hide_from_leading_wildcards(wire: Wire) -> None:
    peer = wire.connect()
    peer.subscribe("#", "+/things/+/jobs/notify")
    wire.publish("$aws/things/t/jobs/notify", b"hidden")
    assert peer.messages() == []
    peer.subscribe("$aws/things/+/jobs/#")
    wire.publish("$aws/things/t/jobs/notify", b"seen")
    assert bodies(peer.messages()) == [b"seen"]


def test_messages_keep_their_order(wire: Wire, version: Version) -> None:
    sender, peer = wire.connect("sender"), wire.connect("peer", version)
    peer.subscribe("a")
    sender.send(
        *(Publish("a", str(number).encode(), 1, packet_id=number) for number in range(1, 301))
    )
    assert [packet.packet_id for packet in sender.received() if isinstance(packet, Puback)] == list(
        range(1, 301)
    )
    got: list[bytes] = []
    while messages := peer.messages():
        assert len(messages) <= 100
        got += bodies(messages)
    assert got == [str(number).encode() for number in range(1, 301)]


def test_a_slow_reader_loses_only_qos_0(wire_with: Callable[..., Wire]) -> None:
    wire = wire_with(outgoing_bytes=1_000)
    peer = wire.connect()
    peer.subscribe("q0", qos=0)
    peer.subscribe("q1", qos=1)
    for number in range(50):
        wire.publish("q0", b"%03d" % number + bytes(97), qos=0)
        wire.publish("q1", b"%03d" % number + bytes(97))
    assert len(peer.client.outgoing) < 1_300
    early = peer.messages(acknowledge=False)
    got = [message for message in early if message.qos]
    while True:
        wire.broker.drained(peer.client, wire.now)
        peer.acknowledge(*got)
        more = peer.messages()
        if not more:
            break
        got += more
    assert [message.payload[:3] for message in got] == [b"%03d" % number for number in range(50)]
    assert len([message for message in early if not message.qos]) < 50


@pytest.mark.parametrize(
    "topic, allowed",
    [
        ("a/b/c/d/e/f/g/h", True),
        ("a/b/c/d/e/f/g/h/i", False),
        ("x" * 256, True),
        ("x" * 257, False),
        ("$aws/rules/rule/a/b/c/d/e/f/g/h", True),
        ("$aws/rules/rule/a/b/c/d/e/f/g/h/i", False),
    ],
)
def test_topics_are_as_long_and_as_deep_as_aws_takes_them(
    wire: Wire, topic: str, allowed: bool
) -> None:
    peer = wire.connect(version=V5)
    peer.send(Subscribe(1, (Subscription(topic),)))
    assert peer.received() == [
        Suback(1, (Reason.SUCCESS if allowed else Reason.TOPIC_FILTER_INVALID,))
    ]
    peer.send(Publish(topic, b"x", 1, packet_id=1))
    packets = [
        getattr(packet, "reason", None)
        for packet in peer.received()
        if not isinstance(packet, Publish)
    ]
    assert packets == [Reason.SUCCESS if allowed else Reason.TOPIC_NAME_INVALID]
    assert peer.is_closed() is not allowed


def test_a_payload_has_at_most_128_kib(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.send(Publish("a", bytes(131_072), 1, packet_id=1))
    assert peer.received() == [Puback(1)]
    peer.send(Publish("a", bytes(131_073), 1, packet_id=2))
    assert peer.is_closed()


def test_nine_filters_in_one_subscribe_are_one_too_many(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.subscribe(*(f"a/{number}" for number in range(8)))
    peer.send(Subscribe(2, tuple(Subscription(f"b/{number}") for number in range(9))))
    assert peer.is_closed()


def test_subscriptions_can_be_limited(wire_with: Callable[..., Wire]) -> None:
    peer = wire_with(subscriptions=2).connect(version=V5)
    peer.subscribe("a")
    peer.send(Subscribe(2, (Subscription("a"), Subscription("b"), Subscription("c"))))
    peer.send(Subscribe(3, (Subscription("b"), Subscription("c"))))
    assert peer.received() == [
        Suback(2, (Reason.SUCCESS, Reason.SUCCESS, Reason.QUOTA_EXCEEDED)),
        Suback(3, (Reason.SUCCESS, Reason.QUOTA_EXCEEDED)),
    ]


def test_a_hook_that_fails_does_not_disturb_other_clients(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    peer = wire.connect()
    peer.subscribe("a")
    wire.heard = None  # type: ignore[assignment]
    with caplog.at_level(logging.CRITICAL):
        peer.send(Publish("a", b"x"))
    assert bodies(peer.messages()) == [b"x"]


# Topics of the service


def test_what_a_client_publishes_where_only_the_service_may_is_not_delivered(
    wire: Wire, version: Version
) -> None:
    reserved = "$aws/things/t/jobs/notify"
    wire.reserved = {reserved}
    watcher, forger = wire.connect("watcher"), wire.connect("forger", version)
    watcher.subscribe("$aws/things/t/jobs/#")
    forger.send(Publish(reserved, b"forged", 1, packet_id=5), Publish(reserved, b"forged"))
    assert forger.received() == [Puback(5)]
    wire.connect("will", version, will=Will(reserved, b"forged")).hang_up()
    assert (watcher.messages(), wire.requests, wire.heard) == ([], [], [])
    wire.publish(reserved, b"real")
    assert bodies(watcher.messages()) == [b"real"]


# Retained messages


def test_a_retained_message_awaits_later_subscribers(wire: Wire, version: Version) -> None:
    sender, early = wire.connect("sender", version), wire.connect("early", version)
    early.subscribe("state/+")
    sender.send(Publish("state/a", b"on", retain=True))
    assert [(message.payload, message.retain) for message in early.messages()] == [(b"on", False)]
    late = wire.connect("late", version)
    [message] = late.subscribe("state/a")
    assert message == Publish("state/a", b"on", qos=0, retain=True)
    assert [
        found.payload
        for found in wire.connect("any").subscribe("state/#")
        if isinstance(found, Publish)
    ] == [b"on"]


def test_an_empty_retained_message_removes_it(wire: Wire) -> None:
    sender, peer = wire.connect("sender"), wire.connect("peer")
    sender.send(Publish("a", b"1", retain=True), Publish("a", b"2", retain=True))
    assert [message.payload for message in peer.subscribe("a") if isinstance(message, Publish)] == [
        b"2"
    ]
    sender.send(Publish("a", b"", retain=True))
    assert bodies(peer.messages()) == [b""]
    assert wire.connect("late").subscribe("a") == []


def test_there_is_room_for_so_many_retained_messages(wire_with: Callable[..., Wire]) -> None:
    peer = wire_with(retained_messages=1).connect(version=V5)
    for packet_id, topic in enumerate(("a", "b", "a"), 1):
        peer.send(Publish(topic, b"x", 1, retain=True, packet_id=packet_id))
    assert peer.received() == [Puback(1), Puback(2, Reason.QUOTA_EXCEEDED), Puback(3)]


def test_reserved_topics_retain_nothing(wire: Wire) -> None:
    peer = wire.connect()
    peer.send(Publish("$aws/rules/r/a", b"x", retain=True))
    assert peer.subscribe("$aws/rules/r/a") == []


def test_a_shared_subscription_gets_no_retained_messages(wire: Wire) -> None:
    peer = wire.connect()
    peer.send(Publish("a", b"x", retain=True))
    assert peer.subscribe("$share/g/a", "$share/g/#") == []
