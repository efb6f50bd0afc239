"""A port for HTTP: one thread reads requests, within bounds, and has them answered; connections
are kept open.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

#: How long a connection may be open without a request, or with one whose headers have not all come,
#: in seconds.
IDLE_SECONDS = 300
#: How long a client may send nothing of the rest of a body, or of a handshake, in seconds.
PATIENCE_SECONDS = 10
#: Far more than any SDK sends. S3 shares the port, and keeps what users like in many headers.
LARGEST_LINE = 1 << 16
LARGEST_HEADER = 1 << 14
MOST_HEADERS = 256
#: S3 shares the port, so this is no bound of Jobs; their operations never read more than
#: `iot.http.LARGEST_BODY`.
LARGEST_BODY = 1 << 30

# By default a client that connects at the same moment as a hundred others may be turned away.
_ARRIVING_TOGETHER = 512
# How long an answer that is under way may still take when the port is closed.
_FAREWELL_SECONDS = 1

Answering = Callable[[web.BaseRequest], Awaitable[web.Response]]

logger = logging.getLogger(__name__)
# What aiohttp says of connections.
_connections = logging.getLogger(f"{__name__}.connections")


class HttpListener:
    """Listens already; `serve` makes it answer, once.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        answer: called for each request, on the thread that serves: while it does not wait, all
            others do.
        tls: gives the TLS context for a connection that opens now, the same object each time; None
            for plain HTTP.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(
        self,
        host: str,
        port: int,
        answer: Answering,
        *,
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_ARRIVING_TOGETHER)
        self._answer = answer
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._is_stopped = False
        self.address: tuple[str, int] = self._socket.getsockname()[:2]

    def serve(self) -> None:
        """Answer until `stop` is called from another thread, or the process is interrupted."""
        asyncio.run(self._serve())

    def stop(self) -> None:
        """Close all connections and the port, soon, and let `serve` return."""
        self._is_stopped = True
        if self._loop is None or self._end is None:
            self._socket.close()
            return
        with suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._end.set)

    async def _serve(self) -> None:
        self._end, self._loop = asyncio.Event(), asyncio.get_running_loop()
        if self._is_stopped:
            self._socket.close()
            return
        self._loop.set_exception_handler(_Complaints())
        http = web.Server(
            self._answered,
            access_log=None,
            logger=_connections,
            # S3 keeps bodies as they are sent.
            auto_decompress=False,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=PATIENCE_SECONDS,
            max_line_size=LARGEST_LINE,
            max_field_size=LARGEST_HEADER,
            max_headers=MOST_HEADERS,
        )
        tls = self._tls

        def welcome() -> asyncio.Protocol:
            if tls is not None:
                # the handshake comes next, by the context that may just have learnt a certificate
                tls()
            return http()

        port = await self._loop.create_server(
            welcome,
            sock=self._socket,
            backlog=_ARRIVING_TOGETHER,
            ssl=None if tls is None else tls(),
            ssl_handshake_timeout=None if tls is None else PATIENCE_SECONDS,
        )
        try:
            await self._end.wait()
        finally:
            port.close()
            await http.shutdown(_FAREWELL_SECONDS)

    async def _answered(self, request: web.BaseRequest) -> web.Response:
        try:
            if (request.content_length or 0) > LARGEST_BODY:
                raise web.HTTPRequestEntityTooLarge(LARGEST_BODY)
            # HTTP/1.0 has no such answer (RFC 9110, section 10.1.1).
            if (
                request.version >= (1, 1)
                and request.headers.get("Expect", "").lower() == "100-continue"
            ):
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return await self._answer(request)
        except ConnectionError:  # the client has gone, or is to think that the server has
            if request.transport is not None:
                request.transport.close()
            return web.Response()  # which goes nowhere
        except web.HTTPException:
            raise
        except Exception:
            logger.exception("%s %s failed", request.method, request.raw_path)
            return refusal(
                500,
                "InternalFailureException",
                "The request failed unexpectedly; see the server's log.",
            )


async def body_of(request: web.BaseRequest, largest: int) -> bytes:
    """Return the body of a request, or as much of it as shows that it is larger than that many
    bytes.

    Raises:
        web.HTTPBadRequest: it is no body in HTTP's sense.
        web.HTTPRequestTimeout: nothing came of the rest of it for long.
        ConnectionResetError: the client has gone.
    """
    body, content = bytearray(), request.content
    try:
        while not content.at_eof() and len(body) <= largest:
            # Most bodies came along with the headers, and need not be waited for.
            body += content.read_nowait() or await asyncio.wait_for(
                content.readany(), PATIENCE_SECONDS
            )
    except asyncio.TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (HttpProcessingError, web.RequestPayloadError) as problem:
        raise web.HTTPBadRequest(text=str(problem)) from None
    except OSError as gone:  # TLS has errors of its own
        raise ConnectionResetError from gone
    return bytes(body)


def refusal(status: int, code: str, message: str) -> web.Response:
    """Return an error in the form of AWS's."""
    return web.json_response(
        {"message": message}, status=status, headers={"x-amzn-ErrorType": code}, dumps=json.dumps
    )


# What is logged


def _is_worth_a_traceback(record: logging.LogRecord) -> bool:
    """A request that is none was answered with a 400, and a client that went away has no use for
    an answer.
    """
    problem = record.exc_info[1] if record.exc_info else None
    return not isinstance(problem, (HttpProcessingError, ConnectionError))


_connections.addFilter(_is_worth_a_traceback)


class _Complaints:
    """Tells what goes wrong on a loop; that there are no more file descriptors only once a second.

    asyncio tries as often as the backlog is long before it waits for a second, and would show a
    traceback each time.
    """

    def __init__(self) -> None:
        self._told_at = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        problem = context.get("exception")
        if not isinstance(problem, OSError) or problem.errno not in (errno.EMFILE, errno.ENFILE):
            loop.default_exception_handler(context)
        elif loop.time() - self._told_at >= 1:
            self._told_at = loop.time()
            logger.error("no more connections for now: %s", problem)
