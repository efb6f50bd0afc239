"""MQTT clients of AWS's CRT, on which its device SDK v2 builds: connected for a block.

One that is not stopped goes on connecting in a thread of its own, into the tests that follow.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, Protocol

from awscrt import auth, mqtt, mqtt5  # type: ignore[import-untyped]
from awsiot import (  # type: ignore[import-untyped]
    mqtt5_client_builder,
    mqtt_connection_builder,
)

from tests.waiting import PATIENCE


class Identity(Protocol):
    """The files of a device's certificate and key."""

    @property
    def certificate(self) -> Path: ...
    @property
    def key(self) -> Path: ...


@contextmanager
def connected_by_mqtt3(
    address: tuple[str, int], authority: Path, client_id: str, identity: Identity | None = None
) -> Iterator[mqtt.Connection]:
    """Give a connection by MQTT 3.1.1.

    Args:
        address: host and port, which is for TLS.
        authority: file of the authority to trust.
        client_id: of the client.
        identity: the certificate to show; without one a WebSocket is opened by a signed request.
    """
    connection = _built(mqtt_connection_builder, address, authority, client_id, identity)
    connection.connect().result(PATIENCE)
    try:
        yield connection
    finally:
        connection.disconnect().result(PATIENCE)


@contextmanager
def connected_by_mqtt5(
    address: tuple[str, int], authority: Path, client_id: str, identity: Identity | None = None
) -> Iterator[mqtt5.Client]:
    """Give a client that is connected by MQTT 5; arguments as for `connected_by_mqtt3`."""
    connected, stopped = Queue[Any](), threading.Event()
    client = _built(
        mqtt5_client_builder,
        address,
        authority,
        client_id,
        identity,
        on_lifecycle_connection_success=connected.put,
        on_lifecycle_connection_failure=connected.put,
        on_lifecycle_stopped=lambda _data: stopped.set(),
    )
    client.start()
    try:
        success = connected.get(timeout=PATIENCE)
        assert isinstance(success, mqtt5.LifecycleConnectSuccessData), success.exception
        assert success.negotiated_settings.maximum_qos is mqtt5.QoS.AT_LEAST_ONCE
        yield client
    finally:
        client.stop()
        assert stopped.wait(PATIENCE)


def _built(
    builder: Any,
    address: tuple[str, int],
    authority: Path,
    client_id: str,
    identity: Identity | None,
    **options: Any,
) -> Any:
    host, port = address
    options |= {
        "endpoint": host,
        "port": port,
        "ca_filepath": str(authority),
        "client_id": client_id,
    }
    if identity is not None:
        files = {
            "cert_filepath": str(identity.certificate),
            "pri_key_filepath": str(identity.key),
        }
        return builder.mtls_from_path(**files, **options)
    credentials = auth.AwsCredentialsProvider.new_static("AKIDEXAMPLE", "secret")
    return builder.websockets_with_default_aws_signing("eu-west-1", credentials, **options)
