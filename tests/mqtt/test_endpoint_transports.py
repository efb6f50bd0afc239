"""Ways into the endpoint: TLS with and without certificates, WebSocket with and without a
signature, on the same ports.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from moto_iot_jobs.broker.client import Client, Upgrade
from moto_iot_jobs.broker.connection import Connection
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.packets import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Publish,
    Version,
    Will,
)
from moto_iot_jobs.broker.reason_codes import Reason
from moto_iot_jobs.broker.tls import device_context, trust
from tests.mqtt.client_codec import encode
from tests.mqtt.inside import clients_of

if TYPE_CHECKING:
    from tests.mqtt.conftest import Certificates, Device, Identity

V3, V5 = Version.V3_1_1, Version.V5
GET = "$aws/things/thing-1/jobs/get"

Serve = Callable[..., Endpoint]
MakeDevice = Callable[..., "Device"]
DeviceSide = Callable[["Identity | None"], ssl.SSLContext]

UPGRADE = (
    b"GET /mqtt?%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection:"
    b" Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol:"
    b" mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def signed(upgrade: Upgrade, must_be_signed: bool) -> bool:
    """Stands for the check of a signature."""
    return not must_be_signed or (
        upgrade.target == "/mqtt?signed" and upgrade.headers["host"] == "localhost"
    )


def masked(data: bytes, opcode: int = 2) -> bytes:
    """A short frame with a mask of zeros."""
    return bytes((0x80 | opcode, 0x80 | len(data), 0, 0, 0, 0)) + data


def read(thing: Device, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = thing.socket.recv(size - len(data))
        assert more, data
        data += more
    return data


def head(thing: Device) -> bytes:
    """The head of an HTTP response."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += read(thing, 1)
    return data


# TLS


def test_a_device_comes_in_with_its_certificate(
    serve: Serve,
    device: MakeDevice,
    certificates: Certificates,
    server_context: ssl.SSLContext,
    device_side: DeviceSide,
    version: Version,
) -> None:
    seen: list[tuple[str, bytes | None]] = []

    def respond(topic: str, payload: bytes, client: Client) -> list[tuple[str, bytes]]:
        seen.append((client.transport, client.certificate))
        return [(f"{topic}/accepted", payload)]

    known = {certificates.device.der, certificates.signed.der}
    endpoint = serve(
        mqtts_port=0, tls=server_context, respond=respond, accept_certificate=known.__contains__
    )
    for identity in (certificates.device, certificates.signed):
        thing = device(endpoint.mqtts_address, version, device_side(identity)).connect()
        thing.send(Publish(GET, bytes(100_000)))
        assert thing.message().payload == bytes(100_000)
    assert seen == [("mqtts", certificates.device.der), ("mqtts", certificates.signed.der)]


@pytest.mark.parametrize("who", ["nobody", "one that was deactivated"])
def test_a_device_without_a_good_certificate_is_refused(
    serve: Serve,
    device: MakeDevice,
    certificates: Certificates,
    server_context: ssl.SSLContext,
    device_side: DeviceSide,
    version: Version,
    who: str,
) -> None:
    endpoint = serve(mqtts_port=0, tls=server_context, accept_certificate=lambda _der: False)
    thing = device(
        endpoint.mqtts_address,
        version,
        device_side(None if who == "nobody" else certificates.device),
    )
    thing.send(Connect(version, "thing-1"))
    assert thing.receive() == Connack(Reason.NOT_AUTHORIZED)
    assert thing.receive() is None


def test_a_certificate_of_an_unknown_authority_does_not_get_through_the_handshake(
    serve: Serve,
    device: MakeDevice,
    certificates: Certificates,
    server_context: ssl.SSLContext,
    device_side: DeviceSide,
    caplog: pytest.LogCaptureFixture,
) -> None:
    endpoint = serve(mqtts_port=0, tls=server_context, accept_certificate=lambda _der: True)
    # With TLS 1.3 the client hears of it when it reads.
    with suppress(ssl.SSLError, ConnectionError):
        foreign = device(endpoint.mqtts_address, V3, device_side(certificates.foreign))
        foreign.socket.sendall(encode(Connect(V3, "x"), V3))
        assert foreign.socket.recv(1) == b""
    # The server may see the end of the handshake after the client.
    endpoint.close()
    assert "no TLS with 127.0.0.1" in caplog.text
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    trust(server_context, certificates.foreign.der)
    endpoint = serve(mqtts_port=0, tls=server_context, accept_certificate=lambda _der: True)
    assert (
        device(endpoint.mqtts_address, V3, device_side(certificates.foreign)).connect() is not None
    )


def test_without_accept_certificate_the_context_decides_alone(
    serve: Serve, device: MakeDevice, server_context: ssl.SSLContext, device_side: DeviceSide
) -> None:
    endpoint = serve(mqtts_port=0, mqtt_port=None, tls=server_context)
    assert endpoint.mqtt_address is None
    assert device(endpoint.mqtts_address, V3, device_side(None)).connect() is not None


