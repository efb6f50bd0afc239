"""The endpoint on real sockets: bytes in any pieces, garbage, stopped clocks, many threads, and a
clean end.
"""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import time_machine
from freezegun import freeze_time

from moto_iot_jobs.broker import connection
from moto_iot_jobs.broker.broker import Broker
from moto_iot_jobs.broker.connection import Connection
from moto_iot_jobs.broker.limits import Limits
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.loop import real_milliseconds
from moto_iot_jobs.broker.packets import (
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
    Will,
)
from moto_iot_jobs.broker.reason_codes import Reason
from tests.mqtt.client_codec import encode
from tests.mqtt.inside import clients_of
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from tests.mqtt.conftest import Device

V3, V5 = Version.V3_1_1, Version.V5
GET = "$aws/things/thing-1/jobs/get"

Serve = Callable[..., Endpoint]
MakeDevice = Callable[..., "Device"]


def echo(topic: str, payload: bytes, _client: object) -> list[tuple[str, bytes]] | None:
    """Accepts every request and gives its payload back; ordinary topics are none."""
    if not topic.startswith("$aws/"):
        return None
    return [(f"{topic}/accepted", payload)]


def test_devices_talk_to_each_other_and_to_the_service(
    serve: Serve, device: MakeDevice, version: Version
) -> None:
    heard = []
    endpoint = serve(
        answer=echo,
        on_publish=lambda topic, payload, client: heard.append((topic, payload, client.client_id)),
    )
    watcher = device(endpoint.mqtt_address, V5).connect("watcher").subscribe("a/#", "$aws/#")
    thing = device(endpoint.mqtt_address, version).connect("thing-1")
    thing.send(Publish(GET, b'{"clientToken":"1"}'), Publish("a/b", b"hello", 1, packet_id=9))
    assert thing.message() == Publish(f"{GET}/accepted", b'{"clientToken":"1"}')
    assert thing.receive() == Puback(9)
    endpoint.publish("$aws/things/thing-1/jobs/notify", b"{}")
    assert [watcher.message().topic for _ in range(2)] == ["a/b", "$aws/things/thing-1/jobs/notify"]
    assert heard == [("a/b", b"hello", "thing-1")]


def test_bytes_may_come_one_by_one(serve: Serve, device: MakeDevice) -> None:
    thing = device(serve(answer=echo).mqtt_address)
    thing.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = encode(Connect(V3, "c"), V3) + encode(Publish(GET, b"x"), V3)
    for index in range(len(stream)):
        thing.socket.sendall(stream[index : index + 1])
    assert thing.receive() is not None
    assert thing.message().payload == b"x"


def test_a_large_message_goes_both_ways(serve: Serve, device: MakeDevice) -> None:
    payload = random.Random(1).randbytes(131_072)
    thing = device(serve(answer=echo).mqtt_address).connect()
    thing.send(Publish(GET, payload))
    assert thing.message().payload == payload


