"""A port for HTTP, which reads requests within bounds and passes them on."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from moto_iot_jobs.broker.loop import LoopThread
from moto_iot_jobs.broker.sockets import listening_socket
from moto_iot_jobs.broker.tls import HTTP_ALPN, TlsAcceptor

from .request_log import without_query

#: Time that a connection may be open without a request, or without all of its headers, in seconds.
IDLE_SECONDS = 300
#: Time that a client may send nothing of the rest of a body, or of a handshake, in seconds.
READ_TIMEOUT_SECONDS = 10
#: Far more than any SDK sends. S3 shares the port, and keeps what users like in many headers.
LARGEST_LINE = 1 << 16
LARGEST_HEADER = 1 << 14
MOST_HEADERS = 256
#: S3 shares the port, so this is no bound of Jobs; their operations never read more than
#: `iot.http.LARGEST_BODY`.
LARGEST_BODY = 1 << 30

# By default a client that connects at the same moment as a hundred others may be turned away.
_ARRIVING_TOGETHER = 512
#: Time for a response that is under way when the port is closed, in seconds; the same again for a
#: handler that does not end when it is cancelled.
SHUTDOWN_GRACE_SECONDS = 0.2

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

logger = logging.getLogger(__name__)
# What aiohttp says of connections.
_connections = logging.getLogger(f"{__name__}.connections")


class HttpListener:
    """A listener for HTTP, from :meth:`start` to :meth:`close`.

    It listens already.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        respond: called for each request, on the loop's thread: while it does not wait, all others
            do.
        loop: the thread that serves.
        tls: gives the TLS context for a connection that opens now; None for plain HTTP.
        mqtt: makes the protocol for a connection that speaks MQTT, which TLS tells by ALPN; None
            where there is only HTTP.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(
        self,
        host: str,
        port: int,
        respond: Handler,
        *,
        loop: LoopThread,
        tls: Callable[[], ssl.SSLContext] | None = None,
        mqtt: Callable[[], asyncio.Protocol] | None = None,
    ) -> None:
        self._socket = listening_socket(host, port, _ARRIVING_TOGETHER)
        self._respond = respond
        self._loop = loop
        self._tls = tls
        self._mqtt = mqtt
        self._http: web.Server | None = None
        self._server: asyncio.AbstractServer | None = None
        self._is_closed = False
        self.address: tuple[str, int] = self._socket.getsockname()[:2]

    def start(self) -> None:
        """Begin to serve."""
        self._loop.run(self._start())

    def close(self) -> None:
        """Close all connections and the port. Idempotent."""
        if self._server is None:
            self._socket.close()
        elif not self._is_closed:
            self._loop.run(self.wind_down())

    async def wind_down(self) -> None:
        """Do as `close` does, on the loop's thread. Idempotent."""
        if self._is_closed or self._server is None or self._http is None:
            return
        self._is_closed = True
        self._server.close()
        # Those without a request would be waited for like the others.
        self._http.pre_shutdown()
        await self._http.shutdown(SHUTDOWN_GRACE_SECONDS)

    async def _start(self) -> None:
        self._http = http = web.Server(
            self._handle,
            access_log=None,
            logger=_connections,
            # S3 keeps bodies as they are sent.
            auto_decompress=False,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=READ_TIMEOUT_SECONDS,
            max_line_size=LARGEST_LINE,
            max_field_size=LARGEST_HEADER,
            max_headers=MOST_HEADERS,
        )
        accept: Callable[[], asyncio.Protocol] = http
        if self._tls is not None:
            accept = partial(self._accept_tls, self._tls)
        self._server = await asyncio.get_running_loop().create_server(
            accept, sock=self._socket, backlog=_ARRIVING_TOGETHER
        )

    def _accept_tls(self, tls: Callable[[], ssl.SSLContext]) -> asyncio.Protocol:
        return TlsAcceptor(tls(), self._choose, READ_TIMEOUT_SECONDS)

    def _choose(self, transport: asyncio.Transport, data: bytes) -> asyncio.Protocol | None:
        """Choose MQTT or HTTP by ALPN.

        Without ALPN by the first byte, a letter in HTTP.
        """
        assert self._http is not None
        chosen = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        if self._mqtt is None or chosen in HTTP_ALPN:
            return self._http()
        if chosen is not None:
            return self._mqtt()
        if not data:
            return None
        return self._http() if data[:1].isalpha() else self._mqtt()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            if request.body_exists and (request.content_length or 0) > LARGEST_BODY:
                raise web.HTTPRequestEntityTooLarge(LARGEST_BODY)
            # HTTP/1.0 has no such response (RFC 9110, section 10.1.1).
            if (
                "Expect" in request.headers
                and request.headers["Expect"].lower() == "100-continue"
                and request.version >= (1, 1)
            ):
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return await self._respond(request)
        except ConnectionError:  # the client has gone, or is to think that the server has
            if request.transport is not None:
                request.transport.close()
            return web.Response()  # which goes nowhere
        except web.HTTPException:
            raise
        except Exception:
            logger.exception("%s failed", without_query(request.method, request.raw_path))
            return error_response(
                500,
                "InternalFailureException",
                "The request failed unexpectedly; see the server's log.",
            )


async def body_of(request: web.BaseRequest, largest: int) -> bytes:
    """Return the body of a request, or as much of it as shows that it is too large.

    Args:
        largest: bytes.

    Raises:
        web.HTTPBadRequest: it is no body in HTTP's sense.
        web.HTTPRequestTimeout: nothing came of the rest of it for long.
        ConnectionResetError: the client has gone.
    """
    content = request.content
    try:
        # Most bodies came along with the headers, and need not be waited for.
        first = content.read_nowait()
        if content.at_eof():
            return first
        body = bytearray(first)
        while not content.at_eof() and len(body) <= largest:
            body += await asyncio.wait_for(content.readany(), READ_TIMEOUT_SECONDS)
    except asyncio.TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (HttpProcessingError, web.RequestPayloadError) as problem:
        raise web.HTTPBadRequest(text=str(problem)) from None
    except OSError as gone:  # TLS has errors of its own
        raise ConnectionResetError from gone
    return bytes(body)


def error_response(status: int, code: str, message: str) -> web.Response:
    """Return an error in the form of AWS's."""
    return web.json_response(
        {"message": message}, status=status, headers={"x-amzn-ErrorType": code}, dumps=json.dumps
    )


# What is logged


def _is_worth_a_traceback(record: logging.LogRecord) -> bool:
    """Return whether an error of a connection belongs in the log.

    A request that is none got a 400, and a client that went away has no use for a response.
    """
    problem = record.exc_info[1] if record.exc_info else None
    return not isinstance(problem, (HttpProcessingError, ConnectionError))


_connections.addFilter(_is_worth_a_traceback)
