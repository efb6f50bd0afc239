"""HTTPS for the devices of one account and region: a certificate instead of a signature, as on
AWS's port 8443.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from types import TracebackType
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from moto_iot_jobs.dispatch.http import LARGEST_BODY, HttpRequest, HttpsCall, HttpsTransport
from moto_iot_jobs.iotjobsdata.responses import operations
from moto_iot_jobs.runtime.defaults import home_account
from moto_iot_jobs.shadows.http import ShadowHttpsCall
from moto_iot_jobs.shadows.operations import operations as shadow_operations

from .application import carry_out, response
from .certificates import Authority
from .device_certificates import DeviceCertificates
from .listener import HttpListener, body_of, refusal
from .threads import Threads


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
        self,
        *,
        region: str,
        host: str,
        port: int,
        authority: Authority,
        server_url: str,
        account: str | None = None,
    ) -> None:
        account = home_account(account)
        certificates = DeviceCertificates(account, region, authority, over_http=True)
        self._threads = Threads()

        def certified(kind: type[HttpsCall]) -> Callable[..., HttpsCall]:
            def make_call(*arguments: Any) -> HttpsCall:
                call = kind(*arguments)
                call.account, call.region = account, region
                return call

            return make_call

        transports = (
            HttpsTransport(operations, certified(_CertifiedCall)),
            HttpsTransport(shadow_operations, certified(_CertifiedShadowCall)),
        )
        application = _Application(certificates, transports, server_url, self._threads)
        self._listener = HttpListener(host, port, application.answer, tls=certificates.context)
        self._thread = Thread(target=self._listener.serve, name="moto-iot-jobs-https", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self._listener.address

    def start(self) -> DeviceHttps:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close all connections and the port."""
        self._listener.stop()
        self._thread.join()
        self._threads.close()

    def __enter__(self) -> DeviceHttps:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _CertifiedCall(HttpsCall):
    """A call of a device that its certificate has authenticated."""

    __slots__ = ()

    def authenticate(self) -> str:
        """Return the account that the certificate is of: there is no signature to check."""
        return self.account


class _CertifiedShadowCall(ShadowHttpsCall):
    """A call about a shadow, of a device that its certificate has authenticated."""

    __slots__ = ()

    def authenticate(self) -> str:
        """Return the account that the certificate is of."""
        return self.account


class _Application:
    def __init__(
        self,
        certificates: DeviceCertificates,
        transports: tuple[HttpsTransport, ...],
        server_url: str,
        threads: Threads,
    ) -> None:
        self._certificates = certificates
        self._transports = transports
        self._server_host = server_url.partition("://")[2]
        self._threads = threads

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer a request."""
        body = await body_of(request, LARGEST_BODY)
        connection = request.get_extra_info("ssl_object")
        if connection is None or not self._certificates.accept(
            connection.getpeercert(binary_form=True)
        ):
            return refusal(403, "ForbiddenException", "Forbidden")
        # Signed URLs in documents lead to the server itself, which asks nobody for a certificate.
        headers = CIMultiDict(request.headers)
        headers["Host"] = self._server_host
        asked = HttpRequest.of_server(request.method, request.raw_path, headers, body)
        transport = next(
            (each for each in self._transports if each.knows(asked.method, asked.raw_path)),
            self._transports[0],
        )
        answer = await carry_out(transport, asked, self._threads)
        if answer is None:
            return refusal(
                404,
                "UnknownOperationException",
                f"There is no operation {asked.method} {asked.raw_path}.",
            )
        return response(answer)
