"""The broker as both versions of MQTT see it: connecting, routing, sessions, wills, private answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.mqtt.encoding import encode
from moto_iot_jobs.mqtt.packets import (
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
from moto_iot_jobs.mqtt.reasons import Reason

if TYPE_CHECKING:
    from tests.mqtt.conftest import Wire

V3, V5 = Version.V3_1_1, Version.V5
GET = "$aws/things/thing-1/jobs/get"


def bodies(publishes: list[Publish]) -> list[bytes]:
    return [publish.payload for publish in publishes]


# Connecting


def test_connect_is_answered_byte_by_byte(wire: Wire) -> None:
    peer = wire.open(V3)
    peer.say(bytes.fromhex("1013 00044d515454 04 02 003c 0007 7468696e672d31"))
    assert peer.told() == bytes.fromhex("2002 00 00")
    assert [client.client_id for client in wire.broker.clients] == ["thing-1"]


def test_an_unknown_protocol_level_is_told_so_in_the_way_every_client_reads(wire: Wire) -> None:
    peer = wire.open(V3)
    peer.say(bytes.fromhex("100d 00044d515454 06 02 0000 00 0000"))
    assert peer.told() == bytes.fromhex("2002 00 01")
    assert peer.is_closed


def test_a_client_without_a_name_gets_one_if_its_session_is_not_to_last(wire: Wire, version: Version) -> None:
    names = set()
    for _ in range(2):
        peer = wire.open(version)
        peer.send(Connect(version, "", clean_start=True))
        [connack] = peer.received()
        assert isinstance(connack, Connack)
        assert connack.reason is Reason.SUCCESS
        assert connack.properties.assigned_client_identifier == (peer.client.client_id if version is V5 else None)
        names.add(peer.client.client_id)
    assert len(names) == 2
    assert "" not in names


def test_a_nameless_session_that_is_to_last_is_refused_in_three_one_one(wire: Wire) -> None:
    peer = wire.open(V3)
    peer.send(Connect(V3, "", clean_start=False))
    assert peer.received() == [Connack(Reason.CLIENT_IDENTIFIER_NOT_VALID)]
    assert peer.is_closed


def test_a_client_id_has_at_most_128_bytes(wire: Wire, version: Version) -> None:
    assert wire.connect("é" * 64, version).connack is not None
    peer = wire.open(version)
    peer.send(Connect(version, "é" * 64 + "x"))
    assert peer.received() == [Connack(Reason.CLIENT_IDENTIFIER_NOT_VALID)]
    assert peer.is_closed


def test_a_client_that_the_transport_does_not_vouch_for_is_refused(wire: Wire, version: Version) -> None:
    peer = wire.open(version)
    peer.client.authorized = False
    peer.send(Connect(version, "thing-1"))
    assert peer.received() == [Connack(Reason.NOT_AUTHORIZED)]
    assert peer.is_closed
    assert wire.broker.clients == []


@pytest.mark.parametrize("payload", [b"x" * 131_073, b""], ids=["too large", "QoS 2"])
def test_a_will_that_could_not_be_published_is_refused(wire: Wire, payload: bytes) -> None:
    peer = wire.open(V5)
    will = Will("a", b"") if payload else Will("a", b"", qos=2)
    peer.send(Connect(V5, "thing-1", will=will))
    [connack] = peer.received()
    expected = Reason.SUCCESS if payload else Reason.QOS_NOT_SUPPORTED
    assert isinstance(connack, Connack)
    assert connack.reason is expected


def test_a_second_connect_ends_the_connection(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.send(Connect(version, "thing-1"))
    assert peer.is_closed
    told = peer.received()
    assert [packet.reason for packet in told if isinstance(packet, Disconnect)] == (
        [Reason.PROTOCOL_ERROR] if version is V5 else []
    )


def test_who_says_nothing_is_not_waited_for(wire: Wire) -> None:
    silent, talking = wire.open(), wire.connect()
    wire.pass_time(29_999)
    assert not silent.is_closed
    wire.pass_time(1)
    assert silent.is_closed
    assert not talking.is_closed


def test_two_packets_and_a_half_may_come_at_once(wire: Wire, version: Version) -> None:
    peer = wire.open(version)
    stream = encode(Connect(version, "c"), version) + encode(Pingreq(), version) + encode(Pingreq(), version)
    peer.say(stream[:-1])
    assert [type(packet) for packet in peer.received()] == [Connack, Pingresp]
    peer.say(stream[-1:])
    assert peer.received() == [Pingresp()]


def test_what_only_servers_send_is_not_taken_from_clients(wire: Wire, version: Version) -> None:
    for packet in (Connack(Reason.SUCCESS), Suback(1, (Reason.SUCCESS,)), Unsuback(1), Pingresp()):
        peer = wire.connect("c", version)
        peer.send(packet)
        assert peer.is_closed


# Keep-alive


def test_silence_for_one_and_a_half_times_keep_alive_ends_the_connection(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version, keep_alive=10)
    wire.pass_time(14_000)
    peer.send(Pingreq())
    assert peer.received() == [Pingresp()]
    wire.pass_time(14_999)
    assert not peer.is_closed
    wire.pass_time(1)
    assert peer.is_closed
    told = peer.received()
    assert [packet.reason for packet in told if isinstance(packet, Disconnect)] == (
        [Reason.KEEP_ALIVE_TIMEOUT] if version is V5 else []
    )


def test_no_keep_alive_means_twenty_minutes_as_on_aws(wire: Wire) -> None:
    peer = wire.connect(keep_alive=0)
    wire.pass_time(1_799_999)
    assert not peer.is_closed
    wire.pass_time(1)
    assert peer.is_closed


# Publishing and subscribing


def test_a_message_reaches_whoever_subscribed_whatever_version_it_speaks(wire: Wire, version: Version) -> None:
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
    assert peer.told() == bytes.fromhex("9003 000a 01")
    peer.say(bytes.fromhex("3209 0003612f62 0005 6869"))
    assert peer.told() == bytes.fromhex("3209 0003612f62 0001 6869" + "4002 0005")
    peer.say(bytes.fromhex("4002 0001") + bytes.fromhex("a207 000b 0003612f62"))
    assert peer.told() == bytes.fromhex("b002 000b")


@pytest.mark.parametrize("published, granted, received", [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1), (1, 2, 1)])
def test_a_message_comes_with_the_lower_of_both_qos(wire: Wire, published: int, granted: int, received: int) -> None:
    sender, peer = wire.connect("sender"), wire.connect("peer")
    peer.subscribe("a", qos=granted)
    sender.send(Publish("a", b"x", published, packet_id=published))
    assert [message.qos for message in peer.messages()] == [received]


def test_qos_2_is_granted_as_1_and_not_taken(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.send(Subscribe(1, (Subscription("a", 2), Subscription("b", 0))))
    assert peer.received() == [Suback(1, (Reason.GRANTED_QOS_1, Reason.SUCCESS))]
    peer.send(Publish("a", b"x", 2, packet_id=1))
    assert peer.is_closed
    told = [packet.reason for packet in peer.received() if isinstance(packet, Disconnect)]
    assert told == ([Reason.QOS_NOT_SUPPORTED] if version is V5 else [])


def test_overlapping_subscriptions_bring_one_copy_with_the_best_qos(wire: Wire, version: Version) -> None:
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
    sender.send(*(Publish("a", str(number).encode(), 1, packet_id=number) for number in range(1, 301)))
    assert [packet.packet_id for packet in sender.received() if isinstance(packet, Puback)] == list(range(1, 301))
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
def test_topics_are_as_long_and_as_deep_as_aws_takes_them(wire: Wire, topic: str, allowed: bool) -> None:
    peer = wire.connect(version=V5)
    peer.send(Subscribe(1, (Subscription(topic),)))
    assert peer.received() == [Suback(1, (Reason.SUCCESS if allowed else Reason.TOPIC_FILTER_INVALID,))]
    peer.send(Publish(topic, b"x", 1, packet_id=1))
    told = [getattr(packet, "reason", None) for packet in peer.received() if not isinstance(packet, Publish)]
    assert told == [Reason.SUCCESS if allowed else Reason.TOPIC_NAME_INVALID]
    assert peer.is_closed is not allowed


def test_a_payload_has_at_most_128_kib(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.send(Publish("a", bytes(131_072), 1, packet_id=1))
    assert peer.received() == [Puback(1)]
    peer.send(Publish("a", bytes(131_073), 1, packet_id=2))
    assert peer.is_closed


def test_nine_filters_in_one_subscribe_are_one_too_many(wire: Wire, version: Version) -> None:
    peer = wire.connect(version=version)
    peer.subscribe(*(f"a/{number}" for number in range(8)))
    peer.send(Subscribe(2, tuple(Subscription(f"b/{number}") for number in range(9))))
    assert peer.is_closed


def test_subscriptions_can_be_limited(wire_with: Callable[..., Wire]) -> None:
    peer = wire_with(subscriptions=2).connect(version=V5)
    peer.subscribe("a")
    peer.send(Subscribe(2, (Subscription("a"), Subscription("b"), Subscription("c"))))
    peer.send(Subscribe(3, (Subscription("b"), Subscription("c"))))
    assert peer.received() == [
        Suback(2, (Reason.SUCCESS, Reason.QUOTA_EXCEEDED, Reason.QUOTA_EXCEEDED)),
        Suback(3, (Reason.QUOTA_EXCEEDED, Reason.QUOTA_EXCEEDED)),
    ]


def test_a_hook_that_fails_harms_nobody(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    peer = wire.connect()
    peer.subscribe("a")
    wire.heard = None  # type: ignore[assignment]
    with caplog.at_level(logging.CRITICAL):
        peer.send(Publish("a", b"x"))
    assert bodies(peer.messages()) == [b"x"]


# Retained messages


def test_a_retained_message_awaits_later_subscribers(wire: Wire, version: Version) -> None:
    sender, early = wire.connect("sender", version), wire.connect("early", version)
    early.subscribe("state/+")
    sender.send(Publish("state/a", b"on", retain=True))
    assert [(message.payload, message.retain) for message in early.messages()] == [(b"on", False)]
    late = wire.connect("late", version)
    [message] = late.subscribe("state/a")
    assert message == Publish("state/a", b"on", qos=0, retain=True)
    assert [found.payload for found in wire.connect("any").subscribe("state/#") if isinstance(found, Publish)] == [b"on"]


def test_an_empty_retained_message_removes_it(wire: Wire) -> None:
    sender, peer = wire.connect("sender"), wire.connect("peer")
    sender.send(Publish("a", b"1", retain=True), Publish("a", b"2", retain=True))
    assert [message.payload for message in peer.subscribe("a") if isinstance(message, Publish)] == [b"2"]
    sender.send(Publish("a", b"", retain=True))
    assert bodies(peer.messages()) == [b""]
    assert wire.connect("late").subscribe("a") == []


def test_retained_messages_can_be_kept_from_wildcards_as_on_aws(wire_with: Callable[..., Wire]) -> None:
    wire = wire_with(retained_for_wildcards=False, hash_matches_parent=False)
    peer = wire.connect()
    peer.send(Publish("a/b", b"x", retain=True))
    assert peer.subscribe("a/#", "a/+") == []
    assert len(peer.subscribe("a/b")) == 1
    wire.publish("a", b"y")
    assert peer.messages() == []


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


# Sessions


def test_a_clean_session_leaves_nothing_behind(wire: Wire) -> None:
    first = wire.connect(clean=True)
    first.subscribe("a")
    first.send(Disconnect())
    assert first.is_closed
    wire.publish("a", b"lost")
    second = wire.connect(clean=False)
    assert second.connack == Connack(Reason.SUCCESS, session_present=False)
    assert second.messages() == []


def test_a_persistent_session_keeps_subscriptions_and_qos_1_messages(wire: Wire) -> None:
    first = wire.connect(clean=False)
    first.subscribe(Subscription("q1", 1), Subscription("q0", 0))
    first.hang_up()
    wire.publish("q1", b"kept")
    wire.publish("q0", b"lost")
    wire.publish("q1", b"kept too")
    second = wire.connect(clean=False)
    assert second.connack == Connack(Reason.SUCCESS, session_present=True)
    assert bodies(second.messages()) == [b"kept", b"kept too"]
    wire.publish("q0", b"live")
    assert bodies(second.messages()) == [b"live"]


def test_what_was_not_acknowledged_comes_again_with_dup_and_its_old_identifier(wire: Wire, version: Version) -> None:
    first = wire.connect(version=version, clean=False, expiry=60 if version is V5 else None)
    first.subscribe("a")
    for payload in (b"1", b"2", b"3"):
        wire.publish("a", payload)
    one, two, three = first.messages(acknowledge=False)
    first.acknowledge(two)
    first.hang_up()
    wire.publish("a", b"4")
    second = wire.connect(version=version, clean=False, expiry=60 if version is V5 else None)
    again = second.messages()
    assert [(message.payload, message.packet_id, message.dup) for message in again] == [
        (b"1", one.packet_id, True),
        (b"3", three.packet_id, True),
        (b"4", 4, False),
    ]
    second.hang_up()
    assert wire.connect(version=version, clean=False).messages() == []


def test_within_a_connection_nothing_is_sent_twice(wire: Wire) -> None:
    peer = wire.connect()
    peer.subscribe("a")
    wire.publish("a", b"x")
    assert len(peer.messages(acknowledge=False)) == 1
    wire.pass_time(60_000)
    assert peer.received() == []


def test_a_persistent_session_of_three_one_one_lives_for_an_hour(wire: Wire) -> None:
    wire.connect(clean=False).hang_up()
    wire.pass_time(3_599_999)
    back = wire.connect(clean=False)
    assert back.connack == Connack(Reason.SUCCESS, session_present=True)
    back.send(Disconnect())
    wire.pass_time(3_600_000)
    assert wire.connect(clean=False).connack == Connack(Reason.SUCCESS, session_present=False)


def test_a_session_that_has_run_out_is_not_resumed_even_before_anybody_noticed(wire: Wire) -> None:
    wire.connect(clean=False).hang_up()
    wire.now += 3_600_000
    assert wire.connect(clean=False).connack == Connack(Reason.SUCCESS, session_present=False)


def test_a_clean_start_discards_the_old_session(wire: Wire, version: Version) -> None:
    first = wire.connect(version=version, clean=False, expiry=60 if version is V5 else None)
    first.subscribe("a")
    first.hang_up()
    wire.publish("a", b"lost")
    second = wire.connect(version=version, clean=True)
    assert isinstance(second.connack, Connack)
    assert not second.connack.session_present
    wire.publish("a", b"unheard")
    assert second.messages() == []


def test_a_session_can_go_on_in_another_version(wire: Wire) -> None:
    first = wire.connect(clean=False)
    first.subscribe("a")
    first.hang_up()
    wire.publish("a", b"x")
    second = wire.connect(version=V5, clean=False)
    assert isinstance(second.connack, Connack)
    assert second.connack.session_present
    assert bodies(second.messages()) == [b"x"]


def test_a_second_connection_takes_the_session_over(wire: Wire, version: Version) -> None:
    first = wire.connect(version=version, clean=False, expiry=60 if version is V5 else None)
    first.subscribe("a")
    wire.publish("a", b"x")
    first.messages(acknowledge=False)
    second = wire.connect(version=version, clean=False, expiry=60 if version is V5 else None)
    assert first.is_closed
    told = [packet.reason for packet in first.received() if isinstance(packet, Disconnect)]
    assert told == ([Reason.SESSION_TAKEN_OVER] if version is V5 else [])
    assert [(message.payload, message.dup) for message in second.messages()] == [(b"x", True)]
    first.hang_up()
    wire.publish("a", b"y")
    assert bodies(second.messages()) == [b"y"]
    assert len(wire.broker.clients) == 1


def test_a_full_session_drops_what_comes_last(wire_with: Callable[..., Wire]) -> None:
    wire = wire_with(queued_messages=2)
    peer = wire.connect(clean=False)
    peer.subscribe("a")
    peer.hang_up()
    for payload in (b"1", b"2", b"3"):
        wire.publish("a", payload)
    assert bodies(wire.connect(clean=False).messages()) == [b"1", b"2"]


# Wills


def test_a_will_is_published_when_the_connection_breaks(wire: Wire, version: Version) -> None:
    watcher = wire.connect("watcher")
    watcher.subscribe("gone/#")
    peer = wire.connect(version=version, will=Will("gone/thing-1", b"bye", qos=1))
    peer.hang_up()
    assert watcher.messages() == [Publish("gone/thing-1", b"bye", 1, packet_id=1)]


@pytest.mark.parametrize("how", ["silence", "garbage", "takeover", "service"])
def test_a_will_is_published_however_the_connection_ends(wire: Wire, version: Version, how: str) -> None:
    watcher = wire.connect("watcher", keep_alive=1200)
    watcher.subscribe("gone")
    peer = wire.connect(version=version, keep_alive=10, will=Will("gone", b"bye"))
    match how:
        case "silence":
            wire.pass_time(15_000)
        case "garbage":
            peer.say(b"\x00\x00")
        case "takeover":
            wire.connect(version=version)
        case _:
            assert wire.broker.disconnect("thing-1", wire.now)
            assert not wire.broker.disconnect("thing-1", wire.now)
    assert peer.is_closed
    assert bodies(watcher.messages()) == [b"bye"]


def test_no_will_is_published_after_a_disconnect(wire: Wire, version: Version) -> None:
    watcher = wire.connect("watcher")
    watcher.subscribe("gone")
    peer = wire.connect(version=version, will=Will("gone", b"bye"))
    peer.send(Disconnect())
    peer.hang_up()
    peer = wire.connect(version=version, will=Will("gone", b"bye"))
    wire.broker.lost(peer.client, wire.now, goodbye=True)
    assert watcher.messages() == []


def test_a_will_can_be_retained(wire: Wire) -> None:
    wire.connect(will=Will("gone", b"bye", retain=True)).hang_up()
    assert [packet.payload for packet in wire.connect().subscribe("gone") if isinstance(packet, Publish)] == [b"bye"]


def test_a_will_on_a_reserved_topic_is_ignored_as_on_aws(wire: Wire) -> None:
    watcher = wire.connect("watcher")
    watcher.subscribe("$aws/things/thing-1/jobs/#")
    wire.connect(will=Will(GET, b"{}")).hang_up()
    assert watcher.messages() == []
    assert wire.asked == []


# Requests


def test_a_request_is_answered_to_nobody_but_who_asked(wire: Wire, version: Version) -> None:
    wire.answer = lambda topic, _payload, _client: [(f"{topic}/accepted", b"{}")]
    peer, spy = wire.connect("thing-1", version), wire.connect("spy")
    spy.subscribe("$aws/things/+/jobs/#", "#")
    peer.send(Publish(GET, b'{"clientToken":"x"}'))
    assert wire.asked == [(GET, b'{"clientToken":"x"}', "thing-1")]
    assert peer.messages() == [Publish(f"{GET}/accepted", b"{}")]
    assert spy.messages() == []
    assert wire.heard == []


@pytest.mark.parametrize("asked, subscribed, answered", [(0, None, 0), (1, None, 1), (0, 1, 1), (1, 0, 0), (1, 1, 1)])
def test_an_answer_comes_once_with_the_qos_that_the_device_expects(
    wire: Wire, asked: int, subscribed: int | None, answered: int
) -> None:
    wire.answer = lambda topic, _payload, _client: [(f"{topic}/accepted", b"{}")]
    peer = wire.connect()
    if subscribed is not None:
        peer.subscribe(f"{GET}/+", f"{GET}/accepted", qos=subscribed)
    peer.send(Publish(GET, b"", asked, packet_id=asked))
    found = peer.received()
    if asked:
        assert found.pop(0) == Puback(1)
    assert [(packet.topic, packet.qos) for packet in found if isinstance(packet, Publish)] == [(f"{GET}/accepted", answered)]


def test_accepted_comes_before_what_the_request_has_caused(wire: Wire) -> None:
    def answer(topic: str, _payload: bytes, _client: object) -> list[tuple[str, bytes]]:
        wire.publish("$aws/things/thing-1/jobs/notify", b"notify")
        wire.publish("$aws/things/thing-1/jobs/notify-next", b"notify-next")
        return [(f"{topic}/accepted", b"accepted " + str(len(wire.asked)).encode())]

    wire.answer = answer
    peer = wire.connect()
    peer.subscribe("$aws/things/thing-1/jobs/notify", "$aws/things/thing-1/jobs/notify-next")
    topic = "$aws/things/thing-1/jobs/j/update"
    peer.send(Publish(topic, b"{}", 1, packet_id=1), Publish(topic, b"{}", 1, packet_id=2))
    found = [packet.payload if isinstance(packet, Publish) else "PUBACK" for packet in peer.received()]
    once = [b"notify", b"notify-next"]
    assert found == ["PUBACK", b"accepted 1", *once, "PUBACK", b"accepted 2", *once]


def test_whatever_lies_below_jobs_is_asked_about(wire: Wire) -> None:
    wire.answer = lambda topic, _payload, _client: [(f"{topic}/rejected", b"no")]
    peer = wire.connect()
    peer.send(Publish("$aws/things/thing-1/jobs/what/ever", b"{}"))
    assert bodies(peer.messages()) == [b"no"]


def test_what_the_service_does_not_answer_goes_the_way_of_other_messages(wire: Wire) -> None:
    peer = wire.connect()
    peer.subscribe("$aws/things/thing-1/#")
    for topic in ("$aws/things/thing-1/shadow/update", "$aws/things/thing-1/jobs/custom"):
        peer.send(Publish(topic, b"x"))
    assert bodies(peer.messages()) == [b"x", b"x"]
    assert [topic for topic, _, _ in wire.asked] == ["$aws/things/thing-1/jobs/custom"]
    assert len(wire.heard) == 2


def test_an_empty_answer_consumes_the_request(wire: Wire) -> None:
    wire.answer = lambda _topic, _payload, _client: []
    peer = wire.connect()
    peer.subscribe("$aws/things/thing-1/#")
    peer.send(Publish(GET, b"x", 1, packet_id=1))
    assert peer.received() == [Puback(1)]


def test_an_answer_that_fails_costs_the_device_only_the_answer(
    wire: Wire, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(_topic: str, _payload: bytes, _client: object) -> None:
        raise KeyError("jobs")

    wire.answer = answer
    peer = wire.connect(version=version)
    peer.send(Publish(GET, b"{}", 1, packet_id=1), Pingreq())
    assert peer.received() == [Puback(1), Pingresp()]
    assert "KeyError: 'jobs'" in caplog.text


def test_an_answer_is_sent_again_if_the_connection_broke_before_it_was_acknowledged(wire: Wire) -> None:
    wire.answer = lambda topic, _payload, _client: [(f"{topic}/accepted", b"{}")]
    peer = wire.connect(clean=False)
    peer.send(Publish(GET, b"{}", 1, packet_id=1))
    peer.hang_up()
    assert [(message.topic, message.dup) for message in wire.connect(clean=False).messages()] == [(f"{GET}/accepted", True)]


# Shared subscriptions


def test_the_members_of_a_shared_group_take_turns(wire: Wire) -> None:
    first, second, alone = wire.connect("1"), wire.connect("2"), wire.connect("3")
    first.subscribe("$share/g/a/#")
    second.subscribe("$share/g/a/#")
    alone.subscribe("$share/other/a/#", "a/+")
    for number in range(4):
        wire.publish("a/b", str(number).encode())
    assert bodies(first.messages()) == [b"0", b"2"]
    assert bodies(second.messages()) == [b"1", b"3"]
    assert len(alone.messages()) == 8
    second.send(Unsubscribe(3, ("$share/g/a/#",)))
    second.received()
    wire.publish("a/b", b"x")
    assert bodies(first.messages()) == [b"x"]


def test_a_member_that_is_away_is_passed_over_unless_all_are(wire: Wire) -> None:
    away, here = wire.connect("away", clean=False), wire.connect("here", clean=False)
    away.subscribe("$share/g/a")
    here.subscribe("$share/g/a")
    away.hang_up()
    wire.publish("a", b"1")
    wire.publish("a", b"2")
    assert bodies(here.messages()) == [b"1", b"2"]
    here.hang_up()
    wire.publish("a", b"3")
    found = bodies(wire.connect("away", clean=False).messages()) + bodies(wire.connect("here", clean=False).messages())
    assert found == [b"3"]


# The end


def test_shutting_down_says_goodbye_and_publishes_no_wills(wire: Wire) -> None:
    old, new, silent = wire.connect("old"), wire.connect("new", V5, will=Will("a", b"x")), wire.open()
    old.subscribe("a")
    wire.broker.shut_down(wire.now)
    assert old.received() == []
    assert [packet.reason for packet in new.received() if isinstance(packet, Disconnect)] == [Reason.SERVER_SHUTTING_DOWN]
    assert all(peer.is_closed for peer in (old, new, silent))


def test_forgetting_leaves_connected_clients_alone(wire: Wire) -> None:
    here, away = wire.connect("here", clean=False), wire.connect("away", clean=False, will=Will("a", b"will"))
    here.subscribe("a")
    away.subscribe("b")
    away.hang_up()
    here.messages()
    here.send(Publish("r", b"x", retain=True))
    wire.broker.forget(wire.now)
    assert wire.connect("away", clean=False).connack == Connack(Reason.SUCCESS, session_present=False)
    assert here.subscribe("r") == []
    wire.publish("a", b"y")
    assert bodies(here.messages()) == [b"y"]


def test_clients_that_came_and_went_leave_nothing_behind(wire: Wire) -> None:
    for number in range(50):
        peer = wire.connect(f"c{number}")
        peer.subscribe(f"a/{number}/#", "$share/g/b/+")
        peer.send(Disconnect())
        wire.broker.lost(peer.client, wire.now)
    wire.pass_time(10_000_000)
    assert wire.broker.clients == []
    assert wire.broker.next_deadline() is None
    assert not wire.broker._exchange.router._tree._root.children
    assert not wire.broker._presence._sessions
    assert not wire.broker._presence._open
