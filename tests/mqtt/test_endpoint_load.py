"""The endpoint under load: slow readers, crowds, and no file descriptors left."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.broker.connection import Connection
from moto_iot_jobs.broker.limits import Limits
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.packets import Connect, Pingreq, Pingresp, Publish, Version
from tests.measuring import least_real_seconds, real_seconds
from tests.mqtt.client_codec import encode
from tests.mqtt.inside import clients_of
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from tests.mqtt.conftest import Device

V3 = Version.V3_1_1
GET = "$aws/things/thing-1/jobs/get"

Serve = Callable[..., Endpoint]
MakeDevice = Callable[..., "Device"]


def echo(topic: str, payload: bytes, _client: object) -> list[tuple[str, bytes]]:
    """Accepts every request and gives its payload back."""
    return [(f"{topic}/accepted", payload)]


def test_a_slow_reader_does_not_delay_others_and_loses_nothing(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve(respond=echo, limits=Limits(outgoing_bytes=100_000))
    slow, quick = (
        device(endpoint.mqtt_address).connect("slow"),
        device(endpoint.mqtt_address).connect("quick"),
    )
    slow.subscribe("a")
    quick.subscribe("b")
    count = 250
    for number in range(count):
        endpoint.publish("a", b"%04d" % number + bytes(50_000))
    endpoint.publish("b", b"x")
    assert quick.message().payload == b"x"
    [waiting] = [client for client in clients_of(endpoint) if client.client_id == "slow"]
    assert len(waiting.outgoing) < 200_000
    assert [int(slow.message().payload[:4]) for _ in range(count)] == list(range(count))


def test_a_client_that_does_not_read_its_responses_waits_for_them_but_loses_none(
    serve: Serve, device: MakeDevice
) -> None:
    def respond(topic: str, payload: bytes, _client: object) -> list[tuple[str, bytes]]:
        return [(f"{topic}/accepted", payload + bytes(50_000)), (f"{topic}/more", payload)]

    endpoint = serve(respond=respond, limits=Limits(outgoing_bytes=10_000))
    greedy, other = (
        device(endpoint.mqtt_address).connect("greedy"),
        device(endpoint.mqtt_address).connect("other"),
    )
    greedy.send(*(Publish(GET, b"%04d" % number) for number in range(400)))
    other.send(Pingreq())
    assert other.receive() == Pingresp()
    assert all(len(client.outgoing) < 100_000 for client in clients_of(endpoint))
    for number in range(400):
        assert [int(greedy.message().payload[:4]) for _ in range(2)] == [number, number]


def test_a_client_that_does_not_read_is_not_read_from_either(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve(respond=echo, limits=Limits(outgoing_bytes=100_000))
    thing = device(endpoint.mqtt_address).connect("greedy")
    thing.socket.setblocking(False)
    request = encode(Publish(GET, bytes(100_000)), V3)
    waiting, idle = memoryview(request * 800), 0  # far more than the kernel's buffers hold
    while waiting and idle < 20:
        try:
            waiting, idle = waiting[thing.socket.send(waiting) :], 0
        except BlockingIOError:
            idle += 1
            threading.Event().wait(0.02)
    assert waiting, "everything was taken although no answer was"
    [client] = clients_of(endpoint)
    assert len(client.outgoing) < 300_000


def processor_time_of_an_idle_moment() -> float:
    """Seconds of all threads of this process; something else may happen in one moment."""
    began = time.process_time()
    threading.Event().wait(0.3)
    return time.process_time() - began


def test_a_thousand_idle_connections_cost_nothing(serve: Serve, device: MakeDevice) -> None:
    resource = pytest.importorskip(
        "resource", reason="no limits on file descriptors to raise on this platform"
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4_096)), hard))
    endpoint = serve(respond=echo)
    crowd = [device(endpoint.mqtt_address) for _ in range(1_000)]
    for number, one in enumerate(crowd):
        one.send(Connect(V3, f"idle-{number}"))
    assert all(one.receive() is not None for one in crowd)
    busy = device(endpoint.mqtt_address).connect("busy")
    idle = (processor_time_of_an_idle_moment() for _ in range(5))
    assert any(used < 0.08 for used in idle), "the endpoint spins"

    def talk() -> None:
        for _ in range(20):
            busy.send(Publish(GET, b"x"))
            busy.message()

    assert least_real_seconds(lambda: real_seconds(talk), 5) < 5
    crowd[500].send(Pingreq())
    assert crowd[500].receive() == Pingresp()


def test_running_out_of_file_descriptors_is_survived() -> None:
    script = """
        import os, resource, socket, threading, time
        from moto_iot_jobs.broker.listener import Endpoint
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        CONNECT = bytes.fromhex("100c00044d515454040200000000")
        with Endpoint() as endpoint:
            crowd = [socket.socket() for _ in range(5)]
            copies = []
            try:
                while True:
                    copies.append(os.dup(0))
            except OSError:
                pass
            for one in crowd:
                one.connect(endpoint.mqtt_address)
            # Something else may happen in one of them.
            used = []
            while min(used, default=1) >= 0.08:
                assert len(used) < 5, f"it spins: {used}"
                began = time.process_time()
                threading.Event().wait(0.5)
                used.append(time.process_time() - began)
            for copy in copies:
                os.close(copy)
            crowd[0].settimeout(60)
            crowd[0].sendall(CONNECT)
            assert crowd[0].recv(4) == bytes.fromhex("20020000")
            with socket.create_connection(endpoint.mqtt_address, timeout=60) as late:
                late.sendall(CONNECT)
                assert late.recv(4) == bytes.fromhex("20020000")
            for one in crowd:
                one.close()
    """
    pytest.importorskip(
        "resource", reason="no limits on file descriptors to lower on this platform"
    )
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_responses_go_out_together_once_all_that_arrived_was_read(
    serve: Serve, device: MakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = serve()
    things = [device(endpoint.mqtt_address).connect(f"thing-{number}") for number in range(3)]
    steps: list[str] = []

    def noted(step: str, real: Callable[..., None]) -> Callable[..., None]:
        def act(*arguments: object) -> None:
            steps.append(step)
            real(*arguments)

        return act

    monkeypatch.setattr(Connection, "_take_in", noted("read", Connection._take_in))
    monkeypatch.setattr(Connection, "_write", noted("write", Connection._write))
    loop_waits, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        loop_waits.set()
        may_go_on.wait(PATIENCE)

    endpoint._loop.call_soon(hold)
    assert loop_waits.wait(PATIENCE)
    for thing in things:
        thing.send(Pingreq())
    may_go_on.set()
    assert [thing.receive() for thing in things] == [Pingresp()] * 3
    assert steps == ["read"] * 3 + ["write"] * 3
