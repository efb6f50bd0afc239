"""`moto-iot-jobs server`: what is served on which port, from the start to a signal."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import signal
import ssl
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

from moto.core.config import default_user_config

from moto_iot_jobs.iot.topic_rules import TopicRuleWarning
from moto_iot_jobs.messaging.log import message_log
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.server import logs, origins
from moto_iot_jobs.server.bridge import Bridge
from moto_iot_jobs.server.certificates import Authority
from moto_iot_jobs.server.device_certificates import server_authority
from moto_iot_jobs.server.garbage import short_collections
from moto_iot_jobs.server.http import Server, netloc
from moto_iot_jobs.server.request_log import request_log

from .server_options import MQTT_PORTS, PublicHost, add_arguments, add_defaults
from .server_ports import Ports

if TYPE_CHECKING:
    from moto_iot_jobs.server.device_mqtt import DeviceEndpoint

__all__ = ["add_arguments", "run"]

# A server that is told to end has a second for everything.
_FLUSHING_SECONDS = 0.2
_S3_ENDPOINTS = "MOTO_S3_CUSTOM_ENDPOINTS"
_TLS_OPTIONS = ("mqtts_port", "https_port", "tls_port")


@contextmanager
def _configured(options: argparse.Namespace) -> Iterator[None]:
    settings: Any = default_user_config
    before = settings.get("iot_jobs", {})
    ours = {
        "endpoints": "strict" if options.strict_endpoints else None,
        "conventions": "emulators" if options.emulator_conventions else None,
        "search_without_index": None if options.search_without_index else "error",
    }
    given = {name: value for name, value in ours.items() if value is not None}
    settings["iot_jobs"] = {**before, **given}
    try:
        yield
    finally:
        settings["iot_jobs"] = before


def run(options: argparse.Namespace) -> int:
    """Print the URLs, which tells that the server is ready, and serve until interrupted.

    Returns:
        0 after SIGTERM, SIGHUP or an interrupt, 1 if it cannot serve, 2 for options that are wrong.
    """
    try:
        add_defaults(options)
    except argparse.ArgumentTypeError as broken:
        print(f"moto-iot-jobs server: {broken}.", file=sys.stderr)
        return 2
    # Python looks through all objects for cycles at its end, which takes half a second.
    atexit.register(gc.freeze)
    with ExitStack() as running:
        # Before there are keys on the disk: they go whatever ends the process.
        running.enter_context(_signals_end_it())
        running.enter_context(_configured(options))
        # The log has it.
        warnings.simplefilter("ignore", TopicRuleWarning)
        handler = logs.set_up("warning" if options.quiet else options.log_level, options.as_json)
        running.callback(logs.tear_down, handler)
        try:
            server, ports = _serve(options, running)
        except ImportError as missing:
            raise SystemExit(str(missing)) from None
        except _Unable as problem:
            print(f"moto-iot-jobs server: {problem}", file=sys.stderr)
            return 1
        try:
            if options.ports_file is not None:
                ports.write(options.ports_file)
            running.enter_context(short_collections())
            print("\n".join(ports.lines()), flush=True)
            server.serve_forever()
        except KeyboardInterrupt:
            request_log.flush()
            if not options.as_json:
                print("moto-iot-jobs server: stopped.", file=sys.stderr)
        except SystemExit:
            pass  # a signal
        except OSError as problem:
            print(f"moto-iot-jobs server: --ports-file: {problem}", file=sys.stderr)
            return 1
        # Callers that still wait for a delayed response get it now; the server could not stop
        # before the threads that wait with them.
        runtime.faults.clear()
    return 0


class _Unable(Exception):
    """The server cannot serve because of the option that the message names."""


@contextmanager
def _naming(option: str, value: object) -> Iterator[None]:
    """Within the block, errors name an option."""
    try:
        yield
    except (OSError, UnicodeError, ValueError) as problem:
        raise _Unable(f"{option} {value}: {problem}") from None


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Within the block, SIGTERM and SIGHUP end the process in good order."""

    def leave(_number: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(0)

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        # A program started with nohup goes on.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _serve(options: argparse.Namespace, running: ExitStack) -> tuple[Server, Ports]:
    """Start everything that the options name."""
    ports = Ports()
    with _naming(f"--host {options.host} --port", options.port):
        server = Server(options.host, options.port, region=options.region, account=options.account)
    running.callback(server.close)
    # moto sends some requests to itself, by this variable.
    os.environ["MOTO_PORT"] = str(server.port)
    authority = _authority(options, running)
    server.start()
    ports.add("http", server.host, server.port)
    _publish_addresses(options, server, running)
    devices = _serve_mqtt(options, server, authority, ports)
    if authority is not None:
        _serve_tls(options, server, authority, devices, ports)
        # Every port has read it.
        authority.discard_key()
    # Documents in notifications may hold signed URLs, and devices may open a WebSocket at any time.
    # Many may hear a notification: only where all come by TLS do all trust the authority.
    message_log.server_url = server.url_for(over_tls=options.mqtt_port is None)
    if options.bridge is not None:
        bridge = _bridge(options, server.url_for())
        running.callback(bridge.close_within, _FLUSHING_SECONDS)
        try:
            bridge.start()
        except (OSError, UnicodeError) as problem:
            raise _Unable(f"--bridge: {problem}") from None
        ports.bridge = netloc(bridge.host, bridge.port)
    if options.load is not None:
        from moto_iot_jobs.moto_api.seed import load_file

        with _naming("--load", options.load):
            load_file(options.load, options.account, options.region)
    return server, ports


def _restore_s3_endpoints(endpoints: str | None) -> None:
    os.environ.pop(_S3_ENDPOINTS, None)
    if endpoints is not None:
        os.environ[_S3_ENDPOINTS] = endpoints


def _publish_addresses(options: argparse.Namespace, server: Server, running: ExitStack) -> None:
    """Pass the address of the server to everything that makes URLs."""
    allowed = list(options.allow_origin)
    public: PublicHost | None = options.public_host
    if public is not None:
        allowed.append(public.name)
        server.public_url = _public_url(public, server.port, options.tls_port)
        runtime.public_host, runtime.public_url = public.address, server.public_url
        # moto's S3 would take the first label of a name with dots for a bucket.
        endpoints = os.environ.get(_S3_ENDPOINTS)
        os.environ[_S3_ENDPOINTS] = ",".join(filter(None, (endpoints, server.public_url)))
        running.callback(_restore_s3_endpoints, endpoints)
        running.callback(setattr, runtime, "public_host", None)
        running.callback(setattr, runtime, "public_url", None)
    origins.allow(allowed)
    running.callback(origins.disallow, allowed)


def _public_url(public: PublicHost, http_port: int, tls_port: int | None) -> str:
    """Return the URL of the public host, over TLS where it says so or its port is that of TLS."""
    # Without a port, or with any free one, there is none to recognise. Containers map AWS's, 443.
    tls_ports = [tls_port, 443] if tls_port else []
    if public.scheme is not None:
        return f"{public.scheme}://{public.address}"
    if public.port is not None:
        return f"{'https' if public.port in tls_ports else 'http'}://{public.address}"
    return f"https://{public.name}" if tls_port == 443 else f"http://{public.name}:{http_port}"


def _authority(options: argparse.Namespace, running: ExitStack) -> Authority | None:
    """Make the authority of all ports with TLS, if there is one."""
    if all(getattr(options, name) is None for name in _TLS_OPTIONS):
        return None
    names = list(options.tls_name)
    if options.public_host is not None:
        names.append(options.public_host.name.strip("[]"))
    with _naming("--tls-dir", options.tls_dir):
        return running.enter_context(
            server_authority(options.account, options.region, options.host, names, options.tls_dir)
        )


def _serve_mqtt(
    options: argparse.Namespace, server: Server, authority: Authority | None, ports: Ports
) -> DeviceEndpoint | None:
    """Serve MQTT on ports of its own, if an option asks for it."""
    if options.mqtt_port is options.mqtts_port is options.tls_port is None:
        return None
    with _naming("--mqtt-port, --mqtts-port", f"{options.mqtt_port}, {options.mqtts_port}"):
        devices = server.serve_devices(
            host=options.host,
            mqtt_port=options.mqtt_port,
            mqtts_port=options.mqtts_port,
            authority=authority,
        )
    if options.mqtt_port is not None:
        ports.add("mqtt", *devices.mqtt_address)
    if options.mqtts_port is not None and authority is not None:
        ports.add("mqtts", *devices.mqtts_address, ca_file=authority.certificate)
    return devices


def _serve_tls(
    options: argparse.Namespace,
    server: Server,
    authority: Authority,
    devices: DeviceEndpoint | None,
    ports: Ports,
) -> None:
    """Serve all services, or devices with certificates, over TLS, as the options say."""
    if options.https_port is not None:
        from moto_iot_jobs.server.device_https import DeviceHttps

        with _naming("--https-port", options.https_port):
            https = DeviceHttps(
                account=options.account,
                region=options.region,
                host=options.host,
                port=options.https_port,
                authority=authority,
                server_url=server.url_for(),
                loop=server.loop,
            )
        server.add(https)
        ports.add("https", *https.address, ca_file=authority.certificate)
    if options.tls_port is not None and devices is not None:
        from moto_iot_jobs.server.front import TlsFront

        with _naming("--tls-port", options.tls_port):
            front = TlsFront(
                options.host,
                options.tls_port,
                application=server.application,
                devices=devices,
                loop=server.loop,
            )
        server.add(front)
        server.tls_port = front.address[1]
        ports.add("tls", *front.address, ca_file=authority.certificate)


def _bridge(options: argparse.Namespace, server_url: str) -> Bridge:
    broker = options.bridge
    return Bridge(
        broker.hostname or "",
        broker.port or MQTT_PORTS[broker.scheme],
        username=unquote(broker.username) if broker.username else None,
        password=unquote(broker.password) if broker.password else None,
        tls=ssl.create_default_context() if broker.scheme == "mqtts" else None,
        region=options.region,
        account=options.account,
        server_url=server_url,
    )
