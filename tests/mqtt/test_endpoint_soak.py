"""Devices that lose their connection all the time, in the middle of everything, and still get
every message.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.packets import Connack, Connect, Puback, Publish, Version
from moto_iot_jobs.broker.properties import NO_PROPERTIES, Properties

if TYPE_CHECKING:
    from tests.mqtt.conftest import Device

DEVICES, MESSAGES = 20, 60
RESET = struct.pack("ii", 1, 0)


def test_nothing_is_lost_and_nothing_comes_twice_unmarked(
    serve: Callable[..., Endpoint], device: Callable[..., Device]
) -> None:
    endpoint = serve()
    received: dict[str, list[tuple[int, bool]]] = {}
    ready = threading.Barrier(DEVICES + 1)

    def live(number: int) -> None:
        """One device's life: connections that break after a few messages, until the last message
        has come.
        """
        fate = random.Random(number)
        version = Version.V5 if number % 2 else Version.V3_1_1
        name, got = f"thing-{number}", received.setdefault(f"thing-{number}", [])
        properties = (
            Properties(session_expiry_interval=60) if version is Version.V5 else NO_PROPERTIES
        )
        first = True
        while not got or got[-1][0] < MESSAGES - 1:
            thing = device(endpoint.mqtt_address, version)
            thing.send(Connect(version, name, clean_start=False, properties=properties))
            connack = thing.receive()
            assert isinstance(connack, Connack)
            assert connack.session_present is not first
            if first:
                thing.subscribe(f"$aws/things/{name}/jobs/notify")
                ready.wait(20)
                first = False
            for _ in range(fate.randrange(1, 12)):
                packet = thing.receive()
                assert isinstance(packet, Publish)
                got.append((int(packet.payload), packet.dup))
                if fate.random() < 0.8:
                    thing.send(Puback(packet.packet_id))
                if int(packet.payload) == MESSAGES - 1:
                    break
            if fate.random() < 0.5:
                thing.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            thing.socket.close()

    threads = [threading.Thread(target=live, args=(number,)) for number in range(DEVICES)]
    for thread in threads:
        thread.start()
    ready.wait(20)
    for number in range(MESSAGES):
        for name in range(DEVICES):
            endpoint.publish(f"$aws/things/thing-{name}/jobs/notify", str(number).encode())
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    for got in received.values():
        first_time = [number for number, dup in got if not dup]
        assert first_time == sorted(set(first_time)), "unmarked messages come once and in order"
        assert {number for number, _ in got} == set(range(MESSAGES))
