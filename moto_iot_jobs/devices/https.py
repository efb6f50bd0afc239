"""The data plane over HTTPS: a boto3 client, or straight to the handlers of this process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from math import isinf
from typing import Any
from urllib.parse import quote, urlencode

from botocore import xform_name
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from moto import settings

from moto_iot_jobs.dispatch.auth import credential_of
from moto_iot_jobs.dispatch.http import HttpRequest
from moto_iot_jobs.iotjobsdata import urls as data_plane
from moto_iot_jobs.iotjobsdata.topics import Operation
from moto_iot_jobs.moto_api.client import is_remote, require_mock
from moto_iot_jobs.wire.model import ServiceModel, load

from .exceptions import ResponseLostError, rejection, shadow_rejection

_SERVICE = "iot-jobs-data"
_ACCOUNT = "x-moto-account-id"
_UNSIGNED = credential_of("")


def client(service: str, region: str, account: str) -> Any:
    """Return a boto3 client that leads to the mock and leaves retries to its caller.

    Args:
        service: "iot" or "iot-jobs-data".
        region, account: those of the requests.

    Raises:
        RuntimeError: no mock is active, so that requests would leave this machine.
    """
    check_mocked()
    url = settings.test_server_mode_endpoint() if is_remote() else None
    key, secret = (
        os.environ.get(name) or "testing" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    )
    keys = (key, secret, os.environ.get("AWS_SESSION_TOKEN"))
    return _client(service, region, account, url, keys)


def check_mocked() -> None:
    """Raise RuntimeError unless a mock with IoT Jobs is active or moto's server mode is on."""
    if not is_remote():
        require_mock("A simulated device")


@lru_cache(maxsize=16)
def _client(
    service: str, region: str, account: str, url: str | None, keys: tuple[str, str, str | None]
) -> Any:
    import boto3
    from botocore.config import Config

    # A client's own retries sleep in the time of day; a device waits in the mock's.
    config = Config(
        retries={"total_max_attempts": 1},
        # They might lead past the mock.
        ignore_configured_endpoint_urls=True,
    )
    made = boto3.session.Session(*keys, region_name=region).client(
        service, endpoint_url=url, config=config
    )
    made.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header(_ACCOUNT, account)
    )
    return made


class HttpsTransport:
    """The requests of a device's program that uses boto3.

    Args:
        region, account: those of the device.
    """

    def __init__(self, region: str, account: str) -> None:
        self.endpoint = region
        self._account = account

    def request(
        self, operation: Operation, thing: str, job_id: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a request, as `Transport.request` says."""
        named = {"thingName": thing} | ({"jobId": job_id} if job_id is not None else {})
        iot_jobs_data = client(_SERVICE, self.endpoint, self._account)
        method = getattr(iot_jobs_data, xform_name(operation.value))
        try:
            with _lost_responses():
                response: dict[str, Any] = method(**named, **members)
        except ClientError as rejected:
            error = rejected.response["Error"]
            raise rejection(error["Code"], error.get("Message", "")) from None
        return _with_document(response)

    def request_shadow(
        self, operation: str, thing: str, name: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a request, as `ShadowTransport.request_shadow` says."""
        arguments: dict[str, Any] = {"thingName": thing}
        if name is not None:
            arguments["shadowName"] = name
        if members:
            arguments["payload"] = json.dumps(members).encode()
        method = getattr(client("iot-data", self.endpoint, self._account), xform_name(operation))
        try:
            with _lost_responses():
                response: dict[str, Any] = json.load(method(**arguments)["payload"])
        except ClientError as rejected:
            error = rejected.response["Error"]
            raise shadow_rejection(error["Code"], error.get("Message", "")) from None
        return response

    def disconnect(self) -> None:
        """Do nothing: every request may have a connection of its own."""


class DirectTransport:
    """The handlers of this process, given the requests that a client would send, unsigned.

    A tenth of what boto3 costs. Not for mocks that check signatures.

    Args:
        region, account: those of the device.
    """

    def __init__(self, region: str, account: str) -> None:
        self.endpoint = region
        self._headers = {_ACCOUNT: account}
        self._origin = f"https://data.jobs.iot.{region}.amazonaws.com"

    def request(
        self, operation: Operation, thing: str, job_id: str | None, members: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a request, as `Transport.request` says."""
        check_mocked()
        method, uri = _request_line(operation.value)
        path = uri.format(thingName=quote(thing, safe=""), jobId=quote(job_id or "", safe="$"))
        query, body = "", b""
        if method == "GET":
            query = urlencode({name: json.dumps(value) for name, value in members.items()})
        else:
            body = json.dumps(members).encode()
        request = HttpRequest(
            method,
            self._origin + path,
            path,
            query,
            self._headers,
            _UNSIGNED,
            body,
            from_server=False,
        )
        with _lost_responses():
            response = data_plane.transport.respond(request)
        assert response is not None, f"{method} {path} is a request of the data plane"
        status, headers, text = response
        received = json.loads(text or b"{}")
        if status != 200:
            raise rejection(headers["x-amzn-ErrorType"], received.get("message", ""))
        return _with_document(received)

    def disconnect(self) -> None:
        """Do nothing: there is no connection."""


def direct_is_possible() -> bool:
    """Return whether the mock is in this process and takes unsigned requests."""
    return not is_remote() and isinf(settings.INITIAL_NO_AUTH_ACTION_COUNT)


@cache
def _request_line(operation: str) -> tuple[str, str]:
    http = _model().operation_model(operation).http
    return http["method"], http["requestUri"]


@cache
def _model() -> ServiceModel:
    return load(_SERVICE)


@contextmanager
def _lost_responses() -> Iterator[None]:
    try:
        yield
    except (HTTPClientError, NoConnection) as lost:
        raise ResponseLostError(str(lost)) from lost


def _with_document(response: dict[str, Any]) -> dict[str, Any]:
    """Parse the job document, which is text over HTTPS and a JSON value over MQTT."""
    execution = response.get("execution")
    if execution and isinstance(execution.get("jobDocument"), str):
        execution["jobDocument"] = json.loads(execution["jobDocument"])
    return response
