"""moto's server with IoT Jobs: what `moto-iot-jobs server` runs.

It is moto's own application behind a server that keeps connections alive, which moto's own does not.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterable
from http.client import responses
from io import BytesIO
from typing import Any

from moto.moto_api import recorder
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .iot.http import HttpRequest
from .registration import activate


class KeepAliveRequestHandler(WSGIRequestHandler):
    """Serves many requests over one connection, and logs none: a test run has thousands."""

    protocol_version = "HTTP/1.1"
    # Answers are small and sent in one go; waiting for more to send would cost 40 ms each.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


class JobsFirst:
    """A WSGI application that answers the operations of Jobs itself and leaves all else to moto's.

    Args:
        moto: moto's application. It would answer the same, but takes four times as long to find out what is asked.
    """

    def __init__(self, moto: Any) -> None:
        from .iot.urls import operations as owner
        from .iotjobsdata.urls import operations as device

        self._moto = moto
        self._planes = {"iot": owner, "iot-jobs-data": device}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        plane = self._planes.get(_signing_name(environ))
        if plane is None or _is_for_moto_alone(environ) or not plane.knows(environ["REQUEST_METHOD"], _path(environ)):
            return self._moto(environ, start_response)  # type: ignore[no-any-return]
        request = HttpRequest.of_environ(environ)
        answer = plane.answer(request)
        if answer is None:
            environ["wsgi.input"] = BytesIO(request.body)
            return self._moto(environ, start_response)  # type: ignore[no-any-return]
        status, headers, body = answer
        data = body if isinstance(body, bytes) else str(body).encode()
        start_response(f"{status} {responses.get(status, '')}", [*headers.items(), ("Content-Length", str(len(data)))])
        return [data]


def _signing_name(environ: dict[str, Any]) -> str:
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split("/", 4)
    return scope[3] if len(scope) > 4 else ""


def _path(environ: dict[str, Any]) -> str:
    target: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    return target.partition("?")[0]


def _is_for_moto_alone(environ: dict[str, Any]) -> bool:
    """Browsers want CORS headers, and moto's recorder wants to see every request."""
    recording = getattr(recorder, "_os_enabled", False) or getattr(recorder, "_user_enabled", False)
    return "HTTP_ORIGIN" in environ or bool(recording)


def application() -> JobsFirst:
    """Return the WSGI application: moto's, with IoT Jobs."""
    activate()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return JobsFirst(DomainDispatcherApplication(create_backend_app))


def listen(host: str = "127.0.0.1", port: int = 5000) -> BaseWSGIServer:
    """Return a server that listens already; `serve_forever()` makes it answer.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.

    Raises:
        SystemExit: the port is taken.
    """
    server = make_server(host, port, application(), threaded=True, request_handler=KeepAliveRequestHandler)
    server.daemon_threads = True  # type: ignore[attr-defined]  # connections that are kept must not keep the process
    return server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `moto-iot-jobs server`."""
    parser.add_argument("-H", "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "-p",
        "--port",
        type=int,
        default=int(os.environ.get("MOTO_PORT", "5000")),
        help="port to listen on, 0 for any free one (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted; print the URL first, so that whoever started the server knows when and where."""
    server = listen(options.host, options.port)
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"http://{host}:{server.port}"
    # moto sends some requests to itself, by this variable.
    os.environ["MOTO_PORT"] = str(server.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"moto with AWS IoT Jobs on {url}", flush=True)
    try:
        server.serve_forever()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.server_close()
    return 0
