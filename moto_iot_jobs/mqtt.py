"""MQTT for devices: `endpoint` and `tls_endpoint` let programs on devices connect to the mock of
this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["endpoint", "tls_endpoint"]


@contextmanager
def endpoint(
    *,
    region: str | None = None,
    account: str = "123456789012",
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[tuple[str, int]]:
    """Within the block, serve MQTT 3.1.1 and 5 to devices of one account and region; gives host
    and port.

    Anybody may connect; a WebSocket needs a request signed in AWS's way. Time goes on by itself
    meanwhile, so that what becomes due (a timeout, a rollout) is published within a second.

    Args:
        region: the devices' region; that of the environment by default, else us-east-1.
        account: the devices' account; moto's own by default.
        host: address to listen on.
        port: port to listen on; 0 for any that is free.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
        RuntimeError: in moto's server mode; there the server has the port (`moto-iot-jobs server
            --mqtt-port`).
    """
    from moto_iot_jobs.server.device_mqtt import DeviceEndpoint

    with DeviceEndpoint(region=region, account=account, host=host, mqtt_port=port) as served:
        yield served.mqtt_address


@contextmanager
def tls_endpoint(
    *,
    region: str | None = None,
    account: str = "123456789012",
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[tuple[str, int, Path]]:
    """Within the block, serve MQTT over TLS; gives host, port, and a file with the certificate
    authority to trust.

    A device shows a certificate that moto's CreateKeysAndCertificate made or RegisterCertificate
    registered, that is ACTIVE and is attached to a thing; or it opens a WebSocket with a request
    signed in AWS's way. All others are refused. Arguments and errors are those of `endpoint`.
    """
    from moto_iot_jobs.server.device_mqtt import DeviceEndpoint

    with DeviceEndpoint(
        region=region, account=account, host=host, mqtt_port=None, mqtts_port=port
    ) as served:
        yield *served.mqtts_address, served.authority_file