def test_a_client_is_refused_if_authentication_fails(
    serve: Serve,
    device: MakeDevice,
    certificates: Certificates,
    server_context: ssl.SSLContext,
    device_side: DeviceSide,
) -> None:
    def broken(_der: bytes) -> bool:
        raise KeyError("certificate")

    endpoint = serve(mqtts_port=0, tls=server_context, accept_certificate=broken)
    thing = device(endpoint.mqtts_address, V3, device_side(certificates.device))
    thing.send(Connect(V3, "thing-1"))
    assert thing.receive() == Connack(Reason.NOT_AUTHORIZED)


def test_the_context_can_be_made_anew_for_each_connection(
    serve: Serve, device: MakeDevice, certificates: Certificates, device_side: DeviceSide
) -> None:
    trusted: list[bytes] = []
    files = certificates.server.certificate, certificates.server.key
    endpoint = serve(
        mqtts_port=0,
        tls=lambda: device_context(*files, trusted),
        accept_certificate=lambda _der: True,
    )
    trusted.append(certificates.device.der)
    assert (
        device(endpoint.mqtts_address, V3, device_side(certificates.device)).connect() is not None
    )


@pytest.mark.parametrize(
    "offered, chosen", [(["x-amzn-mqtt-ca"], "x-amzn-mqtt-ca"), (["mqtt"], "mqtt"), (["h2"], None)]
)
def test_alpn_is_as_on_aws(
    serve: Serve,
    device: MakeDevice,
    server_context: ssl.SSLContext,
    device_side: DeviceSide,
    offered: list[str],
    chosen: str | None,
) -> None:
    context = device_side(None)
    context.set_alpn_protocols(offered)
    thing = device(serve(mqtts_port=0, tls=server_context).mqtts_address, V3, context)
    assert isinstance(thing.socket, ssl.SSLSocket)
    assert thing.socket.selected_alpn_protocol() == chosen
    thing.connect()


def test_what_is_no_tls_is_closed_and_does_not_disturb_others(
    serve: Serve, device: MakeDevice, server_context: ssl.SSLContext, device_side: DeviceSide
) -> None:
    endpoint = serve(mqtts_port=0, tls=server_context)
    stalled = device(endpoint.mqtts_address)
    stalled.socket.sendall(bytes.fromhex("160301"))
    for data in (
        encode(Connect(V3, "plain"), V3),
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"\0" * 100,
    ):
        plain = device(endpoint.mqtts_address)
        plain.socket.sendall(data)
        plain.socket.settimeout(5)
        assert plain.receive_nothing()
    thing = device(endpoint.mqtts_address, V3, device_side(None)).connect()
    thing.send(Pingreq())
    assert thing.receive() == Pingresp()


def test_tls_is_closed_in_good_order(
    serve: Serve, device: MakeDevice, server_context: ssl.SSLContext, device_side: DeviceSide
) -> None:
    endpoint = serve(mqtts_port=0, tls=server_context)
    thing = device(endpoint.mqtts_address, V3, device_side(None)).connect()
    thing.send(Disconnect())
    assert thing.socket.recv(1) == b"", "a broken end would have raised SSLEOFError"


