"""Over TLS a device is let in by a certificate that moto knows to be active and attached, or by a
signature; nobody else is.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from paho.mqtt.enums import MQTTProtocolVersion

from tests.paho_clients import paho_client
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Identity, MqttPorts

SCOPE = "AKIDEXAMPLE/20260101/eu-west-1/iotdevicegateway/aws4_request"
SIGNED = f"/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={quote(SCOPE, safe='')}"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": "mqtt",
}
CLOSED = "closed without a word of MQTT"


def attempt(ports: MqttPorts, identity: Identity | None, path: str | None = None) -> str:
    """What becomes of an attempt to connect over TLS: `Success`, CONNACK's refusal, or `CLOSED`."""
    outcome: Queue[Any] = Queue()
    transport: Any = "tcp" if path is None else "websockets"
    client = paho_client("t1", protocol=MQTTProtocolVersion.MQTTv5, transport=transport)
    client.on_connect = lambda _client, _userdata, _flags, reason, _properties: outcome.put(
        str(reason)
    )
    client.on_disconnect = lambda *_: outcome.put(CLOSED)
    client.ws_set_options(path or "/mqtt")
    client.tls_set(
        str(ports.authority), *((str(identity.certificate), str(identity.key)) if identity else ())
    )
    try:
        client.connect(*ports.tls)
        client.loop_start()
        found: str = outcome.get(timeout=PATIENCE)
        return found
    except (ssl.SSLError, ConnectionError):
        return CLOSED
    finally:
        client.disconnect()
        client.loop_stop()


def test_a_certificate_that_is_active_and_attached_is_let_in(
    aws: Aws, mqtt_ports: MqttPorts, identity: Callable[..., Identity]
) -> None:
    assert attempt(mqtt_ports, identity("t1")) == "Success"


def test_what_is_changed_counts_from_the_next_connection_on(
    aws: Aws, mqtt_ports: MqttPorts, identity: Callable[..., Identity]
) -> None:
    device = identity(active=False)
    aws.thing("t1")
    assert attempt(mqtt_ports, device) == "Not authorized"
    aws.iot.update_certificate(certificateId=device.certificate_id, newStatus="ACTIVE")
    assert attempt(mqtt_ports, device) == "Not authorized"
    aws.iot.attach_thing_principal(thingName="t1", principal=device.arn)
    assert attempt(mqtt_ports, device) == "Success"
    aws.iot.update_certificate(certificateId=device.certificate_id, newStatus="REVOKED")
    assert attempt(mqtt_ports, device) == "Not authorized"


def test_no_client_connects_without_a_certificate(mqtt_ports: MqttPorts) -> None:
    assert attempt(mqtt_ports, None) == "Not authorized"


def test_a_certificate_that_moto_does_not_know_is_rejected_until_it_is_registered(
    aws: Aws, mqtt_ports: MqttPorts, identity: Callable[..., Identity], tmp_path: Path
) -> None:
    made = aws.client("iot", region="us-west-2").create_keys_and_certificate(setAsActive=True)
    device = replace(identity(), certificate=tmp_path / "other.pem", key=tmp_path / "other.key")
    device.certificate.write_text(made["certificatePem"], encoding="ascii")
    device.key.write_text(made["keyPair"]["PrivateKey"], encoding="ascii")
    assert attempt(mqtt_ports, device) == CLOSED
    registered = aws.iot.register_certificate_without_ca(
        certificatePem=made["certificatePem"], status="ACTIVE"
    )
    aws.thing("t1")
    aws.iot.attach_thing_principal(thingName="t1", principal=registered["certificateArn"])
    assert attempt(mqtt_ports, device) == "Success"


def test_a_text_that_is_no_certificate_does_not_keep_others_from_connecting(
    aws: Aws, mqtt_ports: MqttPorts, identity: Callable[..., Identity]
) -> None:
    aws.iot.register_certificate_without_ca(certificatePem="not a certificate", status="ACTIVE")
    assert attempt(mqtt_ports, identity("t1")) == "Success"


def upgrade(ports: MqttPorts, tls: bool, target: str, **headers: str) -> int:
    """The HTTP status that a request for a WebSocket gets."""
    connection = http.client.HTTPConnection(*ports.plain, timeout=10)
    if tls:
        context = ssl.create_default_context(cafile=str(ports.authority))
        connection = http.client.HTTPSConnection(*ports.tls, timeout=10, context=context)
    with closing(connection):
        connection.request("GET", target, headers={**UPGRADE, **headers})
        return connection.getresponse().status


@pytest.mark.parametrize("tls", [True, False], ids=["wss", "ws"])
def test_over_tls_a_websocket_needs_a_signature(mqtt_ports: MqttPorts, tls: bool) -> None:
    assert upgrade(mqtt_ports, tls, f"{SIGNED}&X-Amz-Signature=0") == 101
    header = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0"
    assert upgrade(mqtt_ports, tls, "/mqtt", authorization=header) == 101
    unsigned = 403 if tls else 101
    assert upgrade(mqtt_ports, tls, SIGNED) == unsigned
    assert upgrade(mqtt_ports, tls, "/mqtt", authorization="Basic Og==") == unsigned
    assert upgrade(mqtt_ports, tls, "/mqtt") == unsigned


@pytest.mark.parametrize("tls", [True, False], ids=["wss", "ws"])
@pytest.mark.parametrize(
    "origin, status",
    [
        ("http://localhost:3000", 101),
        ("http://127.0.0.1", 101),
        ("http://[::1]:5000", 101),
        ("https://stranger.example", 403),
        ("http://localhost.stranger.example", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_a_foreign_page_opens_no_websocket(
    mqtt_ports: MqttPorts, tls: bool, origin: str, status: int
) -> None:
    target = f"{SIGNED}&X-Amz-Signature=0"
    assert upgrade(mqtt_ports, tls, target, Origin=origin) == status


def test_a_websocket_may_have_a_certificate_instead(
    mqtt_ports: MqttPorts, identity: Callable[..., Identity]
) -> None:
    assert attempt(mqtt_ports, identity("t1"), path="/mqtt") == "Success"


def test_the_server_is_known_by_the_hosts_that_describe_endpoint_gives(
    aws: Aws, mqtt_ports: MqttPorts
) -> None:
    context = ssl.create_default_context(cafile=str(mqtt_ports.authority))
    types = ["iot:Data-ATS", "iot:Data", "iot:Jobs"]
    hosts = [aws.iot.describe_endpoint(endpointType=each)["endpointAddress"] for each in types]
    for host in ["localhost", "127.0.0.1", *hosts]:
        with (
            socket.create_connection(mqtt_ports.tls) as plain,
            context.wrap_socket(plain, server_hostname=host) as tls,
        ):
            assert tls.version() in ("TLSv1.2", "TLSv1.3")
    with (
        socket.create_connection(mqtt_ports.tls) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
        context.wrap_socket(plain, server_hostname="example.com"),
    ):
        pass


def test_the_authority_can_be_fetched(aws: Aws, mqtt_ports: MqttPorts) -> None:
    base = aws.url or "http://motoapi.amazonaws.com"
    answer = requests.get(f"{base}/moto-api/iot-jobs/ca.pem", timeout=30)
    assert (answer.status_code, answer.text) == (
        200,
        mqtt_ports.authority.read_text(encoding="ascii"),
    )


def test_without_a_port_for_tls_there_is_no_authority(in_process: Aws) -> None:
    answer = requests.get("http://motoapi.amazonaws.com/moto-api/iot-jobs/ca.pem", timeout=30)
    assert (answer.status_code, "message" in answer.json()) == (404, True)
