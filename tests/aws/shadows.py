"""Shadows as programs and devices reach them: by boto3, and by topics without a socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from moto_iot_jobs import messages

if TYPE_CHECKING:
    from tests.aws.conftest import Aws

# By HTTP status, the exception that it is of `iot-data` (botocore model).
EXCEPTIONS = {
    "InvalidRequestException": 400,
    "ResourceNotFoundException": 404,
    "ConflictException": 409,
    "RequestEntityTooLargeException": 413,
    "UnsupportedDocumentEncodingException": 415,
    "ThrottlingException": 429,
    "InternalFailureException": 500,
}


class Rejected(Exception):
    """A request that was refused: code and text."""


class Http:
    """The way of boto3."""

    def __init__(self, aws: Aws) -> None:
        self.client = aws.client("iot-data")

    def ask(self, operation: str, thing: str, name: str | None, payload: bytes) -> Any:
        named = {"thingName": thing} | ({"shadowName": name} if name else {})
        if operation == "update":
            named["payload"] = payload  # type: ignore[assignment]
        try:
            response = getattr(self.client, f"{operation}_thing_shadow")(**named)
        except ClientError as error:
            details, status = error.response["Error"], error.response["ResponseMetadata"]
            assert EXCEPTIONS[details["Code"]] == status["HTTPStatusCode"]
            if not isinstance(error, getattr(self.client.exceptions, details["Code"])):
                raise
            raise Rejected(status["HTTPStatusCode"], details["Message"]) from None
        return json.loads(response["payload"].read())


class Mqtt:
    """The way of a device."""

    def __init__(self, aws: Aws) -> None:
        self.region = aws.region

    def ask(self, operation: str, thing: str, name: str | None, payload: bytes) -> Any:
        below = f"/name/{name}" if name else ""
        topic = f"$aws/things/{thing}/shadow{below}/{operation}"
        response = messages.request(topic, payload, region=self.region)
        assert response is not None
        if response.topic == f"{topic}/rejected":
            raise Rejected(response.json["code"], response.json["message"])
        assert response.topic == f"{topic}/accepted"
        return response.json


class Shadow:
    """One shadow, reached in one way.

    Args:
        way: `Http` or `Mqtt`.
        thing: the thing's name.
        name: the shadow's; None is the classic one.
    """

    def __init__(self, way: Http | Mqtt, thing: str = "t", name: str | None = None) -> None:
        self.way, self.thing, self.name = way, thing, name

    def named(self, name: str) -> Shadow:
        return Shadow(self.way, self.thing, name)

    def update(self, request: Any) -> Any:
        payload = request if isinstance(request, bytes) else json.dumps(request).encode()
        return self.way.ask("update", self.thing, self.name, payload)

    def desire(self, **members: Any) -> Any:
        return self.update({"state": {"desired": members}})

    def report(self, **members: Any) -> Any:
        return self.update({"state": {"reported": members}})

    def get(self) -> Any:
        return self.way.ask("get", self.thing, self.name, b"")

    @property
    def state(self) -> Any:
        return self.get()["state"]

    def delete(self) -> Any:
        return self.way.ask("delete", self.thing, self.name, b"")
