"""moto's server with IoT Jobs: what `moto-iot-jobs server` runs.

It is moto's own application behind a server that keeps connections alive, which moto's own does not.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import ssl
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from http.client import responses
from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from .bridge import Bridge
from .device_endpoint import DeviceEndpoint
from .device_identity import server_authority
from .iot import simulation
from .iot.delivery import delivery
from .iot.http import HttpRequest, signing_name
from .iot.interference import HungUp
from .iot.shortcut import is_recording
from .messaging.log import log
from .mqtt.authority import Authority
from .registration import activate, check_in_use

logger = logging.getLogger(__name__)


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
        # moto knows the raw path under the name that its own server gives it.
        environ.setdefault("RAW_URI", environ.get("REQUEST_URI") or environ["PATH_INFO"])
        plane = self._planes.get(signing_name(environ.get("HTTP_AUTHORIZATION", "")) or "")
        if plane is None or _is_for_moto_alone(environ) or not plane.knows(environ["REQUEST_METHOD"], _path(environ)):
            return self._by_moto(environ, start_response)
        request = HttpRequest.of_environ(environ)
        answer = plane.answer(request)
        if answer is None:
            environ["wsgi.input"] = BytesIO(request.body)
            return self._by_moto(environ, start_response)
        status, headers, body = answer
        data = body if isinstance(body, bytes) else str(body).encode()
        start_response(f"{status} {responses.get(status, '')}", [*headers.items(), ("Content-Length", str(len(data)))])
        return [data]

    def _by_moto(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return self._moto(environ, start_response)  # type: ignore[no-any-return]
        except HungUp:
            raise
        except Exception:
            # moto finds out by the signature whom a request is for, and trips over some that have not the form of one.
            logger.exception("moto cannot tell for which service %s %s is", environ["REQUEST_METHOD"], _path(environ))
            data = json.dumps({"message": "The request cannot be attributed to a service."}).encode()
            headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "IncompleteSignatureException")]
            start_response("400 Bad Request", [*headers, ("Content-Length", str(len(data)))])
            return [data]


def _path(environ: dict[str, Any]) -> str:
    target: str = environ["RAW_URI"]
    return target.partition("?")[0]


def _is_for_moto_alone(environ: dict[str, Any]) -> bool:
    """Browsers want CORS headers, and moto's recorder wants to see every request."""
    return "HTTP_ORIGIN" in environ or is_recording()


def _bounded_server() -> Any:
    # Imported late: a mock in process needs no server's packages.
    try:
        import flask  # noqa: F401 - moto's application needs it, and says so less clearly

        from .bounds import BoundedServer
    except ImportError as missing:
        raise SystemExit(f"{missing}. The server needs more than the mock: pip install 'moto-iot-jobs[server]'") from None
    return BoundedServer


def application() -> JobsFirst:
    """Return the WSGI application: moto's, with IoT Jobs."""
    activate()
    check_in_use()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return JobsFirst(DomainDispatcherApplication(create_backend_app))


# moto's own, and so everybody's who does not ask for another.
_ACCOUNT = "123456789012"
# A connection waits for its next request without a thread; these are for requests that are being answered.
_THREADS = 32
_IDLE_SECONDS = 300
_CONNECTIONS = 10_000
_MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}


