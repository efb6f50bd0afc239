"""The endpoint that devices connect to: MQTT 3.1.1 and 5 over TCP, TLS and WebSocket.

It knows nothing of moto or of Jobs; what it needs of them is passed in as callables. Keep-alive and
timeouts follow real time, even while a test has frozen Python's clocks.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import lru_cache
from typing import Protocol

from .access import AccessPolicy
from .broker import Broker, OnPublish, Responder
from .client import Client, Upgrade
from .connection import Connection
from .connections import OnConnection
from .dispatch import log
from .limits import Limits
from .loop import LoopThread, real_milliseconds
from .printable import printable
from .properties import NO_PROPERTIES, Properties
from .session import Message
from .sockets import listening_socket
from .tls import TlsAcceptor
from .topics import is_valid_name

#: Time for what is under way to be sent when an endpoint is closed. A server that is to end has a
#: second for all of its ports.
SHUTDOWN_GRACE_SECONDS = 0.2
# How long a caller waits for the loop to read what was sent. The loop may itself be waiting for the
# caller, where a receiver of messages waits for another thread.
_TAKE_IN_SECONDS = 1.0
# How often sessions and wills that are about to end are looked at: their clock is a test's, which
# may be moved without a word.
_SESSION_POLL_MS = 200
_BACKLOG = 1024
_READ_SIZE = 65_536


@lru_cache(100)
def _of_content(content_type: str) -> Properties:
    return Properties(content_type=content_type)


class ClientConnection(Protocol):
    """A connection as the endpoint sees it."""

    client: Client

    @property
    def closed_in_good_order(self) -> bool:
        """True if the client closed its WebSocket in good order."""

    def flush(self) -> None:
        """Send what waits for the client."""

    def close(self) -> None:
        """Close as soon as everything was sent."""

    def abort(self) -> None:
        """Close at once."""


class Endpoint:
    """An MQTT endpoint, from :meth:`start` to :meth:`close` or in a ``with`` block.

    It listens on loopback by default.

    Args:
        host: address to listen on.
        mqtt_port: port for plain MQTT and WebSocket; 0 for any that is free, None for no such port.
        mqtts_port: the same over TLS.
        tls: the TLS context, or a callable that gives one for each connection.
        respond: carries out requests, see :data:`.broker.Responder`. Called on the loop's thread.
        on_publish: hears of ordinary messages, see :data:`.broker.OnPublish`. Called on the loop's
            thread.
        accept_certificate: see :class:`.access.AccessPolicy`. Called on the loop's thread.
        accept_upgrade: see :class:`.access.AccessPolicy`. Called on the loop's thread.
        is_reserved: tells whether only the service publishes on a topic.
        rejects_filter: tells whether a subscription to a filter ends the connection.
        on_connection: called when a client connected or disconnected, on the loop's thread.
        shares_replies: tells whether replies go to every other subscriber too.
        limits: bounds of what clients may send.
        session_clock: milliseconds of the clock by which sessions, messages and wills expire; real
            time by default.
        loop: the thread that serves; one of its own by default.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        mqtt_port: int | None = 0,
        mqtts_port: int | None = None,
        tls: ssl.SSLContext | Callable[[], ssl.SSLContext] | None = None,
        respond: Responder | None = None,
        on_publish: OnPublish | None = None,
        accept_certificate: Callable[[bytes], bool] | None = None,
        accept_upgrade: Callable[[Upgrade, bool], bool] | None = None,
        is_reserved: Callable[[str], bool] = lambda _topic: False,
        rejects_filter: Callable[[str], bool] = lambda _filter: False,
        on_connection: OnConnection | None = None,
        shares_replies: Callable[[], bool] = lambda: False,
        limits: Limits | None = None,
        session_clock: Callable[[], int] = real_milliseconds,
        loop: LoopThread | None = None,
    ) -> None:
        if mqtts_port is not None and tls is None:
            raise ValueError("a port for MQTT over TLS needs a TLS context")
        self.policy = AccessPolicy(accept_certificate, accept_upgrade)
        self.buffer = memoryview(bytearray(_READ_SIZE))
        self.broker = Broker(
            respond,
            on_publish,
            limits,
            session_clock=session_clock,
            call_soon=self._soon,
            is_reserved=is_reserved,
            rejects_filter=rejects_filter,
            on_connection=on_connection,
            shares_replies=shares_replies,
        )
        self._host = host
        self._ports = (mqtt_port, mqtts_port)
        self._tls = tls
        self._owns_loop = loop is None
        self._loop = loop or LoopThread("moto-iot-jobs-mqtt")
        self._connections: dict[Client, ClientConnection] = {}
        self._flushes_soon = False
        self._servers: list[asyncio.AbstractServer] = []
        self._addresses: dict[bool, tuple[str, int]] = {}
        self._todo: deque[Callable[[int], object]] = deque()
        self._is_scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0
        self._is_started = False
        self._closing: Future[None] | None = None
        self._empty: asyncio.Event | None = None
        self._lock = threading.Lock()

    def start(self) -> Endpoint:
        """Bind the ports and begin to serve.

        Raises:
            OSError: a port is taken.
            RuntimeError: it was started before.
        """
        if self._is_started:
            raise RuntimeError("an endpoint starts once")
        sockets = self._bind()
        self._is_started = True
        if self._owns_loop:
            self._loop.start()
        self._loop.run(self._serve(sockets))
        return self

    def close(self) -> None:
        """Close all connections and ports, with a DISCONNECT for MQTT 5. Idempotent.

        No will is published. Within a callback of the endpoint it closes soon.
        """
        with self._lock:
            if not self._is_started:
                return
            if self._closing is None:
                self._closing = asyncio.run_coroutine_threadsafe(self._wind_down(), self._loop.loop)
                if self._owns_loop:
                    self._closing.add_done_callback(lambda _: self._loop.close())
        if not self._loop.is_current:
            self._closing.result()
            if self._owns_loop:
                self._loop.close()

    def __enter__(self) -> Endpoint:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def mqtt_address(self) -> tuple[str, int] | None:
        """Host and port for plain MQTT.

        None if there is no such port, or before the start.
        """
        return self._addresses.get(False)

    @property
    def mqtts_address(self) -> tuple[str, int] | None:
        """Host and port for MQTT over TLS.

        None if there is no such port, or before the start.
        """
        return self._addresses.get(True)

    # From any thread

    def publish(
        self,
        topic: str,
        payload: bytes | Callable[[], bytes],
        qos: int = 1,
        retain: bool = False,
        *,
        content_type: str | None = None,
        expires_at: int | None = None,
        client_id: str | None = None,
    ) -> None:
        """Publish in the service's name, without waiting. Messages keep their order.

        Within ``respond`` the message follows the response. Does nothing after the end.

        Args:
            payload: the payload, or what writes it, which is called on the loop's thread if there
                is a subscription to the topic.
            content_type: for clients of MQTT 5.
            expires_at: when it is no longer delivered, in milliseconds of the session clock.
            client_id: of the only client that gets it, if it subscribes; None is all.

        Raises:
            ValueError: it is no topic name.
        """
        if not is_valid_name(topic):
            raise ValueError(f"'{printable(topic)}' is not a topic name")
        properties = _of_content(content_type) if content_type else NO_PROPERTIES

        def publish(_now: int) -> None:
            if not isinstance(payload, bytes) and not self.broker.is_heard(topic):
                return
            written = payload if isinstance(payload, bytes) else payload()
            self.broker.publish(
                Message(topic, written, min(qos, 1), retain, properties, expires_at, client_id)
            )

        self._soon(publish)

    def forget(self) -> None:
        """Forget retained messages, and the sessions of clients that are not connected."""
        self._soon(lambda _now: self.broker.forget())

    def take_in(self) -> None:
        """Wait until what clients have sent so far has been read.

        A client is not told that its DISCONNECT was read. Does nothing on the loop's own thread.
        """
        if self._is_started:
            self._loop.catch_up(_TAKE_IN_SECONDS)

    def _soon(self, action: Callable[[int], object]) -> None:
        if not self._is_started:
            return
        # An action of another thread must not be overtaken: a device would take the older
        # notification for the newer.
        if self._loop.is_current and not self._todo:
            self._do(action)
            self.flush_soon()
            return
        self._todo.append(action)
        if not self._is_scheduled:
            # Before the call: the loop may be through with it before it returns.
            self._is_scheduled = True
            self._loop.call_soon(self._do_all)

    # On the loop's thread

    def opened(self, connection: ClientConnection) -> None:
        """Note a new connection."""
        self._connections[connection.client] = connection
        self.broker.open(connection.client, real_milliseconds())
        self.flush()

    def lost(self, connection: ClientConnection) -> None:
        """Note that a connection is gone.

        It may leave a will for others.
        """
        self._connections.pop(connection.client, None)
        self.broker.lost(connection.client, in_good_order=connection.closed_in_good_order)
        self.flush()
        if self._empty is not None and not self._connections:
            self._empty.set()

    def before_bytes(self) -> None:
        """Do what other threads have requested so far.

        What a device sends after another thread's call must find that call done.
        """
        for _ in range(len(self._todo)):
            self._do(self._todo.popleft())

    def flush(self) -> None:
        """Send what waits for any client, and set the timer for what becomes due next."""
        self._flushes_soon = False
        while touched := self.broker.take_touched():
            for client in touched:
                connection = self._connections.get(client)
                if connection is not None:
                    connection.flush()
        self._set_timer()

    def flush_soon(self) -> None:
        """Flush once all connections have been read that have sent something.

        Else a program with many clients is woken for each response.
        """
        if not self._flushes_soon:
            self._flushes_soon = True
            self._loop.loop.call_soon(self.flush)

    def _do_all(self) -> None:
        self._is_scheduled = False
        self.before_bytes()
        self.flush()

    def _do(self, action: Callable[[int], object]) -> None:
        try:
            action(real_milliseconds())
        except Exception:
            log.exception("an action of the endpoint failed")

    def _tick(self) -> None:
        self._timer = None
        self._do(self.broker.tick)
        self.flush()

    def _set_timer(self) -> None:
        due = self.broker.next_deadline()
        if self.broker.next_session_deadline() is not None:
            poll = real_milliseconds() + _SESSION_POLL_MS
            due = poll if due is None else min(due, poll)
        if due is None or (self._timer is not None and self._timer_due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._loop.loop.call_at(due / 1000 + 0.001, self._tick)

    async def _wind_down(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for server in self._servers:
            server.close()
        self._do_all()
        self.broker.shut_down()
        self.flush()
        for connection in list(self._connections.values()):
            connection.close()
        await self._emptied(SHUTDOWN_GRACE_SECONDS)
        for connection in list(self._connections.values()):
            connection.abort()
        await self._emptied(SHUTDOWN_GRACE_SECONDS)
        if self._timer is not None:
            self._timer.cancel()

    async def _emptied(self, seconds: float) -> None:
        self._empty = asyncio.Event()
        if self._connections:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._empty.wait(), seconds)

    # Ports

    def _bind(self) -> list[tuple[socket.socket, bool]]:
        bound: list[tuple[socket.socket, bool]] = []
        try:
            for port, encrypted in zip(self._ports, (False, True), strict=True):
                if port is not None:
                    sock = listening_socket(self._host, port, _BACKLOG)
                    bound.append((sock, encrypted))
        except OSError:
            for sock, _ in bound:
                sock.close()
            raise
        self._addresses = {encrypted: sock.getsockname()[:2] for sock, encrypted in bound}
        return bound

    async def _serve(self, sockets: list[tuple[socket.socket, bool]]) -> None:
        loop = asyncio.get_running_loop()
        for sock, encrypted in sockets:
            accept = self._accept_tls if encrypted else self.connection
            self._servers.append(await loop.create_server(accept, sock=sock, backlog=_BACKLOG))

    def connection(self) -> Connection:
        """Return the protocol for a new connection, with or without TLS."""
        return Connection(self)

    def _accept_tls(self) -> asyncio.Protocol:
        context = self._tls() if callable(self._tls) else self._tls
        assert context is not None
        return TlsAcceptor(
            context, lambda _transport, _data: self.connection(), self.broker.limits.connect_timeout
        )
