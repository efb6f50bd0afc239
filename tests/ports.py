"""Ports of programs that cannot choose one themselves, and ports where nobody is."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import SystemRandom

# Below what systems give to connections and to those who ask for any port (Linux from 32,768,
# others from 49,152): one of those might come between the choice and its use.
_CHOICE = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of loopback that is free, and that nobody gets by chance."""
    while True:
        port = SystemRandom().choice(_CHOICE)
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of loopback on which nobody listens, and which nobody can take meanwhile."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
