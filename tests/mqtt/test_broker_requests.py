"""Requests, shared subscriptions, and the end of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.broker.packets import (
    Connack,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Unsubscribe,
    Version,
    Will,
)
from moto_iot_jobs.broker.reason_codes import Reason

if TYPE_CHECKING:
    from tests.mqtt.conftest import Wire

V3, V5 = Version.V3_1_1, Version.V5
GET = "$aws/things/thing-1/jobs/get"


def bodies(publishes: list[Publish]) -> list[bytes]:
    return [publish.payload for publish in publishes]


def test_a_response_reaches_only_the_client_that_sent_the_request(
    wire: Wire, version: Version
) -> None:
    wire.respond = lambda topic, _payload, _client: [(f"{topic}/accepted", b"{}")]
    peer, spy = wire.connect("thing-1", version), wire.connect("spy")
    spy.subscribe("$aws/things/+/jobs/#", "#")
    peer.send(Publish(GET, b'{"clientToken":"x"}'))
    assert wire.requests == [(GET, b'{"clientToken":"x"}', "thing-1")]
    assert peer.messages() == [Publish(f"{GET}/accepted", b"{}")]
    assert spy.messages() == []
    assert wire.heard == []


@pytest.mark.parametrize(
    "requested, subscribed, responded",
    [(0, None, 0), (1, None, 1), (0, 1, 1), (1, 0, 0), (1, 1, 1)],
)
def test_a_response_comes_once_with_the_qos_that_the_device_expects(
    wire: Wire, requested: int, subscribed: int | None, responded: int
) -> None:
    wire.respond = lambda topic, _payload, _client: [(f"{topic}/accepted", b"{}")]
    peer = wire.connect()
    if subscribed is not None:
        peer.subscribe(f"{GET}/+", f"{GET}/accepted", qos=subscribed)
    peer.send(Publish(GET, b"", requested, packet_id=requested))
    found = peer.received()
    if requested:
        assert found.pop(0) == Puback(1)
    assert [(packet.topic, packet.qos) for packet in found if isinstance(packet, Publish)] == [
        (f"{GET}/accepted", responded)
    ]


def test_accepted_comes_before_what_the_request_has_caused(wire: Wire) -> None:
    def respond(topic: str, _payload: bytes, _client: object) -> list[tuple[str, bytes]]:
        wire.publish("$aws/things/thing-1/jobs/notify", b"notify")
        wire.publish("$aws/things/thing-1/jobs/notify-next", b"notify-next")
        return [(f"{topic}/accepted", b"accepted " + str(len(wire.requests)).encode())]

    wire.respond = respond
    peer = wire.connect()
    peer.subscribe("$aws/things/thing-1/jobs/notify", "$aws/things/thing-1/jobs/notify-next")
    topic = "$aws/things/thing-1/jobs/j/update"
    peer.send(Publish(topic, b"{}", 1, packet_id=1), Publish(topic, b"{}", 1, packet_id=2))
    found = [
        packet.payload if isinstance(packet, Publish) else "PUBACK" for packet in peer.received()
    ]
    once = [b"notify", b"notify-next"]
    assert found == ["PUBACK", b"accepted 1", *once, "PUBACK", b"accepted 2", *once]


def test_the_service_gets_a_look_at_every_topic(wire: Wire) -> None:
    wire.respond = lambda topic, _payload, _client: [(f"{topic}/rejected", b"no")]
    peer = wire.connect()
    peer.send(Publish("$aws/things/thing-1/jobs/what/ever", b"{}"))
    assert bodies(peer.messages()) == [b"no"]


def test_requests_without_a_response_are_routed_like_other_messages(wire: Wire) -> None:
    peer = wire.connect()
    peer.subscribe("$aws/things/thing-1/#")
    for topic in ("$aws/things/thing-1/shadow/update", "$aws/things/thing-1/jobs/custom"):
        peer.send(Publish(topic, b"x"))
    assert bodies(peer.messages()) == [b"x", b"x"]
    assert [topic for topic, _, _ in wire.requests] == [
        "$aws/things/thing-1/shadow/update",
        "$aws/things/thing-1/jobs/custom",
    ]
    assert len(wire.heard) == 2


def test_an_empty_response_consumes_the_request(wire: Wire) -> None:
    wire.respond = lambda _topic, _payload, _client: []
    peer = wire.connect()
    peer.subscribe("$aws/things/thing-1/#")
    peer.send(Publish(GET, b"x", 1, packet_id=1))
    assert peer.received() == [Puback(1)]


def test_a_response_that_fails_costs_the_device_only_the_response(
    wire: Wire, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    def respond(_topic: str, _payload: bytes, _client: object) -> None:
        raise KeyError("jobs")

    wire.respond = respond
    peer = wire.connect(version=version)
    peer.send(Publish(GET, b"{}", 1, packet_id=1), Pingreq())
    assert peer.received() == [Puback(1), Pingresp()]
    assert "KeyError: 'jobs'" in caplog.text


def test_a_response_is_sent_again_if_the_connection_broke_before_it_was_acknowledged(
    wire: Wire,
) -> None:
    wire.respond = lambda topic, _payload, _client: [(f"{topic}/accepted", b"{}")]
    peer = wire.connect(clean=False)
    peer.send(Publish(GET, b"{}", 1, packet_id=1))
    peer.hang_up()
    assert [(message.topic, message.dup) for message in wire.connect(clean=False).messages()] == [
        (f"{GET}/accepted", True)
    ]


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
    found = bodies(wire.connect("away", clean=False).messages()) + bodies(
        wire.connect("here", clean=False).messages()
    )
    assert found == [b"3"]


# The end


def test_shutting_down_says_goodbye_and_publishes_no_wills(wire: Wire) -> None:
    old, new, silent = (
        wire.connect("old"),
        wire.connect("new", V5, will=Will("a", b"x")),
        wire.open(),
    )
    old.subscribe("a")
    wire.broker.shut_down()
    assert old.received() == []
    assert [packet.reason for packet in new.received() if isinstance(packet, Disconnect)] == [
        Reason.SERVER_SHUTTING_DOWN
    ]
    assert all(peer.is_closed() for peer in (old, new, silent))


def test_forgetting_leaves_connected_clients_alone(wire: Wire) -> None:
    here, away = (
        wire.connect("here", clean=False),
        wire.connect("away", clean=False, will=Will("a", b"will")),
    )
    here.subscribe("a")
    away.subscribe("b")
    away.hang_up()
    here.messages()
    here.send(Publish("r", b"x", retain=True))
    wire.broker.forget()
    assert wire.connect("away", clean=False).connack == Connack(
        Reason.SUCCESS, session_present=False
    )
    assert here.subscribe("r") == []
    wire.publish("a", b"y")
    assert bodies(here.messages()) == [b"y"]


def test_clients_that_came_and_went_leave_nothing_behind(wire: Wire) -> None:
    for number in range(50):
        peer = wire.connect(f"c{number}")
        peer.subscribe(f"a/{number}/#", "$share/g/b/+")
        peer.send(Disconnect())
        wire.broker.lost(peer.client)
    wire.pass_time(10_000_000)
    assert wire.clients == []
    assert wire.broker.next_deadline() is None
    assert not wire.broker._dispatcher.router._tree._root.children
    assert not wire.broker._connections._sessions
    assert not wire.broker._connections._open
