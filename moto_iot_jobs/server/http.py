"""moto's HTTP server with IoT Jobs."""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.plugin.registration import activate
from moto_iot_jobs.runtime import runtime


class Server:
    """A server that listens already; `serve_forever` makes it answer.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 5000) -> None:
        self._application = _application()
        self._listener = self._application.listen(host, port)
        self.host, self.port = self._listener.address

    @property
    def url(self) -> str:
        """Where it can be reached."""
        return f"http://{netloc(self.host, self.port)}"

    def serve_forever(self) -> None:
        """Answer requests until `stop` is called from another thread, or the process is
        interrupted.
        """
        self._listener.serve()

    def stop(self) -> None:
        """Close all connections and let `serve_forever` return."""
        self._listener.stop()
        self._application.close()
        runtime.delivery.stop_serving()


def _application() -> Any:
    activate()
    # Imported late: a mock in process needs no server's packages.
    try:
        from .application import ServerApplication
    except ImportError as missing:
        raise SystemExit(
            f"{missing}. The server needs more than the mock: pip install 'moto-iot-jobs[server]'"
        ) from None
    return ServerApplication()


def netloc(host: str, port: int) -> str:
    """Write host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
