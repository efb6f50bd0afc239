"""Sessions that outlive their connections, and wills."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.broker.packets import Connack, Disconnect, Publish, Subscription, Version, Will
from moto_iot_jobs.broker.reason_codes import Reason

if TYPE_CHECKING:
    from tests.mqtt.conftest import Wire

V3, V5 = Version.V3_1_1, Version.V5
GET = "$aws/things/thing-1/jobs/get"


def bodies(publishes: list[Publish]) -> list[bytes]:
    return [publish.payload for publish in publishes]


def test_a_clean_session_leaves_nothing_behind(wire: Wire) -> None:
    first = wire.connect(clean=True)
    first.subscribe("a")
    first.send(Disconnect())
    assert first.is_closed()
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


def test_what_was_not_acknowledged_comes_again_with_dup_and_its_old_identifier(
    wire: Wire, version: Version
) -> None:
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


def test_a_session_that_has_expired_is_not_resumed_even_before_it_was_removed(wire: Wire) -> None:
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
    assert first.is_closed()
    reasons = [packet.reason for packet in first.received() if isinstance(packet, Disconnect)]
    assert reasons == ([Reason.SESSION_TAKEN_OVER] if version is V5 else [])
    assert [(message.payload, message.dup) for message in second.messages()] == [(b"x", True)]
    first.hang_up()
    wire.publish("a", b"y")
    assert bodies(second.messages()) == [b"y"]
    assert len(wire.clients) == 1


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


@pytest.mark.parametrize("how", ["silence", "garbage", "takeover"])
def test_a_will_is_published_however_the_connection_ends(
    wire: Wire, version: Version, how: str
) -> None:
    watcher = wire.connect("watcher", keep_alive=1200)
    watcher.subscribe("gone")
    peer = wire.connect(version=version, keep_alive=10, will=Will("gone", b"bye"))
    match how:
        case "silence":
            wire.pass_time(15_000)
        case "garbage":
            peer.say(b"\x00\x00")
        case _:
            wire.connect(version=version)
    assert peer.is_closed()
    assert bodies(watcher.messages()) == [b"bye"]


def test_no_will_is_published_after_a_disconnect(wire: Wire, version: Version) -> None:
    watcher = wire.connect("watcher")
    watcher.subscribe("gone")
    peer = wire.connect(version=version, will=Will("gone", b"bye"))
    peer.send(Disconnect())
    peer.hang_up()
    peer = wire.connect(version=version, will=Will("gone", b"bye"))
    wire.broker.lost(peer.client, in_good_order=True)
    assert watcher.messages() == []


def test_a_will_can_be_retained(wire: Wire) -> None:
    wire.connect(will=Will("gone", b"bye", retain=True)).hang_up()
    assert [
        packet.payload for packet in wire.connect().subscribe("gone") if isinstance(packet, Publish)
    ] == [b"bye"]


def test_a_will_on_a_reserved_topic_is_heard_and_no_request(wire: Wire) -> None:
    # The service ignores it, those who subscribe get it (developer guide, Using shadows in apps
    # and services).
    watcher = wire.connect("watcher")
    watcher.subscribe("$aws/things/thing-1/jobs/#")
    wire.connect(will=Will(GET, b"{}")).hang_up()
    assert [message.topic for message in watcher.messages()] == [GET]
    assert (wire.requests, wire.heard) == ([], [])
