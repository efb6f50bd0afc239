"""One network connection: bytes between an asyncio transport and the broker.

A client opens a WebSocket or speaks MQTT at once, which its first byte shows: CONNECT begins with
0x10, an HTTP request with a letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from .access import AccessPolicy
from .broker import Broker
from .client import Client, Upgrade
from .dispatch import log
from .loop import real_milliseconds
from .websocket import MISSING, WebSocket, WebSocketClosed

_CHUNK = 65_536
#: Time for the peer to take what was sent last and to close its side. Without the wait a reset
#: could overtake it.
LINGER_SECONDS = 2.0


class Host(Protocol):
    """The endpoint, as a connection needs it."""

    broker: Broker
    policy: AccessPolicy
    buffer: memoryview

    def opened(self, connection: Connection) -> None:
        """Note a new connection."""

    def lost(self, connection: Connection) -> None:
        """Note that a connection is gone."""

    def before_bytes(self) -> None:
        """Do what other threads have requested so far."""

    def flush(self) -> None:
        """Send what waits for any client."""

    def flush_soon(self) -> None:
        """Send what waits for any client once all have been read that have sent something."""


class Connection(asyncio.BufferedProtocol, asyncio.Protocol):
    """A connection that carries MQTT, directly or in a WebSocket, with TLS or without.

    All connections of a host read into its buffer: asyncio would make one of 256 KiB for each read,
    which takes longer than the read.

    Args:
        host: the endpoint.
    """

    client: Client

    def __init__(self, host: Host) -> None:
        self._host = host
        self._transport: asyncio.Transport | None = None
        self._websocket: WebSocket | None = None
        self._has_begun = False
        self._must_end = False
        self._abort_soon: asyncio.TimerHandle | None = None
        self._writing_is_paused = False

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce the client to the broker."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        encryption = transport.get_extra_info("ssl_object")
        peer = transport.get_extra_info("peername") or ("", 0)
        transport.set_write_buffer_limits(high=_CHUNK)
        self.client = Client(
            self._host.broker.limits, peer[:2], "mqtt" if encryption is None else "mqtts"
        )
        local = transport.get_extra_info("sockname")
        self.client.local_host = local[0] if local else None
        if encryption is not None:
            self.client.certificate = encryption.getpeercert(binary_form=True)
        self._host.opened(self)

    def get_buffer(self, _size_hint: int) -> memoryview:
        """Return where to read to."""
        return self._host.buffer

    def buffer_updated(self, size: int) -> None:
        """Pass on what was read."""
        self.data_received(bytes(self._host.buffer[:size]))

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        self._host.before_bytes()
        if not self._is_over:
            self._guarded(self._take_in, data)
        # It may have to be closed, or be read no further, although nothing is to be sent.
        self._host.broker.touch(self.client)
        self._host.flush_soon()

    def pause_writing(self) -> None:
        """Note that the peer does not keep up."""
        self._writing_is_paused = True

    def resume_writing(self) -> None:
        """Go on sending."""
        self._writing_is_paused = False
        self.flush()
        self._host.flush()

    def connection_lost(self, _error: Exception | None) -> None:
        """Report to the broker."""
        if self._abort_soon is not None:  # it would hold all of the connection until then
            self._abort_soon.cancel()
        # Python 3.10 warns of a transport with TLS that only the peer has closed.
        self.abort()
        self._host.lost(self)

    # Called by the endpoint

    @property
    def closed_in_good_order(self) -> bool:
        """True if the client closed its WebSocket in good order."""
        return self._websocket is not None and self._websocket.closed_by_client

    def flush(self) -> None:
        """Send what waits, as far as the peer takes it.

        Then close if the broker wants that.
        """
        self._guarded(self._write)

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close as soon as everything was sent."""
        self._guarded(self._write)
        if self._transport is not None:
            self._transport.close()

    def _guarded(self, action: Callable[..., None], *arguments: bytes) -> None:
        """Keep what goes wrong with one connection from others."""
        try:
            action(*arguments)
        except OSError:  # the peer is gone
            self.abort()
        except Exception:
            log.exception("%r is closed after an unexpected error", self.client)
            self.abort()

    @property
    def _is_over(self) -> bool:
        return self._must_end or self.client.closing

    # In

    def _take_in(self, data: bytes) -> None:
        client, broker = self.client, self._host.broker
        if not self._has_begun:
            self._begin(data)
        if self._websocket is not None:
            data = self._unwrapped(self._websocket, data)
        if data:
            broker.receive(client, data, real_milliseconds())
        if self.closed_in_good_order:
            self._must_end = True
            broker.lost(client, in_good_order=True)

    def _begin(self, data: bytes) -> None:
        self._has_begun = True
        if not ord("A") <= data[0] <= ord("Z"):
            if self.client.transport == "mqtts":
                self.client.authorized = self._host.policy.admits_certificate(self.client)
            return
        try:
            self._websocket = WebSocket(self._accepts)
        except ImportError:
            log.error(MISSING)
            self._end_with(
                "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n"
                f"Content-Length: {len(MISSING)}\r\n\r\n{MISSING}".encode()
            )

    def _accepts(self, upgrade: Upgrade) -> bool:
        client = self.client
        encrypted = client.transport == "mqtts"
        if not self._host.policy.admits_upgrade(client, upgrade, encrypted):
            return False
        client.transport = "wss" if encrypted else "ws"
        return True

    def _unwrapped(self, websocket: WebSocket, data: bytes) -> bytes:
        try:
            payload = websocket.receive(data)
        except WebSocketClosed as problem:
            log.warning("%r is disconnected: %s", self.client, problem)
            self._end_with(websocket.take_replies())
            self._read_no_more(websocket)
            return b""
        if not self.client.note_incomplete(frames=websocket.buffered):
            log.warning("%r is disconnected: too much is buffered for all clients", self.client)
            self._must_end = True
            self._read_no_more(websocket)
            return b""
        replies = websocket.take_replies()
        if replies and self._transport is not None:
            self._transport.write(replies)
        return payload

    def _read_no_more(self, websocket: WebSocket) -> None:
        # The peer may take seconds to read what is left for it.
        websocket.discard()
        self.client.note_incomplete(frames=0)
        self.client.discard_incoming()

    def _end_with(self, last: bytes) -> None:
        self._must_end = True
        if self._transport is not None:
            self._transport.write(last)

    # Out

    def _write(self) -> None:
        client, transport = self.client, self._transport
        if transport is None or transport.is_closing():
            return
        while not self._writing_is_paused and client.outgoing:
            was_congested = client.is_congested
            transport.write(self._next_bytes())
            if was_congested:
                self._host.broker.drained(client, real_milliseconds())
        if self._is_over:
            self._end(transport)
        self._regulate_reading(transport)

    def _next_bytes(self) -> bytes:
        if self._websocket is None:
            return self.client.take(_CHUNK)
        # MQTT lets frames begin and end anywhere (MQTT-6.0.0-2), but simple clients expect a packet
        # in each, as common brokers send it.
        packet = self.client.take_packet()
        return self._websocket.wrap(packet) if packet else b""

    def _end(self, transport: asyncio.Transport) -> None:
        if self._abort_soon is None:
            loop = asyncio.get_running_loop()
            self._abort_soon = loop.call_later(LINGER_SECONDS, transport.abort)
        if self.client.outgoing or transport.is_closing():
            return
        if self._websocket is not None and (last := self._websocket.close()):
            transport.write(last)
        if transport.can_write_eof():
            with suppress(OSError):
                transport.write_eof()
        else:  # TLS has no half-closed state
            transport.close()

    def _regulate_reading(self, transport: asyncio.Transport) -> None:
        """Stop reading from a peer that does not read, or that has to wait for a response."""
        client = self.client
        must_wait = (
            self._writing_is_paused or client.is_congested or client.awaits_response
        ) and not self._is_over
        if must_wait == transport.is_reading() and not transport.is_closing():
            (transport.pause_reading if must_wait else transport.resume_reading)()
