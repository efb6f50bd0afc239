"""AWS's own device SDKs live through the whole life of a shadow, unmodified, against the mock in
this process and in the server's.

Each client plays the device: it finds no shadow, reports what it has, hears what is wanted, does
that, and deletes the shadow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import Queue
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from awscrt import mqtt, mqtt5, mqtt_request_response  # type: ignore[import-untyped]
from awsiot import (  # type: ignore[import-untyped]
    ServiceStreamOptions,
    V2ServiceException,
    iotshadow,
)
from AWSIoTPythonSDK.core.shadow import shadowManager  # type: ignore[import-untyped]
from AWSIoTPythonSDK.MQTTLib import AWSIoTMQTTShadowClient  # type: ignore[import-untyped]

from tests.aws.shadows import Http, Shadow
from tests.crt_clients import connected_by_mqtt3, connected_by_mqtt5

if TYPE_CHECKING:
    from tests.aws.conftest import Aws
    from tests.aws.mqtt.conftest import Identity, MqttPorts

THING = "lamp"
PATIENCE = 60


class Player(Protocol):
    """What every client can do with one shadow."""

    def get(self) -> Any:
        """Ask for the document; give its state, or the code of the rejection."""

    def report(self, **members: Any) -> int:
        """Report, and give the new version."""

    def delta(self) -> tuple[Any, int]:
        """Wait for the next delta; give its state and version."""

    def delete(self) -> int:
        """Delete; give the version that was deleted."""


class Setting:
    """Where a client is to connect, and as whom."""

    def __init__(self, ports: MqttPorts, identity: Identity) -> None:
        self.ports, self.identity = ports, identity


# AWS IoT Device SDK v2


def mqtt3_connection(setting: Setting) -> AbstractContextManager[mqtt.Connection]:
    return connected_by_mqtt3(setting.ports.tls, setting.ports.authority, THING, setting.identity)


def mqtt5_client(setting: Setting) -> AbstractContextManager[mqtt5.Client]:
    return connected_by_mqtt5(setting.ports.tls, setting.ports.authority, THING, setting.identity)


class Sdk2:
    """The SDK's second client: requests that wait for their answer, and streams.

    Args:
        client: its connection.
        name: of the shadow; None is the classic one.
    """

    def __init__(self, client: Any, name: str | None) -> None:
        limits = mqtt_request_response.ClientOptions(
            max_request_response_subscriptions=4, max_streaming_subscriptions=2
        )
        self._shadows = iotshadow.IotShadowClientV2(client, limits)
        self._name = name
        self._deltas, self.documents = Queue[Any](), Queue[Any]()
        self._streams = [
            self._open("delta_updated_stream", "DeltaUpdated", self._deltas),
            self._open("updated_stream", "Updated", self.documents),
        ]

    @property
    def _named(self) -> dict[str, str]:
        return {"thing_name": THING} | ({"shadow_name": self._name} if self._name else {})

    def _open(self, method: str, kind: str, queue: Queue[Any]) -> Any:
        named = "named_" if self._name else ""
        request = getattr(
            iotshadow, f"{'Named' if self._name else ''}Shadow{kind}SubscriptionRequest"
        )
        established = Queue[Any]()
        stream = getattr(self._shadows, f"create_{named}shadow_{method}")(
            request(**self._named),
            ServiceStreamOptions(
                incoming_event_listener=queue.put, subscription_status_listener=established.put
            ),
        )
        stream.open()
        established.get(timeout=PATIENCE)
        return stream

    def _ask(self, operation: str, **members: Any) -> Any:
        kind = "NamedShadow" if self._name else "Shadow"
        request = getattr(iotshadow, f"{operation.capitalize()}{kind}Request")
        method = f"{operation}_{'named_' if self._name else ''}shadow"
        return getattr(self._shadows, method)(request(**self._named, **members)).result(PATIENCE)

    def get(self) -> Any:
        try:
            state = self._ask("get").state
        except V2ServiceException as error:
            return error.modeled_error.code
        return {"desired": state.desired, "reported": state.reported, "delta": state.delta}

    def report(self, **members: Any) -> int:
        version: int = self._ask("update", state=iotshadow.ShadowState(reported=members)).version
        # The owner's updates are told as well.
        while self.documents.get(timeout=PATIENCE).current.version != version:
            continue
        return version

    def delta(self) -> tuple[Any, int]:
        event = self._deltas.get(timeout=PATIENCE)
        return event.state, event.version

    def delete(self) -> int:
        version: int = self._ask("delete").version
        return version


def sdk2_over(connect: Callable[[Setting], Any], name: str | None = None) -> Any:
    @contextmanager
    def player(setting: Setting) -> Iterator[tuple[Player, str | None]]:
        with connect(setting) as client:
            yield Sdk2(client, name), name

    return player


class Sdk2OfTheFirstGeneration:
    """The SDK's first client: subscriptions and publishes, as most programs have them."""

    def __init__(self, connection: mqtt.Connection) -> None:
        self._shadows, self._qos = iotshadow.IotShadowClient(connection), mqtt.QoS.AT_LEAST_ONCE
        self._responses, self._deltas = Queue[Any](), Queue[Any]()
        for operation in ("get", "update", "delete"):
            request = getattr(iotshadow, f"{operation.capitalize()}ShadowSubscriptionRequest")
            for response in ("accepted", "rejected"):
                subscribe = getattr(self._shadows, f"subscribe_to_{operation}_shadow_{response}")
                subscribe(request(THING), self._qos, self._responses.put)[0].result(PATIENCE)
        self._shadows.subscribe_to_shadow_delta_updated_events(
            iotshadow.ShadowDeltaUpdatedSubscriptionRequest(THING), self._qos, self._deltas.put
        )[0].result(PATIENCE)

    def _ask(self, operation: str, **members: Any) -> Any:
        request = getattr(iotshadow, f"{operation.capitalize()}ShadowRequest")
        token = f"{operation}-token"
        publish = getattr(self._shadows, f"publish_{operation}_shadow")
        publish(request(thing_name=THING, client_token=token, **members), self._qos).result(
            PATIENCE
        )
        # Others' answers come as well; the token tells them apart.
        while True:
            response = self._responses.get(timeout=PATIENCE)
            if response.client_token == token:
                return response

    def get(self) -> Any:
        response = self._ask("get")
        if isinstance(response, iotshadow.ErrorResponse):
            return response.code
        state = response.state
        return {"desired": state.desired, "reported": state.reported, "delta": state.delta}

    def report(self, **members: Any) -> int:
        version: int = self._ask("update", state=iotshadow.ShadowState(reported=members)).version
        return version

    def delta(self) -> tuple[Any, int]:
        event = self._deltas.get(timeout=PATIENCE)
        return event.state, event.version

    def delete(self) -> int:
        version: int = self._ask("delete").version
        return version