def test_garbage_is_disconnected_and_does_not_disturb_others(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve(answer=echo)
    good = device(endpoint.mqtt_address).connect("good")
    source = random.Random(7)
    hello = encode(Connect(V5, "bad"), V5)
    openings = [b"", hello, b"GET /mqtt HTTP/1.1\r\n", b"\x16\x03\x01"]
    for number in range(60):
        bad = device(endpoint.mqtt_address)
        bad.socket.sendall(openings[number % 4] + source.randbytes(source.randrange(1, 3000)))
        if number % 2:
            bad.socket.close()
    good.send(Publish(GET, b"still here"))
    assert good.message().payload == b"still here"


def test_a_client_gets_the_reason_before_the_connection_closes(
    serve: Serve, device: MakeDevice
) -> None:
    thing = device(serve().mqtt_address, V5).connect()
    # More than the endpoint reads before it judges: a reset must not overtake its last words.
    thing.send(Publish("a", b"", 2, packet_id=1), *[Publish("a", bytes(1000))] * 500)
    packet = thing.receive()
    assert isinstance(packet, Disconnect)
    assert packet.reason is Reason.QOS_NOT_SUPPORTED
    assert packet.properties.reason_string == "QoS 2 is not supported"
    assert thing.socket.recv(1) == b"", "closed, not reset"


def test_who_opens_a_connection_and_says_nothing_is_closed(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve(limits=Limits(connect_timeout=1))
    silent = device(endpoint.mqtt_address)
    assert silent.receive() is None


@pytest.mark.parametrize("clock", ["freezegun", "time-machine"])
def test_a_stopped_clock_stops_nothing(serve: Serve, device: MakeDevice, clock: str) -> None:
    stopped = (
        freeze_time("2020-01-01") if clock == "freezegun" else time_machine.travel(0, tick=False)
    )
    endpoint = serve(answer=echo)
    before = device(endpoint.mqtt_address).connect("before")
    with stopped:
        during = device(endpoint.mqtt_address, V5).connect("during", keep_alive=1)
        began = real_milliseconds()
        for thing in (before, during):
            thing.send(Publish(GET, b"x"))
            assert thing.message().payload == b"x"
        last = during.receive()
        assert isinstance(last, Disconnect)
        assert last.reason is Reason.KEEP_ALIVE_TIMEOUT
        assert 1_400 < real_milliseconds() - began < 10_000
        late = serve(answer=echo)
        assert device(late.mqtt_address).connect() is not None
        late.close()
    before.send(Pingreq())
    assert before.receive() == Pingresp()


def test_messages_from_many_threads_keep_each_threads_order(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve()
    watcher = device(endpoint.mqtt_address).connect().subscribe("a/+")

    def publish(name: int) -> None:
        for number in range(100):
            endpoint.publish(f"a/{name}", str(number).encode())

    threads = [threading.Thread(target=publish, args=(name,)) for name in range(5)]
    for thread in threads:
        thread.start()
    got: dict[str, list[int]] = {}
    for _ in range(500):
        message = watcher.message()
        got.setdefault(message.topic, []).append(int(message.payload))
    for thread in threads:
        thread.join()
    assert got == {f"a/{name}": list(range(100)) for name in range(5)}


def test_what_a_response_causes_follows_it_even_for_requests_in_one_segment(
    serve: Serve, device: MakeDevice
) -> None:
    def answer(topic: str, payload: bytes, _client: object) -> list[tuple[str, bytes]]:
        endpoint.publish("$aws/things/thing-1/jobs/notify", b"after " + payload)
        return [(f"{topic}/accepted", payload)]

    endpoint = serve(answer=answer)
    thing = device(endpoint.mqtt_address).connect().subscribe("$aws/things/thing-1/jobs/notify")
    thing.send(Publish(GET, b"1"), Publish(GET, b"2"))
    assert [thing.message().payload for _ in range(4)] == [b"1", b"after 1", b"2", b"after 2"]


def test_what_another_thread_published_before_is_not_overtaken_from_within_a_response(
    serve: Serve, device: MakeDevice
) -> None:
    def answer(topic: str, payload: bytes, _client: object) -> list[tuple[str, bytes]]:
        owner = threading.Thread(
            target=endpoint.publish, args=("$aws/things/thing-1/jobs/notify-next", b"older")
        )
        owner.start()
        owner.join()
        endpoint.publish("$aws/things/thing-1/jobs/notify-next", b"newer")
        return [(f"{topic}/accepted", payload)]

    endpoint = serve(answer=answer)
    thing = (
        device(endpoint.mqtt_address).connect().subscribe("$aws/things/thing-1/jobs/notify-next")
    )
    thing.send(Publish(GET, b"answer"))
    assert [thing.message().payload for _ in range(3)] == [b"answer", b"older", b"newer"]


def test_a_session_survives_a_broken_connection(
    serve: Serve, device: MakeDevice, version: Version
) -> None:
    endpoint = serve()
    first = device(endpoint.mqtt_address, version)
    first.connect(clean_start=True)
    first.send(Disconnect())
    assert first.receive() is None
    thing = device(endpoint.mqtt_address, V3).connect(clean_start=False).subscribe("a")
    thing.socket.close()
    wait_until(lambda: not clients_of(endpoint))
    endpoint.publish("a", b"kept")
    assert device(endpoint.mqtt_address, V3).connect(clean_start=False).message().payload == b"kept"


def test_what_is_left_can_be_forgotten(serve: Serve, device: MakeDevice) -> None:
    endpoint = serve()
    thing = device(endpoint.mqtt_address, V5).connect()
    thing.send(Publish("a", b"x", 1, retain=True, packet_id=1))
    assert thing.receive() == Puback(1)
    endpoint.forget()
    again = device(endpoint.mqtt_address).connect("again").subscribe("a")
    endpoint.publish("a", b"y")
    assert again.message().payload == b"y"


def test_a_devices_request_after_another_threads_call_finds_that_call_done(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve()
    thing = device(endpoint.mqtt_address, V5).connect("thing-1")
    thing.send(Publish("/kept", b"on", 1, packet_id=9, retain=True))
    assert thing.receive() == Puback(9)
    busy, go_on = threading.Event(), threading.Event()

    def hold_up(_now: int) -> None:
        busy.set()
        go_on.wait(PATIENCE)

    endpoint._soon(hold_up)
    assert busy.wait(PATIENCE)
    endpoint.forget()
    thing.send(Subscribe(4, (Subscription("/kept"),)), Pingreq())
    go_on.set()
    assert isinstance(thing.receive(), Suback)
    assert thing.receive() == Pingresp()


def test_the_end_is_sent_to_clients_and_leaves_nothing_behind(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve()
    old, new = (
        device(endpoint.mqtt_address).connect("old"),
        device(endpoint.mqtt_address, V5).connect("new"),
    )
    half = device(endpoint.mqtt_address)
    half.socket.sendall(b"\x10")
    old.subscribe("gone")
    device(endpoint.mqtt_address).connect("willing", will=Will("gone", b"bye"))
    address = endpoint.mqtt_address
    endpoint.close()
    last = new.receive()
    assert isinstance(last, Disconnect)
    assert last.reason is Reason.SERVER_SHUTTING_DOWN
    assert [old.receive(), half.receive()] == [None, None]
    with pytest.raises(ConnectionRefusedError):
        device(address)
    endpoint.publish("a", b"nobody hears it")
    endpoint.close()
    assert address is not None
    again = serve(mqtt_port=address[1])
    assert device(again.mqtt_address).connect() is not None


def test_a_peer_that_never_closes_its_side_is_not_waited_for_forever(
    serve: Serve, device: MakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.1)
    endpoint = serve()
    thing = device(endpoint.mqtt_address, V5).connect()
    thing.send(Publish("a", b"", 2, packet_id=1))
    assert isinstance(thing.receive(), Disconnect)
    assert thing.receive() is None
    polite = device(endpoint.mqtt_address).connect("polite")
    polite.send(Disconnect())
    assert polite.receive() is None
    polite.socket.close()
    wait_until(lambda: not endpoint._connections)
    with pytest.raises(OSError, match=r"Broken pipe|reset"):  # noqa: PT012  (the first write earns the reset)
        for _ in range(100):
            thing.send(Pingreq())
            threading.Event().wait(0.01)


def test_what_goes_wrong_inside_is_logged_and_survived(
    serve: Serve,
    device: MakeDevice,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    failures = ["tick", "take in", "write"]

    def fails_once(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def either(*arguments: object) -> object:
            if name in failures:
                failures.remove(name)
                raise LookupError(name)
            return real(*arguments)

        return either

    monkeypatch.setattr(Broker, "tick", fails_once("tick", Broker.tick))
    monkeypatch.setattr(Connection, "_take_in", fails_once("take in", Connection._take_in))
    endpoint = serve(limits=Limits(connect_timeout=1))
    unlucky = device(endpoint.mqtt_address)
    unlucky.send(Connect(V3, "unlucky"))
    assert unlucky.receive() is None
    monkeypatch.setattr(Connection, "_write", fails_once("write", Connection._write))
    unlucky = device(endpoint.mqtt_address)
    unlucky.send(Connect(V3, "unlucky"))
    assert unlucky.receive() is None
    wait_until(lambda: not failures)
    thing = device(endpoint.mqtt_address).connect()
    thing.send(Pingreq())
    assert thing.receive() == Pingresp()
    assert failures == []
    assert caplog.text.count("LookupError") >= 3


def test_what_was_published_before_the_end_is_still_sent(serve: Serve, device: MakeDevice) -> None:
    for _ in range(10):
        endpoint = serve()
        thing = device(endpoint.mqtt_address).connect().subscribe("a")
        for number in range(20):
            endpoint.publish("a", str(number).encode(), qos=0)
        endpoint.close()
        assert [thing.message().payload for _ in range(20)] == [
            str(number).encode() for number in range(20)
        ]


def test_an_endpoint_can_be_stopped_from_within_a_response(
    serve: Serve, device: MakeDevice
) -> None:
    def answer(_topic: str, _payload: bytes, _client: object) -> list[tuple[str, bytes]]:
        endpoint.close()
        return []

    endpoint = serve(answer=answer)
    thing = device(endpoint.mqtt_address).connect()
    thing.send(Publish(GET))
    assert thing.receive() is None


def test_an_endpoint_starts_once_and_says_what_is_missing() -> None:
    with Endpoint() as endpoint:
        assert endpoint.mqtts_address is None
        with pytest.raises(RuntimeError, match="starts once"):
            endpoint.start()
        assert endpoint.mqtt_address is not None
        host, port = endpoint.mqtt_address
        assert host == "127.0.0.1"
        with pytest.raises(OSError, match="in use"):
            Endpoint(mqtt_port=port).start()
    with pytest.raises(ValueError, match="needs a TLS context"):
        Endpoint(mqtts_port=0)
    never = Endpoint()
    never.publish("a", b"")
    with pytest.raises(ValueError, match="'a/#' is not a topic name"):
        never.publish("a/#", b"")
    never.close()


def test_it_listens_on_ipv6_too(serve: Serve, device: MakeDevice) -> None:
    if not socket.has_ipv6:
        pytest.skip("this platform has no IPv6")
    try:
        endpoint = serve(host="::1")
    except OSError as error:
        pytest.skip(f"no IPv6 loopback here: {error}")
    assert device(endpoint.mqtt_address).connect() is not None
