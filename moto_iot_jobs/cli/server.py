"""`moto-iot-jobs server`: its options, and what is served on which port."""

from __future__ import annotations

import argparse
import os
import signal
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from moto.core.config import default_user_config

from moto_iot_jobs.cli.values import port, region
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.runtime.defaults import home_account
from moto_iot_jobs.server.bridge import Bridge
from moto_iot_jobs.server.certificates import Authority
from moto_iot_jobs.server.device_certificates import server_authority
from moto_iot_jobs.server.device_mqtt import DeviceEndpoint
from moto_iot_jobs.server.http import Server, netloc

_MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `moto-iot-jobs server`."""
    parser.add_argument(
        "-H", "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "-p",
        "--port",
        type=port,
        help="port to listen on, 0 for any free one (default: MOTO_PORT, else 5000)",
    )
    parser.add_argument(
        "--mqtt-port",
        type=port,
        metavar="PORT",
        help="port for MQTT, 0 for any free one (default: MQTT is not served)",
    )
    parser.add_argument(
        "--mqtts-port",
        type=port,
        metavar="PORT",
        help="port for MQTT over TLS, 0 for any free one (default: it is not served)",
    )
    parser.add_argument(
        "--bridge",
        type=_broker,
        metavar="mqtt[s]://USER:PASSWORD@HOST:PORT",
        help="serve the devices at this MQTT broker too",
    )
    parser.add_argument(
        "--https-port",
        type=port,
        metavar="PORT",
        help=(
            "port for devices that show a certificate over HTTPS, 0 for any free one (default: it"
            " is not served)"
        ),
    )
    parser.add_argument(
        "--strict-endpoints",
        action="store_true",
        help="refuse what AWS refuses: iot-jobs-data at its default host, the endpoint iot:Jobs",
    )
    parser.add_argument(
        "--region",
        type=region,
        default="us-east-1",
        help="region of the devices that speak MQTT (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Print the URLs, which tells that the server is ready, and serve until interrupted."""
    try:
        options.port = (
            port(os.environ.get("MOTO_PORT") or "5000") if options.port is None else options.port
        )
    except argparse.ArgumentTypeError as broken:
        print(f"moto-iot-jobs server: MOTO_PORT: {broken}.", file=sys.stderr)
        return 2
    if options.strict_endpoints:
        settings: Any = default_user_config
        settings["iot_jobs"] = {**settings.get("iot_jobs", {}), "endpoints": "strict"}
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
            print(f"moto-iot-jobs server: {problem}", file=sys.stderr)
            return 1
        except (OSError, UnicodeError) as problem:
            ports = (options.port, options.mqtt_port, options.mqtts_port, options.https_port)
            listed = " or ".join(str(each) for each in ports if each is not None)
            print(
                f"moto-iot-jobs server: cannot listen on {options.host}, port {listed}: {problem}",
                file=sys.stderr,
            )
            return 1
        # moto sends some requests to itself, by this variable.
        os.environ["MOTO_PORT"] = str(server.port)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        urls = [
            f"moto with AWS IoT Jobs on {server.url}",
            # Without its scheme: scripts take the one URL with http:// from this output.
            f"dashboard at {server.url.partition('://')[2]}/moto-api/iot-jobs/",
            *_described(options, devices),
            *https,
        ]
        try:
            print("\n".join(urls), flush=True)
            server.serve_forever()
        except KeyboardInterrupt:
            print("moto-iot-jobs server: stopped.", file=sys.stderr)
        except SystemExit:
            pass  # SIGTERM
        # Callers that still wait for a delayed response get it now; the server could not stop
        # before the threads that wait with them.
        runtime.faults.clear()
    return 0


def _authority(options: argparse.Namespace, running: ExitStack) -> Authority | None:
    """Make the authority of all ports that devices reach by TLS, if there is one."""
    if options.mqtts_port is None and options.https_port is None:
        return None
    return running.enter_context(server_authority(home_account(), options.region, options.host))


def _serve_https(
    options: argparse.Namespace, server_url: str, authority: Authority | None, running: ExitStack
) -> Iterator[str]:
    """Serve devices over HTTPS if there is a port for it, and yield the URL."""
    if options.https_port is None or authority is None:
        return
    from moto_iot_jobs.server.device_https import DeviceHttps

    served = DeviceHttps(
        account=home_account(),
        region=options.region,
        host=options.host,
        port=options.https_port,
        authority=authority,
        server_url=server_url,
    )
    running.enter_context(served)
    yield f"https://{netloc(*served.address)} certified by {authority.certificate}"


def _device_endpoint(
    options: argparse.Namespace, server_url: str, authority: Authority | None
) -> DeviceEndpoint | None:
    if options.mqtt_port is None and options.mqtts_port is None:
        return None
    # Documents in notifications may hold signed URLs.
    message_log.server_url = server_url
    return DeviceEndpoint(
        account=home_account(),
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
        if (
            parts.scheme in _MQTT_PORTS
            and parts.hostname
            and parts.port != 0
            and not parts.path.strip("/")
        ):
            return parts
    except ValueError:
        pass  # the port is no number
    raise argparse.ArgumentTypeError("expected mqtt://host:port or mqtts://user:password@host:port")


def _bridge(options: argparse.Namespace, server_url: str) -> Bridge:
    broker: SplitResult = options.bridge
    message_log.server_url = server_url
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
        port = options.bridge.port or _MQTT_PORTS[options.bridge.scheme]
        yield f"bridge to {netloc(options.bridge.hostname, port)}"
    if devices is None:
        return
    if options.mqtt_port is not None:
        yield f"mqtt://{netloc(*devices.mqtt_address)}"
    if options.mqtts_port is not None:
        yield f"mqtts://{netloc(*devices.mqtts_address)} certified by {devices.authority_file}"