def test_tls_bytes_may_come_one_by_one(
    serve: Serve, server_context: ssl.SSLContext, device_side: DeviceSide
) -> None:
    endpoint = serve(mqtts_port=0, tls=server_context)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = device_side(None).wrap_bio(incoming, outgoing, server_hostname="localhost")
    assert endpoint.mqtts_address is not None
    with socket.create_connection(endpoint.mqtts_address, timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def drip() -> None:
            for byte in outgoing.read():
                sock.sendall(bytes((byte,)))

        def until_done(action: Callable[[], object]) -> object:
            while True:
                try:
                    result = action()
                except ssl.SSLWantReadError:
                    drip()
                    incoming.write(sock.recv(65_536))
                else:
                    drip()
                    return result

        until_done(tls.do_handshake)
        tls.write(encode(Connect(V3, "slow"), V3))
        assert until_done(lambda: tls.read(4)) == bytes.fromhex("20020000")


# WebSocket


def test_mqtt_goes_through_a_websocket_on_the_same_port(serve: Serve, device: MakeDevice) -> None:
    seen: list[Client] = []
    targets: list[str] = []

    def accept(upgrade: Upgrade, must_be_signed: bool) -> bool:
        targets.append(upgrade.target)
        return signed(upgrade, must_be_signed)

    def respond(topic: str, payload: bytes, client: Client) -> list[tuple[str, bytes]]:
        seen.append(client)
        return [(f"{topic}/accepted", payload)]

    endpoint = serve(respond=respond, accept_upgrade=accept)
    raw = device(endpoint.mqtt_address).connect("raw")
    thing = device(endpoint.mqtt_address)
    # The first frame comes along with the request; packets and frames do not keep each other's
    # bounds.
    connect, request = encode(Connect(V3, "web"), V3), encode(Publish(GET, b"{}"), V3)
    thing.socket.sendall(UPGRADE % b"signed" + masked(connect[:5]) + masked(b"ping", 9))
    assert b"101 Switching Protocols" in head(thing)
    assert read(thing, 6) == b"\x8a\x04ping"
    thing.socket.sendall(masked(connect[5:] + request[:7]) + masked(request[7:]))
    # Ours come in a frame each.
    for reply in (bytes.fromhex("20020000"), encode(Publish(f"{GET}/accepted", b"{}"), V3)):
        assert read(thing, 2 + len(reply)) == bytes((0x82, len(reply))) + reply
    [client] = seen
    assert client.transport == "ws"
    assert targets == ["/mqtt?signed"]
    raw.send(Publish(GET, b"raw"))
    assert raw.message().payload == b"raw"


def test_a_request_that_is_not_accepted_opens_no_websocket(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve(accept_upgrade=lambda upgrade, _: upgrade.target == "/mqtt?good")
    thing = device(endpoint.mqtt_address)
    thing.socket.sendall(UPGRADE % b"bad")
    assert head(thing).startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert thing.socket.recv(1) == b""
    plain = device(endpoint.mqtt_address)
    plain.socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert head(plain).startswith(b"HTTP/1.1 426 Upgrade Required\r\n")


@pytest.mark.parametrize(
    "target, with_certificate, status",
    [(b"signed", False, b"101"), (b"forged", True, b"101"), (b"forged", False, b"403")],
)
def test_over_tls_a_websocket_needs_a_signature_or_a_certificate(
    serve: Serve,
    device: MakeDevice,
    certificates: Certificates,
    server_context: ssl.SSLContext,
    device_side: DeviceSide,
    target: bytes,
    with_certificate: bool,
    status: bytes,
) -> None:
    known = {certificates.device.der}
    gate = {"accept_certificate": known.__contains__, "accept_upgrade": signed}
    endpoint = serve(mqtts_port=0, tls=server_context, **gate)
    context = device_side(certificates.device if with_certificate else None)
    thing = device(endpoint.mqtts_address, V3, context)
    thing.socket.sendall(UPGRADE % target + masked(encode(Connect(V3, "web"), V3)))
    assert head(thing).split()[1] == status
    if status == b"101":
        assert read(thing, 6) == bytes.fromhex("8204 20020000")
        assert [client.transport for client in clients_of(endpoint)] == ["wss"]


@pytest.mark.parametrize(
    "how, published", [("close frame", False), ("broken", True), ("wrong frame", True)]
)
def test_a_close_frame_is_a_goodbye_as_on_aws(
    serve: Serve, device: MakeDevice, how: str, published: bool
) -> None:
    endpoint = serve()
    watcher = device(endpoint.mqtt_address).connect("watcher").subscribe("gone", "next")
    thing = device(endpoint.mqtt_address)
    thing.socket.sendall(
        UPGRADE % b"" + masked(encode(Connect(V3, "web", will=Will("gone", b"bye")), V3))
    )
    head(thing)
    assert read(thing, 6) == bytes.fromhex("8204 20020000")
    match how:
        case "close frame":
            thing.socket.sendall(masked(b"\x03\xe8", 8))
            assert read(thing, 4) == bytes.fromhex("8802 03e8")
            assert thing.socket.recv(1) == b""
        case "wrong frame":
            thing.socket.sendall(masked(b"text", 1))
            assert read(thing, 4) == bytes.fromhex("8802 03eb")
    thing.socket.close()
    while len(clients_of(endpoint)) > 1:
        endpoint.publish("nobody", b"listens")
    endpoint.publish("next", b"")
    assert [watcher.message().topic for _ in range(1 + published)] == (
        ["gone"] if published else []
    ) + ["next"]


def test_a_websocket_is_closed_from_our_side_with_a_close_frame(
    serve: Serve, device: MakeDevice
) -> None:
    endpoint = serve()
    thing = device(endpoint.mqtt_address)
    thing.socket.sendall(UPGRADE % b"" + masked(encode(Connect(V3, "web"), V3)))
    head(thing)
    assert read(thing, 6) == bytes.fromhex("8204 20020000")
    endpoint.close()
    assert read(thing, 4) == bytes.fromhex("8802 03e8")
    assert thing.socket.recv(1) == b""


def test_packets_are_sent_at_once(serve: Serve, device: MakeDevice) -> None:
    endpoint = serve()
    device(endpoint.mqtt_address).connect()
    [connection] = endpoint._connections.values()
    assert isinstance(connection, Connection)
    assert connection._transport is not None
    opened = connection._transport.get_extra_info("socket")
    assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
