"""HTTP clients that take next to no time of their own: a request's bytes are made once, and an
answer is only cut out.

All connections are served by one thread; one alone waits in `recv`, as a program with one would. A
server that closes a connection after its answer gets a new one, as it would from any client.
"""

from __future__ import annotations

import selectors
import socket
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse

from .processes import REGION
from .sockets import connected

_PATIENCE_SECONDS = 30


class UnexpectedAnswer(Exception):
    """A server did not answer 200; with the beginning of what it said."""


@dataclass(slots=True)
class Burst:
    """What came of keeping connections busy for a while.

    Attributes:
        seconds: how long it took.
        latencies: of each answer, in seconds.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


def signed(url: str, service: str, operation: str, **members: Any) -> bytes:
    """Return the bytes of the request that boto3 would send."""
    sent: list[Any] = []

    def keep(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, _Nothing())

    client = boto3.client(
        service,
        REGION,
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.meta.events.register("before-send", keep)
    getattr(client, operation)(**members)
    [request] = sent
    parts = urlsplit(request.url)
    headers: dict[str, Any] = {"host": parts.netloc, **request.headers}
    lines = [f"{request.method} {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1"]
    lines += [
        f"{name}: {value.decode() if isinstance(value, bytes) else value}"
        for name, value in headers.items()
    ]
    return "\r\n".join([*lines, "", ""]).encode() + (request.body or b"")


class _Nothing:
    def stream(self, **_: Any) -> list[bytes]:
        return [b"{}"]


class Connection:
    """One client of a server, that always asks the same.

    Args:
        url: of the server.
        request: the bytes to send.
    """

    def __init__(self, url: str, request: bytes) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._request = request
        self._received = b""
        self.is_closing = False
        self.sent_at = 0.0
        self.socket = self._connected()

    def ask(self) -> None:
        """Send the request, over a new connection where the server closes those it used."""
        self.sent_at = perf_counter()
        if self.is_closing:
            self.socket.close()
            self.socket = self._connected()
        self.socket.sendall(self._request)

    def receive(self) -> bool:
        """Take what has come, and tell whether the answer is complete. Raises UnexpectedAnswer."""
        data = self.socket.recv(65536)
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not data and not found:
            raise UnexpectedAnswer("the connection was closed without an answer")
        head = head.lower()
        if not found or not _is_complete(head, body, at_end=not data):
            return False
        if b" 200 " not in head[:20]:
            raise UnexpectedAnswer(self._received[:500].decode(errors="replace"))
        self.is_closing = head.startswith(b"http/1.0") or b"\r\nconnection: close" in head
        self._received = b""
        return True

    def _connected(self) -> socket.socket:
        return connected(self._address, _PATIENCE_SECONDS)


def _is_complete(head: bytes, body: bytes, *, at_end: bool) -> bool:
    _, found, length = head.partition(b"\r\ncontent-length:")
    if found:
        return len(body) >= int(length.partition(b"\r\n")[0])
    if b"\r\ntransfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    return at_end


class Crowd:
    """So many connections to one server, each of which asks again as soon as it is answered.

    Args:
        url: of the server.
        request: the bytes that each sends.
        connections: how many.
    """

    def __init__(self, url: str, request: bytes, connections: int) -> None:
        self._url, self._request, self._number = url, request, connections

    def busy(self, seconds: float) -> Burst:
        """Connect, ask for so long, and hang up.

        A connection that says nothing for long may cost a server a thread.
        """
        connections = [Connection(self._url, self._request) for _ in range(self._number)]
        try:
            if self._number == 1:
                return self._ask_one(connections[0], seconds)
            return self._ask(connections, seconds)
        finally:
            for connection in connections:
                connection.socket.close()

    @staticmethod
    def _ask_one(connection: Connection, seconds: float) -> Burst:
        burst = Burst()
        began = now = perf_counter()
        while now < began + seconds:
            connection.ask()
            while not connection.receive():
                pass
            now = perf_counter()
            burst.latencies.append(now - connection.sent_at)
        burst.seconds = now - began
        return burst

    def _ask(self, connections: list[Connection], seconds: float) -> Burst:
        burst = Burst()
        with selectors.DefaultSelector() as selector:
            began = perf_counter()
            for connection in connections:
                connection.ask()
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            asking = len(connections)
            end = began + seconds
            while asking:
                ready = selector.select(_PATIENCE_SECONDS)
                if not ready:
                    raise UnexpectedAnswer(f"nothing came for {_PATIENCE_SECONDS} seconds")
                for key, _ in ready:
                    asking -= not self._served(key.data, selector, burst, end)
            burst.seconds = perf_counter() - began
        return burst

    @staticmethod
    def _served(
        connection: Connection, selector: selectors.BaseSelector, burst: Burst, end: float
    ) -> bool:
        """Serve a connection on which something came, and tell whether it goes on asking."""
        before = connection.socket
        if not connection.receive():
            return True
        now = perf_counter()
        burst.latencies.append(now - connection.sent_at)
        if now >= end:
            selector.unregister(before)
            return False
        if connection.is_closing:
            selector.unregister(before)
        connection.ask()
        if connection.socket is not before:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        return True
