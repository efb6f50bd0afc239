"""Calls of moto's WSGI application on a worker thread."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict
from werkzeug.test import run_wsgi_app

from moto_iot_jobs.runtime.faults import ConnectionDropped

from .listener import LARGEST_BODY, body_of
from .threads import Threads

_NAMES_AS_SENT = "moto.preserved_header_names"
# aiohttp drops the connection over one in a response; a query for an object of S3 can put it there.
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Gateway:
    """moto's application.

    Args:
        application: moto's.
        threads: for its calls.
    """

    def __init__(self, application: Any, threads: Threads) -> None:
        self._application = application
        self._threads = threads

    async def pass_on(self, request: web.BaseRequest, body: bytes | None = None) -> web.Response:
        """Return moto's response.

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
        try:
            pieces, status, headers = run_wsgi_app(self._application, environ, buffered=True)
        except ConnectionDropped:
            raise
        except ConnectionError as problem:
            # Not the client's connection, which is closed for such errors, but one that moto tried.
            raise RuntimeError(f"moto cannot reach what it needs: {problem}") from problem
        number, _, reason = status.partition(" ")
        sent = CIMultiDict((name, _as_text(value)) for name, value in headers)
        return web.Response(status=int(number), reason=reason, headers=sent, body=b"".join(pieces))


def environ_of(request: web.BaseRequest, body: bytes) -> dict[str, Any]:
    """Return a request as WSGI has it (PEP 3333).

    The raw target stands under the names that servers give it.
    """
    target = request.raw_path
    path, _, query = target.partition("?")
    before, is_whole, rest = path.partition("://")
    authority = None
    if is_whole and "/" not in before:
        authority, slash, path = rest.partition("/")
        path = f"{slash or '/'}{path}"
    host, port = (
        request.transport.get_extra_info("sockname")[:2]
        if request.transport is not None
        else ("", 0)
    )
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
    # What moto 5.2 looks up to give S3 the keys of metadata as they were sent.
    environ[_NAMES_AS_SENT] = {
        _variable(name): name for name in _names(request) if _is_of_metadata(name)
    }
    if authority is not None:
        environ["HTTP_HOST"] = authority  # which overrides the header (RFC 9112, section 3.2.2)
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _variables(request: web.BaseRequest) -> Iterator[tuple[str, str]]:
    with_dashes = {_variable(name) for name in _names(request) if "_" not in name}
    for name, (_, value) in zip(_names(request), request.raw_headers, strict=True):
        variable = _variable(name)
        # In WSGI X_Field is X-Field; servers, moto's too, drop it, but keys of metadata in S3 may
        # have underscores.
        if "_" not in name or (_is_of_metadata(name) and variable not in with_dashes):
            yield variable, value.decode("latin-1")


def _names(request: web.BaseRequest) -> list[str]:
    return [name.decode("latin-1") for name, _ in request.raw_headers]


def _is_of_metadata(name: str) -> bool:
    return "_" in name and name.lower().startswith("x-amz-meta-")


def _variable(name: str) -> str:
    variable = name.upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"


def _as_text(value: str) -> str:
    """Return a header's value as aiohttp has to be given it.

    aiohttp sends UTF-8, and WSGI means bytes.
    """
    value = _CONTROL_CHARACTERS.sub(" ", value)
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value  # no UTF-8 was meant
