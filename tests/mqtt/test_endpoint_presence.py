"""Whom the endpoint tells of: each client that connected is told as disconnected, whichever way its
connection ends and however soon.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.broker import connection
from moto_iot_jobs.broker.connections import ConnectionChange
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.packets import (
    Connect,
    Disconnect,
    Publish,
    Subscribe,
    Subscription,
    Version,
)
from moto_iot_jobs.broker.reason_codes import Reason
from tests.mqtt.client_codec import encode
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.mqtt.conftest import Device

V3 = Version.V3_1_1
CLIENTS = 25
# With this option, closing resets the connection.
RESET = struct.pack("ii", 1, 0)


def reset(device: Device) -> None:
    device.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    device.socket.close()


def reset_with_much_unread(device: Device) -> None:
    device.send(Subscribe(1, (Subscription("a"),)), *[Publish("a", bytes(60_000))] * 20)
    reset(device)


ENDS: dict[str, tuple[Callable[[Device], object], bool, Reason | None]] = {
    "closed": (lambda device: device.socket.close(), False, None),
    "shut down": (lambda device: device.socket.shutdown(socket.SHUT_RDWR), False, None),
    "half closed": (lambda device: device.socket.shutdown(socket.SHUT_WR), False, None),
    "reset": (reset, False, None),
    "reset with much unread": (reset_with_much_unread, False, None),
    "disconnected": (lambda device: device.send(Disconnect()), True, None),
    "nonsense": (
        lambda device: device.socket.sendall(b"\xff" * 6),
        False,
        Reason.MALFORMED_PACKET,
    ),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("soon", [True, False], ids=["before CONNACK", "after CONNACK"])
def test_every_client_that_came_is_told_as_gone(
    serve: Callable[..., Endpoint],
    device: Callable[..., Device],
    end: tuple[Callable[[Device], object], bool, Reason | None],
    soon: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.05)
    ending, by_client, reason = end
    told: list[ConnectionChange] = []
    endpoint = serve(on_connection=told.append)
    for number in range(CLIENTS):
        one = device(endpoint.mqtt_address)
        if soon:
            one.socket.sendall(encode(Connect(V3, f"c{number}"), V3))
        else:
            one.connect(f"c{number}")
        ending(one)
    # The endpoint accepts connections in their order.
    last = device(endpoint.mqtt_address).connect("last")
    last.socket.close()
    wait_until(lambda: not endpoint._connections, lambda: endpoint._connections)
    came = [each.client_id for each in told if each.connected]
    gone = [each for each in told if not each.connected]
    assert sorted(each.client_id for each in gone) == sorted(came)
    assert {(each.by_client, each.reason) for each in gone if each.client_id != "last"} <= {
        (by_client, reason)
    }
    # A reset may take the CONNECT with it that was not read yet.
    if ending not in (reset, reset_with_much_unread) or not soon:
        assert sorted(came) == sorted([*(f"c{number}" for number in range(CLIENTS)), "last"])


def test_a_client_that_is_taken_over_is_told_as_gone_before_the_next_one_comes(
    serve: Callable[..., Endpoint], device: Callable[..., Device]
) -> None:
    told: list[tuple[bool, Reason | None]] = []
    endpoint = serve(on_connection=lambda change: told.append((change.connected, change.reason)))
    for _ in range(CLIENTS):
        device(endpoint.mqtt_address).socket.sendall(encode(Connect(V3, "lamp"), V3))
    taken = (False, Reason.SESSION_TAKEN_OVER)
    expected = [(True, None), *[taken, (True, None)] * (CLIENTS - 1)]
    wait_until(lambda: told == expected, lambda: told)
