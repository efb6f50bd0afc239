"""Connections of clients that take next to no time of their own."""

from __future__ import annotations

import socket
import struct
import sys


def connected(address: tuple[str, int], patience: int) -> socket.socket:
    """Return a connection that sends at once and waits for a response no longer than its patience.

    The system keeps the time: with a timeout of Python's own each `send` and `recv` would ask first
    whether it may be made.

    Args:
        patience: seconds.
    """
    connection = socket.create_connection(address, timeout=patience)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(None)
    is_windows = sys.platform == "win32"
    limit = struct.pack("L", patience * 1000) if is_windows else struct.pack("ll", patience, 0)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, option, limit)
    return connection
