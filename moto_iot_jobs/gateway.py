"""How requests of a server reach moto's application, which speaks WSGI and takes its time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict
from werkzeug.test import run_wsgi_app

from .http_listener import LARGEST_BODY, Threads, body_of


class Gateway:
    """moto's application.

    Args:
        application: to call.
        threads: on which it may take its time.
    """

    def __init__(self, application: Any, threads: Threads) -> None:
        self._application = application
        self._threads = threads

    async def pass_on(self, request: web.BaseRequest, body: bytes | None = None) -> web.Response:
        """Let moto answer.

        Args:
            body: of the request, where it was read already.

        Raises:
            web.HTTPRequestEntityTooLarge: the body has more than `LARGEST_BODY`.
        """
        if body is None:
            body = await body_of(request, LARGEST_BODY)
        if len(body) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY)
        return await self._threads.run(self._run, environ_of(request, body))

    def _run(self, environ: dict[str, Any]) -> web.Response:
        pieces, status, headers = run_wsgi_app(self._application, environ, buffered=True)
        number, _, reason = status.partition(" ")
        return web.Response(status=int(number), reason=reason, headers=CIMultiDict(headers), body=b"".join(pieces))


def environ_of(request: web.BaseRequest, body: bytes) -> dict[str, Any]:
    """Return a request as WSGI has it (PEP 3333), with the raw target under the names that servers give it."""
    target = request.raw_path
    path, _, query = target.partition("?")
    host, port = request.transport.get_extra_info("sockname")[:2] if request.transport is not None else ("", 0)
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "REMOTE_ADDR": request.remote or "",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/{}.{}".format(*request.version),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in _variables(request):
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _variables(request: web.BaseRequest) -> Iterator[tuple[str, str]]:
    for name, value in request.raw_headers:
        variable = name.decode("latin-1").upper().replace("-", "_")
        is_bare = variable in ("CONTENT_TYPE", "CONTENT_LENGTH")
        yield variable if is_bare else f"HTTP_{variable}", value.decode("latin-1")
