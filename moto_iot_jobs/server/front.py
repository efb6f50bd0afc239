"""The TLS port of all services: signed requests, WebSockets, MQTT by ALPN, and certificates."""

from __future__ import annotations

import ssl

from aiohttp import web

from moto_iot_jobs.broker.loop import LoopThread

from .application import ServerApplication
from .device_https import CertifiedDevices, CertifiedPort
from .device_mqtt import DeviceEndpoint
from .listener import HttpListener


class TlsFront(CertifiedPort):
    """The port of all services, certified devices among them.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        application: responds to requests.
        devices: the endpoint for MQTT, started, with an authority.
        loop: the thread that serves.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        application: ServerApplication,
        devices: DeviceEndpoint,
        loop: LoopThread,
    ) -> None:
        self._application = application
        certificates = devices.certificates
        assert certificates is not None, "an endpoint with an authority has certificates"
        listener = HttpListener(
            host,
            port,
            self._respond,
            loop=loop,
            tls=certificates.context,
            mqtt=devices.endpoint.connection,
        )
        super().__init__(listener, CertifiedDevices(certificates, devices.account, devices.region))

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        if _is_of_a_device(request) and self._devices.knows(request):
            return await self._devices.respond(request)
        return await self._application.respond(request)


def _is_of_a_device(request: web.BaseRequest) -> bool:
    """Return whether a certificate replaces a signature."""
    if "Authorization" in request.headers or "X-Amz-" in request.raw_path:
        return False
    encryption: ssl.SSLObject | None = request.get_extra_info("ssl_object")
    return encryption is not None and encryption.getpeercert(binary_form=True) is not None
