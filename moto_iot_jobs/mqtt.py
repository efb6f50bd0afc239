"""MQTT for programs on devices: an endpoint in front of the mock, and a bridge to a broker.

The mock is that of this process.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .moto_api.client import is_remote, require_mock

if TYPE_CHECKING:
    from .server.bridge import Bridge

__all__ = ["Bridge", "Endpoint"]


class Endpoint:
    """A port for MQTT 3.1.1 and 5, for devices of one account and region.

    It serves from the start until `close` or the end of its block.

    Without TLS any client may connect; a WebSocket needs a request signed in AWS's way. With TLS a
    device shows a certificate that moto's CreateKeysAndCertificate made or RegisterCertificate
    registered, that is ACTIVE and is attached to a thing; or it opens a WebSocket with a request
    signed in AWS's way. Time goes on by itself meanwhile, so that what becomes due (a timeout, a
    rollout) is published within a second.

    Args:
        tls: whether to serve MQTT over TLS.
        region: the devices' region; that of the environment by default, else us-east-1.
        account: the devices' account; moto's default account by default.
        host: address to listen on.
        port: port to listen on; 0 for any that is free.

    Attributes:
        host, port: where it listens.
        ca_file: a file with the certificate authority that devices are to trust; None without TLS.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
        ValueError: no such port or region.
        RuntimeError: no mock is active; or moto's server mode is on, where the server has the port
            (`moto-iot-jobs server --mqtt-port`).
    """

    host: str
    port: int
    ca_file: Path | None

    def __init__(
        self,
        *,
        tls: bool = False,
        region: str | None = None,
        account: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        from .server.device_mqtt import DeviceEndpoint

        if port not in range(1 << 16):
            raise ValueError(f"A port is a number from 0 to 65535, where 0 is any; not {port!r}.")
        if not is_remote():
            require_mock("mqtt.Endpoint()")
        ports: dict[str, Any] = {
            "mqtt_port": None if tls else port,
            "mqtts_port": port if tls else None,
        }
        self._served = DeviceEndpoint(region=region, account=account, host=host, **ports).start()
        served = self._served
        self.host, self.port = served.mqtts_address if tls else served.mqtt_address
        self.ca_file = served.authority_file if tls else None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, as `devices` take them."""
        return self.host, self.port

    def close(self) -> None:
        """Close all connections and the port. Idempotent."""
        self._served.close()

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Endpoint {'mqtts' if self.ca_file else 'mqtt'}://{self.host}:{self.port}>"


def __getattr__(name: str) -> Any:
    # Imported late: an endpoint needs no bridge.
    if name == "Bridge":
        from .server.bridge import Bridge

        return Bridge
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
