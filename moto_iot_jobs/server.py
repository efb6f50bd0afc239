"""moto's server with IoT Jobs: what `moto-iot-jobs server` runs.

It is moto's own application behind a server that keeps connections alive, which moto's own does not.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .registration import activate


class KeepAliveRequestHandler(WSGIRequestHandler):
    """Serves many requests over one connection, and logs none: a test run has thousands."""

    protocol_version = "HTTP/1.1"
    # Answers are small and sent in one go; waiting for more to send would cost 40 ms each.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


def application() -> Any:
    """Return the WSGI application: moto's, with IoT Jobs."""
    activate()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return DomainDispatcherApplication(create_backend_app)


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
