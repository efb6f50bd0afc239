"""What lies between a socket's bytes and MQTT: TLS if the port has it, and a WebSocket if the
client opens one.

Which of the two a client speaks is seen from its first byte: CONNECT begins with 0x10, an HTTP
request with a letter.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .client import Client, Upgrade
from .dispatch import log
from .tls import Tls
from .websocket import (
    FrameError,
    Frames,
    HandshakeError,
    accept_response,
    check_upgrade,
    close_frame,
    frame,
    parse_upgrade,
)


class ConnectionClosed(Exception):
    """The connection cannot go on below MQTT; what there was to say about it is among the pending
    bytes.
    """


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Who decides about clients; None lets everybody through.

    Attributes:
        accept_certificate: given a client's certificate (DER), whether it may connect.
        accept_upgrade: given method, target and headers of a WebSocket's request, whether it is
            signed as it should be.
    """

    accept_certificate: Callable[[bytes], bool] | None = None
    accept_upgrade: Callable[[str, str, Mapping[str, str]], bool] | None = None

    def lets_certificate_in(self, certificate: bytes | None) -> bool:
        """Whether a TLS client may speak MQTT on the strength of its certificate."""
        if self.accept_certificate is None:
            return True
        return certificate is not None and self.accept_certificate(certificate)

    def lets_upgrade_in(self, upgrade: Upgrade, certificate: bytes | None) -> bool:
        """Whether a WebSocket may be opened: with a signature or with a certificate."""
        if self.accept_upgrade is None:
            return True
        if certificate is not None and self.lets_certificate_in(certificate):
            return True
        return self.accept_upgrade(upgrade.method, upgrade.target, upgrade.headers)


class Pipeline:
    """Turns a connection's bytes into MQTT's and back; notes on the client what it learns about it.

    Args:
        client: whose connection it is.
        gate: decides whether the client may connect.
        context: for TLS, or None on a plain port.
    """

    def __init__(self, client: Client, gate: AccessPolicy, context: ssl.SSLContext | None) -> None:
        self._client = client
        self._policy = gate
        self._tls = Tls(context) if context is not None else None
        self._request: bytearray | None = None
        self._frames: Frames | None = None
        self._sniffed = False
        self._pending = bytearray()
        self.closed = False

    def receive(self, data: bytes) -> bytes:
        """The bytes of MQTT in what came from the socket.

        ``pending`` must be sent afterwards; ``closed`` is true once the client closed TLS or the
        WebSocket in good order. Raises Hangup if the connection cannot go on.
        """
        if self._tls is not None:
            data = self._decrypted(self._tls, data)
        try:
            return self._received(data)
        except HandshakeError as error:
            self._pending += self._wrapped(error.response())
            raise ConnectionClosed(f"HTTP {error.status}") from error
        except FrameError as error:
            self._pending += self._wrapped(close_frame(error.code))
            raise ConnectionClosed(f"WebSocket: {error}") from error

    def wrap(self, data: bytes) -> bytes:
        """The bytes for the socket that carry ``data`` of MQTT."""
        return self._wrapped(frame(data) if self._frames is not None else data)

    def farewell(self) -> bytes:
        """The bytes for the socket that close WebSocket and TLS from our side."""
        goodbye = b""
        if self._frames is not None and not self._frames.closed:
            goodbye = self._wrapped(close_frame())
        return goodbye + (self._tls.farewell() if self._tls is not None else b"")

    def take_pending(self) -> bytes:
        """Bytes for the socket that TLS and WebSocket have made of their own accord."""
        pending = bytes(self._pending)
        self._pending.clear()
        return pending

    @property
    def said_goodbye(self) -> bool:
        """Whether the client closed its WebSocket in good order."""
        return self._frames is not None and self._frames.closed

    def _decrypted(self, tls: Tls, data: bytes) -> bytes:
        was_established = tls.established
        try:
            plain = tls.receive(data)
        except ssl.SSLError as error:
            raise ConnectionClosed(f"TLS: {error.reason or error}") from error
        finally:
            self._pending += tls.pending()
        if tls.established and not was_established:
            self._client.certificate = tls.certificate
        self.closed = self.closed or tls.closed
        return plain

    def _wrapped(self, data: bytes) -> bytes:
        return self._tls.wrap(data) if self._tls is not None else data

    def _received(self, data: bytes) -> bytes:
        if not self._sniffed and data:
            self._sniff(data[0])
        if self._request is not None:
            data = self._upgraded(self._request, data)
        if self._frames is None:
            return data
        payload = self._frames.receive(data)
        if self._frames.replies:
            self._pending += self._wrapped(bytes(self._frames.replies))
            self._frames.replies.clear()
        self.closed = self.closed or self._frames.closed
        return payload

    def _sniff(self, first: int) -> None:
        self._sniffed = True
        if ord("A") <= first <= ord("Z"):
            self._request = bytearray()
        elif self._tls is not None:
            self._client.authorized = self._asked(
                self._policy.lets_certificate_in, self._client.certificate
            )

    def _upgraded(self, request: bytearray, data: bytes) -> bytes:
        """What follows the request for a WebSocket in ``data``, once the request is complete."""
        request += data
        parsed = parse_upgrade(bytes(request))
        if parsed is None:
            return b""
        upgrade, length = parsed
        check_upgrade(upgrade)
        if not self._asked(self._policy.lets_upgrade_in, upgrade, self._client.certificate):
            raise HandshakeError("403 Forbidden")
        self._client.upgrade = upgrade
        self._client.transport = "wss" if self._tls is not None else "ws"
        self._pending += self._wrapped(accept_response(upgrade))
        self._frames = Frames()
        self._request = None
        return bytes(request[length:])

    def _asked(self, judge: Callable[..., bool], *arguments: object) -> bool:
        """What the judge says; one that fails says no."""
        try:
            return judge(*arguments)
        except Exception:
            log.exception("could not judge %r", self._client)
            return False
