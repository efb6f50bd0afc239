"""The data plane over HTTPS: a boto3 client, in process or of a server; and the same without
boto3, for large fleets.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from math import isinf
from typing import Any
from urllib.parse import quote, urlencode

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from moto import settings
from moto.core.models import botocore_stubber

from moto_iot_jobs.dispatch.http import HttpRequest
from moto_iot_jobs.iotjobsdata.urls import transport
from moto_iot_jobs.moto_api.client import is_remote

from .exceptions import AnswerLost, refusal
from .transport import DESCRIBE, GET_PENDING, START_NEXT, UPDATE

_METHODS = {
    GET_PENDING: "get_pending_job_executions",
    START_NEXT: "start_next_pending_job_execution",
    DESCRIBE: "describe_job_execution",
    UPDATE: "update_job_execution",
}
_REQUEST_LINES = {
    GET_PENDING: ("GET", "/things/{thing}/jobs"),
    START_NEXT: ("PUT", "/things/{thing}/jobs/$next"),
    DESCRIBE: ("GET", "/things/{thing}/jobs/{job}"),
    UPDATE: ("POST", "/things/{thing}/jobs/{job}"),
}
_ACCOUNT = "x-moto-account-id"


def home_region(region: str | None) -> str:
    """Return a region, by default the environment's."""
    return (
        region
        or os.environ.get("AWS_REGION")
        or os.environ.get("AWS_DEFAULT_REGION")
        or "us-east-1"
    )


def client(service: str, region: str, account: str) -> Any:
    """Give a boto3 client that leads to the mock, and that leaves trying again to whoever asks.

    Args:
        service: "iot" or "iot-jobs-data".
        account: the account to ask.

    Raises:
        RuntimeError: no mock is active, so that requests would leave this machine.
    """
    check_mocked()
    url = settings.test_server_mode_endpoint() if is_remote() else None
    key, secret = (
        os.environ.get(name) or "testing" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    )
    return _client(
        service, region, account, url, (key, secret, os.environ.get("AWS_SESSION_TOKEN"))
    )


def check_mocked() -> None:
    """Raise RuntimeError unless a mock is active or moto's server mode is on."""
    if not is_remote() and not botocore_stubber.enabled:
        raise RuntimeError(
            "No mock is active, so this would ask AWS itself. Do it within mock_iot: `with"
            " mock_iot(): ...`"
        )


@lru_cache(maxsize=16)
def _client(
    service: str, region: str, account: str, url: str | None, keys: tuple[str, str, str | None]
) -> Any:
    import boto3
    from botocore.config import Config

    # A client's own retries sleep in the time of day; a device waits in the mock's.
    config = Config(retries={"total_max_attempts": 1})
    made = boto3.session.Session(*keys, region_name=region).client(
        service, endpoint_url=url, config=config
    )
    made.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header(_ACCOUNT, account)
    )
    return made


class HttpsPlane:
    """What a device's program does that uses boto3.

    Args:
        region, account: where the device is at home.
    """

    def __init__(self, region: str, account: str) -> None:
        self.place = region
        self._account = account

    def ask(
        self, operation: str, thing: str, job_id: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """See `Plane.ask`."""
        named = {"thingName": thing} | ({"jobId": job_id} if job_id is not None else {})
        method = getattr(client("iot-jobs-data", self.place, self._account), _METHODS[operation])
        try:
            with _answers():
                answer: dict[str, Any] = method(**named, **members)
        except ClientError as refused:
            error = refused.response["Error"]
            raise refusal(error["Code"], error.get("Message", "")) from None
        return _with_document(answer)

    def disconnect(self) -> None:
        """Every request may have a connection of its own; there is none to lose."""


class DirectPlane:
    """The handlers of this process, given the very requests that a client would send, unsigned.

    A tenth of what boto3 costs. Not for mocks that check signatures.

    Args:
        region, account: where the device is at home.
    """

    def __init__(self, region: str, account: str) -> None:
        self.place = region
        self._headers = {_ACCOUNT: account}
        self._origin = f"https://data.jobs.iot.{region}.amazonaws.com"

    def ask(
        self, operation: str, thing: str, job_id: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """See `Plane.ask`."""
        check_mocked()
        method, line = _REQUEST_LINES[operation]
        path = line.format(thing=quote(thing, safe=""), job=quote(job_id or "", safe="$"))
        query = (
            urlencode({name: json.dumps(value) for name, value in members.items()})
            if method == "GET"
            else ""
        )
        body = json.dumps(members).encode() if method != "GET" else b""
        request = HttpRequest(
            method, self._origin + path, path, query, self._headers, body, from_server=False
        )
        with _answers():
            answer = transport.respond(request)
        assert answer is not None, f"{method} {path} is a request of the data plane"
        status, headers, answered = answer
        given = json.loads(answered or b"{}")
        if status != 200:
            raise refusal(headers["x-amzn-ErrorType"], given.get("message", ""))
        return _with_document(given)

    def disconnect(self) -> None:
        """There is no connection to lose."""


def direct_is_possible() -> bool:
    """Tell whether the mock is in this process and takes unsigned requests."""
    return not is_remote() and isinf(settings.INITIAL_NO_AUTH_ACTION_COUNT)


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except (HTTPClientError, NoConnection) as lost:
        raise AnswerLost(str(lost)) from lost


def _with_document(answer: dict[str, Any]) -> dict[str, Any]:
    """Parse the job document, which is text over HTTPS and a JSON value over MQTT."""
    execution = answer.get("execution")
    if execution and isinstance(execution.get("jobDocument"), str):
        execution["jobDocument"] = json.loads(execution["jobDocument"])
    return answer
