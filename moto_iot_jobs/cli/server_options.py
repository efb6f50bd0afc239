"""The options of `moto-iot-jobs server`."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from .values import port, region

MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}

_LEVELS = ("debug", "info", "warning", "error")
_ACCOUNT = re.compile(r"\d{12}")
_HOST = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<name>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?"
)


class PublicHost(NamedTuple):
    """The address by which programs reach a server.

    Attributes:
        name: of the host; an address of IPv6 is in brackets.
        port: None where it is not said.
        scheme: of URLs; None where it follows from the port.
    """

    name: str
    port: int | None = None
    scheme: str | None = None

    @property
    def address(self) -> str:
        """The name, with the port if it was given."""
        return self.name if self.port is None else f"{self.name}:{self.port}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `moto-iot-jobs server`."""
    _add_ports(parser)
    _add_identity(parser)
    _add_tls(parser)
    _add_operation(parser)


def add_defaults(options: argparse.Namespace) -> None:
    """Set port and account by the environment (`MOTO_PORT`, `MOTO_ACCOUNT_ID`) if not given.

    Raises:
        argparse.ArgumentTypeError: a variable is no port, or no account; it is named.
    """
    from moto_iot_jobs.runtime.defaults import home_account

    defaults: dict[str, tuple[str, Callable[[str], object], str]] = {
        "port": ("MOTO_PORT", port, os.environ.get("MOTO_PORT") or "5000"),
        "account": ("MOTO_ACCOUNT_ID", _account, home_account()),
    }
    for option, (variable, read, text) in defaults.items():
        if getattr(options, option) is None:
            try:
                setattr(options, option, read(text))
            except argparse.ArgumentTypeError as broken:
                raise argparse.ArgumentTypeError(f"{variable}: {broken}") from None


def _add_ports(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("ports", "0 is any free one").add_argument
    add("-H", "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add(
        "-p",
        "--port",
        type=port,
        help="for HTTP, and MQTT over WebSocket at /mqtt (default: MOTO_PORT, else 5000)",
    )
    for option, purpose in (
        ("--tls-port", "for HTTPS of all services, WebSocket, and MQTT over TLS"),
        ("--mqtt-port", "for MQTT"),
        ("--mqtts-port", "for MQTT over TLS"),
        ("--https-port", "for devices that show a certificate over HTTPS"),
    ):
        add(option, type=port, metavar="PORT", help=f"{purpose} (default: not served)")
    add(
        "--bridge",
        type=_broker,
        metavar="mqtt[s]://USER:PASSWORD@HOST:PORT",
        help="serve the devices at this MQTT broker too",
    )


def _add_identity(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("devices and addresses").add_argument
    add(
        "--strict-endpoints",
        action="store_true",
        help="refuse what AWS refuses: iot-jobs-data at its default host, the endpoint iot:Jobs",
    )
    add(
        "--emulator-conventions",
        action="store_true",
        help="do what other emulators do and AWS does not: a 12-digit access key is the account,"
        " subscribers hear responses to others, bodies of errors have __type",
    )
    add(
        "--search-without-index",
        action="store_true",
        help="find things by SearchIndex before an index is switched on, as moto does",
    )
    add(
        "--region",
        type=region,
        default="us-east-1",
        help="region of the devices (default: %(default)s)",
    )
    add(
        "--account",
        type=_account,
        help="account of the devices (default: MOTO_ACCOUNT_ID, else moto's)",
    )
    add(
        "--public-host",
        type=public_host,
        metavar="[http[s]://]NAME[:PORT]",
        help="where programs reach this server, for DescribeEndpoint and signed URLs; without a"
        " scheme, https for the TLS port and 443, else http",
    )
    add(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of this origin, or requests under this host name, use the mock; again"
        " for more (default: loopback only)",
    )


def _add_tls(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("certificates").add_argument
    add(
        "--tls-name",
        action="append",
        default=[],
        metavar="NAME",
        help="name or address for the server's certificate; again for more",
    )
    add(
        "--tls-dir",
        type=Path,
        metavar="DIR",
        help="keep the authority here, so that programs can go on trusting it",
    )


def _add_operation(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("operation").add_argument
    add("--log-level", choices=_LEVELS, default="info", help="(default: %(default)s)")
    add(
        "--log-format",
        dest="as_json",
        choices=("text", "json"),
        type=str,
        default="text",
        action=_AsJson,
        help="(default: text)",
    )
    add("--quiet", action="store_true", help="log warnings and errors only")
    add(
        "--ports-file",
        type=Path,
        metavar="FILE",
        help="write all ports to this file, as JSON, when they listen",
    )
    add(
        "--load",
        type=Path,
        metavar="FILE",
        help="make the things, groups, templates and jobs of this file"
        " (from /moto-api/iot-jobs/export)",
    )
    parser.set_defaults(as_json=False)


class _AsJson(argparse.Action):
    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        _option: str | None = None,
    ) -> None:
        namespace.as_json = values == "json"


def _account(text: str) -> str:
    if _ACCOUNT.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not an account, which has 12 digits")
    return text


def public_host(text: str) -> PublicHost:
    """Read the value of `--public-host`.

    Raises:
        argparse.ArgumentTypeError: it is no host name, with scheme and port or without.
    """
    found = _HOST.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a host name, with a port or without")
    number = found["port"]
    return PublicHost(found["name"], None if number is None else int(number), found["scheme"])


def _broker(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        if (
            parts.scheme in MQTT_PORTS
            and parts.hostname
            and parts.port != 0
            and not parts.path.strip("/")
        ):
            return parts
    except ValueError:
        pass  # the port is no number
    raise argparse.ArgumentTypeError("expected mqtt://host:port or mqtts://user:password@host:port")