class Server:
    """A server that listens already; `serve_forever` makes it answer.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 5000) -> None:
        self._wsgi = _bounded_server()((host, port), application(), threads=_THREADS, idle_seconds=_IDLE_SECONDS)
        # Idle connections wait in a selector and cost next to nothing; by default the eleventh would be closed.
        self._wsgi.keep_alive_conn_limit = _CONNECTIONS
        self._wsgi.prepare()
        self.host, self.port = self._wsgi.bind_addr[:2]

    @property
    def url(self) -> str:
        """Where it can be reached."""
        return f"http://{_place(self.host, self.port)}"

    def serve_forever(self) -> None:
        """Answer requests until `stop` is called from another thread, or the process is interrupted."""
        self._wsgi.serve()

    def stop(self) -> None:
        """Close all connections and let `serve_forever` return."""
        self._wsgi.stop()
        delivery.stop_serving()


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
    parser.add_argument(
        "--mqtt-port", type=int, metavar="PORT", help="port for MQTT, 0 for any free one (default: MQTT is not served)"
    )
    parser.add_argument(
        "--mqtts-port", type=int, metavar="PORT", help="port for MQTT over TLS, 0 for any free one (default: it is not served)"
    )
    parser.add_argument(
        "--bridge", type=_broker, metavar="mqtt[s]://USER:PASSWORD@HOST:PORT", help="serve the devices at this MQTT broker too"
    )
    parser.add_argument(
        "--https-port",
        type=int,
        metavar="PORT",
        help="port for devices that show a certificate over HTTPS, 0 for any free one (default: it is not served)",
    )
    parser.add_argument("--region", default="us-east-1", help="region of the devices that speak MQTT (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted; print the URLs first, so that whoever started the server knows when and where."""
    with ExitStack() as running:
        try:
            server = Server(options.host, options.port)
            running.callback(server.stop)
            authority = _authority(options, running)
            devices = _device_endpoint(options, server.url, authority)
            if devices is not None:
                running.enter_context(devices)
            https = list(_serve_https(options, server.url, authority, running))
            if options.bridge is not None:
                running.enter_context(_bridge(options, server.url))
        except ImportError as missing:
            raise SystemExit(str(missing)) from None
        except ConnectionError as problem:
            print(f"moto-iot-jobs: {problem}", file=sys.stderr)
            return 1
        except OSError as problem:
            ports = (options.port, options.mqtt_port, options.mqtts_port, options.https_port)
            places = " or ".join(str(port) for port in ports if port is not None)
            print(f"moto-iot-jobs: cannot listen on {options.host}, port {places}: {problem}", file=sys.stderr)
            return 1
        # moto sends some requests to itself, by this variable.
        os.environ["MOTO_PORT"] = str(server.port)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print("\n".join([f"moto with AWS IoT Jobs on {server.url}", *_described(options, devices), *https]), flush=True)
        with suppress(KeyboardInterrupt, SystemExit):
            server.serve_forever()
        # Whoever still waits for a late answer gets it now; the server could not stop before the threads that wait with them.
        simulation.faults.clear()
    return 0


def _authority(options: argparse.Namespace, running: ExitStack) -> Authority | None:
    """Make the authority of all ports that devices reach by TLS, if there is one."""
    if options.mqtts_port is None and options.https_port is None:
        return None
    return running.enter_context(server_authority(_ACCOUNT, options.region, options.host))


def _serve_https(
    options: argparse.Namespace, server_url: str, authority: Authority | None, running: ExitStack
) -> Iterator[str]:
    """Serve devices over HTTPS if that was asked for, and say where."""
    if options.https_port is None or authority is None:
        return
    from .device_https import DeviceHttps

    served = DeviceHttps(
        account=_ACCOUNT,
        region=options.region,
        host=options.host,
        port=options.https_port,
        authority=authority,
        server_url=server_url,
    )
    running.enter_context(served)
    yield f"https://{_place(*served.address)} certified by {authority.certificate}"


def _device_endpoint(options: argparse.Namespace, server_url: str, authority: Authority | None) -> DeviceEndpoint | None:
    if options.mqtt_port is None and options.mqtts_port is None:
        return None
    # Documents in notifications may hold signed URLs.
    log.server_url = server_url
    return DeviceEndpoint(
        account=_ACCOUNT,
        region=options.region,
        host=options.host,
        mqtt_port=options.mqtt_port,
        mqtts_port=options.mqtts_port,
        server_url=server_url,
        authority=authority,
    )


def _broker(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        if parts.scheme in _MQTT_PORTS and parts.hostname and parts.port != 0 and not parts.path.strip("/"):
            return parts
    except ValueError:
        pass  # the port is no number
    raise argparse.ArgumentTypeError("expected mqtt://host:port or mqtts://user:password@host:port")


def _bridge(options: argparse.Namespace, server_url: str) -> Bridge:
    broker: SplitResult = options.bridge
    log.server_url = server_url
    return Bridge(
        broker.hostname or "",
        broker.port or _MQTT_PORTS[broker.scheme],
        username=unquote(broker.username) if broker.username else None,
        password=unquote(broker.password) if broker.password else None,
        tls=ssl.create_default_context() if broker.scheme == "mqtts" else None,
        region=options.region,
        server_url=server_url,
    )


def _described(options: argparse.Namespace, devices: DeviceEndpoint | None) -> Iterator[str]:
    if options.bridge is not None:
        yield f"bridge to {_place(options.bridge.hostname, options.bridge.port or _MQTT_PORTS[options.bridge.scheme])}"
    if devices is None:
        return
    if options.mqtt_port is not None:
        yield f"mqtt://{_place(*devices.mqtt_address)}"
    if options.mqtts_port is not None:
        yield f"mqtts://{_place(*devices.mqtts_address)} certified by {devices.authority_file}"


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
