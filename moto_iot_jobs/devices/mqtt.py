"""The data plane over MQTT, to one of our endpoints or to a broker with a bridge.

Needs the extra `mqtt`.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Mapping
from itertools import count
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from .exceptions import AnswerLost, refusal
from .transport import DESCRIBE, GET_PENDING, START_NEXT, UPDATE

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

_TOPICS = {
    GET_PENDING: "get",
    START_NEXT: "start-next",
    DESCRIBE: "{job}/get",
    UPDATE: "{job}/update",
}
_CONNECTING_SECONDS = 10
# Nothing is sent while the device works, which is in the mock's time anyhow.
_NO_KEEPALIVE = 0
_SUCCESS = 0


class MqttPlane:
    """One device's connection, made when it is first needed.

    Args:
        thing: the device's name, and its client id.
        address: host and port.
        username, password: as whom to connect; nobody by default.
        tls: how to check the other side and what to show it; no TLS by default.
        patience: how long to wait for an answer, in seconds of the time of day.

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
        patience: float = 10,
    ) -> None:
        self.place = f"{address[0]}:{address[1]}"
        self._thing, self._address, self._patience = thing, address, patience
        self._login, self._tls = (username, password), tls
        self._client: Client | None = None
        self._is_ready = False
        self._problem: str | None = None
        self._tokens = (f"{thing}-{number}" for number in count(1))
        self._awaited: str | None = None
        self._answers: list[dict[str, Any]] = []
        _paho()

    def ask(
        self, operation: str, thing: str, job_id: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """See `Plane.ask`."""
        client = self._connected()
        topic = f"$aws/things/{thing}/jobs/{_TOPICS[operation].format(job=job_id)}"
        token = self._awaited = next(self._tokens)
        client.publish(topic, json.dumps({**members, "clientToken": token}), qos=1)
        self._loop(client, lambda: bool(self._answers), self._patience)
        answers, self._answers, self._awaited = self._answers, [], None
        if not answers:
            self.disconnect()
            raise AnswerLost(
                f"No answer on {topic} from {self.place} within {self._patience:g} seconds."
            )
        answer = answers[0]
        if "code" in answer:
            raise refusal(answer["code"], answer.get("message", ""), answer.get("executionState"))
        return answer

    def disconnect(self) -> None:
        """Drop the connection without a word, as a device does that loses power or network."""
        client, self._client = self._client, None
        connection = client.socket() if client is not None else None
        if connection is not None:
            connection.close()

    def _connected(self) -> Client:
        if self._client is not None and self._client.is_connected():
            return self._client
        self.disconnect()
        self._forget_what_was_told()
        client = self._client = self._new_client()
        try:
            client.connect(*self._address, keepalive=_NO_KEEPALIVE)
        except OSError as problem:
            self._client = None
            raise AnswerLost(f"No connection to {self.place}: {problem}") from problem
        # Acknowledgement and request are two small packets; the second is not to wait for the other
        # side's TCP.
        connection: Any = client.socket()
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop(client, lambda: self._is_ready or self._problem is not None, _CONNECTING_SECONDS)
        if not self._is_ready:
            self.disconnect()
            raise AnswerLost(
                f"No connection to {self.place}: {self._problem or 'it does not answer'}"
            )
        return client

    def _forget_what_was_told(self) -> None:
        self._is_ready = False
        self._problem = None

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
        below = f"$aws/things/{self._thing}/jobs"
        # An endpoint of ours answers whoever asked, as AWS does; through a broker answers come to
        # subscribers only.
        client.subscribe(
            [(f"{below}/{last}/+", 1) for last in ("get", "start-next", "+/get", "+/update")]
        )

    def _on_subscribe(
        self, _client: Client, _userdata: object, _number: int, codes: Any, _properties: object
    ) -> None:
        if any(code.is_failure for code in codes):
            self._problem = "it refuses subscriptions to the topics of jobs"
        else:
            self._is_ready = True

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        answer = json.loads(message.payload)
        if self._awaited is not None and answer.get("clientToken") == self._awaited:
            self._answers.append(answer)


def _paho() -> Any:
    try:
        from paho.mqtt import client
    except ImportError as missing:
        raise ImportError(
            f"{missing}. A device on MQTT needs more than the mock: pip install"
            " 'moto-iot-jobs[mqtt]'"
        ) from None
    return client
