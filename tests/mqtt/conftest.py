"""What the tests of this room talk to; for types, import the classes below `if TYPE_CHECKING:`.

Without a network: `Wire` holds a broker and the time, and a `Peer` is a client that encodes what it
says and decodes what it is told. With one: `serve` starts an endpoint on loopback, and
`certificates` has what TLS needs.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from moto_iot_jobs.broker.broker import Broker
from moto_iot_jobs.broker.client import Client
from moto_iot_jobs.broker.limits import Limits
from moto_iot_jobs.broker.listener import Endpoint
from moto_iot_jobs.broker.packets import (
    Connack,
    Connect,
    Packet,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
    Will,
)
from moto_iot_jobs.broker.properties import NO_PROPERTIES, Properties
from moto_iot_jobs.broker.reason_codes import Reason
from moto_iot_jobs.broker.session import Message
from moto_iot_jobs.broker.tls import device_context
from tests.mqtt.client_codec import Decoder, encode
from tests.waiting import PATIENCE

V3, V5 = Version.V3_1_1, Version.V5
Reply = tuple[str, bytes]


class Wire:
    """A broker, the time it is told, and every question that reached `answer`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.now = 1_000_000
        self.asked: list[tuple[str, bytes, str]] = []
        self.heard: list[tuple[str, bytes, str]] = []
        self.answer: Callable[[str, bytes, Client], list[Reply] | None] = (
            lambda _topic, _payload, _client: None
        )
        self.limits = limits or Limits()
        self.reserved: set[str] = set()
        self.broker = Broker(
            self._answer,
            self._hear,
            self.limits,
            session_clock=lambda: self.now,
            call_soon=lambda action: action(self.now),
            is_reserved=lambda topic: topic in self.reserved,
        )

    def _answer(self, topic: str, payload: bytes, client: Client) -> list[Reply] | None:
        self.asked.append((topic, payload, client.client_id))
        return self.answer(topic, payload, client)

    def _hear(self, topic: str, payload: bytes, client: Client) -> None:
        self.heard.append((topic, payload, client.client_id))

    def open(self, version: Version = V3) -> Peer:
        """A network connection on which nothing was said yet."""
        return Peer(self, version)

    def connect(
        self,
        client_id: str = "thing-1",
        version: Version = V3,
        *,
        clean: bool = True,
        keep_alive: int = 60,
        will: Will | None = None,
        expiry: int | None = None,
        properties: Properties | None = None,
    ) -> Peer:
        """A client that was accepted; its CONNACK is in `connack`."""
        if properties is None:
            properties = (
                NO_PROPERTIES if expiry is None else Properties(session_expiry_interval=expiry)
            )
        peer = self.open(version)
        peer.send(Connect(version, client_id, clean, keep_alive, will=will, properties=properties))
        [peer.connack, *peer.backlog] = peer.received()
        assert isinstance(peer.connack, Connack)
        assert peer.connack.reason is Reason.SUCCESS
        return peer

    @property
    def clients(self) -> list[Client]:
        """The clients that are connected."""
        return list(self.broker._dispatcher.connected.values())

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> None:
        self.broker.publish(Message(topic, payload, min(qos, 1)))

    def _next_deadline(self) -> int | None:
        dues = (self.broker.next_deadline(), self.broker.next_session_deadline())
        return min((due for due in dues if due is not None), default=None)

    def pass_time(self, milliseconds: int) -> None:
        """Moves the clock and lets the broker do what became due, deadline by deadline."""
        until = self.now + milliseconds
        while (due := self._next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.broker.tick(self.now)
        self.now = until


class Peer:
    """The far end of one connection."""

    def __init__(self, wire: Wire, version: Version) -> None:
        self.version = version
        self.connack: Packet | None = None
        self.backlog: list[Packet] = []
        self.client = Client(wire.limits)
        self._wire = wire
        self._decoder = Decoder(1 << 28, version)
        wire.broker.open(self.client, wire.now)

    def is_closed(self) -> bool:
        return self.client.closing

    def say(self, data: bytes) -> None:
        self._wire.broker.receive(self.client, data, self._wire.now)

    def send(self, *packets: Packet) -> None:
        self.say(b"".join(encode(packet, self.version) for packet in packets))

    def hang_up(self) -> None:
        """The connection breaks without a DISCONNECT."""
        self._wire.broker.lost(self.client)

    def told(self) -> bytes:
        """The bytes that were sent since the last look."""
        return self.client.take(1 << 28)

    def received(self) -> list[Packet]:
        """The packets that were sent since the last look."""
        self._decoder.feed(self.told())
        packets = []
        while (packet := self._decoder.next_packet()) is not None:
            packets.append(packet)
        return packets

    def subscribe(
        self, *filters: str | Subscription, qos: int = 1, packet_id: int = 1
    ) -> list[Packet]:
        """Subscribes; returns what came after the SUBACK."""
        wanted = [f if isinstance(f, Subscription) else Subscription(f, qos) for f in filters]
        identifiers = tuple({f.identifier for f in wanted if f.identifier is not None})
        properties = (
            Properties(subscription_identifier=identifiers) if identifiers else NO_PROPERTIES
        )
        self.send(Subscribe(packet_id, tuple(wanted), properties))
        [suback, *others] = self.received()
        assert isinstance(suback, Suback)
        assert not any(reason.refused for reason in suback.reasons)
        return others

    def messages(self, acknowledge: bool = True) -> list[Publish]:
        """The messages that came since the last look; QoS 1 is acknowledged unless told otherwise."""
        found = [*self.backlog, *self.received()]
        self.backlog = []
        publishes = [packet for packet in found if isinstance(packet, Publish)]
        assert len(publishes) == len(found), f"not only messages: {found}"
        if acknowledge:
            self.acknowledge(*publishes)
        return publishes

    def acknowledge(self, *publishes: Publish) -> None:
        self.send(*(Puback(publish.packet_id) for publish in publishes if publish.qos))


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def wire_with() -> Callable[..., Wire]:
    """Makes a broker with other limits."""
    return lambda **limits: Wire(Limits(**limits))


@pytest.fixture(params=[V3, V5], ids=["3.1.1", "5"])
def version(request: pytest.FixtureRequest) -> Version:
    """Either version of MQTT."""
    found: Version = request.param
    return found


# Real sockets


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as files and in DER."""

    certificate: Path
    key: Path
    der: bytes


@dataclass(frozen=True)
class Certificates:
    """Who is who: the server by its authority, a device as moto makes it, one that an authority
    signed, and a stranger.
    """

    authority: Path
    server: Identity
    device: Identity
    signed: Identity
    stranger: Identity


def _identity(
    folder: Path, name: str, issuer: str | None = None, signer: Identity | None = None
) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key = (
        key if signer is None else serialization.load_pem_private_key(signer.key.read_bytes(), None)
    )
    assert isinstance(signing_key, ec.EllipticCurvePrivateKey)
    now = datetime(2020, 1, 1, tzinfo=timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        # moto dates a certificate by the test's clock: a device's may well have run out years ago.
        .not_valid_after(now + timedelta(days=365 * (30 if name in ("ca", "server") else 1)))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    if name in ("ca", "server"):  # what a client on Python 3.13 insists on
        is_authority = name == "ca"
        usage = x509.KeyUsage(
            not is_authority, False, False, False, False, is_authority, is_authority, False, False
        )
        builder = (
            builder.add_extension(
                x509.BasicConstraints(ca=is_authority, path_length=None), critical=True
            )
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
                critical=False,
            )
        )
    certificate = builder.sign(signing_key, hashes.SHA256())
    paths = Identity(
        folder / f"{name}.pem",
        folder / f"{name}.key",
        certificate.public_bytes(serialization.Encoding.DER),
    )
    paths.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encodings = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    paths.key.write_bytes(key.private_bytes(*encodings))
    return paths


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority = _identity(folder, "ca")
    return Certificates(
        authority.certificate,
        _identity(folder, "server", "ca", authority),
        # signed with its own key in another's name, as moto does
        _identity(folder, "device", "Moto"),
        _identity(folder, "signed", "ca", authority),
        _identity(folder, "stranger", "Moto"),
    )


@pytest.fixture
def server_context(certificates: Certificates) -> ssl.SSLContext:
    """What the endpoint uses: it trusts the device, and whatever the authority has signed."""
    trusted = [
        certificates.device.der,
        ssl.PEM_cert_to_DER_cert(certificates.authority.read_text()),
    ]
    return device_context(certificates.server.certificate, certificates.server.key, trusted)


@pytest.fixture
def device_side(certificates: Certificates) -> Callable[[Identity | None], ssl.SSLContext]:
    """Makes a device's TLS context."""

    def context(identity: Identity | None) -> ssl.SSLContext:
        found = ssl.create_default_context(cafile=str(certificates.authority))
        if identity is not None:
            found.load_cert_chain(identity.certificate, identity.key)
        return found

    return context


@pytest.fixture
def serve() -> Iterator[Callable[..., Endpoint]]:
    """Starts endpoints and stops them after the test; none may leave a thread behind."""
    started: list[Endpoint] = []

    def start(**options: object) -> Endpoint:
        started.append(Endpoint(**options).start())  # type: ignore[arg-type]
        return started[-1]

    yield start
    for endpoint in started:
        endpoint.close()
    assert [
        thread.name for thread in threading.enumerate() if thread.name == "moto-iot-jobs-mqtt"
    ] == []


def port_of(address: tuple[str, int] | None) -> tuple[str, int]:
    """An address that must be there."""
    assert address is not None
    return address


class Device:
    """A device on a real socket that blocks; speaks in packets, and can wrap them in WebSocket
    frames.
    """

    def __init__(
        self,
        address: tuple[str, int] | None,
        version: Version = V3,
        context: ssl.SSLContext | None = None,
    ) -> None:
        host, port = port_of(address)
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=host)
        self.version = version
        self.decoder = Decoder(1 << 28, version)

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *packets: Packet) -> None:
        self.socket.sendall(b"".join(encode(packet, self.version) for packet in packets))

    def receive(self) -> Packet | None:
        """The next packet; None once the other side has closed."""
        while (packet := self.decoder.next_packet()) is None:
            try:
                data = self.socket.recv(65_536)
            except (ConnectionResetError, ssl.SSLError):
                return None
            if not data:
                return None
            self.decoder.feed(data)
        return packet

    def receive_nothing(self) -> bool:
        """Whether the other side closes without a packet; a TLS alert may come before."""
        try:
            while self.socket.recv(65_536):
                continue
        except ConnectionResetError:
            pass
        return True

    def connect(self, client_id: str = "thing-1", **options: object) -> Device:
        self.send(Connect(self.version, client_id, **options))  # type: ignore[arg-type]
        connack = self.receive()
        assert isinstance(connack, Connack)
        assert connack.reason is Reason.SUCCESS
        return self

    def subscribe(self, *filters: str, qos: int = 1) -> Device:
        self.send(Subscribe(1, tuple(Subscription(topic_filter, qos) for topic_filter in filters)))
        assert isinstance(self.receive(), Suback)
        return self

    def message(self) -> Publish:
        """The next packet, which must be a message; acknowledges it."""
        packet = self.receive()
        assert isinstance(packet, Publish), packet
        if packet.qos:
            self.send(Puback(packet.packet_id))
        return packet


@pytest.fixture
def device() -> Iterator[Callable[..., Device]]:
    """Opens connections of devices and closes them after the test."""
    with ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(Device(*arguments, **options))
