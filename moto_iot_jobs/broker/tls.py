"""TLS with clients' certificates that moto and AWS IoT issue."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path

from .dispatch import log

#: AWS IoT's ALPN names (developer guide, Protocols, port mappings, and authentication).
ALPN = ["x-amzn-mqtt-ca", "mqtt", "x-amzn-http-ca", "http/1.1"]
HTTP_ALPN = ["x-amzn-http-ca", "http/1.1"]

# From OpenSSL's x509_vfy.h; the ssl module has names for neither on every Python this runs on.
_PARTIAL_CHAIN = 0x80000
_NO_CHECK_TIME = 0x200000


def device_context(
    certificate: str | Path,
    key: str | Path,
    trusted: Iterable[bytes] = (),
    *,
    over_http: bool = False,
) -> ssl.SSLContext:
    """Make a server's context that trusts exactly the certificates that :func:`trust` was given.

    moto signs a device's certificate with the device's own key in another's name, so that no chain
    leads anywhere, and dates it by the test's clock. Each certificate is therefore its own anchor,
    and OpenSSL does not look at its dates. Clients without a certificate get through the handshake
    too, unless it is for HTTP: WebSocket clients may sign their request instead.

    Args:
        certificate: PEM file of the server's certificate, with its chain.
        key: PEM file of the server's private key.
        trusted: certificates (DER) of clients, or of the authorities that signed them.
        over_http: whether requests of HTTP are to come, for which a certificate is required.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED if over_http else ssl.CERT_OPTIONAL
    context.verify_flags |= _PARTIAL_CHAIN | _NO_CHECK_TIME
    context.set_alpn_protocols(HTTP_ALPN if over_http else ALPN)
    for der in trusted:
        trust(context, der)
    return context


def trust(context: ssl.SSLContext, der: bytes) -> None:
    """Accept clients with this certificate, or signed with it, from their next connection on."""
    context.load_verify_locations(cadata=der)


#: Chooses the protocol for a connection by the bytes that have come; None to wait for more.
Choice = Callable[[asyncio.Transport, bytes], "asyncio.Protocol | None"]


class TlsAcceptor(asyncio.Protocol):
    """Handshake of one connection, which is then handed to another protocol.

    asyncio's own servers do not tell about a handshake that fails.

    Args:
        context: gives the context for the connection.
        choose: chooses the protocol that takes the connection over.
        timeout: seconds until the protocol must be chosen.
    """

    def __init__(self, context: ssl.SSLContext, choose: Choice, timeout: float) -> None:
        self._context = context
        self._choose = choose
        self._timeout = timeout
        self._early: _Early | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        assert isinstance(transport, asyncio.Transport)
        self._task = asyncio.get_running_loop().create_task(self._shake_hands(transport))

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        early = _Early(self._choose)
        try:
            encrypted = await loop.start_tls(
                transport,
                early,
                self._context,
                server_side=True,
                ssl_handshake_timeout=self._timeout,
            )
        except (OSError, asyncio.TimeoutError) as problem:
            peer = transport.get_extra_info("peername") or ("?", "?")
            reason = getattr(problem, "reason", None) or str(problem) or type(problem).__name__
            log.warning("no TLS with %s:%s: %s", *peer[:2], reason)
            transport.abort()
            return
        if encrypted is None:  # the loop was closed meanwhile
            return
        early.begin(encrypted, loop.call_later(self._timeout, encrypted.abort))


class _Early(asyncio.Protocol):
    """Keeps what comes before the protocol was chosen."""

    def __init__(self, choose: Choice) -> None:
        self._choose = choose
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._data = b""
        self._lost = False

    def begin(self, transport: asyncio.Transport, timer: asyncio.TimerHandle) -> None:
        """Note that the handshake is over."""
        self._transport, self._timer = transport, timer
        if self._lost:
            timer.cancel()
        else:
            self._hand_over(transport)

    def data_received(self, data: bytes) -> None:
        """Keep the bytes, and hand the connection over if they show to what."""
        self._data += data
        if self._transport is not None:
            self._hand_over(self._transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Note that there is nothing to hand over."""
        self._lost = True
        if self._timer is not None:
            self._timer.cancel()

    def _hand_over(self, transport: asyncio.Transport) -> None:
        protocol = self._choose(transport, self._data)
        if protocol is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if self._data:
            protocol.data_received(self._data)
