"""moto's HTTP server with IoT Jobs."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack
from typing import Any, Protocol

from moto_iot_jobs.broker.client import Client
from moto_iot_jobs.broker.loop import LoopThread
from moto_iot_jobs.plugin.registration import begin_mock, end_mock
from moto_iot_jobs.runtime import runtime

from .device_mqtt import DeviceEndpoint

_ON_THIS_MACHINE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


class Port(Protocol):
    """A port beside that for HTTP."""

    def start(self) -> object:
        """Begin to serve."""

    async def wind_down(self) -> None:
        """Close all connections and the port, on the loop's thread."""

    def close(self) -> None:
        """Close what is left."""


class Server:
    """A server, from :meth:`start` to :meth:`close`.

    It listens already, and Jobs are in moto until it is closed.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        region, account: of the devices that open a WebSocket.

    Attributes:
        loop: the thread that serves all ports.
        url: the address listened on, as a URL.
        public_url: the address in URLs that programs are given; `url_for` by default.
        tls_port: the port of all services over TLS, if there is one.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 5000,
        *,
        region: str | None = None,
        account: str | None = None,
    ) -> None:
        self._undo = ExitStack()
        self._ended = threading.Event()
        self._is_started = False
        self._devices: DeviceEndpoint | None = None
        self._ports: list[Port] = []
        self._devices_lock = threading.Lock()
        self._of_devices = {"region": region, "account": account}
        begin_mock()
        self._undo.callback(end_mock)
        self.loop = LoopThread("moto-iot-jobs-server")
        try:
            self.application = _application(self)
            self._listener = _listener(host, port, self)
        except BaseException:
            self._undo.close()
            raise
        self.host, self.port = self._listener.address
        self.url = f"http://{netloc(self.host, self.port)}"
        self.public_url: str | None = None
        self.tls_port: int | None = None

    def start(self) -> Server:
        """Begin to serve."""
        self._is_started = True
        self.loop.start()
        self._undo.callback(self.loop.close)
        self._undo.callback(runtime.delivery.stop_serving)
        self._undo.callback(self.application.close)
        self._listener.start()
        return self

    def add(self, port: Port) -> None:
        """Start a port, and close it together with this server."""
        port.start()
        self._ports.append(port)

    def serve_forever(self) -> None:
        """Serve until `close` is called from another thread, or the process is interrupted."""
        if not self._is_started:
            self.start()
        self._ended.wait()

    def close(self) -> None:
        """Close all connections and ports, and let `serve_forever` return. Idempotent."""
        if self._devices is not None:
            self._devices.close()
        if self._is_started and not self._ended.is_set():
            self.loop.run(self._wind_down())
        for port in (self._listener, *self._ports):
            port.close()
        self._undo.close()
        self._ended.set()

    async def _wind_down(self) -> None:
        # All at once: each waits a little for what is under way.
        await asyncio.gather(*(port.wind_down() for port in (self._listener, *self._ports)))

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def url_for(self, host: str | None = None, *, over_tls: bool = False) -> str:
        """Return the URL under which a program that came by an address can reach this server.

        Args:
            host: the address; that of this machine by default.
            over_tls: whether it trusts the authority of the port with TLS.
        """
        if self.public_url is not None:
            return self.public_url
        name = host or _ON_THIS_MACHINE.get(self.host, self.host)
        if over_tls and self.tls_port is not None:
            return f"https://{netloc(name, self.tls_port)}"
        return f"http://{netloc(name, self.port)}"

    def _url_for_client(self, client: Client) -> str:
        return self.url_for(client.local_host, over_tls=client.transport in ("mqtts", "wss"))

    def serve_devices(self, **options: Any) -> DeviceEndpoint:
        """Start the endpoint of devices over MQTT, once.

        Options are those of `DeviceEndpoint`.
        """
        with self._devices_lock:
            if self._devices is None:
                options = {
                    **self._of_devices,
                    "server_url": self._url_for_client,
                    "loop": self.loop,
                    **options,
                }
                self._devices = DeviceEndpoint(**options).start()
            return self._devices


def _application(server: Server) -> Any:
    # Imported late: a mock in process needs no server's packages.
    try:
        from .application import ServerApplication
    except ImportError as missing:
        raise SystemExit(
            f"{missing}. The server needs more than the mock: pip install 'moto-iot-jobs[server]'"
        ) from None
    return ServerApplication(lambda: server.serve_devices(mqtt_port=None, mqtts_port=None).endpoint)


def _listener(host: str, port: int, server: Server) -> Any:
    from .listener import HttpListener

    return HttpListener(host, port, server.application.respond, loop=server.loop)


def netloc(host: str, port: int) -> str:
    """Write host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
