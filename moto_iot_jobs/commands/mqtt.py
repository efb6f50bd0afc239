"""Reports of devices over MQTT: a report becomes a call, its response a message.

Source: AWS IoT developer guide, reserved-topics: responses are sent "directly to the client that
requested it", and can be subscribed to by no other client or rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_iot_jobs.dispatch.mqtt import MqttCall, NoResponse
from moto_iot_jobs.dispatch.pipeline import Members, handle
from moto_iot_jobs.iotjobsdata.message import Message
from moto_iot_jobs.iotjobsdata.responses import operations
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service.errors import InvalidInput
from moto_iot_jobs.wire import WireError, members
from moto_iot_jobs.wire.exceptions import MQTT_CODES

from .reports import Reported, Unreadable, read_payload, report_of, token_of, write_payload
from .topics import ResponseTopic, parse_response

OPERATION = "UpdateCommandExecution"
_UNREADABLE = "The contents of the request could not be interpreted."
_LABELS = {"thing": "thingName", "client": "clientId"}


class ReportCall(MqttCall):
    """A device's report on a topic of commands.

    Args:
        topic: that the device published to.
        payload: as it came.
        account, region: of the device.
        server_url: of the server; None in process.
    """

    __slots__ = ("_error", "_given", "_token", "_topic")

    def __init__(
        self,
        topic: ResponseTopic,
        payload: bytes,
        account: str,
        region: str,
        server_url: str | None,
    ) -> None:
        super().__init__(
            operations,
            OPERATION,
            {_LABELS[topic.kind]: topic.name, "executionId": topic.execution_id},
            payload,
            account,
            region,
            server_url,
        )
        self._topic = topic
        self._given: dict[str, Any] = {}
        self._token: str | None = None
        self._error: WireError | None = None
        # The token is read first: a response to whatever goes wrong has it.
        try:
            self._given = read_payload(payload, topic.format)
            self._token = token_of(self._given)
        except Unreadable:
            self._error = _rejection("InvalidJson", _UNREADABLE)
        except InvalidInput as problem:
            self._error = _rejection("InvalidRequest", problem.message)

    def parse(self) -> dict[str, Any]:
        """Return the members of topic and payload, with the report that they make."""
        if self._error is not None:
            raise self._error
        try:
            report = report_of(self._given)
        except InvalidInput as problem:
            raise _rejection("InvalidRequest", problem.message) from None
        # Not as they came: what devices send beside may be anything that CBOR can say.
        body: dict[str, Any] = {"status": report.status.value}
        if report.reason is not None:
            body["statusReason"] = members(report.reason)
        if report.result is not None:
            body["result"] = {name: members(value) for name, value in report.result.items()}
        return Reported({**body, **self.labels}, self._topic, report)

    def render(self, _members: Members | None) -> Message:
        """Write the response for `…/accepted`."""
        return self._message(self._topic.accepted, {"executionId": self._topic.execution_id})

    def render_error(self, error: WireError) -> Message:
        """Write the response for `…/rejected`."""
        return self._message(
            self._topic.rejected,
            {
                "clientToken": self._token,
                "executionId": self._topic.execution_id,
                "error": error.mqtt_code or MQTT_CODES.get(error.code, "InternalError"),
                "errorMessage": error.message,
            },
        )

    def _message(self, topic: str, body: Mapping[str, Any]) -> Message:
        payload = write_payload({**body, "clientToken": self._token}, self._topic.format)
        return Message(topic, runtime.clock.now(), self.region, lambda: payload, self.account)


def _rejection(code: str, message: str) -> WireError:
    error = WireError("InvalidRequestException", message)
    error.mqtt_code = code
    return error


def respond(
    account: str, region: str, topic: str, payload: bytes, server_url: str | None = None
) -> Message | None:
    """Take a device's report.

    Args:
        account, region: of the device.
        topic: that the device published to.
        payload: as it came.
        server_url: of the server; None in process.

    Returns:
        The response, for this device alone; None when the topic is not that of a report, or a
        fault loses the report or the response.
    """
    parsed = parse_response(topic)
    if parsed is None:
        return None
    try:
        response: Message = handle(ReportCall(parsed, payload, account, region, server_url))
    except NoResponse:
        return None
    return response
