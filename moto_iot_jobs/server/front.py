"""The TLS port of all services: signed requests, WebSockets, MQTT by ALPN, and certificates."""

from __future__ import annotations

import ssl

from aiohttp import web

from moto_iot_jobs.broker.loop import LoopThread

from .application import ServerApplication
from .device_https import CertifiedDevices
from .device_mqtt import DeviceEndpoint
from .listener import HttpListener


class TlsFront:
    """The TLS port, from :meth:`start` to :meth:`close` or in a ``with`` block.

    It listens already.

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
        self._certified = CertifiedDevices(certificates, devices.account, devices.region)
        self._listener = HttpListener(
            host,
            port,
            self._respond,
            loop=loop,
            tls=certificates.context,
            mqtt=devices.endpoint.connection,
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self._listener.address

    def start(self) -> TlsFront:
        """Begin to serve."""
        self._listener.start()
        return self

    def close(self) -> None:
        """Close all connections and the port."""
        self._listener.close()
        self._certified.close()

    async def wind_down(self) -> None:
        """Do as `close` does, on the loop's thread."""
        await self._listener.wind_down()

    def __enter__(self) -> TlsFront:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        if _is_of_a_device(request) and self._certified.knows(request):
            return await self._certified.respond(request)
        return await self._application.respond(request)


def _is_of_a_device(request: web.BaseRequest) -> bool:
    """Return whether a certificate replaces a signature."""
    if "Authorization" in request.headers or "X-Amz-" in request.raw_path:
        return False
    encryption: ssl.SSLObject | None = request.get_extra_info("ssl_object")
    return encryption is not None and encryption.getpeercert(binary_form=True) is not None
