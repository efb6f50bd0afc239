"""TLS without a socket, and the context that suits certificates which moto and AWS IoT issue.

An ``ssl.SSLSocket`` would tie reading to writing; memory buffers leave both to the endpoint's one
thread.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

#: What AWS IoT answers to on its ports (developer guide, Protocols, port mappings, and
#: authentication).
ALPN = ["x-amzn-mqtt-ca", "mqtt", "http/1.1"]
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
    """A server's context that asks clients for a certificate and trusts exactly those that
    :func:`trust` was given.

    moto signs a device's certificate with the device's own key in another's name, so that no chain
    leads anywhere, and dates it by the test's clock. Each certificate is therefore its own anchor,
    and its dates are not looked at. Clients without a certificate get through the handshake too,
    unless it is for HTTP: WebSocket clients may sign their request instead.

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
    """Lets clients with this certificate, or signed with it, in from their next connection on."""
    context.load_verify_locations(cadata=der)


class Tls:
    """The server's side of one TLS connection: bytes from the network in, plain bytes out, and the
    other way round.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False
        self.closed = False

    def receive(self, data: bytes) -> bytes:
        """The plain bytes in ``data``.

        Raises ssl.SSLError if the handshake fails or the peer talks no TLS.

        What TLS itself has to answer is among the bytes that ``pending`` gives.
        """
        self._incoming.write(data)
        plain = bytearray()
        try:
            if not self.established:
                self._tls.do_handshake()
                self.established = True
            while chunk := self._tls.read(65_536):
                plain += chunk
            self.closed = True
        except ssl.SSLWantReadError:
            pass
        return bytes(plain)

    @property
    def certificate(self) -> bytes | None:
        """The peer's certificate (DER); None if it showed none."""
        return self._tls.getpeercert(binary_form=True) if self.established else None

    def wrap(self, plain: bytes) -> bytes:
        """The bytes for the network that carry ``plain``, behind whatever was pending."""
        view = memoryview(plain)
        while view:
            view = view[self._tls.write(view) :]
        return self.pending()

    def farewell(self) -> bytes:
        """The bytes that tell the peer that nothing more will come."""
        if self.established:
            with suppress(ssl.SSLError):  # the peer's own farewell is not awaited
                self._tls.unwrap()
        return self.pending()

    def pending(self) -> bytes:
        """Bytes for the network that TLS has made of its own accord."""
        return self._outgoing.read()
