"""Calls of clients in this process reach jobs without moto's dispatcher, wherever moto would have
brought them there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.moto_api import recorder

from moto_iot_jobs import activate, deactivate, mock_iot

REGION = "eu-west-1"


class Dispatched(Exception):
    """A request went through moto's dispatcher."""


def dispatch(_self: BotocoreStubber, request: Any) -> None:
    raise Dispatched(request.url)


@pytest.fixture
def no_dispatcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BotocoreStubber, "process_request", dispatch)


@pytest.fixture
def mock() -> Iterator[None]:
    with mock_iot():
        yield


def client(service: str = "iot", **kwargs: Any) -> Any:
    return boto3.client(service, region_name=REGION, **kwargs)


@pytest.mark.parametrize(
    "prefix",
    [
        None,
        "https://123456789012.jobs.iot.eu-west-1.amazonaws.com",
        "https://a1-ats.iot.eu-west-1.amazonaws.com",
    ],
)
def test_operations_of_jobs_do_not_need_the_dispatcher(
    mock: None, no_dispatcher: None, prefix: str | None
) -> None:
    assert client().list_jobs()["jobs"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client("iot-jobs-data", endpoint_url=prefix).get_pending_job_executions(thingName="lamp")


def test_all_else_goes_on_to_moto(mock: None, no_dispatcher: None) -> None:
    for call in (
        client().list_things,
        client("s3").list_buckets,
        client("iot-data").list_retained_messages,
    ):
        with pytest.raises(Dispatched):
            call()


def test_nothing_responds_without_a_mock(no_dispatcher: None) -> None:
    elsewhere = client(
        endpoint_url="http://127.0.0.1:1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with pytest.raises(EndpointConnectionError):
        elsewhere.list_jobs()


def test_a_server_that_a_client_names_is_not_the_mock(mock: None) -> None:
    once = Config(retries={"total_max_attempts": 1})
    with pytest.raises(EndpointConnectionError):
        client(endpoint_url="http://127.0.0.1:1", config=once).list_jobs()


@pytest.mark.parametrize(
    "core",
    [
        {"passthrough": {"services": ["iot"]}},
        {"passthrough": {"urls": [".*amazonaws.*"]}},
        {"service_whitelist": []},
    ],
)
def test_a_mock_that_passes_or_blocks_requests_decides(no_dispatcher: None, core: Any) -> None:
    with mock_iot(config={"core": core}), pytest.raises(Dispatched):
        client().list_jobs()


def test_a_recorder_sees_every_call(
    mock: None, no_dispatcher: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_user_enabled", True)
    with pytest.raises(Dispatched):
        client().list_jobs()


def test_after_deactivation_existing_clients_reach_moto(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mock_aws():
        activate()
        iot = client()
        iot.list_jobs()
        deactivate()
        try:
            with monkeypatch.context() as patched:
                patched.setattr(BotocoreStubber, "process_request", dispatch)
                with pytest.raises(Dispatched):
                    iot.list_jobs()
        finally:
            activate()
        assert iot.list_jobs()["jobs"] == []
        deactivate()
