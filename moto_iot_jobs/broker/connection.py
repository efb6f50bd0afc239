"""One socket of the endpoint: reads, writes, and closes so that the peer still gets what was said
last. Never blocks.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector

from .broker import Broker
from .client import Client
from .dispatch import log
from .transport import ConnectionClosed, Pipeline

_CHUNK = 65_536
#: How long a connection that is over waits for the peer to take our last words and to close its
#: side. Without the wait a reset could overtake them.
_LINGER_MS = 2_000


class Connection:
    """Moves bytes between a socket, its pipeline and the broker.

    Args:
        sock: connected and non-blocking.
        client: the connection as the broker knows it.
        pipeline: what lies between the socket and MQTT.
        broker: gets what comes in.
        selector: told what the connection waits for.
        forget: called once when the socket was closed.
        call_at: given a time in milliseconds and a callable, calls it then.
    """

    def __init__(
        self,
        sock: socket.socket,
        client: Client,
        pipeline: Pipeline,
        broker: Broker,
        selector: BaseSelector,
        forget: Callable[[Client], object],
        call_at: Callable[[int, Callable[[int], None]], None],
    ) -> None:
        self.client = client
        self.closed = False
        self._socket = sock
        self._pipeline = pipeline
        self._broker = broker
        self._selector = selector
        self._forget = forget
        self._call_at = call_at
        self._unsent = bytearray()
        self._hung_up = False
        self._farewell_said = False
        self._is_lingering = False
        self._events = EVENT_READ
        selector.register(sock, EVENT_READ, self)

    def ready(self, events: int, now: int) -> None:
        """The socket can be read or written."""
        self._guarded(self._serve, events, now)

    def flush(self, now: int) -> None:
        """Sends what waits to be sent, as far as the socket takes it; then closes if the broker
        wants that.
        """
        self._guarded(self._serve, 0, now)

    def _guarded(self, action: Callable[[int, int], None], events: int, now: int) -> None:
        """Nothing that goes wrong with one connection may concern another."""
        try:
            action(events, now)
        except OSError:  # the peer is gone; ssl.SSLError is one of them
            self.close(now)
        except Exception:
            log.exception("%r is closed after an unexpected error", self.client)
            self.close(now)

    def _serve(self, events: int, now: int) -> None:
        if events & EVENT_READ:
            self._read(now)
        if not self.closed:
            self._flush(now)

    def _flush(self, now: int) -> None:
        if self._is_over and not self._is_lingering:
            self._is_lingering = True
            self._call_at(now + _LINGER_MS, self.close)
        with suppress(BlockingIOError):
            while self._fill(now):
                del self._unsent[: self._socket.send(self._unsent)]
            if self._is_over:
                self._socket.shutdown(socket.SHUT_WR)
        self._wait_for()

    def close(self, now: int) -> None:
        """Closes the socket at once."""
        if self.closed:
            return
        self.closed = True
        self._selector.unregister(self._socket)
        self._socket.close()
        self._forget(self.client)
        self._broker.lost(self.client, now, goodbye=self._pipeline.said_goodbye)

    @property
    def _is_over(self) -> bool:
        return self._hung_up or self.client.closing

    def _read(self, now: int) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:  # the selector was wrong
            return
        if not data:
            self.close(now)
        elif not self._is_over:
            self._take_in(data, now)

    def _take_in(self, data: bytes, now: int) -> None:
        try:
            plain = self._pipeline.receive(data)
        except ConnectionClosed as error:
            log.warning("%r is disconnected: %s", self.client, error)
            self._hung_up = True
            plain = b""
        self._unsent += self._pipeline.take_pending()
        if plain:
            self._broker.receive(self.client, plain, now)
        if self._pipeline.closed:
            self._hung_up = True
            self._broker.lost(self.client, now, goodbye=self._pipeline.said_goodbye)

    def _fill(self, now: int) -> bool:
        """Sees to it that there is something to send; False if there is nothing."""
        if not self._unsent:
            data = self.client.take(_CHUNK)
            if data:
                self._unsent += self._pipeline.wrap(data)
                self._broker.drained(self.client, now)
            elif self._is_over and not self._farewell_said:
                self._farewell_said = True
                self._unsent += self._pipeline.farewell()
        return bool(self._unsent)

    def _wait_for(self) -> None:
        """Tells the selector what to wait for.

        A peer that does not read what it gets is not read from either.
        """
        events = EVENT_WRITE if self._unsent else 0
        if not self.client.is_congested:
            events |= EVENT_READ
        if events != self._events:
            self._events = events
            self._selector.modify(self._socket, events, self)
