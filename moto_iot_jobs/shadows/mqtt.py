"""Shadows over MQTT: requests and responses that every subscriber gets.

Source: AWS IoT developer guide, device-shadow-mqtt and device-shadow-data-flow. A requester that
did not subscribe to the response gets none.
"""

from __future__ import annotations

from typing import Any

from moto_iot_jobs.dispatch.mqtt import MqttCall, NoResponse
from moto_iot_jobs.dispatch.pipeline import Members, handle
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.wire import WireError

from .errors import ShadowError
from .operations import Outcome, Rejected, operations
from .requests import client_token
from .shadows import ShadowMessage, find_shadows, message_of_rejection
from .topics import ShadowTopic, parse_request, prefix

# An injected error has the guide's text here (device-shadow-error-messages).
_TEXTS = {
    401: "Unauthorized",
    403: "Forbidden",
    409: "Version conflict",
    413: "The payload exceeds the maximum size allowed",
    415: "Unsupported documented encoding; supported encoding is UTF-8",
    429: "The Device Shadow service will generate this error message when there are more than 10"
    " in-flight requests on a single connection",
    500: "Internal service failure",
}


class ShadowMqttCall(MqttCall):
    """A client's request on a topic of a shadow.

    Args:
        topic: that the client published to.
        request: what the topic asks for.
        payload: as it came.
        account, region: of the connection.
        server_url: of the server; None in process.
        connection: of the client, by its client id.

    Attributes:
        held_back: messages that a fault delays.
    """

    __slots__ = ("_payload", "_request", "_topic", "connection", "held_back")

    def __init__(
        self,
        topic: str,
        request: ShadowTopic,
        payload: bytes,
        account: str,
        region: str,
        server_url: str | None,
        connection: str,
    ) -> None:
        super().__init__(
            operations,
            request.operation,
            {"thingName": request.thing},
            payload,
            account,
            region,
            server_url,
        )
        self._topic = topic
        self._request = request
        self._payload = payload
        self.connection = connection
        self.held_back: tuple[ShadowMessage, ...] = ()

    @property
    def resource(self) -> str:
        """The shadow, for the rate that each shadow has."""
        return prefix(self._request.thing, self._request.name)

    def spend(self) -> None:
        """Count the call, and those that have no response yet.

        Raises:
            WireError: it is one too many for a quota that is enforced.
        """
        most = runtime.quotas.numbers.get("shadow_requests_in_flight")
        if most is not None and self._others_in_flight() >= most:
            raise WireError("ThrottlingException", _TEXTS[429])
        super().spend()

    def _others_in_flight(self) -> int:
        in_flight = find_shadows(self.account, self.region).in_flight
        return in_flight[self.connection, self._request.thing] - 1

    def parse(self) -> dict[str, Any]:
        """Return what topic and payload say.

        The operation reads the payload.
        """
        members: dict[str, Any] = {"thingName": self._request.thing, "payload": self._payload}
        if self._request.name is not None:
            members["shadowName"] = self._request.name
        return members

    def render(self, members: Members | None) -> ShadowMessage:
        """Publish the response and what goes with it.

        Return the response.
        """
        assert isinstance(members, Outcome)
        return self._publish(members.messages)

    def render_error(self, error: WireError) -> ShadowMessage:
        """Publish that the request is rejected.

        Return that.
        """
        if isinstance(error, Rejected):
            rejection = error.error
        else:
            code = operations.api.status(self.operation, error.code)
            text = _TEXTS.get(code, error.message)
            rejection = ShadowError(code, text, client_token(self._payload))
        return self._publish((message_of_rejection(self._topic, rejection),))

    def hang_up(self) -> None:
        """Lose the request, or of what is held back the response. Raises NoResponse."""
        self.held_back = self.held_back[1:]
        super().hang_up()

    def release(self) -> None:
        """Publish what was held back."""
        find_shadows(self.account, self.region).publish(self.held_back)

    def _publish(self, messages: tuple[ShadowMessage, ...]) -> ShadowMessage:
        if self.fault is None:
            find_shadows(self.account, self.region).publish(messages)
        else:
            self.held_back = messages
        return messages[0]


def respond(
    account: str,
    region: str,
    topic: str,
    payload: bytes,
    server_url: str | None = None,
    connection: str = "",
) -> Message | None:
    """Carry out a client's request, and publish what it leads to with the next delivery.

    Args:
        account, region: of the client.
        topic: that the client published to.
        payload: as it came.
        server_url: of the server; None in process.
        connection: of the client, by its client id.

    Returns:
        The response, which was published; None when the topic is not that of a request to a shadow,
        or a fault loses request or response.
    """
    request = parse_request(topic)
    if request is None:
        return None
    call = ShadowMqttCall(topic, request, payload, account, region, server_url, connection)
    try:
        with find_shadows(account, region).in_flight.one_more((connection, request.thing)):
            response: ShadowMessage = handle(call)
    except NoResponse:
        return None
    finally:
        call.release()
    return Message(response.topic, runtime.clock.now(), region, response.write, account)
