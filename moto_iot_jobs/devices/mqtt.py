"""The data plane over MQTT, at an endpoint or a broker with a bridge (extra `mqtt`)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Mapping
from itertools import count
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from moto_iot_jobs.broker.sockets import send_at_once
from moto_iot_jobs.iotjobsdata.topics import Operation, RequestTopic

from . import shadow
from .commands import CommandRequest, rejected
from .exceptions import ResponseLostError, rejection, shadow_rejection

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

_WITHOUT_JOB = {Operation.GET_PENDING, Operation.START_NEXT}
_SHADOW_WORDS = {shadow.GET: "get", shadow.UPDATE: "update", shadow.DELETE: "delete"}
_CONNECTING_SECONDS = 10
_COMMAND_SECONDS = 1.0
# Nothing is sent while the device works, in the mock's time.
_NO_KEEPALIVE = 0
_SUCCESS = 0


class MqttTransport:
    """One device's connection, made when it is first needed.

    Args:
        thing: the device's name, and its client id.
        address: host and port.
        username, password: credentials; none by default.
        tls: the certificates to trust and to show; no TLS by default.
        timeout: real seconds to wait for a response.

    Raises:
        ImportError: the extra `mqtt` is not installed.
    """

    def __init__(
        self,
        thing: str,
        address: tuple[str, int],
        *,
        username: str | None = None,
        password: str | None = None,
        tls: SSLContext | None = None,
        timeout: float = 10,
    ) -> None:
        self.endpoint = f"{address[0]}:{address[1]}"
        self._thing, self._address, self._timeout = thing, address, timeout
        self._login, self._tls = (username, password), tls
        self._client: Client | None = None
        self._is_ready = False
        self._problem: str | None = None
        self._tokens = (f"{thing}-{number}" for number in count(1))
        self._awaited: str | None = None
        self._responses: list[dict[str, Any]] = []
        self._shadows: set[str] = set()
        self._listens_for_commands = False
        self._commands: list[CommandRequest] = []
        _paho()

    def request(
        self, operation: Operation, thing: str, job_id: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a request, as `Transport.request` says."""
        topic = RequestTopic(thing, operation, job_id).topic
        response = self._exchange(self._connected(), topic, members)
        if "code" in response:
            raise rejection(
                response["code"], response.get("message", ""), response.get("executionState")
            )
        return response

    def request_shadow(
        self, operation: str, thing: str, name: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a request, as `ShadowTransport.request_shadow` says."""
        client = self._connected()
        below = f"$aws/things/{thing}/shadow" + (f"/name/{name}" if name is not None else "")
        if below not in self._shadows:
            self._subscribe(client, [f"{below}/+/accepted", f"{below}/+/rejected"])
            self._shadows.add(below)
        response = self._exchange(client, f"{below}/{_SHADOW_WORDS[operation]}", members)
        if "code" in response:
            raise shadow_rejection(str(response["code"]), response.get("message", ""))
        return response

    def listen_for_commands(self) -> None:
        """Subscribe to commands, unless that was done on this connection."""
        client = self._connected()
        if not self._listens_for_commands:
            below = (f"$aws/commands/{kind}/{self._thing}" for kind in ("things", "clients"))
            topics = [f"{each}/executions/+/request" for each in below]
            formats = [f"{topic}{form}" for topic in topics for form in ("", "/json", "/cbor")]
            self._subscribe(client, formats)
            self._listens_for_commands = True

    def command_requests(self) -> list[CommandRequest]:
        """Return new commands, as `CommandTransport.command_requests` says."""
        self.listen_for_commands()
        client = self._connected()
        if not self._commands:
            self._loop(client, lambda: bool(self._commands), _COMMAND_SECONDS)
        found, self._commands = self._commands, []
        return found

    def report_command(self, topic: str, members: Mapping[str, Any]) -> None:
        """Publish a report, as `CommandTransport.report_command` says."""
        response = self._exchange(self._connected(), topic, members)
        if "error" in response:
            raise rejected(response)

    def _exchange(self, client: Client, topic: str, members: Mapping[str, Any]) -> dict[str, Any]:
        token = self._awaited = next(self._tokens)
        client.publish(topic, json.dumps({**members, "clientToken": token}), qos=1)
        self._loop(client, lambda: bool(self._responses), self._timeout)
        responses, self._responses, self._awaited = self._responses, [], None
        if not responses:
            self.disconnect()
            raise ResponseLostError(
                f"No response on {topic} from {self.endpoint} within {self._timeout:g} seconds."
            )
        return responses[0]

    def _subscribe(self, client: Client, topics: list[str]) -> None:
        self._is_ready = False
        client.subscribe([(topic, 1) for topic in topics])
        self._loop(client, lambda: self._is_ready or self._problem is not None, self._timeout)
        if not self._is_ready:
            reason = self._problem or "it does not respond"
            self.disconnect()
            raise ResponseLostError(f"No subscription at {self.endpoint}: {reason}")

    def disconnect(self) -> None:
        """Drop the connection without DISCONNECT, as a device does that loses power or network."""
        client, self._client = self._client, None
        self._is_ready, self._problem = False, None
        self._shadows.clear()
        self._listens_for_commands = False
        connection = client.socket() if client is not None else None
        if connection is not None:
            connection.close()

    def _connected(self) -> Client:
        if self._client is not None and self._client.is_connected():
            return self._client
        self.disconnect()
        client = self._client = self._new_client()
        try:
            client.connect(*self._address, keepalive=_NO_KEEPALIVE)
        except OSError as problem:
            self._client = None
            raise ResponseLostError(f"No connection to {self.endpoint}: {problem}") from problem
        # Acknowledgement and request are two small packets; the second is not to wait for the other
        # side's TCP.
        connection: Any = client.socket()
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop(client, lambda: self._is_ready or self._problem is not None, _CONNECTING_SECONDS)
        if not self._is_ready:
            reason = self._problem or "it does not respond"
            self.disconnect()
            raise ResponseLostError(f"No connection to {self.endpoint}: {reason}")
        return client

    def _loop(self, client: Client, done: Callable[[], bool], seconds: float) -> None:
        """Send and receive until something is done, the connection is gone, or it took too long."""
        deadline = time.monotonic() + seconds
        while not done() and (left := deadline - time.monotonic()) > 0:
            if client.loop(left) != _SUCCESS:
                return

    def _new_client(self) -> Client:
        paho = _paho()
        client: Client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=self._thing)
        client.username_pw_set(*self._login)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_socket_open = send_at_once
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: Client, _userdata: object, _flags: object, code: Any, _properties: object
    ) -> None:
        if code.is_failure:
            self._problem = str(code)
            return
        # An endpoint of the mock answers the client that sent the request, as AWS does; through a
        # broker responses come to subscribers only.
        client.subscribe([(f"{topic}/+", 1) for topic in self._request_topics()])

    def _request_topics(self) -> list[str]:
        return [
            RequestTopic(self._thing, operation, None if operation in _WITHOUT_JOB else "+").topic
            for operation in Operation
        ]

    def _on_subscribe(
        self, _client: Client, _userdata: object, _number: int, codes: Any, _properties: object
    ) -> None:
        if any(code.is_failure for code in codes):
            self._problem = "it rejects subscriptions"
        else:
            self._is_ready = True

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if message.topic.startswith("$aws/commands/") and "/response/" not in message.topic:
            self._commands.append(CommandRequest(message.topic, bytes(message.payload)))
            return
        response = json.loads(message.payload)
        if self._awaited is not None and response.get("clientToken") == self._awaited:
            self._responses.append(response)


def _paho() -> Any:
    try:
        from paho.mqtt import client
    except ImportError as missing:
        raise ImportError(
            f"{missing}. A device on MQTT needs more than the mock: pip install"
            " 'moto-iot-jobs[mqtt]'"
        ) from None
    return client
