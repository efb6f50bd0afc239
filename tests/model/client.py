"""The package's public face, called by boto3, by topic and by its own modules; what it says, in
plain values to compare.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import boto3
import time_machine
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.moto_api import state_manager

from moto_iot_jobs import clock, faults, messages, mock_iot

REGION = "eu-west-1"
DELETION = "iot::job_deletion"
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})

_clients: dict[str, Any] = {}


@dataclass(frozen=True)
class Error:
    """A refusal: the error's class, or by topic the code and the execution that is shown with it."""

    code: str
    state: Any = None


def client(service: str) -> Any:
    """Give a client that is made once, because making it is slow."""
    if service not in _clients:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        _clients[service] = boto3.client(service, region_name=REGION, config=ONE_ATTEMPT, **keys)
    return _clients[service]


def plain(value: Any) -> Any:
    """Turn datetimes into milliseconds, all the way down."""
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value


class Client:
    """An empty account in a frozen time, until it is closed."""

    def __init__(self, start: datetime) -> None:
        self._mock = mock_iot(config={"core": {"reset_boto3_session": False}})
        self._travel = time_machine.travel(start, tick=False)
        self._time = self._travel.start()
        self._mock.start()

    def close(self) -> None:
        """End the mock and let time be itself."""
        state_manager.unset_transition(DELETION)
        self._mock.stop()
        self._travel.stop()

    def call(self, service: str, operation: str, **members: Any) -> Any:
        """Call an operation, by the name of boto3's method; return its answer or its error."""
        try:
            response = getattr(client(service), operation)(**members)
        except ClientError as error:
            return Error(error.response["Error"]["Code"])
        del response["ResponseMetadata"]
        return plain(response)

    def pages(self, operation: str, items: str, size: int | None, **members: Any) -> Any:
        """Call an operation page by page; return all items or an error.

        All pages but the last must be full.
        """
        found: list[Any] = []
        limit = {"maxResults": size} if size else {}
        while True:
            response = self.call("iot", operation, **members, **limit)
            if isinstance(response, Error):
                return response
            found += response[items]
            if "nextToken" not in response:
                assert not size or len(response[items]) <= size
                return found
            assert len(response[items]) == size
            members["nextToken"] = response["nextToken"]

    def has(self, thing: str) -> Any:
        """Read what a thing has by its shadow `$package`: version and reported state."""
        response = self.call("iot-data", "get_thing_shadow", thingName=thing, shadowName="$package")
        if isinstance(response, Error):
            return response
        document = json.load(response["payload"])
        return {"version": document["version"], "reported": document["state"].get("reported", {})}

    def ask(self, topic: str, members: dict[str, Any]) -> Any:
        """Publish a device's request; return the members of the answer or its error."""
        response = messages.request(topic, members, region=REGION)
        assert response is not None
        payload = json.loads(response.payload)
        if response.topic == f"{topic}/rejected":
            return Error(payload["code"], payload.get("executionState"))
        assert response.topic == f"{topic}/accepted"
        return payload

    def published(self) -> list[tuple[str, int, Any]]:
        """Take the messages published since the last time: topic, milliseconds, payload."""
        heard = [
            (one.topic, one.milliseconds, json.loads(one.payload))
            for one in messages.published(region=REGION)
            if "/shadow/" not in one.topic
        ]
        messages.clear()
        for _, _, payload in heard:
            payload.pop("eventId", None)
        return heard

    def pass_time(self, milliseconds: int, eagerly: bool) -> None:
        """Let time pass: with the package's clock, or behind its back."""
        if eagerly:
            clock.advance(seconds=milliseconds / 1000)
        else:
            self._time.shift(timedelta(milliseconds=milliseconds))

    def inject_fault(self, service: Any, operation: Any, error: Any, times: int) -> None:
        """Inject an error into an operation, by AWS's name."""
        faults.inject(operation, error, times=times, service=service)

    def set_deletion(self, transition: dict[str, Any]) -> None:
        """Say how long deletion takes."""
        state_manager.set_transition(DELETION, transition)
