"""What a connection to one of our servers may ask for: cheroot as it comes has no bounds and trusts what it is told."""

from __future__ import annotations

from typing import Any

from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.wsgi import Server

#: How long a connection that has begun a request may send nothing of the rest of it, or not take its answer.
PATIENCE_SECONDS = 10
#: Far more than any SDK sends in a request line and headers.
LARGEST_HEADERS = 1 << 16
#: S3 shares the port, so this is no bound of Jobs; their operations never read more than `iot.http.LARGEST_BODY`.
LARGEST_BODY = 1 << 30

_CHUNK = 1 << 16
# By default a sixth client that connects at the same moment may be turned away.
_ARRIVING_TOGETHER = 512


class BoundedRequest(HTTPRequest):
    """A request that is refused as soon as it is seen to be wrong."""

    def read_request_line(self) -> bool:
        """Read the request line; a target that cannot be taken apart is a bad request."""
        try:
            return bool(super().read_request_line())  # type: ignore[no-untyped-call]
        except ValueError:
            return self._refuse("400 Bad Request", "Malformed Request-URI")

    def read_request_headers(self) -> bool:
        """Read the headers; a length has to be a number that is not negative."""
        if not super().read_request_headers():  # type: ignore[no-untyped-call]
            return False
        length: bytes = self.inheaders.get(b"Content-Length", b"0")
        return length.isdigit() or self._refuse("400 Bad Request", "Malformed Content-Length Header.")

    def _refuse(self, status: str, message: str) -> bool:
        self.simple_response(status, message)
        return False

    def send_headers(self) -> None:
        """Send status and headers, once the body was read to its end; cheroot alone would read the rest of it in one piece."""
        if not self.close_connection and not self.chunked_read:
            while getattr(self.rfile, "remaining", 0) > 0 and self.rfile.read(min(self.rfile.remaining, _CHUNK)):
                pass
        super().send_headers()


class BoundedConnection(HTTPConnection):
    """A connection that may be idle for long between requests, but not within one."""

    RequestHandlerClass = BoundedRequest
    was_awaited = False

    def communicate(self) -> bool:
        """Read a request and answer it; true if the connection is to be kept."""
        self.socket.settimeout(PATIENCE_SECONDS)
        return bool(super().communicate())  # type: ignore[no-untyped-call]


class BoundedServer(Server):
    """A server that keeps to all of these bounds, and gives a connection no thread before it has said something.

    cheroot gives each new one a thread at once: as many as there are threads, saying nothing, would stop it all.
    """

    def __init__(
        self,
        address: tuple[str, int],
        application: Any,
        *,
        threads: int,
        idle_seconds: int,
        connection: type[BoundedConnection] = BoundedConnection,
    ) -> None:
        super().__init__(address, application, numthreads=threads, timeout=idle_seconds, request_queue_size=_ARRIVING_TOGETHER)
        self.ConnectionClass = connection
        self.max_request_header_size = LARGEST_HEADERS
        self.max_request_body_size = LARGEST_BODY

    def process_conn(self, conn: Any) -> None:
        """Let a connection wait in the selector for its first request, as it does for all further ones."""
        if conn.was_awaited:
            super().process_conn(conn)
        else:
            conn.was_awaited = True
            self._connections.put(conn)  # type: ignore[attr-defined]
