"""HTTPS for the devices of one account and region: a certificate instead of a signature, as on AWS's port 8443."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable
from http.client import responses
from threading import Thread
from types import TracebackType
from typing import Any

from cheroot.errors import FatalSSLAlert
from cheroot.ssl.builtin import BuiltinSSLAdapter

from .bounds import BoundedConnection, BoundedServer
from .device_identity import DeviceCertificates
from .iot.caller import Caller
from .iot.http import HttpRequest
from .iot.models import find_jobs
from .iotjobsdata.responses import DeviceOperations
from .mqtt.authority import Authority

_THREADS = 16
_IDLE_SECONDS = 300
_HANDSHAKE_SECONDS = 10
_CERTIFICATE = "moto_iot_jobs.certificate"


class DeviceHttps:
    """Listens already; serves from :meth:`start` to :meth:`stop` or inside a ``with`` block, once.

    Args:
        region: the devices' region.
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        authority: of the server.
        server_url: where signed URLs in job documents are to lead to.
        account: the devices' account; moto's own by default.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(
        self, *, region: str, host: str, port: int, authority: Authority, server_url: str, account: str = "123456789012"
    ) -> None:
        certificates = DeviceCertificates(account, region, authority, over_http=True)
        application = _Application(certificates, _CertifiedOperations(account, region), server_url)
        self._wsgi = BoundedServer(
            (host, port), application, threads=_THREADS, idle_seconds=_IDLE_SECONDS, connection=_Connection
        )
        self._wsgi.ssl_adapter = _Adapter(authority, certificates)
        self._wsgi.prepare()
        self._thread = Thread(target=self._wsgi.serve, name="moto-iot-jobs-https", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._wsgi.bind_addr[:2]
        return host, port

    def start(self) -> DeviceHttps:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close all connections and the port."""
        self._wsgi.stop()
        self._thread.join()

    def __enter__(self) -> DeviceHttps:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()


class _Adapter(BuiltinSSLAdapter):
    """Wraps a connection in the context of the moment, which knows the certificates that moto has by now."""

    def __init__(self, authority: Authority, certificates: DeviceCertificates) -> None:
        super().__init__(str(authority.server_certificate), str(authority.server_key))
        self._certificates = certificates

    def wrap(self, sock: Any) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        # All connections are accepted on one thread: a client that is slow to shake hands must not hold up the others.
        try:
            return self._certificates.context().wrap_socket(sock, server_side=True, do_handshake_on_connect=False), {}
        except OSError as gone:
            raise FatalSSLAlert(*gone.args) from gone


class _Connection(BoundedConnection):
    """A connection that shakes hands on the thread that is going to answer it."""

    def communicate(self) -> bool:
        if not self.ssl_env:
            try:
                self.socket.settimeout(_HANDSHAKE_SECONDS)
                self.socket.do_handshake()
            except OSError:
                return False
            self.ssl_env = {"wsgi.url_scheme": "https", _CERTIFICATE: self.socket.getpeercert(binary_form=True)}
        return super().communicate()


class _CertifiedOperations(DeviceOperations):
    """The device's plane of one account and region, for requests whose sender was known by its certificate."""

    def __init__(self, account: str, region: str) -> None:
        super().__init__(lambda _account, _region: find_jobs(account, region))

    def _authorise(self, caller: Caller, operation: str) -> None:
        """Let everybody ask: there is no signature that moto's IAM could check."""


class _Application:
    def __init__(self, certificates: DeviceCertificates, operations: DeviceOperations, server_url: str) -> None:
        self._certificates = certificates
        self._operations = operations
        self._server_host = server_url.partition("://")[2]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Signed URLs in documents lead to the server itself, which asks nobody for a certificate.
        request = HttpRequest.of_environ({**environ, "wsgi.url_scheme": "http", "HTTP_HOST": self._server_host})
        if self._certificates.accept(environ[_CERTIFICATE]):
            unknown = f"There is no operation {request.method} {request.raw_path}."
            answer = self._operations.answer(request) or _refusal(404, "UnknownOperationException", unknown)
        else:
            answer = _refusal(403, "ForbiddenException", "Forbidden")
        status, headers, body = answer
        start_response(f"{status} {responses.get(status, '')}", [*headers.items(), ("Content-Length", str(len(body)))])
        return [body]


def _refusal(status: int, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"message": message}).encode()
