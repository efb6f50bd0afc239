"""Where devices connect to the account `aws` by MQTT, and who they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.paho_clients import connected as connected_client
from tests.paho_clients import paho_client
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.server_process import ServerProcess

SILENCE = 0.3
"""How long nothing may come before it counts as nothing, in seconds, where no event shows that all
has come; a message takes a few milliseconds.
"""


@dataclass(frozen=True)
class MqttPorts:
    """Where devices connect: host and port, plain and over TLS, and the authority that they are to
    trust there.
    """

    plain: tuple[str, int]
    tls: tuple[str, int]
    authority: Path


@dataclass(frozen=True)
class Identity:
    """A device's certificate, as moto knows it and as files."""

    certificate_id: str
    arn: str
    certificate: Path
    key: Path


@pytest.fixture
def mqtt_ports(aws: Aws, request: pytest.FixtureRequest) -> Iterator[MqttPorts]:
    """The account's own in process; those of the server process otherwise."""
    if aws.url is None:
        from moto_iot_jobs import mqtt

        with (
            mqtt.Endpoint(region=aws.region) as plain,
            mqtt.Endpoint(tls=True, region=aws.region) as tls,
        ):
            assert tls.ca_file is not None
            yield MqttPorts(plain.address, tls.address, tls.ca_file)
        return
    server: ServerProcess = request.getfixturevalue("shared_server")
    yield MqttPorts(server.address("mqtt"), server.address("mqtts"), server.authority("mqtts"))


@pytest.fixture
def identity(aws: Aws, tmp_path: Path) -> Callable[..., Identity]:
    """Lets moto make a certificate, and attaches it to things."""

    def make(*things: str, active: bool = True) -> Identity:
        made = aws.iot.create_keys_and_certificate(setAsActive=active)
        files = tmp_path / f"{made['certificateId']}.pem", tmp_path / f"{made['certificateId']}.key"
        files[0].write_text(made["certificatePem"], encoding="ascii")
        files[1].write_text(made["keyPair"]["PrivateKey"], encoding="ascii")
        for thing in things:
            aws.thing(thing)
            aws.iot.attach_thing_principal(thingName=thing, principal=made["certificateArn"])
        return Identity(made["certificateId"], made["certificateArn"], *files)

    return make


class Device:
    """A paho client that is connected, and what it heard."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name
        self.inbox: Queue[tuple[str, Any]] = Queue()
        self._done: Queue[object] = Queue()
        client.on_message = self._take
        client.on_subscribe = lambda *_: self._done.put(None)

    def _take(self, _client: object, _userdata: object, message: Any) -> None:
        payload = (
            json.loads(message.payload)
            if message.payload.startswith((b"{", b"["))
            else message.payload
        )
        self.inbox.put((message.topic, payload))

    def subscribe(self, *filters: str) -> Device:
        """Subscribe, below the thing's jobs unless a filter begins with `$aws` or `/`."""
        self.client.subscribe([(self.topic(each), 1) for each in filters])
        self._done.get(timeout=PATIENCE)
        return self

    def topic(self, last: str) -> str:
        return last if last.startswith(("$aws", "/")) else f"$aws/things/{self.name}/jobs/{last}"

    def publish(self, last: str, payload: dict[str, Any] | str = "") -> None:
        text = json.dumps(payload) if isinstance(payload, dict) else payload
        self.client.publish(self.topic(last), text, qos=1)

    def hear(self, within: float = PATIENCE) -> tuple[str, Any]:
        """The next message, within so many seconds: its topic, without the part before the thing's
        jobs, and its payload.
        """
        topic, payload = self.inbox.get(timeout=within)
        return topic.removeprefix(f"$aws/things/{self.name}/jobs/"), payload

    def ask(self, last: str, payload: dict[str, Any] | str = "") -> tuple[str, Any]:
        """Publish a request; give the message that comes next."""
        self.publish(last, payload)
        return self.hear()

    def hears_nothing(self) -> bool:
        """Tell whether nothing comes before a message that the device now sends to itself.

        The endpoint has one loop, and does what other threads have asked for before it reads a
        device's bytes: whatever it was to send by now comes first. What another client has
        published counts once that client has heard something that it published later. Where
        something is sent after a while, or by a thread that nobody waits for, take
        `hears_nothing_for_a_while`.
        """
        mark = f"/heard/by/{self.name}"
        self.subscribe(mark).publish(mark)
        return self.hear()[0] == mark

    def hears_nothing_for_a_while(self) -> bool:
        try:
            return self.inbox.get(timeout=SILENCE) is None
        except Empty:
            return True


Connect = Callable[..., Any]


@pytest.fixture
def connect_to() -> Connect:
    """Connects a paho client to an address for the length of a `with` block; over TLS if it is
    given authority and identity.

    One with a `lasting` session keeps it when the connection is lost, and comes back after a
    second; others stay away. `websocket` is the path of its WebSocket, if it is to open one.
    """

    @contextmanager
    def connected(
        address: tuple[str, int],
        name: str,
        version: int = 4,
        authority: Path | None = None,
        identity: Identity | None = None,
        *,
        lasting: bool | None = None,
        password: str | None = None,
        websocket: str | None = None,
    ) -> Iterator[Device]:
        clean = None if lasting is None else not lasting
        client = paho_client(
            name,
            comes_back=lasting is True,
            protocol=MQTTProtocolVersion(version),
            clean_session=clean,
            transport="tcp" if websocket is None else "websockets",
        )
        if websocket is not None:
            client.ws_set_options(path=websocket)
        if password is not None:
            client.username_pw_set(name, password)
        device = Device(client, name)
        if identity is not None:
            client.tls_set(str(authority), str(identity.certificate), str(identity.key))
        with connected_client(client, address, keepalive=30):
            yield device

    return connected


@pytest.fixture
def connect(mqtt_ports: MqttPorts, connect_to: Connect) -> Connect:
    """Connects a paho client to the account `aws`; over TLS if it is given an identity."""

    def connected(
        name: str, identity: Identity | None = None, version: int = 4, websocket: str | None = None
    ) -> Any:
        address = mqtt_ports.plain if identity is None else mqtt_ports.tls
        return connect_to(
            address, name, version, mqtt_ports.authority, identity, websocket=websocket
        )

    return connected
