"""HTTPS for devices that show a certificate and sign nothing, as on AWS's port 8443."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from moto_iot_jobs.broker.loop import LoopThread
from moto_iot_jobs.dispatch.http import (
    LARGEST_BODY,
    HttpRequest,
    HttpsCall,
    HttpsTransport,
    split_target,
)
from moto_iot_jobs.iotjobsdata.responses import operations
from moto_iot_jobs.runtime.defaults import home_account
from moto_iot_jobs.shadows.http import ShadowHttpsCall
from moto_iot_jobs.shadows.operations import operations as shadow_operations
from moto_iot_jobs.wire import Call as RoutedCall

from .application import carry_out, may_be_carried_out_at_once, web_response
from .certificates import Authority
from .device_certificates import DeviceCertificates
from .listener import HttpListener, body_of, error_response
from .request_log import request_log, without_query
from .threads import Threads


class CertifiedPort:
    """A port for TLS at which certificates authenticate devices, from `start` to `close`.

    It listens already, and serves once.

    Args:
        listener: of the port.
        devices: respond to what comes with a certificate.

    Attributes:
        address: host and port.
    """

    def __init__(self, listener: HttpListener, devices: CertifiedDevices) -> None:
        self._listener = listener
        self._devices = devices
        self.address = listener.address

    def start(self) -> None:
        """Begin to serve."""
        self._listener.start()

    def close(self) -> None:
        """Close all connections and the port."""
        self._listener.close()
        self._devices.close()

    async def wind_down(self) -> None:
        """Do as `close` does, on the loop's thread."""
        await self._listener.wind_down()


class DeviceHttps(CertifiedPort):
    """The port of devices alone.

    Args:
        region: the devices' region.
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        authority: of the server.
        server_url: base of signed URLs in job documents.
        loop: the thread that serves.
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
        loop: LoopThread,
        account: str | None = None,
    ) -> None:
        account = home_account(account)
        certificates = DeviceCertificates(account, region, authority, over_http=True)
        devices = CertifiedDevices(certificates, account, region, server_url)
        listener = HttpListener(host, port, devices.respond, loop=loop, tls=certificates.context)
        super().__init__(listener, devices)


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


class CertifiedDevices:
    """The data plane for requests of devices that show a certificate.

    Args:
        certificates: of the devices.
        account, region: of the devices.
        server_url: base of signed URLs in job documents; the address of the device's own connection
            by default.
    """

    def __init__(
        self,
        certificates: DeviceCertificates,
        account: str,
        region: str,
        server_url: str | None = None,
    ) -> None:
        def certified(kind: type[HttpsCall]) -> Callable[..., HttpsCall]:
            def make_call(*arguments: Any) -> HttpsCall:
                call = kind(*arguments)
                call.account, call.region = account, region
                return call

            return make_call

        self._certificates = certificates
        self._transports = (
            HttpsTransport(operations, certified(_CertifiedCall)),
            HttpsTransport(shadow_operations, certified(_CertifiedShadowCall)),
        )
        self._server_host = server_url.partition("://")[2] if server_url is not None else None
        self._threads = Threads()

    def close(self) -> None:
        """Give the threads back."""
        self._threads.close()

    def knows(self, request: web.BaseRequest) -> bool:
        """Return whether a request is for an operation of devices."""
        return self._route(request) is not None

    def _route(self, request: web.BaseRequest) -> tuple[HttpsTransport, RoutedCall] | None:
        path, _ = split_target(request.raw_path)
        for transport in self._transports:
            routed = transport.route(request.method, path)
            if routed is not None:
                return transport, routed
        return None

    async def respond(self, request: web.BaseRequest) -> web.Response:
        """Respond to a request, and log it."""
        began = perf_counter()
        route = self._route(request)
        status: int | str = "lost"
        code = None
        try:
            response = await self._respond(request, route)
            status, code = response.status, response.headers.get("x-amzn-ErrorType")
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            if request_log.is_on:
                service, operation = None, ""
                labels: Mapping[str, str] = {}
                if route is not None:
                    service, operation, labels = route[0].service, *route[1]
                else:
                    operation = without_query(request.method, request.raw_path)
                client, milliseconds = request.remote or "-", (perf_counter() - began) * 1000
                request_log.add(
                    f"certificate:{client}", service, operation, labels, status, code, milliseconds
                )

    async def _respond(
        self, request: web.BaseRequest, route: tuple[HttpsTransport, RoutedCall] | None
    ) -> web.Response:
        body = await body_of(request, LARGEST_BODY)
        connection = request.get_extra_info("ssl_object")
        if connection is None or not self._certificates.accept(
            connection.getpeercert(binary_form=True)
        ):
            return error_response(403, "ForbiddenException", "Forbidden")
        headers, scheme = CIMultiDict(request.headers), "https"
        if self._server_host is not None:
            # Signed URLs in documents lead to the server itself, which needs no certificate.
            headers["Host"], scheme = self._server_host, "http"
        received = HttpRequest.of_server(
            request.method,
            *split_target(request.raw_path),
            headers,
            body,
            scheme,
            at_once=may_be_carried_out_at_once(),
        )
        response = None
        if route is not None:
            transport, routed = route
            response = await carry_out(transport, received, routed, self._threads)
        if response is None:
            return error_response(
                404,
                "UnknownOperationException",
                f"There is no operation {received.method} {received.raw_path}.",
            )
        return web_response(response)
