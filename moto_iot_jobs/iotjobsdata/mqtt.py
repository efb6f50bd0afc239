"""The data plane over MQTT: a request topic becomes a call, its response a message.

Source: AWS IoT developer guide, jobs-mqtt-api and jobs-api; order of members and texts captured.
Members are read by the same model as over HTTPS.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from moto.core.base_backend import backend_lock

from moto_iot_jobs.dispatch.mqtt import MqttCall, NoResponse
from moto_iot_jobs.dispatch.pipeline import Members, handle
from moto_iot_jobs.runtime import runtime
from moto_iot_jobs.service import errors
from moto_iot_jobs.service.documents.json_text import reject_constant
from moto_iot_jobs.service.jobs_service import JobsService
from moto_iot_jobs.wire import BadRequest, WireError
from moto_iot_jobs.wire.exceptions import MQTT_CODES, VERSION_MISMATCH, to_wire
from moto_iot_jobs.wire.operations import is_plain

from . import serializers
from .message import Message
from .mqtt_serializers import Written, as_messages_have_it, write
from .responses import NAMESPACE, operations
from .topics import RequestTopic, parse_request

# The two rejections that tell the device how things stand, so that it need not ask (captured).
_WITH_STATE = (errors.VersionMismatch, errors.JobExecutionFinished)
_CODES_WITH_STATE = (VERSION_MISMATCH, "InvalidStateTransition")
_INVALID_JSON = "The contents of the request could not be interpreted as valid UTF-8-encoded JSON"
_OF_THE_TOPIC = ("clientToken", "thingName", "jobId")


class Rejection(WireError):
    """An error that shows the device the state of its execution."""

    def __init__(self, error: WireError, state: Mapping[str, Any] | None) -> None:
        super().__init__(error.code, error.message)
        self.mqtt_code = error.mqtt_code
        self.state = state


class JobsMqttCall(MqttCall):
    """A device's request on a topic of Jobs.

    Args:
        topic: that the device published to.
        payload: as it came; an empty one counts as `{}`.
        account, region: of the device.
        server_url: where signed URLs are to lead to; None in process.
    """

    __slots__ = ("_given", "_topic", "_unreadable", "token")

    def __init__(
        self,
        topic: RequestTopic,
        payload: bytes,
        account: str,
        region: str,
        server_url: str | None,
    ) -> None:
        super().__init__(
            operations,
            topic.operation_name,
            topic.labels,
            payload,
            account,
            region,
            server_url,
        )
        self._topic = topic
        self._given: dict[str, Any] = {}
        self._unreadable: WireError | None = None
        self.token: Written | None = None
        try:
            self._given = _read(payload)
            # Written before anything is carried out, so that the acknowledgement cannot fail.
            if self._given.get("clientToken") is not None:
                self.token = Written(json.dumps(self._given["clientToken"], ensure_ascii=False))
        except (ValueError, RecursionError):
            self._unreadable = BadRequest(_INVALID_JSON)
            self._unreadable.mqtt_code = "InvalidJson"

    def parse(self) -> dict[str, Any]:
        """Read the members: what HTTPS has in path and query is in topic and payload here."""
        if self._unreadable is not None:
            raise self._unreadable
        given = {
            name: _details(value) if name == "statusDetails" else value
            for name, value in self._given.items()
            if name not in _OF_THE_TOPIC
        }
        operation = operations.api.by_name[self.operation]
        if operation.method != "GET":
            plain = given if is_plain(given) else None
            body = b"" if plain is not None else json.dumps(given).encode()
            members = operation.read(self.labels, "", body, plain)
        else:
            texts = {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in given.items()
                if value is not None
            }
            members = operation.read(self.labels, urlencode(texts), b"")
        if self._topic.namespace is not None:
            members[NAMESPACE] = self._topic.namespace
        return members

    def render(self, members: Members | None) -> Message:
        """Write the response for `…/accepted`."""
        return self._message(
            self._topic.accepted, as_messages_have_it(members or {}, self.operation)
        )

    def render_error(self, error: WireError) -> Message:
        """Write the response for `…/rejected`."""
        code = error.mqtt_code or _mqtt_code(error)
        state = error.state if isinstance(error, Rejection) else None
        if state is None and self.fault is not None and code in _CODES_WITH_STATE:
            with backend_lock:
                state = self._state(self.operations.find_jobs(self.account, self.region))
        return self._message(
            self._topic.rejected,
            {"executionState": state, "code": code, "message": error.message},
        )

    def translate(self, error: errors.ServiceError, jobs: JobsService) -> WireError:
        """Return an error of the core, with the execution's state where AWS shows it."""
        found = to_wire(error, operations.service)
        return Rejection(found, self._state(jobs)) if isinstance(error, _WITH_STATE) else found

    def _state(self, jobs: JobsService) -> dict[str, Any] | None:
        job = jobs.store.jobs.get(self._topic.job) if self._topic.job is not None else None
        number = self.members.get("executionNumber")
        execution = job.find(self._topic.thing, number) if job is not None else None
        return serializers.execution_state(execution) if execution is not None else None

    def _message(self, topic: str, members: Mapping[str, Any]) -> Message:
        return _message(topic, self.token, members, self.now or runtime.clock.now())


