"""The endpoint that devices connect to: MQTT 3.1.1 and 5 over TCP, TLS and WebSocket, served by
one thread.

It knows nothing of moto or of jobs; what it needs of them is passed in as callables. Keep-alive and
expiry follow real time, even while a test has frozen Python's clocks.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from selectors import EVENT_READ, BaseSelector, DefaultSelector
from types import TracebackType

from .broker import Answer, Broker, OnPublish
from .client import Client
from .connection import Connection
from .deadlines import Deadlines
from .dispatch import log
from .limits import Limits
from .topics import is_valid_name
from .transport import AccessPolicy, Pipeline

_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE_MS = 100
_ACCEPTS_AT_ONCE = 64


def real_milliseconds() -> int:
    """Milliseconds that go on while freezegun or time-machine hold ``time.monotonic`` still.

    Neither touches ``time.clock_gettime_ns`` for this clock, where the platform has it.
    """
    if hasattr(time, "CLOCK_MONOTONIC"):
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000
    return time.monotonic_ns() // 1_000_000


class Endpoint:
    """Listens on loopback unless told otherwise, from :meth:`start` to :meth:`stop` or inside a
    ``with`` block.

    Args:
        host: address to listen on.
        mqtt_port: port for plain MQTT and WebSocket; 0 for any that is free, None for no such port.
        mqtts_port: the same over TLS.
        tls: the TLS context, or a callable that gives one for each connection.
        answer: gives the private answers to requests, see :data:`.broker.Answer`. Called on the
            endpoint's thread.
        on_publish: told about ordinary messages, see :data:`.broker.OnPublish`. Called on the
            endpoint's thread.
        accept_certificate: see :class:`.pipeline.Gate`. Called on the endpoint's thread.
        accept_upgrade: see :class:`.pipeline.Gate`. Called on the endpoint's thread.
        limits: what clients may ask for.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        mqtt_port: int | None = 0,
        mqtts_port: int | None = None,
        tls: ssl.SSLContext | Callable[[], ssl.SSLContext] | None = None,
        answer: Answer | None = None,
        on_publish: OnPublish | None = None,
        accept_certificate: Callable[[bytes], bool] | None = None,
        accept_upgrade: Callable[..., bool] | None = None,
        limits: Limits | None = None,
    ) -> None:
        if mqtts_port is not None and tls is None:
            raise ValueError("a port for MQTT over TLS needs a TLS context")
        self._host = host
        self._ports = (mqtt_port, mqtts_port)
        self._tls = tls
        self._policy = AccessPolicy(accept_certificate, accept_upgrade)
        self._limits = limits or Limits()
        self._broker = Broker(answer, on_publish, self._limits)
        self._connections: dict[Client, Connection] = {}
        self._listeners: list[_Listener] = []
        self._addresses: dict[bool, tuple[str, int]] = {}
        self._todo: deque[Callable[[int], object]] = deque()
        self._later: Deadlines[Callable[[int], None]] = Deadlines()
        self._selector: BaseSelector | None = None
        self._thread: threading.Thread | None = None
        self._waker: _Waker | None = None
        self._stopping = False

    def start(self) -> Endpoint:
        """Binds the ports and begins to serve.

        Raises OSError if a port is taken, RuntimeError the second time.
        """
        if self._selector is not None:
            raise RuntimeError("an endpoint starts once")
        self._selector = selector = DefaultSelector()
        try:
            self._listen(selector)
        except OSError:
            self._release(selector)
            raise
        self._waker = _Waker(selector)
        self._thread = threading.Thread(
            target=self._run, args=(selector,), name="moto-iot-jobs-mqtt", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Closes all connections and ports and waits for the thread to end.

        MQTT 5 clients are told; no will is published.
        """
        thread, self._stopping = self._thread, True
        if self._waker is not None:
            self._waker.wake()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def __enter__(self) -> Endpoint:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def mqtt_address(self) -> tuple[str, int] | None:
        """Host and port for plain MQTT; None if there is no such port, or before the start."""
        return self._addresses.get(False)

    @property
    def mqtts_address(self) -> tuple[str, int] | None:
        """Host and port for MQTT over TLS; None if there is no such port, or before the start."""
        return self._addresses.get(True)

    @property
    def clients(self) -> list[Client]:
        """The clients that are connected at the moment."""
        return self._broker.clients

    # From any thread

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Publishes in the service's name.

        Returns at once; messages keep their order. Does nothing after the stop.

        Within ``answer`` the message follows the answer. Raises ValueError for what is no topic
        name.
        """
        if not is_valid_name(topic):
            raise ValueError(f"{topic[:80]!r} is not a topic name")
        self._soon(lambda now: self._broker.publish(topic, payload, now, qos, retain))

    def disconnect(self, client_id: str) -> None:
        """Closes the connection of a client, if it is there; MQTT 5 hears of an administrative
        action.
        """
        self._soon(lambda now: self._broker.disconnect(client_id, now))

    def forget(self) -> None:
        """Forgets retained messages, and the sessions of clients that are not connected."""
        self._soon(self._broker.forget)

    def _soon(self, action: Callable[[int], object]) -> None:
        # What another thread asked for before must not be overtaken: a device would take the older
        # notification for the newer.
        if threading.current_thread() is self._thread and not self._todo:
            action(real_milliseconds())
            return
        self._todo.append(action)
        if self._waker is not None:
            self._waker.wake()

    # On the endpoint's thread

    def _run(self, selector: BaseSelector) -> None:
        try:
            while not self._stopping:
                ready = selector.select(self._patience())
                # What a device says after another thread's call must find that call done, be it
                # `forget` or `disconnect`.
                self._do_what_was_asked(real_milliseconds())
                for key, events in ready:
                    key.data.ready(events, real_milliseconds())
                self._do_what_is_due(real_milliseconds())
        finally:
            self._wind_down(selector, real_milliseconds())

    def _patience(self) -> float | None:
        """Seconds until something is due; None for as long as it takes."""
        due = [
            when
            for when in (self._broker.next_deadline(), self._later.earliest())
            if when is not None
        ]
        return max(0, min(due) - real_milliseconds()) / 1000 + 0.001 if due else None

    def _do_what_was_asked(self, now: int) -> None:
        for _ in range(len(self._todo)):  # what is added meanwhile must not keep sockets waiting
            self._guarded(self._todo.popleft(), now)

    def _do_what_is_due(self, now: int) -> None:
        self._do_what_was_asked(now)
        for action in self._later.take_due(now):
            self._guarded(action, now)
        self._guarded(self._broker.tick, now)
        self._flush(now)

    def _guarded(self, action: Callable[[int], object], now: int) -> None:
        try:
            action(now)
        except Exception:
            log.exception("an action of the endpoint failed")

    def _flush(self, now: int) -> None:
        # A connection that turns out to be lost may leave a will for others.
        while touched := self._broker.take_touched():
            for client in touched:
                connection = self._connections.get(client)
                if connection is not None:
                    connection.flush(now)

    def _wind_down(self, selector: BaseSelector, now: int) -> None:
        self._do_what_is_due(now)
        self._broker.shut_down(now)
        self._flush(now)
        for connection in list(self._connections.values()):
            connection.close(now)
        self._release(selector)

    # Ports

    def _listen(self, selector: BaseSelector) -> None:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        for port, encrypted in zip(self._ports, (False, True), strict=True):
            if port is not None:
                listener = socket.create_server((self._host, port), family=family, backlog=1024)
                listener.setblocking(False)
                self._addresses[encrypted] = listener.getsockname()[:2]
                self._listeners.append(_Listener(listener, selector, self, encrypted))

    def _release(self, selector: BaseSelector) -> None:
        for listener in self._listeners:
            listener.close()
        if self._waker is not None:
            self._waker.close()
        selector.close()

    def welcome(
        self,
        sock: socket.socket,
        address: tuple[str, int],
        encrypted: bool,
        selector: BaseSelector,
        now: int,
    ) -> None:
        """Takes over a socket that a port has accepted."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(self._limits, address, "mqtts" if encrypted else "mqtt")
        pipeline = Pipeline(client, self._policy, self._context() if encrypted else None)
        forget = self._connections.pop
        connection = Connection(
            sock, client, pipeline, self._broker, selector, forget, self.call_at
        )
        self._connections[client] = connection
        self._broker.open(client, now)

    def call_at(self, due: int, action: Callable[[int], None]) -> None:
        """Calls ``action`` on the endpoint's thread when ``due`` comes (milliseconds of
        :func:`real_milliseconds`).
        """
        self._later.add(due, action)

    def _context(self) -> ssl.SSLContext | None:
        return self._tls() if callable(self._tls) else self._tls


class _Listener:
    """A port. It pauses when the process has no file descriptor left, and does not spin meanwhile."""

    def __init__(
        self, sock: socket.socket, selector: BaseSelector, endpoint: Endpoint, encrypted: bool
    ) -> None:
        self._socket = sock
        self._selector = selector
        self._endpoint = endpoint
        self._encrypted = encrypted
        self.resume(0)

    def resume(self, _now: int) -> None:
        self._selector.register(self._socket, EVENT_READ, self)

    def ready(self, _events: int, now: int) -> None:
        for _ in range(_ACCEPTS_AT_ONCE):
            try:
                sock, address = self._socket.accept()
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    log.warning("no connection can be accepted for now: %s", error)
                    self._selector.unregister(self._socket)
                    self._endpoint.call_at(now + _PAUSE_MS, self.resume)
                return
            try:
                self._endpoint.welcome(sock, address[:2], self._encrypted, self._selector, now)
            except Exception:
                log.exception("a connection from %s could not be served", address)
                sock.close()

    def close(self) -> None:
        self._socket.close()


class _Waker:
    """Ends the selector's wait from another thread."""

    def __init__(self, selector: BaseSelector) -> None:
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        self._lock = threading.Lock()
        selector.register(self._here, EVENT_READ, self)

    def wake(self) -> None:
        with self._lock, suppress(OSError):  # it is awake already, or gone
            self._there.send(b"\0")

    def ready(self, _events: int, _now: int) -> None:
        self._here.recv(4096)

    def close(self) -> None:
        with self._lock:
            self._here.close()
            self._there.close()
