"""Sockets that send at once what they are given."""

from __future__ import annotations

import socket
from typing import Any


def listening_socket(host: str, port: int, backlog: int) -> socket.socket:
    """Return a socket that listens, whose connections send at once.

    asyncio sees to that for sockets that know their protocol, as one does that is made of an open
    one. Others wait for the peer, 40 ms where a packet follows another.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        backlog: connections that may wait to be accepted.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.create_server((host, port), family=family, backlog=backlog)
    return socket.socket(fileno=opened.detach())


def send_at_once(_client: object, _userdata: object, opened: Any) -> None:
    """Let the connection of a client of paho send at once: its `on_socket_open`."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