def respond(
    account: str, region: str, topic: str, payload: bytes, server_url: str | None = None
) -> Message | None:
    """Carry out a device's request.

    Args:
        account, region: of the device.
        topic: that the device published to.
        payload: as it came.
        server_url: where signed URLs are to lead to; None in process.

    Returns:
        The response, for this device alone; None when the topic is not below a thing's jobs, or a
        fault loses the request or the response.
    """
    request = parse_request(topic)
    if request is None:
        return _invalid_topic(topic)
    try:
        response: Message = handle(JobsMqttCall(request, payload, account, region, server_url))
    except NoResponse:
        return None
    return response


def _invalid_topic(topic: str) -> Message | None:
    levels = topic.split("/")
    is_response = levels[-1] in ("accepted", "rejected")
    if (
        is_response
        or levels[:2] != ["$aws", "things"]
        or levels[3:4] != ["jobs"]
        or "notify" in levels[-1]
    ):
        return None
    members = {"code": "InvalidTopic", "message": f"Topic {topic} is not a Jobs API."}
    return _message(f"{topic}/rejected", None, members, runtime.clock.now())


def _message(topic: str, token: Written | None, members: Mapping[str, Any], at: int) -> Message:
    payload = write({"clientToken": token, "timestamp": serializers.seconds(at), **members})
    return Message(topic, at, "", lambda: payload)


def _mqtt_code(error: WireError) -> str:
    if isinstance(error, BadRequest):
        return "InvalidRequest"
    return MQTT_CODES.get(error.code, "InternalError")


class _Number(float):
    """A number that keeps the text that it was written as."""

    __slots__ = ("text",)

    def __new__(cls, text: str) -> _Number:
        number = super().__new__(cls, text)
        if not math.isfinite(number):
            raise ValueError(f"{text} is no number of JSON")
        number.text = text
        return number

    text: str


_decode = json.JSONDecoder(parse_float=_Number, parse_constant=reject_constant).decode


def _read(payload: bytes) -> dict[str, Any]:
    """Read a payload. Raises ValueError or RecursionError for what is no JSON object in UTF-8."""
    text = payload.decode() or "{}"
    given = _decode(text)
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")
    if "\\u" in text:
        # An escaped half of a surrogate pair cannot be written in UTF-8 again.
        json.dumps(given, ensure_ascii=False).encode()
    return given


def _details(value: Any) -> Any:
    """Write numbers and booleans of status details as text, as the live service stores them.

    Source: reports of device programs whose numbers and booleans AWS accepted.
    """
    if not isinstance(value, dict):
        return value
    return {name: _text(each) for name, each in value.items()}


def _text(value: Any) -> Any:
    if isinstance(value, _Number):
        return value.text
    return json.dumps(value) if isinstance(value, bool | int) else value
