"""paho's clients, as tests use them: connected when a test goes on, and gone when it is over."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.waiting import PATIENCE


def paho_client(client_id: str, *, comes_back: bool = False, **options: Any) -> Any:
    """Make a client that does not connect again by itself, unless it `comes_back`.

    paho forgets `disconnect()` when CONNACK is read after it, takes the end of the connection for
    a loss, and is back a second later, in the middle of what else the test does.
    """
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        reconnect_on_failure=comes_back,
        **options,
    )
    client.on_socket_open = _sends_at_once
    return client


def _sends_at_once(_client: object, _userdata: object, opened: Any) -> None:
    """Have a client send its packets when they are written.

    Otherwise one that follows another waits until the system of the other side has confirmed that
    one, which it does after 40 ms.
    """
    # paho's WebSocket has no options, but is of a socket that has.
    with socket.socket(fileno=os.dup(opened.fileno())) as same:
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextmanager
def connected(client: Any, address: tuple[str, int], **options: Any) -> Iterator[Any]:
    """Connect a client, wait for its CONNACK, and give its flags; in the end it is disconnected."""
    answers: Queue[tuple[Any, str]] = Queue()
    heard = client.on_connect

    def on_connect(known: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        answers.put((flags, str(reason)))
        if heard is not None:
            heard(known, userdata, flags, reason, properties)

    client.on_connect = on_connect
    client.connect(*address, **options)
    client.loop_start()
    try:
        flags, reason = answers.get(timeout=PATIENCE)
        assert reason == "Success", reason
        yield flags
    finally:
        client.disconnect()
        client.loop_stop()