@contextmanager
def sdk2_of_the_first_generation(setting: Setting) -> Iterator[tuple[Player, str | None]]:
    with mqtt3_connection(setting) as connection:
        yield Sdk2OfTheFirstGeneration(connection), None


# AWS IoT Device SDK v1


class Sdk1:
    """The SDK that tells its own answers by tokens, and drops a delta that is no news."""

    def __init__(self, client: Any) -> None:
        self._shadow = client.createShadowHandlerWithName(THING, True)
        self._responses, self._deltas = Queue[Any](), Queue[Any]()
        self._shadow.shadowRegisterDeltaCallback(
            lambda payload, _status, _token: self._deltas.put(json.loads(payload))
        )

    def _receive(self, payload: str, status: str, _token: str) -> None:
        self._responses.put((status, json.loads(payload)))

    def _heard(self) -> tuple[str, Any]:
        status, payload = self._responses.get(timeout=PATIENCE)
        return status, payload

    def get(self) -> Any:
        self._shadow.shadowGet(self._receive, PATIENCE)
        status, payload = self._heard()
        if status == "rejected":
            return payload["code"]
        state = payload["state"]
        return {name: state.get(name) for name in ("desired", "reported", "delta")}

    def report(self, **members: Any) -> int:
        request = json.dumps({"state": {"reported": members}})
        self._shadow.shadowUpdate(request, self._receive, PATIENCE)
        status, payload = self._heard()
        assert status == "accepted"
        version: int = payload["version"]
        return version

    def delta(self) -> tuple[Any, int]:
        payload = self._deltas.get(timeout=PATIENCE)
        return payload["state"], payload["version"]

    def delete(self) -> int:
        self._shadow.shadowDelete(self._receive, PATIENCE)
        status, payload = self._heard()
        assert status == "accepted"
        version: int = payload["version"]
        return version


@contextmanager
def sdk1(setting: Setting) -> Iterator[tuple[Player, str | None]]:
    client = AWSIoTMQTTShadowClient(THING)
    client.configureEndpoint(*setting.ports.tls)
    identity = setting.identity
    client.configureCredentials(
        str(setting.ports.authority), str(identity.key), str(identity.certificate)
    )
    assert client.connect()
    try:
        with pytest.MonkeyPatch.context() as hasty:
            # It sleeps for two seconds after each subscription that was acknowledged. Without,
            # its requests follow at once, which asks more of the broker.
            hasty.setattr(shadowManager, "time", SimpleNamespace(sleep=lambda _seconds: None))
            yield Sdk1(client), None
    finally:
        client.disconnect()


CLIENTS: dict[str, Any] = {
    "sdk v2, MQTT 5": sdk2_over(mqtt5_client),
    "sdk v2, MQTT 5, named": sdk2_over(mqtt5_client, "config"),
    "sdk v2, MQTT 3.1.1, named": sdk2_over(mqtt3_connection, "config"),
    "sdk v2, first generation": sdk2_of_the_first_generation,
    "sdk v1": sdk1,
}


# SDK v1's own doing
@pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning")
@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())
def test_a_device_lives_through_the_life_of_a_shadow(
    aws: Aws, mqtt_ports: MqttPorts, identity: Callable[..., Identity], client: Any
) -> None:
    with client(Setting(mqtt_ports, identity(THING))) as (player, name):
        cloud = Shadow(Http(aws), THING, name)
        assert player.get() == 404
        assert player.report(color="green", on=True) == 1
        cloud.desire(color="red")
        assert player.delta() == ({"color": "red"}, 2)
        assert player.get() == {
            "desired": {"color": "red"},
            "reported": {"color": "green", "on": True},
            "delta": {"color": "red"},
        }
        assert player.report(color="red") == 3
        assert "delta" not in cloud.state
        assert cloud.state["reported"] == {"color": "red", "on": True}
        cloud.desire(on=False)
        assert player.delta() == ({"on": False}, 4)
        assert player.delete() == 4
        assert player.get() == 404
        assert player.report(on=False) == 6
