"""The operations on shadows in the pipeline that every call goes through."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from moto_iot_jobs.dispatch.operations import Operations
from moto_iot_jobs.dispatch.pipeline import Request
from moto_iot_jobs.runtime.delivery import find_jobs
from moto_iot_jobs.wire import WireError

from . import responses
from .document import encode
from .errors import ShadowError
from .responses import Payload
from .shadows import (
    ShadowMessage,
    Shadows,
    find_shadows,
    message_of_deletion,
    message_of_get,
    messages_of_update,
)

_CODES = {
    400: "InvalidRequestException",
    401: "UnauthorizedException",
    404: "ResourceNotFoundException",
    409: "ConflictException",
    413: "RequestEntityTooLargeException",
    415: "UnsupportedDocumentEncodingException",
    429: "ThrottlingException",
    500: "InternalFailureException",
}
# Captured over HTTP (aws-sdk-android-samples issue 128); the guide's text is the one of MQTT.
_TEXTS = {"Invalid JSON": "Payload contains invalid json"}
# Unknown at AWS; Greengrass's.
_PAGE_SIZE = 25


class Rejected(WireError):
    """An error of the Device Shadow service, as it is over HTTP.

    Attributes:
        error: as it is over MQTT.
    """

    def __init__(self, error: ShadowError) -> None:
        super().__init__(_CODES[error.code], _TEXTS.get(error.message, error.message))
        self.error = error


class Outcome(dict[str, Any]):
    """The members of a response, and the messages that go with it.

    Attributes:
        messages: the one of the response first.
    """

    def __init__(self, payload: Payload, messages: Iterable[ShadowMessage]) -> None:
        super().__init__(payload=encode(payload))
        self.messages = tuple(messages)


class ShadowOperations:
    """The operations, over HTTP and MQTT."""

    def get_thing_shadow(self, request: Request) -> Outcome:
        """GetThingShadow."""
        shadow = _named(request)
        try:
            found = _shadows(request).get(*shadow, request.get("payload", b""))
        except ShadowError as error:
            raise Rejected(error) from None
        return Outcome(responses.whole(found), [message_of_get(*shadow, found)])

    def update_thing_shadow(self, request: Request) -> Outcome:
        """UpdateThingShadow."""
        shadow = _named(request)
        try:
            updated = _shadows(request).update(*shadow, request["payload"])
        except ShadowError as error:
            raise Rejected(error) from None
        return Outcome(responses.accepted(updated), messages_of_update(*shadow, updated))

    def delete_thing_shadow(self, request: Request) -> Outcome:
        """DeleteThingShadow."""
        shadow = _named(request)
        try:
            deleted = _shadows(request).delete(*shadow, request.get("payload", b""))
        except ShadowError as error:
            raise Rejected(error) from None
        return Outcome(responses.deleted(deleted), [message_of_deletion(*shadow, deleted)])

    def list_named_shadows_for_thing(self, request: Request) -> dict[str, Any]:
        """ListNamedShadowsForThing.

        An unknown thing has none.
        """
        names = _shadows(request).named_shadows(request["thingName"])
        token = request.get("nextToken")
        if token is not None:
            names = names[bisect_right(names, _name_of(token)) :]
        size = request.get("pageSize", _PAGE_SIZE)
        page: dict[str, Any] = {"results": names[:size]}
        if len(names) > size:
            page["nextToken"] = urlsafe_b64encode(names[size - 1].encode()).decode()
        return {**page, "timestamp": request.now // 1000}


def _named(request: Request) -> tuple[str, str | None]:
    return request["thingName"], request.get("shadowName")


def _shadows(request: Request) -> Shadows:
    location = request.jobs.location
    return find_shadows(location.account, location.region)


def _name_of(token: str) -> str:
    try:
        return b64decode(token, b"-_", validate=True).decode()
    except ValueError:
        raise WireError("InvalidRequestException", "Invalid nextToken") from None


operations = Operations("iot-data", find_jobs, ShadowOperations())
